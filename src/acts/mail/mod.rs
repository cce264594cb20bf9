//! Mail is sent: what waits in the outbox, and a test that somebody asks for.

mod letter;
mod server;
#[cfg(test)]
mod tests;

pub use letter::Letter;
pub use server::{Sent, Server};

use crate::clock::Time;
use crate::config::{Config, Live, Sender};
use crate::crypto::{self, MasterKey};
use crate::email::Email;
use crate::error::{Error, Result};
use crate::locale::Locale;
use crate::store::mails::{self, Kind, Mail, Taken, Values};
use crate::store::setup_links::{self, Cover, NewLink};
use crate::store::{Actor, ConnectionId, Scope, Store, Tx, connections};
use letter::Words;
use lettre::Message;
use server::Connection;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Mails that are taken in one go.
const AT_ONCE: i64 = 10;
/// For how long one go lasts: with one more attempt shorter than a lease.
const GO: Duration = Duration::from_mins(1);
/// For how many days the link in a mail about a certificate is good.
const LINK_DAYS: u32 = 30;

/// What sends mail, with the settings as they are.
#[derive(Clone)]
pub struct Poster {
    store: Store,
    master: MasterKey,
    locale: Arc<Locale>,
    lang: String,
    /// What the operator is called is put at the console while mail is sent.
    live: Arc<Live>,
    public_url: String,
    server: Option<(Server, Sender)>,
    operators: Option<Email>,
    is_development: bool,
}

/// What is to be sent to somebody.
enum Ready {
    Message(Box<Message>, String),
    /// There is no such mail any more, or nobody to send it to.
    Not(Not),
}

