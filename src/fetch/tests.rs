use super::*;
use openssl::ssl::{SslAcceptor, SslMethod, SslStream};
use openssl::x509::X509;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Answers every connection with what `answer` makes of the request, on a free port of the loopback interface.
fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = read_head(&mut stream);
            // The client may have gone away already.
            let _ = stream.write_all(answer(&request).as_bytes());
        }
    });
    port
}

fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

fn ok(headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}

fn redirect(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
}

fn fetcher(allow: &[&str]) -> Fetcher {
    let limits = Limits { time: Duration::from_secs(5), size: 1000, redirects: 3 };
    Fetcher::new(AllowList::parse(allow).unwrap(), limits).unwrap()
}

async fn fault(allow: &[&str], url: &str) -> Fault {
    fetcher(allow).get(url).await.unwrap_err()
}

#[tokio::test]
async fn an_allowed_host_is_fetched_from() {
    let port = serve(|_| ok("Content-Type: text/xml\r\nETag: \"1\"\r\n", "<x/>"));
    let url = format!("http://localhost:{port}/metadata");
    for allow in ["localhost", &format!("localhost:{port}"), "127.0.0.0/8"] {
        let fetched = fetcher(&[allow]).get(&url).await.unwrap();
        assert_eq!(fetched.body, b"<x/>");
        assert_eq!(fetched.content_type.as_deref(), Some("text/xml"));
        assert_eq!(fetched.validators.etag.as_deref(), Some("\"1\""));
        assert_eq!(fetched.url.as_str(), url);
    }
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_refused() {
    let port = serve(|_| ok("", "secret"));
    for allow in [&[][..], &["localhost:1"], &["10.0.0.0/8"], &["127.0.0.1"]] {
        let fault = fault(allow, &format!("http://localhost:{port}/")).await;
        assert_eq!(fault, Fault::PrivateAddress { host: format!("localhost:{port}") });
        assert_eq!(fault.code(), "metadata_private_address");
    }
}

#[tokio::test]
async fn a_private_address_is_refused_however_it_is_written() {
    let port = serve(|_| ok("", "secret"));
    let fetcher = fetcher(&[]);
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "127.0.0.1.",
        "127。0。0。1",
        "169.254.169.254",
    ] {
        let fault = fetcher.get(&format!("http://{host}:{port}/")).await.unwrap_err();
        assert!(matches!(fault, Fault::PrivateAddress { .. }), "{host}: {fault}");
    }
}

#[tokio::test]
async fn a_redirect_is_checked_like_the_first_address() {
    let secret = serve(|_| ok("", "secret"));
    let port = serve(move |_| redirect(&format!("http://127.0.0.1:{secret}/")));
    let url = format!("http://localhost:{port}/");
    let fault = fault(&["localhost"], &url).await;
    assert_eq!(fault, Fault::PrivateAddress { host: format!("127.0.0.1:{secret}") });
    let fetched = fetcher(&["localhost", "127.0.0.1"]).get(&url).await.unwrap();
    assert_eq!(fetched.url.as_str(), format!("http://127.0.0.1:{secret}/"));
}

#[tokio::test]
async fn redirects_to_other_schemes_are_not_followed() {
    for to in ["file:///etc/passwd", "ftp://x.example/", "gopher://x.example/"] {
        let port = serve(move |_| redirect(to));
        let fault = fault(&["localhost"], &format!("http://localhost:{port}/")).await;
        assert_eq!(fault, Fault::Url("not https or http"));
    }
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, "http://app.example/".parse().unwrap());
    let from = Url::parse("https://app.example/").unwrap();
    assert!(matches!(next(&from, &headers), Err(Fault::Redirect(_))));
    assert!(matches!(next(&from, &HeaderMap::new()), Err(Fault::Redirect(_))));
}

#[tokio::test]
async fn three_redirects_are_followed_and_no_more() {
    let count = |request: &str| request["GET /".len()..].split(' ').next().unwrap().len();
    let port = serve(move |request| match count(request) {
        0 => ok("", "end"),
        more => redirect(&format!("/{}", "x".repeat(more - 1))),
    });
    let fetcher = fetcher(&["localhost"]);
    let last = fetcher.get(&format!("http://localhost:{port}/xxx")).await.unwrap();
    assert_eq!(last.body, b"end");
    let fault = fetcher.get(&format!("http://localhost:{port}/xxxx")).await.unwrap_err();
    assert!(matches!(fault, Fault::Redirect(_)));
}

#[tokio::test]
async fn a_large_answer_is_not_read_to_its_end() {
    let announced = serve(|_| ok("", &"x".repeat(1001)));
    // Without a length, it is counted as it comes.
    let streamed = serve(|_| format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1001)));
    for port in [announced, streamed] {
        let fault = fault(&["localhost"], &format!("http://localhost:{port}/")).await;
        assert_eq!(fault, Fault::TooLarge { host: format!("localhost:{port}"), most: 1000 });
    }
    let exact = serve(|_| ok("", &"x".repeat(1000)));
    let url = format!("http://localhost:{exact}/");
    assert_eq!(fetcher(&["localhost"]).get(&url).await.unwrap().body.len(), 1000);
}

#[tokio::test]
async fn a_slow_answer_is_not_waited_for() {
    let port = serve(|_| {
        thread::sleep(Duration::from_secs(3));
        ok("", "late")
    });
    let limits = Limits { time: Duration::from_millis(300), ..Limits::default() };
    let fetcher = Fetcher::new(AllowList::parse(&["localhost"]).unwrap(), limits).unwrap();
    let fault = fetcher.get(&format!("http://localhost:{port}/")).await.unwrap_err();
    assert!(matches!(fault, Fault::TimeOut { .. }), "{fault}");
}

