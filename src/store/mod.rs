//! What there is, and what may be done to it.

pub mod access;
pub mod aliases;
pub mod api_keys;
pub mod applications;
pub mod backup;
pub mod break_glass;
pub mod clean_up;
pub mod configuration;
pub mod connections;
mod db;
pub mod demo;
pub mod destinations;
pub mod directories;
pub mod domains;
mod ending;
pub mod enforcement;
pub mod events;
pub mod grants;
pub mod idempotency;
pub mod identities;
mod ids;
mod input;
pub mod keys;
pub mod logos;
pub mod logouts;
pub mod mails;
pub mod members;
pub mod names;
mod networks;
pub mod notices;
pub mod organizations;
pub mod origin;
pub mod page;
mod prepared;
pub mod refreshes;
mod schema;
pub mod sessions;
pub mod settings;
pub mod setup_links;
pub mod sign_in;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod threads;
mod together;
pub mod traces;
mod types;
mod used;
pub mod users;
pub mod webhooks;

use crate::clock::{Clock, Time};
use crate::error::{Error, Result};
use crate::telemetry::{Metrics, Pool};
use anyhow::Context;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, Semaphore, oneshot, watch};

pub use db::Db;
pub(crate) use db::on_backend;
pub use ids::{
    AlertId, AliasId, ApiKeyId, ApplicationId, BreakGlassCodeId, ConflictId, ConnectionId,
    DeliveryId, DomainId, EntityId, EventId, ExemptOwnerId, GrantId, GroupId, KeyId, LogoutId,
    MailId, MappingId, MemberId, MemberLinkId, MemberPasskeyId, MemberSessionId, NoticeId,
    OrganizationId, PreviewId, RequestId, RuleId, ScimRequestId, ScimTokenId, SecretId, SessionId,
    SetupLinkId, TraceId, UserId, WebhookEndpointId,
};
pub use page::{Page, Window};
use prepared::Prepared;
pub use together::Next;
use together::Together;
pub use types::Json;

/// Connections that may write: more would wait for SQLite's one writer by polling the file.
const SQLITE_WRITERS: u32 = 1;
const POSTGRES_WRITERS: u32 = 5;
const READERS: u32 = 5;
/// Computations beside the database that run at once: more would only wait for the processors.
const APART: usize = 32;

/// The database, and the only ways to read and to change it.
#[derive(Clone)]
pub struct Store {
    writers: db::DbPool,
    readers: db::DbPool,
    clock: Clock,
    metrics: Option<Metrics>,
    turns: Arc<Semaphore>,
    /// What several write in one transaction; none where the database does so by itself.
    together: Option<Arc<Together>>,
    bell: Arc<Notify>,
    news: Arc<Notify>,
    numbered: Arc<watch::Sender<i64>>,
}

/// Who makes a change, as the audit log tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The gateway itself: a job, the start.
    System,
    /// A person at the command line.
    Cli(String),
    /// A program with an API key.
    ApiKey(ApiKeyId),
    /// A person who signs in through this connection.
    SignIn(ConnectionId),
    /// The identity provider of this connection.
    Provider(ConnectionId),
    /// An application at the token or logout endpoint.
    Application(ApplicationId),
    /// A machine application that calls the REST API.
    Machine(ApplicationId),
    /// The directory of this connection.
    Directory(ConnectionId),
    /// An IT admin in the portal, let in by this link.
    Portal(SetupLinkId),
    /// One of the operator's people at the console.
    Member(MemberId),
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Cli(user) => write!(f, "cli:{user}"),
            Self::ApiKey(id) => write!(f, "api_key:{id}"),
            Self::SignIn(id) => write!(f, "sign_in:{id}"),
            Self::Provider(id) => write!(f, "provider:{id}"),
            Self::Application(id) | Self::Machine(id) => write!(f, "application:{id}"),
            Self::Directory(id) => write!(f, "directory:{id}"),
            Self::Portal(id) => write!(f, "portal:{id}"),
            Self::Member(id) => write!(f, "member:{id}"),
        }
    }
}

