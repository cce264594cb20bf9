//! An app in this process that is told things by HTTP, and remembers when.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};

/// What it was told.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) at: Instant,
    pub(crate) path: String,
    pub(crate) body: String,
}

impl Told {
    /// The event in it.
    pub(crate) fn event(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

/// An app that takes everything.
pub(crate) struct Receiver {
    pub(crate) url: String,
    told: Mutex<mpsc::UnboundedReceiver<Told>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let (tell, told) = mpsc::unbounded_channel();
        let tell = Arc::new(tell);
        tokio::task::spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let tell = tell.clone();
                tokio::task::spawn_local(async move {
                    // Whoever is killed in the middle has said nothing.
                    if let Some(message) = take(stream).await {
                        let _ = tell.send(message);
                    }
                });
            }
        });
        Self { url, told: Mutex::new(told) }
    }

    /// The next thing that it is told.
    pub(crate) async fn next(&self) -> Told {
        self.within(Duration::from_secs(20)).await.expect("to be told")
    }

    /// The next thing that it is told in this time.
    pub(crate) async fn within(&self, time: Duration) -> Option<Told> {
        let mut told = self.told.lock().await;
        tokio::time::timeout(time, told.recv()).await.ok().flatten()
    }
}

async fn take(mut stream: TcpStream) -> Option<Told> {
    let (mut seen, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.split("\r\n");
            let path = lines.next()?.split(' ').nth(1)?.to_owned();
            let headers: HashMap<String, String> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            if headers.get("content-length")?.parse::<usize>().ok()? <= body.len() {
                let at = Instant::now();
                let answer = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
                stream.write_all(answer).await.ok()?;
                return Some(Told { at, path, body: body.to_owned() });
            }
        }
        match stream.read(&mut part).await.ok()? {
            0 => return None,
            count => seen.extend_from_slice(&part[..count]),
        }
    }
}
