//! Receives events on this machine and verifies them, for whoever writes the receiving end.

use super::{delete_quietly, made};
use crate::cli::failure::{Exit, Failure, Result};
use crate::cli::shell::Shell;
use crate::clock::Clock;
use crate::crypto::{Secret, WebhookKey};
use actix_web::http::header::HeaderMap;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use tokio::signal::unix::{SignalKind, signal};

/// By how many seconds the time of a message may differ from ours (Standard Webhooks, “Verifying webhook authenticity”).
const TOLERANCE: i64 = 300;

/// What to receive.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The port on this machine; a free one if left out
    #[arg(long)]
    port: Option<u16>,
    /// Which events, with commas between: `user.created`, or `user.*`; all if left out
    #[arg(long, value_delimiter = ',')]
    events: Vec<String>,
    /// The secret of an endpoint that there is already; if left out, one is made as long as this runs
    #[arg(long, value_name = "SECRET")]
    secret: Option<String>,
}

/// What the receiving end knows.
struct Ear {
    key: WebhookKey,
    clock: Clock,
}

pub(super) fn run(shell: &Shell, arguments: &Arguments) -> Result {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port.unwrap_or(0)))
        .and_then(|listener| Ok((listener.local_addr()?.port(), listener)));
    let (port, listener) = listener.map_err(|error| {
        let port = arguments.port.unwrap_or_default();
        Failure::new(
            Exit::Unreachable,
            "not_listening",
            format!("The port {port} cannot be listened on."),
            format!("{error}."),
            "Choose another: --port PORT",
        )
    })?;
    let url = format!("http://localhost:{port}/");
    let (endpoint, secret) = if let Some(secret) = &arguments.secret {
        (None, Secret::from(secret.clone()))
    } else {
        let name = Some("vestibule webhook listen".to_owned());
        let (endpoint, secret) = made(shell, url.clone(), &arguments.events, None, name)?;
        (Some(endpoint.id), secret)
    };
    let key = WebhookKey::parse(secret.reveal()).ok_or_else(|| {
        Failure::new(
            Exit::Invalid,
            "secret_invalid",
            "This is not the secret of a webhook endpoint.",
            "It begins with whsec_ and goes on in base64.",
            "Leave --secret out, and an endpoint is made for as long as this runs.",
        )
    })?;
    shell.out.note(format!("Listening at {url} — stop with Ctrl C."));
    let heard = hear(Ear { key, clock: Clock::default() }, listener);
    if let Some(id) = endpoint {
        delete_quietly(shell, &id)?;
    }
    heard
}

fn hear(ear: Ear, listener: TcpListener) -> Result {
    let ear = Data::new(ear);
    actix_web::rt::System::new().block_on(async move {
        let mut terminate = signal(SignalKind::terminate()).map_err(anyhow::Error::new)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(anyhow::Error::new)?;
        let app = move || App::new().app_data(ear.clone()).default_service(web::to(receive));
        let server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(1);
        let server = server.listen(listener).map_err(anyhow::Error::new)?.run();
        let handle = server.handle();
        let serving = tokio::spawn(server);
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        handle.stop(true).await;
        serving.await.map_err(anyhow::Error::new)?.map_err(anyhow::Error::new)?;
        Ok(())
    })
}

async fn receive(request: HttpRequest, body: Bytes, ear: Data<Ear>) -> HttpResponse {
    let now = ear.clock.now().unix();
    match verified(&ear.key, request.headers(), &body, now) {
        Ok(text) => match writeln!(std::io::stdout().lock(), "{text}") {
            Ok(()) => HttpResponse::NoContent().finish(),
            Err(_) => HttpResponse::InternalServerError().finish(),
        },
        Err(why) => {
            let _ = writeln!(std::io::stderr().lock(), "Refused: {why}.");
            HttpResponse::Unauthorized().body(why)
        }
    }
}

/// The body, if its signature is by this key and its time is now.
fn verified<'a>(
    key: &WebhookKey,
    headers: &HeaderMap,
    body: &'a [u8],
    now: i64,
) -> Result<&'a str, &'static str> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(id), Some(time), Some(signatures)) =
        (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"))
    else {
        return Err("webhook-id, webhook-timestamp or webhook-signature is missing");
    };
    let body = std::str::from_utf8(body).map_err(|_| "the body is no text")?;
    let time: i64 = time.parse().map_err(|_| "webhook-timestamp is no number")?;
    if (now - time).abs() > TOLERANCE {
        return Err("its time differs by more than five minutes");
    }
    match key.verify(id, time, body, signatures) {
        Ok(true) => Ok(body),
        Ok(false) | Err(_) => Err("no signature is by this secret"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto;
    use actix_web::http::header::{HeaderName, HeaderValue};

    #[test]
    fn what_is_listened_to_is_signed_and_of_now() {
        let key = WebhookKey::parse(crypto::webhook_secret().reveal()).unwrap();
        let signature = key.sign("evt_1", 1000, "{}").unwrap();
        let headers = |changes: &[(&'static str, &str)]| {
            let usual = [
                ("webhook-id", "evt_1"),
                ("webhook-timestamp", "1000"),
                ("webhook-signature", signature.as_str()),
            ];
            let mut headers = HeaderMap::new();
            for (name, value) in usual.iter().chain(changes) {
                headers
                    .insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
            }
            headers
        };
        let heard = |headers: &HeaderMap, body: &str, now| {
            verified(&key, headers, body.as_bytes(), now).map(str::to_owned)
        };
        assert_eq!(heard(&headers(&[]), "{}", 1300), Ok("{}".to_owned()));
        assert!(heard(&headers(&[]), "{}", 1301).is_err());
        assert!(heard(&headers(&[]), "{ }", 1000).is_err());
        assert!(heard(&headers(&[("webhook-id", "evt_2")]), "{}", 1000).is_err());
        assert!(heard(&headers(&[("webhook-timestamp", "x")]), "{}", 1000).is_err());
        assert!(heard(&HeaderMap::new(), "{}", 1000).is_err());
    }
}
