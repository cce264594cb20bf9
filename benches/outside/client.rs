//! A plain HTTP/1.1 client that costs as little as possible, so that the machine is the server's.

use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An open connection.
pub(crate) struct Client {
    stream: TcpStream,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) head: String,
    pub(crate) body: String,
    pub(crate) took: Duration,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server accepts");
        stream.set_nodelay(true).expect("no delay");
        Self { stream }
    }

    /// Sends one request and reads its reply, which must have a length.
    pub(crate) async fn send(&mut self, request: &str) -> Reply {
        let started = Instant::now();
        self.stream.write_all(request.as_bytes()).await.expect("the server reads");
        let mut bytes = Vec::with_capacity(4096);
        loop {
            let read = self.stream.read_buf(&mut bytes).await.expect("the server answers");
            assert!(read > 0, "the server closed the connection");
            let text = String::from_utf8_lossy(&bytes);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length =
                header(head, "content-length").map_or(0, |value| value.parse().unwrap_or(0));
            if body.len() >= length {
                let (head, body) = (head.to_owned(), body.to_owned());
                return Reply { head, body, took: started.elapsed() };
            }
        }
    }
}

impl Reply {
    /// The address that the reply redirects to.
    pub(crate) fn location(&self) -> &str {
        header(&self.head, "location")
            .unwrap_or_else(|| panic!("a redirect, not {}\n{}", self.head, self.body))
    }

    /// The cookies that the reply sets, as a request sends them.
    pub(crate) fn cookies(&self) -> String {
        let all: Vec<&str> = self
            .head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
            .filter_map(|(_, value)| value.split(';').next())
            .collect();
        all.join("; ")
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}
