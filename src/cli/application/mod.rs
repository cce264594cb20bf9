//! `vestibule application`: your apps, as `OpenID` Connect clients.

mod secret;
#[cfg(test)]
mod tests;

use super::failure::Result;
use super::output::cell;
use super::paging::Paging;
use super::shell::Shell;
use crate::cli::api_key;
use crate::config::Period;
use crate::store::api_keys;
use crate::store::applications::{
    self, Application, ApplicationKind, ApplicationPatch, IdTokenAlg, LifetimesPatch, Logout,
    LogoutPatch, NewApplication, NoConnection, OwnLifetimes,
};
use crate::store::{ApplicationId, OrganizationId, Scope, Tx};
use crate::views::List;
use crate::views::application::{ApplicationView, NewApplicationView};
use clap::Subcommand;

/// What to do with applications.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List applications, newest first
    List {
        /// Only those that were deleted and can be restored
        #[arg(long)]
        deleted: bool,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one application
    Show {
        /// Its ID, which is its `client_id`
        application: ApplicationId,
    },
    /// Create an application; the first secret of a web app or a machine is shown this once
    Create(Create),
    /// Change an application
    Update(Update),
    /// Delete an application: nobody signs in to it any more; it can be restored for 30 days
    Delete {
        /// Its ID, which is its `client_id`
        application: ApplicationId,
    },
    /// Take a deletion back
    Restore {
        /// The ID of the deleted application
        application: ApplicationId,
    },
    /// The secrets of a web app or a machine: two may be live, so that one can be replaced
    #[command(subcommand)]
    Secret(secret::Command),
}

/// What a new application is made of.
#[derive(Debug, clap::Args)]
pub(super) struct Create {
    /// What people call it
    #[arg(long)]
    name: String,
    /// `web`: has a secret; `native`: has none and proves itself by PKCE; `machine`: a program that calls the REST API
    #[arg(long, visible_alias = "type", default_value = "web")]
    kind: ApplicationKind,
    #[command(flatten)]
    may: May,
    #[command(flatten)]
    addresses: Addresses,
    #[command(flatten)]
    lifetimes: Lifetimes,
    /// Where people go whose domain has no connection: `page`, `error` or `fallback`
    #[arg(long, default_value = "page")]
    no_connection: NoConnection,
    /// How ID tokens for it are signed: RS256 or ES256
    #[arg(long, default_value = "RS256")]
    id_token_alg: IdTokenAlg,
    /// Only people of this organization may sign in to it; may be given several times. Of a machine: the one it is for
    #[arg(long = "org", value_name = "ORG")]
    organizations: Vec<String>,
}

/// What a machine may do.
#[derive(Debug, clap::Args)]
pub(super) struct May {
    /// What a machine may do at the REST API: `all`, `read`, or words like `users:read`, with commas between; may be given several times
    #[arg(long = "scope", visible_alias = "scopes", value_delimiter = ',', value_name = "SCOPES")]
    scopes: Vec<String>,
}

impl May {
    fn scopes(&self) -> Result<Vec<api_keys::Scope>> {
        api_key::scopes(&self.scopes)
    }
}

/// Where the app is.
#[derive(Debug, clap::Args)]
pub(super) struct Addresses {
    /// Where codes may be sent; may be given several times
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Where browsers may go after sign-out; may be given several times
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    post_logout_redirect_uris: Vec<String>,
    /// Where the app begins a sign-in that was started elsewhere
    #[arg(long, value_name = "URI")]
    initiate_login_uri: Option<String>,
    /// The app's own sign-in, for `--no-connection fallback`
    #[arg(long, value_name = "URL")]
    fallback_url: Option<String>,
    /// Where the app is told of a session's end, server to server
    #[arg(long, value_name = "URI")]
    backchannel_logout_uri: Option<String>,
    /// Whether the app needs the session's ID there
    #[arg(long, value_name = "BOOL")]
    backchannel_logout_session_required: Option<bool>,
    /// What browsers open in a hidden frame when their session has ended
    #[arg(long, value_name = "URI")]
    frontchannel_logout_uri: Option<String>,
    /// Whether the app needs issuer and session's ID there
    #[arg(long, value_name = "BOOL")]
    frontchannel_logout_session_required: Option<bool>,
    /// A host behind a proxy that asks at /auth/verify who is there; may be given several times, empty: none
    #[arg(long = "protected-host", value_name = "HOST")]
    protected_hosts: Vec<String>,
}

impl Addresses {
    /// Where a new app is told of a session's end.
    fn logout(&self) -> Logout {
        Logout {
            backchannel_uri: self.backchannel_logout_uri.clone(),
            backchannel_session_required: self.backchannel_logout_session_required == Some(true),
            frontchannel_uri: self.frontchannel_logout_uri.clone(),
            frontchannel_session_required: self.frontchannel_logout_session_required == Some(true),
        }
    }

