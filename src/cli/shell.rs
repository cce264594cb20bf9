//! What a command runs in: the settings, the database, who asks, and how answers are written.

use super::failure::{Exit, Failure, Result};
use super::output::Output;
use crate::clock::{Clock, Time};
use crate::config::{self, Config, DatabaseUrl, Flags, Loaded};
use crate::crypto::MasterKey;
use crate::error::Error;
use crate::guides::Guides;
use crate::locale::Locale;
use crate::store::configuration;
use crate::store::organizations::{self, Organization};
use crate::store::{Actor, Db, Scope, Store, Tx, Window};
use std::cell::OnceCell;
use std::fs::{self, DirBuilder};
use std::future::Future;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};

/// The longest file that is read: a federation's metadata is large.
const LARGEST_FILE: u64 = 32 * 1024 * 1024;

/// What a command runs in. Nothing is read or opened before it is needed.
pub(super) struct Shell {
    pub(super) out: Output,
    pub(super) flags: Flags,
    /// Whatever would be asked is answered with yes.
    pub(super) yes: bool,
    clock: Clock,
    loaded: OnceCell<Loaded>,
    store: OnceCell<Store>,
}

impl Shell {
    pub(super) fn new(out: Output, flags: Flags, yes: bool) -> Self {
        let clock = Clock::default();
        Self { out, flags, yes, clock, loaded: OnceCell::new(), store: OnceCell::new() }
    }

    pub(super) fn now(&self) -> Time {
        self.clock.now()
    }

    /// The settings, read once.
    pub(super) fn loaded(&self) -> Result<&Loaded> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded);
        }
        let loaded = config::load(&self.flags)?;
        Ok(self.loaded.get_or_init(|| loaded))
    }

    pub(super) fn config(&self) -> Result<&Config> {
        Ok(&self.loaded()?.config)
    }

    /// The settings with what has been put at the console, which is in the database.
    pub(super) fn effective(&self) -> Result<Loaded> {
        let loaded = self.loaded()?;
        let store = self.store()?;
        if store.read_now(configuration::revision)? == 0 {
            return Ok(loaded.clone());
        }
        let master = self.master()?;
        let put = store.read_now(|db| configuration::put(db, &master))?;
        Ok(loaded.with(&put).0)
    }

    pub(super) fn public_url(&self) -> Result<&str> {
        Ok(self.config()?.public_url.as_str())
    }

    pub(super) fn locale(&self) -> Result<Locale> {
        Ok(Locale::load(&self.config()?.locale)?)
    }

    /// The guides, with those of the folder that the settings name.
    pub(super) fn guides(&self) -> Result<Guides> {
        Ok(Guides::load(self.config()?.guides_dir.as_deref())?)
    }

    /// Refuses to go on without the database file, where the database is one.
    pub(super) fn existing_file(&self) -> Result {
        match &self.config()?.database.url {
            DatabaseUrl::Sqlite(file) if !file.exists() => Err(Failure::new(
                Exit::Unreachable,
                "database_absent",
                format!("There is no database at {}.", file.display()),
                "The gateway keeps it in the folder where it was started, and makes it at its first start.",
                "Run this there, or give --config FILE or --set database.url=sqlite://FILE",
            )),
            _ => Ok(()),
        }
    }

    /// The database without a look at its migrations; `SQLite` makes its file if there is none.
    pub(super) fn raw_store(&self) -> Result<&Store> {
        if let Some(store) = self.store.get() {
            return Ok(store);
        }
        let url = match &self.config()?.database.url {
            DatabaseUrl::Sqlite(file) => {
                self.make_data_dir()?;
                format!("sqlite://{}", file.display())
            }
            DatabaseUrl::Postgres(url) => url.reveal().to_owned(),
        };
        let store = Store::open(&url, self.clock.clone())?;
        Ok(self.store.get_or_init(|| store))
    }

    /// The database, up to date: `SQLite` is brought there, Postgres has to be. It is not made here: in the wrong
    /// folder an empty one would answer.
    pub(super) fn store(&self) -> Result<&Store> {
        let is_open = self.store.get().is_some();
        self.existing_file()?;
        let store = self.raw_store()?;
        if is_open {
            return Ok(store);
        }
        let pending = store.pending_migrations()?;
        match &self.config()?.database.url {
            _ if pending.is_empty() => {}
            DatabaseUrl::Sqlite(_) => store.migrate()?,
            DatabaseUrl::Postgres(_) => return Err(pending_migrations(&pending)),
        }
        Ok(store)
    }

    /// The key of all sealed secrets.
    pub(super) fn master(&self) -> Result<MasterKey> {
        let given = self.config()?.master_keys()?;
        let previous = given.previous.as_ref().map(config::Secret::reveal);
        Ok(MasterKey::from_base64(given.current.reveal(), previous)?)
    }

    /// Makes the folder of the data, for this user alone, if it is not there.
    pub(super) fn make_data_dir(&self) -> Result {
        let folder = self.config()?.data_dir();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(|error| Failure::file(&folder.display().to_string(), &error))
    }

    pub(super) fn read<T>(&self, f: impl FnOnce(&mut Db) -> crate::error::Result<T>) -> Result<T> {
        Ok(self.store()?.read_now(f)?)
    }

    pub(super) fn write<T>(
        &self,
        scope: impl Into<Scope>,
        f: impl FnOnce(&mut Tx) -> crate::error::Result<T>,
    ) -> Result<T> {
        Ok(self.store()?.write_now(&scope.into(), &actor(), f)?)
    }

    /// Finds an organization by `org_…`, `external:` and the vendor's ID, that ID alone, or its name.
    pub(super) fn organization(&self, text: &str) -> Result<Organization> {
        self.read(|db| find_organization(db, text))
    }

    /// Asks before something is done that is not easily undone: the name has to be typed.
    pub(super) fn confirm(&self, act: &str, name: &str) -> Result {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(Failure::new(
                Exit::NotAllowed,
                "confirmation_required",
                format!("{act} needs a confirmation."),
                "There is no terminal to ask on.",
                "Add --yes if it is meant.",
            ));
        }
        let mut err = io::stderr().lock();
        write!(err, "{act}. Type {name} to go on: ")
            .and_then(|()| err.flush())
            .map_err(Failure::unwritten)?;
        let mut typed = String::new();
        io::stdin().lock().read_line(&mut typed).map_err(anyhow::Error::new)?;
        if typed.trim() == name {
            return Ok(());
        }
        Err(Failure::new(
            Exit::NotAllowed,
            "not_confirmed",
            "Nothing was done.",
            format!("What was typed is not {name}."),
            "Run the command again if it is meant.",
        ))
    }

    /// Runs what waits for the network.
    #[expect(clippy::unused_self, reason = "a command does everything through its shell")]
    pub(super) fn wait<T>(&self, future: impl Future<Output = T>) -> Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(anyhow::Error::new)?;
        Ok(runtime.block_on(future))
    }
}