enum Not {
    Unsent(&'static str),
    Over(&'static str),
}

/// Sees whether the server of these settings lets us in; nothing is sent. None: there is no server.
pub async fn look(config: &Config) -> Result<Option<Result<(), String>>> {
    let Some(url) = &config.email.smtp_url else { return Ok(None) };
    let server = Server::new(url.clone(), config.public_url.host());
    Ok(Some(match server.connect().await? {
        Ok(connection) => {
            connection.close().await;
            Ok(())
        }
        Err(why) => Err(why),
    }))
}

impl Poster {
    /// What sends mail by these settings.
    pub fn new(live: Arc<Live>, store: Store, master: MasterKey) -> Result<Self> {
        let config = &live.start().config;
        let server = match (&config.email.smtp_url, &config.email.from) {
            (Some(url), Some(from)) => {
                Some((Server::new(url.clone(), config.public_url.host()), from.clone()))
            }
            _ => None,
        };
        Ok(Self {
            store,
            master,
            locale: Arc::new(Locale::load(&config.locale)?),
            lang: config.locale.clone(),
            public_url: config.public_url.as_str().to_owned(),
            server,
            operators: config.admin.email.clone(),
            is_development: config.is_development(),
            live,
        })
    }

    /// Whether there is a server, so that mail leaves the house.
    #[must_use]
    pub fn sends(&self) -> bool {
        self.server.is_some()
    }

    /// Where alerts are sent to.
    #[must_use]
    pub fn operators(&self) -> Option<&Email> {
        self.operators.as_ref()
    }

    fn words(&self) -> Words<'_> {
        Words {
            locale: &self.locale,
            lang: &self.lang,
            brand: self.live.config().brand.name.clone(),
            public_url: &self.public_url,
        }
    }

    /// A mail as it is read. Without `secrets` a link or code is hidden.
    #[must_use]
    pub fn letter(&self, mail: &Mail, secrets: Option<&Values>) -> Letter {
        Letter::of(&self.words(), mail, secrets)
    }

    /// Sends a test at once, which is no mail of the outbox. None: there is no server.
    pub async fn test(&self, actor: Actor, to: &Email) -> Result<Option<Sent>> {
        let Some((server, from)) = &self.server else { return Ok(None) };
        let from = &letter::mailbox(from, &self.words().brand)?;
        let now = self.store.clock().now();
        let id = crypto::hex(&crypto::random::<16>());
        let message = Letter::test(&self.words()).message(from, to, &id, now)?;
        let sent = match server.connect().await? {
            Ok(connection) => {
                let (sent, left) = connection.send(&message).await;
                if let Some(connection) = left {
                    connection.close().await;
                }
                sent
            }
            Err(why) => Sent::NotNow(why),
        };
        let is_taken = matches!(sent, Sent::Taken(_));
        self.store.write(Scope::Own, actor, move |tx| mails::tested(tx, is_taken)).await?;
        Ok(Some(sent))
    }

    /// Sends what is due, by one connection as far as that lasts, until `stop` says `true` or is dropped: how many were taken up.
    pub async fn go(&self, stop: &watch::Receiver<bool>) -> Result<usize> {
        let now = self.store.clock().now();
        if !self.store.read(move |db| mails::is_due(db, now)).await? {
            return Ok(0);
        }
        let all = self.write(|tx| mails::take(tx, AT_ONCE)).await?;
        let (count, began) = (all.len(), Instant::now());
        let mut connection = None;
        for taken in all {
            let is_over = *stop.borrow() || stop.has_changed().is_err();
            if is_over || began.elapsed() >= GO {
                self.write(move |tx| mails::release(tx, &taken)).await?;
                continue;
            }
            let id = taken.mail.id.clone();
            // What could not be noted ends its lease, and is sent again.
            match self.one(taken, connection.take()).await {
                Ok(left) => connection = left,
                Err(error) => tracing::error!(mail = %id, error = ?error, "a mail was not sent"),
            }
        }
        if let Some(connection) = connection {
            connection.close().await;
        }
        Ok(count)
    }

    async fn one(&self, taken: Taken, open: Option<Connection>) -> Result<Option<Connection>> {
        let mut taken = taken;
        let now = self.store.clock().now();
        let ready = match self.ready(&mut taken, now).await {
            Err(Error::Internal(why)) => {
                tracing::error!(mail = %taken.mail.id, error = ?why, "a mail could not be made");
                let said = "it could not be made: the log says why";
                self.write(move |tx| mails::later(tx, &taken, said)).await?;
                return Ok(open);
            }
            ready => ready?,
        };
        let (message, to) = match ready {
            Ready::Message(message, to) => (message, to),
            Ready::Not(Not::Over(why)) => {
                self.write(move |tx| mails::over(tx, &taken, why)).await?;
                return Ok(open);
            }
            Ready::Not(Not::Unsent(why)) => {
                self.show(&taken.mail, now)?;
                self.write(move |tx| mails::unsent(tx, &taken, why)).await?;
                return Ok(open);
            }
        };
        let Some((server, _)) = &self.server else { return Ok(None) };
        let connected = match open {
            Some(connection) => Ok(connection),
            None => server.connect().await?,
        };
        let (sent, left) = match connected {
            Ok(connection) => connection.send(&message).await,
            Err(why) => (Sent::NotNow(why), None),
        };
        let (id, kind, attempt) = (taken.mail.id.clone(), taken.mail.kind, taken.mail.attempts);
        match sent {
            Sent::Taken(said) => {
                let is_own = self.write(move |tx| mails::sent(tx, &taken, &to, &said)).await?;
                tracing::info!(mail = %id, %kind, is_own, "a mail was sent");
            }
            // What a server says may name the recipient: it is kept with the mail, and not in the log.
            Sent::Refused(said) => {
                self.write(move |tx| mails::failed(tx, &taken, &said)).await?;
                tracing::error!(mail = %id, %kind, "a mail was refused for good");
            }
            Sent::NotNow(said) => {
                let given_up = self.write(move |tx| mails::later(tx, &taken, &said)).await?;
                tracing::warn!(mail = %id, %kind, attempt, given_up, "a mail was not taken");
            }
        }
        Ok(left)
    }

    /// What is to be sent, with a link that is made just now where the mail brings one.
    async fn ready(&self, taken: &mut Taken, now: Time) -> Result<Ready> {
        let mail = &taken.mail;
        if mail.kind == Kind::CertificateRenewal && (mail.secret.is_none() || mail.is_over(now)) {
            let Some(with_link) = self.renewal(taken.clone()).await? else {
                return Ok(Ready::Not(Not::Over("the connection is gone, or was set up anew")));
            };
            *taken = with_link;
        }
        let mail = &taken.mail;
        if mail.is_over(now) {
            return Ok(Ready::Not(Not::Over("its link or code had ended before it was sent")));
        }
        let to = match &mail.recipient {
            Some(text) => Email::parse(text).ok(),
            None => self.operators.clone(),
        };
        let Some((_, from)) = &self.server else {
            return Ok(Ready::Not(Not::Unsent("there is no mail server (email.smtp_url)")));
        };
        let from = &letter::mailbox(from, &self.words().brand)?;
        let Some(to) = to else {
            return Ok(Ready::Not(Not::Unsent("nobody receives alerts (admin.email)")));
        };
        let secrets = mail.secrets(&self.master, now)?;
        let letter = self.letter(mail, secrets.as_ref());
        let message = letter.message(from, &to, mail.id.as_str(), now)?;
        Ok(Ready::Message(Box::new(message), to.to_string()))
    }

    /// Makes the link by which an IT admin gives another certificate; none: there is no such connection any more.
    async fn renewal(&self, taken: Taken) -> Result<Option<Taken>> {
        let Some(organization) = taken.mail.organization_id.clone() else { return Ok(None) };
        let (master, public_url) = (self.master.clone(), self.public_url.clone());
        let scope = Scope::from(&organization);
        let make = move |tx: &mut Tx| {
            let mut taken = taken;
            let Ok(connection) = taken.mail.subject_id.parse::<ConnectionId>() else {
                return Ok(None);
            };
            if connections::by_id_with_organization(tx.db, &connection)?.is_none() {
                return Ok(None);
            }
            let new = NewLink {
                connection_id: Some(connection),
                covers: vec![Cover::Certificate],
                days: LINK_DAYS,
                email: taken.mail.recipient.clone(),
                ..NewLink::default()
            };
            let (link, secret) = setup_links::create(tx, &organization, new)?;
            let url = format!("{public_url}/setup/{}", secret.reveal());
            let values = Values::from([("url".to_owned(), url)]);
            mails::sealed(tx, &master, &mut taken, &values, link.expires_at)?;
            Ok(Some(taken))
        };
        self.store.write(scope, Actor::System, make).await
    }

    /// In development the log has what is not sent.
    fn show(&self, mail: &Mail, now: Time) -> Result<()> {
        if !self.is_development {
            tracing::warn!(mail = %mail.id, kind = %mail.kind, "a mail is not sent: it is in the outbox");
            return Ok(());
        }
        let secrets = mail.secrets(&self.master, now)?;
        let letter = self.letter(mail, secrets.as_ref());
        let to = mail.recipient.clone().unwrap_or_else(|| "admin.email".to_owned());
        tracing::info!(mail = %mail.id, "a mail to {to} is not sent\n{}\n\n{}", letter.subject, letter.plain()?);
        Ok(())
    }

    async fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.store.write(Scope::Own, Actor::System, f).await
    }
}