    /// What is to change of that.
    fn logout_patch(&self) -> LogoutPatch {
        LogoutPatch {
            backchannel_uri: self.backchannel_logout_uri.clone().map(absent_if_empty),
            backchannel_session_required: self.backchannel_logout_session_required,
            frontchannel_uri: self.frontchannel_logout_uri.clone().map(absent_if_empty),
            frontchannel_session_required: self.frontchannel_logout_session_required,
        }
    }
}

/// How long its tokens last, where that is its own.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Lifetimes {
    /// How long its ID tokens last, such as 5m; `usual`: as is set for all
    #[arg(long = "id-token-ttl", value_name = "PERIOD", value_parser = lifetime)]
    id_token: Option<Lifetime>,
    /// How long its access tokens last, such as 1h; `usual`: as is set for all
    #[arg(long = "access-token-ttl", value_name = "PERIOD", value_parser = lifetime)]
    access_token: Option<Lifetime>,
    /// For how long after a sign-in it can refresh tokens, such as 30d; `usual`: as is set for all
    #[arg(long = "refresh-token-ttl", value_name = "PERIOD", value_parser = lifetime)]
    refreshing: Option<Lifetime>,
}

/// Seconds; none: as is set for all.
#[derive(Debug, Clone, Copy)]
struct Lifetime(Option<i32>);

fn lifetime(text: &str) -> Result<Lifetime, String> {
    if text == "usual" {
        return Ok(Lifetime(None));
    }
    let seconds = text.parse::<Period>()?.seconds();
    let seconds = i32::try_from(seconds).map_err(|_| "it is too long".to_owned())?;
    Ok(Lifetime(Some(seconds)))
}

impl Lifetimes {
    fn of_new(self) -> OwnLifetimes {
        let own = |given: Option<Lifetime>| given.and_then(|lifetime| lifetime.0);
        OwnLifetimes {
            id_token: own(self.id_token),
            access_token: own(self.access_token),
            refresh_token: own(self.refreshing),
        }
    }

    fn patch(self) -> LifetimesPatch {
        let own = |given: Option<Lifetime>| given.map(|lifetime| lifetime.0);
        LifetimesPatch {
            id_token: own(self.id_token),
            access_token: own(self.access_token),
            refresh_token: own(self.refreshing),
        }
    }
}

/// What is to change; a list takes the place of the whole list that was there.
#[derive(Debug, clap::Args)]
pub(super) struct Update {
    /// Its ID, which is its `client_id`
    application: ApplicationId,
    /// What people call it
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    may: May,
    #[command(flatten)]
    addresses: Addresses,
    #[command(flatten)]
    lifetimes: Lifetimes,
    /// Where people go whose domain has no connection: `page`, `error` or `fallback`
    #[arg(long)]
    no_connection: Option<NoConnection>,
    /// How ID tokens for it are signed: RS256 or ES256
    #[arg(long)]
    id_token_alg: Option<IdTokenAlg>,
    /// Only people of this organization may sign in to it; may be given several times. Of a machine: the one it is for
    #[arg(long = "org", value_name = "ORG", conflicts_with = "every_org")]
    organizations: Vec<String>,
    /// People of every organization may sign in to it; a machine is for all
    #[arg(long)]
    every_org: bool,
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::List { deleted, paging } => list(shell, deleted, &paging),
        Command::Show { application } => {
            show(shell, shell.read(|db| applications::find(db, &application))?)
        }
        Command::Create(given) => create(shell, given),
        Command::Update(given) => update(shell, given),
        Command::Delete { application } => delete(shell, &application),
        Command::Restore { application } => {
            let restore = |tx: &mut Tx| applications::restore(tx, &application);
            show(shell, shell.write(Scope::System, restore)?)
        }
        Command::Secret(command) => secret::run(shell, command),
    }
}