/// Who asks: the user of the machine.
pub(super) fn actor() -> Actor {
    let named = ["USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.is_empty());
    let name = named.unwrap_or_else(|| match fs::metadata("/proc/self") {
        Ok(process) => format!("uid {}", process.uid()),
        Err(_) => "unknown".to_owned(),
    });
    Actor::Cli(name)
}

/// The bytes of a file, or of standard input for `-`.
pub(super) fn read_file(path: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = if path == "-" {
        io::stdin().lock().take(LARGEST_FILE + 1).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes))
    };
    let length = read.map_err(|error| Failure::file(path, &error))?;
    if u64::try_from(length).unwrap_or(u64::MAX) > LARGEST_FILE {
        return Err(Failure::new(
            Exit::Invalid,
            "too_large",
            format!("The file {path} is too large."),
            format!("At most {LARGEST_FILE} bytes are read."),
            "Check that it is the right file.",
        ));
    }
    Ok(bytes)
}

/// Postgres is not brought up to date without being asked: other instances may run.
pub(super) fn pending_migrations(pending: &[String]) -> Failure {
    Failure::new(
        Exit::Usage,
        "migrations_pending",
        "The database is not up to date.",
        format!("It still needs: {}.", pending.join(", ")),
        "Run vestibule migrate, or vestibule serve --migrate.",
    )
}

fn find_organization(db: &mut Db, text: &str) -> crate::error::Result<Organization> {
    if text.starts_with("external:") || text.parse::<crate::store::OrganizationId>().is_ok() {
        return organizations::resolve(db, text);
    }
    if let Some(found) = organizations::by_external_id(db, text)? {
        return Ok(found);
    }
    let wanted = text.trim().to_lowercase();
    let filter = organizations::Filter { text: Some(text.to_owned()), ..Default::default() };
    let window = Window::parse(Some(crate::store::page::MAX_LIMIT), None)?;
    let page = organizations::page(db, &window, &filter)?;
    let mut named = page.data.into_iter().filter(|found| found.name_key == wanted);
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(one),
        (Some(one), Some(other)) => Err(Error::conflict(
            "name_ambiguous",
            format!(
                "Several organizations are named {text}: {}, {}. Give the ID.",
                one.id, other.id
            ),
        )),
        (None, _) => Err(Error::not_found("organization", text)),
    }
}