/// Which writes wait for each other.
#[derive(Debug, Clone)]
pub enum Scope {
    /// Settings, keys, applications, organizations as such.
    System,
    /// Whatever belongs to one organization.
    Organization(OrganizationId),
    /// Only rows that nobody else writes, because of what an organization's rows say: it waits for whoever changes
    /// those, and they for it, but not for its like.
    Among(OrganizationId),
    /// Only rows that nobody else writes: it waits for nobody.
    Own,
}

impl From<&OrganizationId> for Scope {
    fn from(id: &OrganizationId) -> Self {
        Self::Organization(id.clone())
    }
}

/// An open transaction: what a change needs to know.
pub struct Tx<'a> {
    /// The connection that holds the transaction.
    pub db: &'a mut Db,
    /// Who makes the change.
    pub actor: &'a Actor,
    /// When the transaction began.
    pub now: Time,
    /// Whether it leaves something that a job is to do at once.
    rings: bool,
    /// Whether it appends events.
    tells: bool,
}

impl Tx<'_> {
    /// Waits for whoever changes this organization, too, until the transaction ends: for one that changes several.
    pub(crate) fn lock(&mut self, organization: &OrganizationId) -> Result<()> {
        db::lock(self.db, organization)
    }

    /// Does something in the name of somebody else, whom this transaction has made.
    pub(crate) fn by<T>(
        &mut self,
        actor: &Actor,
        f: impl FnOnce(&mut Tx) -> Result<T>,
    ) -> Result<T> {
        let Self { db, now, rings, tells, .. } = self;
        let mut tx = Tx { db, actor, now: *now, rings: *rings, tells: *tells };
        let done = f(&mut tx);
        (*rings, *tells) = (tx.rings, tx.tells);
        done
    }
}

impl Store {
    /// Opens the pools of the database at `url` (`sqlite://path` or `postgres://…`).
    pub fn open(url: &str, clock: Clock) -> Result<Self> {
        let location = db::Location::parse(url)?;
        let (writers, together) = match location {
            db::Location::Sqlite(_) => (SQLITE_WRITERS, Some(Arc::new(Together::new()))),
            db::Location::Postgres(_) => (POSTGRES_WRITERS, None),
        };
        Ok(Self {
            writers: db::pool(&location, false, writers)?,
            readers: db::pool(&location, true, READERS)?,
            clock,
            metrics: None,
            turns: Arc::new(Semaphore::new(APART)),
            together,
            bell: Arc::default(),
            news: Arc::default(),
            numbered: Arc::new(watch::Sender::new(0)),
        })
    }

    /// The same store, which counts how long it waits for connections.
    #[must_use]
    pub fn measured(self, metrics: Metrics) -> Self {
        Self { metrics: Some(metrics), ..self }
    }

    /// The clock that dates every change.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Waits until a transaction of this process has left something to do.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }

    /// Waits until a transaction of this process has appended events.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// Says that events of this process have their places now, up to this one.
    pub fn announce(&self, position: i64) {
        self.numbered.send_replace(position);
    }

    /// Changes each time when events of this process have got their places.
    #[must_use]
    pub fn numbered(&self) -> watch::Receiver<i64> {
        self.numbered.subscribe()
    }

    /// Reads. The closure owns its inputs, does no network, and is short.
    pub async fn read<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> Result<T> + Send + 'static,
    {
        let store = self.clone();
        blocking(move || store.read_now(f)).await
    }

    /// Reads, computes and writes on one thread for blocking work. `f` holds a connection only within
    /// [`Store::read_now`] and [`Store::write_now`]. As many run at once as [`APART`] says, others wait: a flood of
    /// messages takes neither all threads nor the memory to verify each.
    pub async fn apart<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> Result<T> + Send + 'static,
    {
        let (store, from) = (self.clone(), origin::address());
        let turn = self.turns.acquire().await.context("a turn to compute")?;
        let done = blocking(move || origin::within(from, || f(&store))).await;
        drop(turn);
        done
    }

