//! An app on a free port of this machine that is told of events.

use serde_json::Value;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// A message as it came.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) path: String,
    pub(super) headers: HashMap<String, String>,
    pub(super) body: String,
}

impl Message {
    pub(super) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(super) fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }
}

/// The app: what it was told, in the order in which it was.
pub(super) struct Receiver {
    pub(super) url: String,
    told: mpsc::Receiver<Message>,
}

impl Receiver {
    /// One that answers with a status line and headers, as `answer` says.
    pub(super) fn new(answer: impl Fn(&Message) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://localhost:{}/hooks", listener.local_addr().unwrap().port());
        let (tell, told) = mpsc::channel();
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, tell, answer) = (stream.unwrap(), tell.clone(), answer.clone());
                thread::spawn(move || {
                    let Some(message) = read(&mut stream) else { return };
                    // Nobody may want to know any more.
                    let _ = tell.send(message.clone());
                    let answer = answer(&message);
                    let text = format!(
                        "HTTP/1.1 {answer}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
                    );
                    let _ = stream.write_all(text.as_bytes());
                });
            }
        });
        Self { url, told }
    }

    /// One that takes everything.
    pub(super) fn willing() -> Self {
        Self::new(|_| "200 OK".to_owned())
    }

    /// The next message.
    pub(super) fn next(&self) -> Message {
        self.told.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    /// What has come and was not looked at yet.
    pub(super) fn rest(&self) -> Vec<Message> {
        self.told.try_iter().collect()
    }
}

fn read(stream: &mut TcpStream) -> Option<Message> {
    let (mut seen, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.split("\r\n");
            let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
            let headers: HashMap<String, String> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let length = headers.get("content-length").map_or("0", String::as_str);
            if length.parse::<usize>().unwrap() <= body.len() {
                return Some(Message { path, headers, body: body.to_owned() });
            }
        }
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return None,
            Ok(count) => seen.extend_from_slice(&part[..count]),
        }
    }
}
