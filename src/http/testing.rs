//! The application in a test: called without a network.

use super::server::{self, State};
use crate::config::{self, Flags, Surroundings};
use crate::crypto::MasterKey;
use crate::store::testing::{self, TestStore};
use crate::telemetry::Metrics;
use actix_web::HttpResponse;
use actix_web::body::{BoxBody, to_bytes};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::{self, Data};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

/// An application with a database of its own.
pub(crate) struct World {
    pub(crate) state: Data<State>,
    store: TestStore,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// A header as text; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A world with these settings, in development unless they say otherwise.
pub(crate) fn world(settings: &[(&str, &str)]) -> World {
    let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let flags = Flags { config: None, settings: settings.collect() };
    let loaded = config::load_from(&flags, &Surroundings::default()).unwrap();
    let store = testing::store();
    let master = MasterKey::from_base64(MasterKey::generate().reveal(), None).unwrap();
    let state = State::new(loaded, (*store).clone(), master, Metrics::new().unwrap()).unwrap();
    World { state: Data::new(state), store }
}

/// Settings of an installation with customers.
pub(crate) const PRODUCTION: &[(&str, &str)] = &[
    ("public_url", "https://sso.example.com"),
    ("database.url", "sqlite://./never-opened.db"),
    ("secrets.master_key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ("brand.name", "Orbit Labs"),
    ("brand.support", "help@orbitlabs.example"),
    ("brand.back", "https://app.orbitlabs.example/login"),
];

impl World {
    /// Its database.
    pub(crate) fn store(&self) -> &TestStore {
        &self.store
    }

    /// Sends a request to the routes that exist.
    pub(crate) async fn call(&self, request: TestRequest) -> Answer {
        self.call_with(request, |_| {}).await
    }

    /// Sends a request to the routes that exist and some of the test's own.
    pub(crate) async fn call_with(
        &self,
        request: TestRequest,
        routes: impl FnOnce(&mut web::ServiceConfig),
    ) -> Answer {
        let peer: SocketAddr = "127.0.0.1:4711".parse().unwrap();
        let app = init_service(server::app(self.state.clone()).configure(routes)).await;
        let request = request.peer_addr(peer).to_request();
        let answer: ServiceResponse<BoxBody> = call_service(&app, request).await;
        read(answer.into_parts().1).await
    }
}

/// Reads an answer that a function made.
pub(crate) async fn read(response: HttpResponse) -> Answer {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = to_bytes(response.into_body()).await.unwrap();
    Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
}

/// An app on this machine that answers every request with this status, so many times.
pub(crate) fn app(answers: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://localhost:{}/hooks", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut part = [0; 8192];
            let mut seen = String::new();
            while !seen.ends_with('}') {
                let count = stream.read(&mut part).unwrap();
                seen.push_str(std::str::from_utf8(&part[..count]).unwrap());
            }
            let text = format!("HTTP/1.1 {answer}\r\nConnection: close\r\n\r\nwhy not");
            stream.write_all(text.as_bytes()).unwrap();
        }
    });
    url
}
