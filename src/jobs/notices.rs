//! Tells apps that sessions have ended (OIDC Back-Channel Logout 1.0).
//!
//! Several instances may do it at once: each takes rows that no other one holds. Whoever stops between
//! telling and noting that it told leaves a row that is told again, which ends the same session again.

use crate::error::Result;
use crate::fetch::Fetcher;
use crate::oidc::ended::{self, Ended};
use crate::store::applications::Application;
use crate::store::keys::KeyRing;
use crate::store::notices::{self, Notice, Room};
use crate::store::{Actor, ApplicationId, Scope, Store};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{self, JoinSet};

/// How often is looked for what another process has left to do. What this one leaves is seen at once.
const EVERY: Duration = Duration::from_secs(1);
/// Deliveries at the same time.
const AT_ONCE: usize = 64;
/// Those to one app: one that does not answer keeps only its own waiting.
const EACH: usize = 8;

/// What telling takes.
pub struct Teller {
    /// Where the notices are.
    pub store: Store,
    /// Reaches the apps.
    pub fetcher: Fetcher,
    /// Who tells.
    pub issuer: String,
    /// Our keys at the moment.
    pub keys: Box<dyn Fn() -> Arc<KeyRing> + Send + Sync>,
}

/// Tells until `stop` says `true` or is dropped; deliveries under way are finished.
pub async fn run(teller: Teller, mut stop: watch::Receiver<bool>) {
    let teller = Arc::new(teller);
    let mut under_way = UnderWay::default();
    loop {
        if let Err(error) = begin(&teller, &mut under_way).await {
            tracing::warn!(error = ?error, "apps could not be told of the end of sessions");
        }
        tokio::select! {
            () = teller.store.rung() => {}
            () = tokio::time::sleep(EVERY) => {}
            Some(()) = under_way.next() => {}
            changed = stop.changed() => {
                if changed.is_err() || *stop.borrow() {
                    break;
                }
            }
        }
    }
    while under_way.next().await.is_some() {}
}

/// The deliveries under way, each known by whom it is for.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<()>,
    to: HashMap<task::Id, ApplicationId>,
}

impl UnderWay {
    fn begin(&mut self, teller: &Arc<Teller>, notice: Notice, application: Application) {
        let to = application.id.clone();
        let task = self.tasks.spawn(deliver(teller.clone(), notice, application));
        self.to.insert(task.id(), to);
    }

    /// Waits for the next one that ends; `None` where there is none.
    async fn next(&mut self) -> Option<()> {
        let id = match self.tasks.join_next_with_id().await? {
            Ok((id, ())) => id,
            Err(error) => {
                tracing::error!(%error, "telling an app did not end well");
                error.id()
            }
        };
        self.to.remove(&id);
        Some(())
    }

    fn room(&self) -> Room {
        let mut under_way = BTreeMap::new();
        for application in self.to.values() {
            *under_way.entry(application.clone()).or_default() += 1;
        }
        Room { most: AT_ONCE.saturating_sub(self.to.len()), each: EACH, under_way }
    }
}

/// Takes what is due, as far as there is room, and begins to deliver it.
async fn begin(teller: &Arc<Teller>, under_way: &mut UnderWay) -> Result<()> {
    loop {
        let room = Arc::new(under_way.room());
        let (now, seen) = (teller.store.clock().now(), room.clone());
        if !teller.store.read(move |db| notices::is_due(db, now, &seen)).await? {
            return Ok(());
        }
        let take = move |tx: &mut crate::store::Tx| notices::take(tx, &room);
        let taken = teller.store.write(Scope::Own, Actor::System, take).await?;
        if taken.is_empty() {
            return Ok(());
        }
        for (notice, application) in taken {
            under_way.begin(teller, notice, application);
        }
    }
}

/// Delivers one notice and notes how it went.
async fn deliver(teller: Arc<Teller>, notice: Notice, application: Application) {
    let told = tell(&teller, &notice, &application).await;
    let (attempt, name) = (notice.attempts, application.id);
    let failure = told.as_ref().err().cloned();
    let written = teller
        .store
        .write(Scope::Own, Actor::System, move |tx| match told {
            Ok(()) => notices::done(tx, &notice.id).map(|()| false),
            Err(why) => notices::failed(tx, &notice, &why),
        })
        .await;
    match (written, failure) {
        (Ok(false), None) => tracing::debug!(application = %name, "told of the end of a session"),
        (Ok(given_up), why) => tracing::warn!(
            application = %name,
            attempt,
            given_up,
            why = why.unwrap_or_default(),
            "an app could not be told of the end of a session"
        ),
        (Err(error), _) => {
            tracing::warn!(application = %name, error = ?error, "a notice could not be noted as told");
        }
    }
}