fn list(shell: &Shell, deleted: bool, paging: &Paging) -> Result {
    let window = paging.window()?;
    let page = shell.read(|db| {
        if deleted {
            applications::deleted(db, &window, shell.now())
        } else {
            applications::page(db, &window)
        }
    })?;
    let row = |row: &Application| {
        vec![
            row.id.to_string(),
            row.name.clone(),
            row.kind.to_string(),
            row.redirect_uris.join(" "),
            row.created_at.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["CLIENT ID", "NAME", "KIND", "REDIRECT URIS", "CREATED"];
    shell.out.list(&List::of(page, None).map(ApplicationView::from), &heads, &rows)
}

fn fields(row: &Application) -> Vec<(&'static str, String)> {
    let organizations = row
        .organizations
        .as_ref()
        .map(|list| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    vec![
        ("client_id", row.id.to_string()),
        ("name", row.name.clone()),
        ("kind", row.kind.to_string()),
        ("redirect_uris", row.redirect_uris.join(" ")),
        ("post_logout_redirect_uris", row.post_logout_redirect_uris.join(" ")),
        ("initiate_login_uri", cell(row.initiate_login_uri.as_ref())),
        ("no_connection", row.no_connection.to_string()),
        ("fallback_url", cell(row.fallback_url.as_ref())),
        ("id_token_alg", row.id_token_alg.to_string()),
        ("organizations", organizations.unwrap_or_else(|| "every".to_owned())),
        ("scopes", scopes(row)),
        ("backchannel_logout_uri", cell(row.backchannel_logout_uri.as_ref())),
        ("frontchannel_logout_uri", cell(row.frontchannel_logout_uri.as_ref())),
        ("protected_hosts", row.protected_hosts.join(" ")),
        ("id_token_ttl", lasts(row.id_token_ttl)),
        ("access_token_ttl", lasts(row.access_token_ttl)),
        ("refresh_token_ttl", lasts(row.refresh_token_ttl)),
    ]
}

fn scopes(row: &Application) -> String {
    row.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}

/// A lifetime as it is typed; of one that is set for all, nothing.
fn lasts(seconds: Option<i32>) -> String {
    cell(seconds.map(Period::from_row))
}

fn show(shell: &Shell, row: Application) -> Result {
    let fields = fields(&row);
    shell.out.object(&ApplicationView::from(row), &fields)
}

fn resolve(shell: &Shell, names: &[String]) -> Result<Vec<OrganizationId>> {
    names.iter().map(|name| Ok(shell.organization(name)?.id)).collect()
}

fn create(shell: &Shell, given: Create) -> Result {
    let organizations = match given.organizations.as_slice() {
        [] => None,
        names => Some(resolve(shell, names)?),
    };
    let new = NewApplication {
        scopes: given.may.scopes()?,
        logout: given.addresses.logout(),
        name: given.name,
        kind: given.kind,
        redirect_uris: given.addresses.redirect_uris,
        post_logout_redirect_uris: given.addresses.post_logout_redirect_uris,
        initiate_login_uri: given.addresses.initiate_login_uri,
        fallback_url: given.addresses.fallback_url,
        no_connection: given.no_connection,
        id_token_alg: given.id_token_alg,
        organizations,
        is_demo: false,
        model: applications::usual_model(given.kind),
        protected_hosts: given.addresses.protected_hosts,
        lifetimes: given.lifetimes.of_new(),
    };
    let (row, secret) = shell.write(Scope::System, |tx| {
        let (application, secret) = applications::create(tx, new)?;
        let row = applications::secrets(tx.db, &application.id)?.into_iter().next();
        Ok((application, row.zip(secret)))
    })?;
    let mut fields = fields(&row);
    let issuer = shell.public_url()?;
    fields.push(("issuer", issuer.to_owned()));
    if let Some((_, secret)) = &secret {
        fields.push(("client_secret", secret.reveal().to_owned()));
    }
    let has_secret = secret.is_some();
    shell.out.object(&NewApplicationView::new(row, secret), &fields)?;
    if has_secret {
        shell.out.note("The client secret is shown this once. Keep it where secrets are kept.");
    }
    Ok(())
}

fn update(shell: &Shell, given: Update) -> Result {
    let some = |list: Vec<String>| if list.is_empty() { None } else { Some(list) };
    let organizations = match (given.every_org, given.organizations.as_slice()) {
        (true, _) => Some(None),
        (false, []) => None,
        (false, names) => Some(Some(resolve(shell, names)?)),
    };
    let scopes = given.may.scopes()?;
    let patch = ApplicationPatch {
        scopes: (!scopes.is_empty()).then_some(scopes),
        logout: given.addresses.logout_patch(),
        name: given.name,
        redirect_uris: some(given.addresses.redirect_uris),
        post_logout_redirect_uris: some(given.addresses.post_logout_redirect_uris),
        initiate_login_uri: given.addresses.initiate_login_uri.map(absent_if_empty),
        fallback_url: given.addresses.fallback_url.map(absent_if_empty),
        no_connection: given.no_connection,
        id_token_alg: given.id_token_alg,
        organizations,
        protected_hosts: some(given.addresses.protected_hosts),
        lifetimes: given.lifetimes.patch(),
        ..ApplicationPatch::default()
    };
    let id = given.application;
    show(shell, shell.write(Scope::System, |tx| applications::change(tx, &id, patch))?)
}

/// An empty value takes the address away.
fn absent_if_empty(text: String) -> Option<String> {
    if text.is_empty() { None } else { Some(text) }
}

/// What it is to delete an application.
fn deleting(row: &Application) -> String {
    let comes = if row.is_machine() {
        "it gets no more tokens, and those that it has end"
    } else {
        "nobody can sign in to it any more"
    };
    format!("Delete the application {}: {comes}", row.name)
}

fn delete(shell: &Shell, id: &ApplicationId) -> Result {
    let row = shell.read(|db| applications::find(db, id))?;
    shell.confirm(&deleting(&row), &row.name)?;
    shell.write(Scope::System, |tx| applications::delete(tx, id))?;
    shell.out.note(format!(
        "Deleted. For 30 days it can be taken back: vestibule application restore {id}"
    ));
    Ok(())
}