    /// Changes something, in one transaction: all of it or, after an error, nothing.
    ///
    /// Writes of the same [`Scope`] run one at a time.
    pub async fn write<T, F>(&self, scope: impl Into<Scope>, actor: Actor, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx) -> Result<T> + Send + 'static,
    {
        let (scope, by) = (scope.into(), (actor, origin::address()));
        if let Some(together) = self.shared(&scope) {
            let (asker, answer) = oneshot::channel();
            if let Some(lead) = together.leave(self, None, by, asker, f) {
                together.threads.run_urgent(move || drop(lead));
            }
            return answered(answer).await;
        }
        let (store, (actor, from)) = (self.clone(), by);
        blocking(move || origin::within(from, || store.write_now(&scope, &actor, f))).await
    }

    /// [`Store::read`] on the calling thread: the command line's, or one of [`Store::apart`].
    pub fn read_now<T>(&self, f: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
        f(&mut *self.get(Pool::Readers)?)
    }

    /// [`Store::write`] on the calling thread: the command line's, or one of [`Store::apart`].
    pub fn write_now<T>(
        &self,
        scope: &Scope,
        actor: &Actor,
        f: impl FnOnce(&mut Tx) -> Result<T>,
    ) -> Result<T> {
        let alone = self.together.as_ref().map(Together::alone);
        let mut db = self.get(Pool::Writers)?;
        drop(alone);
        db::begin(&mut db, scope)?;
        let now = self.clock.now();
        let mut tx = Tx { db: &mut db, actor, now, rings: false, tells: false };
        let done = f(&mut tx);
        let (rings, tells) = (tx.rings, tx.tells);
        let done = done.and_then(|value| db::commit(&mut db).map(|()| value));
        if done.is_err() {
            db::rollback(&mut db);
            return done;
        }
        self.ring(rings, tells);
        done
    }

    /// Wakes the jobs that have something to do after a commit.
    fn ring(&self, rings: bool, tells: bool) {
        if rings {
            self.bell.notify_one();
        }
        if tells {
            self.news.notify_one();
        }
    }

    /// Does something and takes it back, whatever came of it: tells what would happen. It waits as a change does, and nobody
    /// hears of it.
    pub async fn suppose<T, F>(&self, scope: impl Into<Scope>, actor: Actor, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx) -> Result<T> + Send + 'static,
    {
        let (store, scope) = (self.clone(), scope.into());
        blocking(move || {
            let mut db = store.get(Pool::Writers)?;
            db::begin(&mut db, &scope)?;
            let now = store.clock.now();
            let mut tx = Tx { db: &mut db, actor: &actor, now, rings: false, tells: false };
            let done = f(&mut tx);
            db::rollback(&mut db);
            done
        })
        .await
    }

    /// Migrations that the database still needs, oldest first.
    pub fn pending_migrations(&self) -> Result<Vec<String>> {
        db::pending(&mut *self.get(Pool::Writers)?)
    }

    /// Brings the database to this version's schema.
    pub fn migrate(&self) -> Result<()> {
        db::migrate(&mut *self.get(Pool::Writers)?)
    }

    fn get(&self, which: Pool) -> Result<db::Pooled> {
        let begun = Instant::now();
        let got = match which {
            Pool::Readers => db::get(&self.readers),
            Pool::Writers => db::get(&self.writers),
        };
        self.waited(which, begun.elapsed());
        got
    }

    /// Counts how long a connection was waited for.
    fn waited(&self, which: Pool, took: Duration) {
        if let Some(metrics) = &self.metrics {
            metrics.store_waited(which, took);
        }
    }
}

async fn answered<T>(answer: oneshot::Receiver<Result<T>>) -> Result<T> {
    match answer.await {
        Ok(done) => done,
        Err(error) => Err(Error::Internal(anyhow::Error::new(error).context("a database task"))),
    }
}

async fn blocking<T: Send + 'static>(f: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(f).await {
        Ok(result) => result,
        Err(error) => Err(Error::Internal(anyhow::Error::new(error).context("a database task"))),
    }
}
