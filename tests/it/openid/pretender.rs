//! A provider in this process that answers whatever a test wants: for tokens that no honest one gives.

use actix_web::dev::ServerHandle;
use actix_web::rt::System;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use url::form_urlencoded;
use vestibule::crypto::{Algorithm, PrivateKey};
use vestibule::oidc::jwt::SigningKey;
use vestibule::oidc::keys::{Key, KeySet, State};

/// What it says and what it was asked.
struct Shelf {
    url: String,
    key: SigningKey,
    names_itself: bool,
    tokens: (u16, Value),
    userinfo: Value,
    asked: Vec<HashMap<String, String>>,
}

/// The provider. It answers until it is dropped.
pub(crate) struct Pretender {
    /// Its issuer.
    pub(crate) url: String,
    /// What it signs with.
    pub(crate) key: SigningKey,
    shelf: Arc<Mutex<Shelf>>,
    handle: ServerHandle,
}

/// A key with this name.
pub(crate) fn key(name: &str, algorithm: Algorithm) -> SigningKey {
    SigningKey::new(name, PrivateKey::generate(algorithm).unwrap()).unwrap()
}

impl Pretender {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let key = key("theirs", Algorithm::Rs256);
        let shelf = Arc::new(Mutex::new(Shelf {
            url: url.clone(),
            key: key.clone(),
            names_itself: true,
            tokens: (500, Value::Null),
            userinfo: Value::Null,
            asked: Vec::new(),
        }));
        let (tell, told) = mpsc::channel();
        let shared = Data::from(shelf.clone());
        thread::spawn(move || {
            System::new().block_on(async move {
                let app = move || {
                    App::new()
                        .app_data(shared.clone())
                        .route("/.well-known/openid-configuration", web::get().to(document))
                        .route("/jwks", web::get().to(keys))
                        .route("/token", web::post().to(token))
                        .route("/me", web::get().to(userinfo))
                };
                let server = HttpServer::new(app).workers(1).disable_signals();
                let server = server.listen(listener).unwrap().run();
                tell.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Self { url, key, shelf, handle: told.recv().unwrap() }
    }

    /// Says of itself that it names itself in each answer, or does not.
    pub(crate) fn announces_itself(&self, is_so: bool) {
        self.shelf.lock().unwrap().names_itself = is_so;
    }

    /// What it gives for the next code.
    pub(crate) fn gives(&self, status: u16, answer: Value) {
        self.shelf.lock().unwrap().tokens = (status, answer);
    }

    /// What its userinfo endpoint says.
    pub(crate) fn knows(&self, userinfo: Value) {
        self.shelf.lock().unwrap().userinfo = userinfo;
    }

    /// What came to its token endpoint since this was last asked.
    pub(crate) fn asked(&self) -> Vec<HashMap<String, String>> {
        std::mem::take(&mut self.shelf.lock().unwrap().asked)
    }

    /// Its public keys.
    pub(crate) fn jwks(&self) -> Value {
        published(&self.key)
    }
}

impl Drop for Pretender {
    fn drop(&mut self) {
        // The command is sent by the call; nobody waits for its end.
        drop(self.handle.stop(false));
    }
}

fn published(key: &SigningKey) -> Value {
    let since = vestibule::clock::Clock::default().now();
    let set = KeySet::new(vec![Key { key: key.clone(), state: State::Active, since }]);
    serde_json::to_value(set.jwks()).unwrap()
}

async fn document(shelf: Data<Mutex<Shelf>>) -> HttpResponse {
    let shelf = shelf.lock().unwrap();
    let url = &shelf.url;
    HttpResponse::Ok().json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/jwks"),
        "userinfo_endpoint": format!("{url}/me"),
        "authorization_response_iss_parameter_supported": shelf.names_itself,
    }))
}

async fn keys(shelf: Data<Mutex<Shelf>>) -> HttpResponse {
    HttpResponse::Ok().json(published(&shelf.lock().unwrap().key))
}

async fn token(shelf: Data<Mutex<Shelf>>, body: String) -> HttpResponse {
    let mut shelf = shelf.lock().unwrap();
    shelf.asked.push(form_urlencoded::parse(body.as_bytes()).into_owned().collect());
    let (status, answer) = &shelf.tokens;
    HttpResponse::build((*status).try_into().unwrap()).json(answer)
}

async fn userinfo(shelf: Data<Mutex<Shelf>>) -> HttpResponse {
    HttpResponse::Ok().json(&shelf.lock().unwrap().userinfo)
}
