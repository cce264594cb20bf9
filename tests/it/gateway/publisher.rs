//! A server in this process that publishes metadata: it changes its file, says that it has not changed, and fails.

use actix_web::dev::ServerHandle;
use actix_web::http::header::{ETAG, IF_NONE_MATCH};
use actix_web::rt::System;
use actix_web::web::{self, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use vestibule::crypto;

/// What is published, and who asked for it.
#[derive(Default)]
struct Shelf {
    file: Option<String>,
    answers: Vec<u16>,
}

/// The server. It answers until it is dropped.
pub(crate) struct Publisher {
    /// Where the file is.
    pub(crate) url: String,
    shelf: Arc<Mutex<Shelf>>,
    handle: ServerHandle,
}

impl Publisher {
    /// Publishes this file.
    pub(crate) fn start(file: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}/metadata", listener.local_addr().unwrap().port());
        let shelf = Arc::new(Mutex::new(Shelf { file: Some(file), answers: Vec::new() }));
        let (tell, told) = mpsc::channel();
        let shared = Data::from(shelf.clone());
        thread::spawn(move || {
            System::new().block_on(async move {
                let app = move || {
                    App::new().app_data(shared.clone()).route("/{any:.*}", web::get().to(answer))
                };
                let server = HttpServer::new(app).workers(1).disable_signals();
                let server = server.listen(listener).unwrap().run();
                tell.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Self { url, shelf, handle: told.recv().unwrap() }
    }

    /// Publishes another file.
    pub(crate) fn publish(&self, file: String) {
        self.shelf.lock().unwrap().file = Some(file);
    }

    /// Has no file any more.
    pub(crate) fn fail(&self) {
        self.shelf.lock().unwrap().file = None;
    }

    /// The status of each answer since this was last asked.
    pub(crate) fn answers(&self) -> Vec<u16> {
        std::mem::take(&mut self.shelf.lock().unwrap().answers)
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        // The command is sent by the call; nobody waits for its end.
        drop(self.handle.stop(false));
    }
}

async fn answer(shelf: Data<Mutex<Shelf>>, request: HttpRequest) -> HttpResponse {
    let mut shelf = shelf.lock().unwrap();
    let response = match &shelf.file {
        None => HttpResponse::ServiceUnavailable().finish(),
        Some(file) => {
            let etag = format!("\"{}\"", crypto::hex(&crypto::sha256(file.as_bytes())));
            let known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
            if known == Some(etag.as_str()) {
                HttpResponse::NotModified().finish()
            } else {
                HttpResponse::Ok().insert_header((ETAG, etag)).body(file.clone())
            }
        }
    };
    shelf.answers.push(response.status().as_u16());
    response
}