#[tokio::test]
async fn each_failure_has_its_sentence() {
    let missing = serve(|_| "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned());
    let rubbish = serve(|_| "rubbish\r\n\r\n".to_owned());
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let fetcher = fetcher(&["localhost"]);
    let at = async |url: String| fetcher.get(&url).await.unwrap_err();
    let host = format!("localhost:{missing}");
    let fault = at(format!("http://localhost:{missing}/")).await;
    assert_eq!(fault, Fault::Status { host, status: 404 });
    assert_eq!(fault.code(), "metadata_unreachable");
    assert!(matches!(at(format!("http://localhost:{rubbish}/")).await, Fault::Broken { .. }));
    assert!(matches!(at(format!("http://localhost:{closed}/")).await, Fault::Connect { .. }));
    // A label has 63 letters at most, so this needs no DNS server to fail.
    let unknown = format!("http://{}.example/", "x".repeat(64));
    assert!(matches!(at(unknown).await, Fault::Dns { .. }));
    for bad in ["", "metadata.xml", "file:///etc/passwd", "https://user:pw@app.example/"] {
        let fault = at(bad.to_owned()).await;
        assert!(matches!(fault, Fault::Url(_)), "{bad}");
        // Nothing is out of reach: what was typed is no address.
        assert_eq!(fault.code(), "invalid", "{bad}");
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let port = serve_tls();
    let fault = fault(&["localhost"], &format!("https://localhost:{port}/")).await;
    let why = "self-signed certificate".to_owned();
    assert_eq!(fault, Fault::Tls { host: format!("localhost:{port}"), why });
}

#[tokio::test]
async fn a_server_without_tls_is_no_https_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1000]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let fault = fault(&["localhost"], &format!("https://localhost:{port}/")).await;
    assert!(matches!(fault, Fault::Tls { .. }), "{fault}");
}

#[tokio::test]
async fn a_document_that_has_not_changed_is_not_sent_again() {
    const DATE: &str = "Wed, 25 Nov 2026 07:00:00 GMT";
    let port = serve(|request| {
        let request = request.to_ascii_lowercase();
        let since = format!("if-modified-since: {}", DATE.to_ascii_lowercase());
        if request.contains("if-none-match: \"1\"") || request.contains(&since) {
            "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned()
        } else {
            ok(&format!("ETag: \"1\"\r\nLast-Modified: {DATE}\r\n"), "<x/>")
        }
    });
    let fetcher = fetcher(&["localhost"]);
    let url = format!("http://localhost:{port}/");
    let known = fetcher.get(&url).await.unwrap().validators;
    assert!(fetcher.get_if_changed(&url, &known).await.unwrap().is_none());
    let by_date = Validators { etag: None, ..known.clone() };
    assert!(fetcher.get_if_changed(&url, &by_date).await.unwrap().is_none());
    let other = Validators { etag: Some("\"0\"".to_owned()), last_modified: None };
    assert!(fetcher.get_if_changed(&url, &other).await.unwrap().is_some());
}

#[tokio::test]
async fn not_modified_is_no_answer_to_who_did_not_ask() {
    let port = serve(|_| "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned());
    let fault = fault(&["localhost"], &format!("http://localhost:{port}/")).await;
    assert!(matches!(fault, Fault::Status { status: 304, .. }), "{fault}");
}

/// A TLS server with a certificate that it made itself.
fn serve_tls() -> u16 {
    use crate::clock::Clock;
    use crate::crypto::{Algorithm, PrivateKey};
    let key = PrivateKey::generate(Algorithm::Es256).unwrap();
    let pem = key.self_signed("localhost", 1, Clock::default().now()).unwrap();
    let certificate = X509::from_pem(pem.as_bytes()).unwrap();
    let mut acceptor = SslAcceptor::mozilla_intermediate(SslMethod::tls()).unwrap();
    acceptor.set_private_key(key.as_openssl()).unwrap();
    acceptor.set_certificate(&certificate).unwrap();
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            // The client refuses the certificate.
            let _: Result<SslStream<TcpStream>, _> = acceptor.accept(stream.unwrap());
        }
    });
    port
}

#[tokio::test]
async fn a_form_is_posted_and_no_redirect_is_followed() {
    use std::sync::mpsc;
    let (tell, told) = mpsc::channel();
    let port = serve(move |head| {
        tell.send(head.to_ascii_lowercase()).unwrap();
        redirect("http://127.0.0.1:1/elsewhere")
    });
    let url = format!("http://localhost:{port}/bye?x=1");
    let status = fetcher(&["localhost"]).post_form(&url, &[("a", "b c"), ("d", "&")]).await;
    assert_eq!(status, Ok(302));
    let head = told.recv().unwrap();
    assert!(head.starts_with("post /bye?x=1 http/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/x-www-form-urlencoded\r\n"), "{head}");
    assert!(head.contains("content-length: 11\r\n"), "{head}");
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn a_form_reaches_no_private_network() {
    let port = serve(|_| ok("", ""));
    for host in ["localhost", "127.0.0.1", "[::1]", "169.254.169.254"] {
        let url = format!("http://{host}:{port}/");
        let fault = fetcher(&[]).post_form(&url, &[]).await.unwrap_err();
        assert!(matches!(fault, Fault::PrivateAddress { .. }), "{host}: {fault:?}");
    }
    for url in ["ftp://localhost/", "https://a:b@localhost/", "bye"] {
        let fault = fetcher(&["localhost"]).post_form(url, &[]).await.unwrap_err();
        assert!(matches!(fault, Fault::Url(_)), "{url}: {fault:?}");
    }
}