/// Sends one logout token (2.5). Any answer of success will do (2.8).
async fn tell(
    teller: &Teller,
    notice: &Notice,
    application: &Application,
) -> std::result::Result<(), String> {
    // Whoever has taken the address away since does not want to be told.
    let Some(uri) = &application.backchannel_logout_uri else { return Ok(()) };
    let id = format!("{}.{}", notice.id, notice.attempts);
    let ended = Ended {
        client_id: application.id.as_str(),
        sub: notice.user_id.as_str(),
        sid: notice.session_id.as_str(),
    };
    let now = teller.store.clock().now();
    let claims = ended::logout_token(&teller.issuer, &id, &ended, now);
    let token = (teller.keys)()
        .signer_of(application.id_token_alg.into())
        .and_then(|key| key.sign_typed(ended::TYP, &claims))
        .map_err(|error| format!("the token could not be signed: {error:?}"))?;
    match teller.fetcher.post_form(uri, &[(ended::FIELD, &token)]).await {
        Ok(status) if (200..300).contains(&status) => Ok(()),
        Ok(status) => Err(format!("it answered with status {status}")),
        Err(fault) => Err(fault.reason().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::MasterKey;
    use crate::fetch::{AllowList, Limits};
    use crate::store::applications::{self, Logout, NewApplication};
    use crate::store::testing::{self, TestStore};
    use crate::store::{UserId, connections, keys, organizations, users};
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::Value;
    use std::collections::BTreeSet;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::mpsc;
    use std::thread;

    const SESSIONS: usize = 20;

    /// An app on a free port that takes every token, and hands it on.
    fn app() -> (String, mpsc::Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let uri = format!("http://localhost:{}/bye", listener.local_addr().unwrap().port());
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, tell) = (stream.unwrap(), tell.clone());
                thread::spawn(move || {
                    let (mut seen, mut part) = (String::new(), [0; 4096]);
                    while !is_complete(&seen) {
                        let count = stream.read(&mut part).unwrap();
                        seen.push_str(std::str::from_utf8(&part[..count]).unwrap());
                    }
                    let token = seen.split_once("logout_token=").unwrap().1.to_owned();
                    tell.send(token).unwrap();
                    let answer = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
                    stream.write_all(answer.as_bytes()).unwrap();
                });
            }
        });
        (uri, told)
    }

    fn is_complete(seen: &str) -> bool {
        let Some((head, body)) = seen.split_once("\r\n\r\n") else { return false };
        let head = head.to_ascii_lowercase();
        let length = head.split_once("content-length: ").unwrap().1;
        length.split("\r\n").next().unwrap().parse() == Ok(body.len())
    }

    /// An app that takes every connection and says nothing.
    fn silent_app() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let uri = format!("http://localhost:{}/bye", listener.local_addr().unwrap().port());
        thread::spawn(move || listener.incoming().collect::<Vec<_>>());
        uri
    }

    /// A person with so many sessions at an app with each of these addresses.
    fn signed_in(store: &TestStore, apps: &[(String, usize)]) -> UserId {
        store.system(|tx| {
            let organization = organizations::create(tx, testing::globex())?.id;
            let connection = connections::create(tx, &organization, testing::connection())?.id;
            let ann = users::create(tx, testing::person(&organization, "ann@globex.example"))?;
            for (uri, sessions) in apps {
                let logout = Logout { backchannel_uri: Some(uri.clone()), ..Logout::default() };
                let new = NewApplication { logout, ..testing::orbit() };
                let (application, _) = applications::create(tx, new)?;
                for _ in 0..*sessions {
                    testing::sign_in(tx, &ann, &connection, &application.id)?;
                }
            }
            Ok(ann.id)
        })
    }

    fn ring(store: &TestStore) -> Arc<KeyRing> {
        let master = MasterKey::from_base64(MasterKey::generate().reveal(), None).unwrap();
        store.system(|tx| keys::keep(tx, &master, "sso.example"));
        let now = store.clock().now();
        Arc::new(store.read_now(|db| keys::load(db, &master, None, now)).unwrap())
    }

    fn teller(store: &TestStore, ring: &Arc<KeyRing>, limits: Limits) -> Teller {
        let ring = ring.clone();
        Teller {
            store: (**store).clone(),
            fetcher: Fetcher::new(AllowList::parse(&["localhost"]).unwrap(), limits).unwrap(),
            issuer: "https://sso.example".to_owned(),
            keys: Box::new(move || ring.clone()),
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_app_that_hangs_keeps_no_other_app_waiting() {
        let store = testing::store();
        let (uri, told) = app();
        // More than there are deliveries at once, and all of them due first.
        let ann = signed_in(&store, &[(silent_app(), AT_ONCE + 8), (uri, 3)]);
        let ring = ring(&store);
        let (stop, stopped) = watch::channel(false);
        let limits = Limits { time: Duration::from_secs(8), ..Limits::default() };
        let job = tokio::spawn(run(teller(&store, &ring, limits), stopped));
        store.system(|tx| users::suspend(tx, &ann).map(drop));
        for _ in 0..3 {
            told.recv_timeout(Duration::from_secs(6)).unwrap();
        }
        stop.send(true).unwrap();
        job.await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn several_instances_tell_an_app_of_each_session_once() {
        let store = testing::store();
        let (uri, told) = app();
        let ann = signed_in(&store, &[(uri, SESSIONS)]);
        let ring = ring(&store);
        let (stop, stopped) = watch::channel(false);
        let job = || tokio::spawn(run(teller(&store, &ring, Limits::default()), stopped.clone()));
        let jobs = [job(), job(), job()];
        store.system(|tx| users::suspend(tx, &ann).map(drop));
        let tokens: Vec<String> =
            (0..SESSIONS).map(|_| told.recv_timeout(Duration::from_secs(20)).unwrap()).collect();
        stop.send(true).unwrap();
        for job in jobs {
            job.await.unwrap();
        }
        assert!(told.try_recv().is_err(), "a session is told twice");
        let sessions: BTreeSet<String> = tokens.iter().map(|token| sid(token, &ring)).collect();
        assert_eq!(sessions.len(), SESSIONS);
        let later = store.clock().now().plus(notices::LEASE);
        let room = UnderWay::default().room();
        let is_due = store.read_now(|db| notices::is_due(db, later, &room)).unwrap();
        assert!(!is_due, "something is left");
    }

    /// The session that a token names, if one of our keys signed it as what it is.
    fn sid(token: &str, ring: &KeyRing) -> String {
        let header = token.split('.').next().unwrap();
        let header: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        assert_eq!(header["typ"], "logout+jwt");
        let claims: Value = ring.oidc().verify(token).unwrap();
        claims["sid"].as_str().unwrap().to_owned()
    }
}
