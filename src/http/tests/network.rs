//! The server over a real socket.

use crate::http::server::{self, State};
use crate::http::testing::world;
use actix_web::web::Data;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

fn free() -> TcpListener {
    server::listen("127.0.0.1:0".parse().unwrap()).unwrap()
}

/// Sends `request` and reads until the server closes, away from the runtime.
async fn ask(address: SocketAddr, request: Vec<u8>) -> String {
    let ask = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(&request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    tokio::task::spawn_blocking(ask).await.unwrap()
}

/// The next so many bytes of an answer.
fn read(stream: &mut TcpStream, bytes: usize) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut read = vec![0; bytes];
    stream.read_exact(&mut read).unwrap();
    String::from_utf8(read).unwrap()
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").into_bytes()
}

#[actix_web::test]
async fn a_server_starts_on_a_free_port_and_stops() {
    let world = world(&[]);
    let running = server::start(world.state.clone(), free()).unwrap();
    let address = running.address();
    let answer = ask(address, get("/healthz")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    running.stop().await.unwrap();
    assert!(TcpStream::connect(address).is_err());
}

#[actix_web::test]
async fn a_running_request_is_finished_before_the_server_stops() {
    let world = world(&[]);
    let running = server::start(world.state.clone(), free()).unwrap();
    let address = running.address();
    let begin = move || {
        let mut idle = TcpStream::connect(address).unwrap();
        idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        assert_eq!(read(&mut idle, 12), "HTTP/1.1 200");
        let mut busy = TcpStream::connect(address).unwrap();
        let head =
            "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
        busy.write_all(head.as_bytes()).unwrap();
        // A connection that is only accepted is dropped when the server stops: this one's request has begun.
        assert_eq!(read(&mut busy, 25), "HTTP/1.1 100 Continue\r\n\r\n");
        (idle, busy)
    };
    let (_idle, mut busy) = tokio::task::spawn_blocking(begin).await.unwrap();
    let stopping = actix_web::rt::spawn(running.stop());
    let answer = tokio::task::spawn_blocking(move || {
        while TcpStream::connect(address).is_ok() {}
        busy.write_all(b"xx").unwrap();
        let mut answer = String::new();
        busy.read_to_string(&mut answer).unwrap();
        answer
    })
    .await
    .unwrap();
    assert!(answer.starts_with("HTTP/1.1 415"), "{answer}");
    // A browser that only keeps its connection open holds nobody up.
    tokio::time::timeout(Duration::from_secs(10), stopping).await.unwrap().unwrap().unwrap();
}

#[actix_web::test]
async fn an_address_in_use_is_said_so() {
    let taken = free();
    let error = server::listen(taken.local_addr().unwrap()).unwrap_err();
    assert!(error.to_string().contains("cannot be listened on"), "{error}");
}

#[actix_web::test]
async fn what_is_no_http_and_what_is_too_much_of_it_harms_nobody() {
    let world = world(&[]);
    let running = server::start(world.state.clone(), free()).unwrap();
    let address = running.address();
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(1_000_000));
    for nonsense in [b"\x16\x03\x01\x02\x00\x01".to_vec(), b"\0\0\r\n\r\n".to_vec(), long.into()] {
        let answer = ask(address, [nonsense, b"\r\n\r\n".to_vec()].concat()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert!(ask(address, get("/healthz")).await.starts_with("HTTP/1.1 200"));
    running.stop().await.unwrap();
}

/// Writes a certificate for `localhost` and its key into `folder`.
fn certificate(folder: &Path) {
    use openssl::{asn1::Asn1Time, bn::BigNum, hash::MessageDigest, pkey::PKey, rsa::Rsa, x509};
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut name = x509::X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "localhost").unwrap();
    let name = name.build();
    let mut builder = x509::X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    std::fs::write(folder.join("cert.pem"), builder.build().to_pem().unwrap()).unwrap();
    std::fs::write(folder.join("key.pem"), key.private_key_to_pem_pkcs8().unwrap()).unwrap();
}

async fn over_tls(address: SocketAddr) -> (String, Option<Vec<u8>>) {
    use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
    tokio::task::spawn_blocking(move || {
        let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
        connector.set_verify(SslVerifyMode::NONE);
        connector.set_alpn_protos(b"\x02h2\x08http/1.1").unwrap();
        let stream = TcpStream::connect(address).unwrap();
        let mut stream = connector.build().connect("localhost", stream).unwrap();
        let protocol = stream.ssl().selected_alpn_protocol().map(<[u8]>::to_vec);
        stream.write_all(&get("/healthz")).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        (String::from_utf8_lossy(&answer).into_owned(), protocol)
    })
    .await
    .unwrap()
}

#[actix_web::test]
async fn tls_is_spoken_where_a_certificate_is_set() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (cert, key) = (path("cert.pem"), path("key.pem"));
    let world = world(&[("tls.cert", &cert), ("tls.key", &key)]);
    let running = server::start(world.state.clone(), free()).unwrap();
    let (answer, protocol) = over_tls(running.address()).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(protocol.as_deref(), Some(&b"http/1.1"[..]));
    running.stop().await.unwrap();
}

#[actix_web::test]
async fn a_certificate_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let key = folder.path().join("key.pem").to_str().unwrap().to_owned();
    let missing = folder.path().join("missing.pem").to_str().unwrap().to_owned();
    let world = world(&[("tls.cert", &missing), ("tls.key", &key)]);
    let state: Data<State> = world.state.clone();
    let error = server::start(state, free()).err().unwrap().to_string();
    assert!(error.contains("missing.pem of tls.cert cannot be used"), "{error}");
}
