//! The server that takes our mail, by SMTP (RFC 5321).
//!
//! Several mails may go by one connection. A connection on which something was broken off is never used again: what it
//! answers next could be meant for the mail before.

use crate::config::{MailTls, SmtpUrl};
use crate::error::{Error, Result};
use anyhow::Context;
use lettre::Message;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters, TlsVersion};
use lettre::transport::smtp::extension::ClientId;
use std::future::Future;
use std::time::Duration;
use tokio::time::timeout;

/// How long the server has to let us in.
const OPENED_WITHIN: Duration = Duration::from_secs(10);
/// How long it has to take a mail.
const TAKEN_WITHIN: Duration = Duration::from_secs(20);
/// How long a farewell may take.
const CLOSED_WITHIN: Duration = Duration::from_secs(2);
const MECHANISMS: &[Mechanism] = &[Mechanism::Plain, Mechanism::Login];

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The server has taken it, and said this.
    Taken(String),
    /// It was refused for good, as a server says with 5xx.
    Refused(String),
    /// It was not taken now.
    NotNow(String),
}

/// A mail server, and how we present ourselves.
#[derive(Debug, Clone)]
pub struct Server {
    url: SmtpUrl,
    hello: ClientId,
}

/// A connection to it.
pub struct Connection {
    smtp: AsyncSmtpConnection,
}

impl Server {
    /// The server at this address, to which we are the host `own`.
    #[must_use]
    pub fn new(url: SmtpUrl, own: &str) -> Self {
        Self { url, hello: ClientId::Domain(own.to_owned()) }
    }

    /// Connects, with TLS and a password where they are wanted; or why that cannot be.
    pub async fn connect(&self) -> Result<Result<Connection, String>> {
        let tls = TlsParameters::builder(self.url.host.clone());
        let tls = tls.set_min_tls_version(TlsVersion::Tlsv12).build();
        let tls = tls.context("the settings of TLS for mail")?;
        Ok(within(OPENED_WITHIN, self.open(tls)).await)
    }

    async fn open(&self, tls: TlsParameters) -> Result<Connection, SmtpError> {
        let wrapped = (self.url.tls == MailTls::Wrapped).then(|| tls.clone());
        let to = (self.url.host.as_str(), self.url.port);
        let limit = Some(OPENED_WITHIN);
        let mut smtp =
            AsyncSmtpConnection::connect_tokio1(to, limit, &self.hello, wrapped, None).await?;
        if self.url.tls == MailTls::Required {
            smtp.starttls(tls, &self.hello).await?;
        }
        if let Some((user, password)) = &self.url.login {
            let login = Credentials::new(user.clone(), password.reveal().to_owned());
            smtp.auth(MECHANISMS, &login).await?;
        }
        Ok(Connection { smtp })
    }
}

impl Connection {
    /// Sends a mail. The connection comes back if another one may go by it.
    pub async fn send(mut self, message: &Message) -> (Sent, Option<Self>) {
        let bytes = message.formatted();
        let sending = self.smtp.send(message.envelope(), &bytes);
        match timeout(TAKEN_WITHIN, sending).await {
            Ok(Ok(answer)) => {
                let words: Vec<&str> = answer.message().collect();
                (Sent::Taken(format!("{} {}", answer.code(), words.join(" "))), Some(self))
            }
            // After a refusal the library has closed the connection.
            Ok(Err(error)) if is_final(&error) => (Sent::Refused(said(&error)), None),
            Ok(Err(error)) => (Sent::NotNow(said(&error)), None),
            Err(_) => (Sent::NotNow(too_slow(TAKEN_WITHIN)), None),
        }
    }

    /// Says farewell.
    pub async fn close(mut self) {
        // Whoever does not answer is left all the same.
        let _ = timeout(CLOSED_WITHIN, self.smtp.quit()).await;
    }
}

async fn within<T>(
    limit: Duration,
    doing: impl Future<Output = Result<T, SmtpError>>,
) -> Result<T, String> {
    match timeout(limit, doing).await {
        Ok(done) => done.map_err(|error| said(&error)),
        Err(_) => Err(too_slow(limit)),
    }
}

fn too_slow(limit: Duration) -> String {
    format!("no answer within {} seconds", limit.as_secs())
}

/// Whether the server will never take this mail. What it says of us, as that we must sign in (RFC 4954, 6), may change.
fn is_final(error: &SmtpError) -> bool {
    let code = error.status().map(|code| code.to_string());
    error.is_permanent() && !matches!(code.as_deref(), Some("530" | "534" | "535" | "538"))
}

/// The error with what it came of.
fn said(error: &SmtpError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// Why the settings do not give a mail.
pub(super) fn unusable(why: impl std::fmt::Display) -> Error {
    Error::Internal(anyhow::anyhow!("a mail cannot be made: {why}"))
}
