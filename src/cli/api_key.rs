//! `vestibule key`: API keys.

use super::failure::Result;
use super::output::cell;
use super::paging::Paging;
use super::shell::Shell;
use crate::store::api_keys::{self, ApiKey, DEFAULT_LIFETIME, NewApiKey, Scope};
use crate::store::{ApiKeyId, Scope as WriteScope};
use crate::views::List;
use crate::views::api_key::{ApiKeyView, NewApiKeyView};
use chrono::TimeDelta;
use clap::Subcommand;

/// What to do with API keys.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List API keys, newest first
    List {
        /// Only those for this organization
        #[arg(long)]
        org: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Create an API key; it is shown this once
    Create(Create),
    /// Make a key of the same kind in a key's place; the old one goes on for a while
    Roll {
        /// The ID of the key
        key: ApiKeyId,
        /// For how many hours the old one goes on
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(0..=720))]
        overlap_hours: u32,
    },
    /// Make a key useless at once
    Revoke {
        /// The ID of the key
        key: ApiKeyId,
    },
}

/// What a new key is made of.
#[derive(Debug, clap::Args)]
pub(super) struct Create {
    /// What people call it
    #[arg(long)]
    name: String,
    /// What it may do: `all`, `read`, or words like `connections:write`, with commas between
    #[arg(long, value_delimiter = ',', required = true, value_name = "SCOPES")]
    scopes: Vec<String>,
    /// The one organization it is for
    #[arg(long)]
    org: Option<String>,
    /// From where it may come: an address or a block like 203.0.113.0/24; several with commas between
    #[arg(long = "network", value_delimiter = ',', value_name = "NETWORK")]
    networks: Vec<String>,
    /// For how many days it is good; 90 if left out
    #[arg(long, conflicts_with = "never_expires", value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: Option<u32>,
    /// It does not end by itself
    #[arg(long)]
    never_expires: bool,
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::List { org, paging } => list(shell, org.as_deref(), &paging),
        Command::Create(given) => create(shell, given),
        Command::Roll { key, overlap_hours } => {
            let overlap = TimeDelta::hours(i64::from(overlap_hours));
            let (row, secret) =
                shell.write(WriteScope::System, |tx| api_keys::roll(tx, &key, overlap, None))?;
            shown(shell, row, &secret)
        }
        Command::Revoke { key } => revoke(shell, &key),
    }
}

fn list(shell: &Shell, org: Option<&str>, paging: &Paging) -> Result {
    let organization = org.map(|org| shell.organization(org)).transpose()?.map(|found| found.id);
    let window = paging.window()?;
    let page = shell.read(|db| api_keys::page(db, &window, organization.as_ref()))?;
    let now = shell.now();
    let row = |key: &ApiKey| {
        let state = match (key.revoked_at, key.is_live(now)) {
            (Some(_), _) => "revoked",
            (None, true) => "live",
            (None, false) => "ended",
        };
        vec![
            key.id.to_string(),
            key.name.clone(),
            key.hint.clone(),
            state.to_owned(),
            cell(key.organization_id.as_ref()),
            cell(key.expires_at),
            cell(key.last_used_at),
        ]
    };
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["ID", "NAME", "KEY", "STATE", "ORGANIZATION", "EXPIRES", "LAST USED"];
    shell.out.list(&List::of(page, None).map(ApiKeyView::from), &heads, &rows)
}

fn create(shell: &Shell, given: Create) -> Result {
    let organization = match &given.org {
        Some(org) => Some(shell.organization(org)?.id),
        None => None,
    };
    let now = shell.now();
    let lifetime = given.days.map_or(DEFAULT_LIFETIME, |days| TimeDelta::days(i64::from(days)));
    let new = NewApiKey {
        name: given.name,
        scopes: scopes(&given.scopes)?,
        organization_id: organization,
        expires_at: (!given.never_expires).then(|| now.plus(lifetime)),
        networks: given.networks,
    };
    if given.never_expires {
        shell.out.note("A key that never ends is only as safe as the place it is kept in.");
    }
    let (row, secret) = shell.write(WriteScope::System, |tx| api_keys::create(tx, new))?;
    shown(shell, row, &secret)
}

fn shown(shell: &Shell, row: ApiKey, secret: &crate::crypto::Secret) -> Result {
    let fields = [
        ("id", row.id.to_string()),
        ("name", row.name.clone()),
        ("expires_at", cell(row.expires_at)),
        ("secret", secret.reveal().to_owned()),
    ];
    shell.out.object(&NewApiKeyView::new(row, secret), &fields)?;
    shell.out.note("The key is shown this once. Keep it where secrets are kept.");
    Ok(())
}

fn revoke(shell: &Shell, id: &ApiKeyId) -> Result {
    let key = shell.read(|db| api_keys::find(db, id))?;
    let used = match (key.last_used_at, &key.last_used_from) {
        (Some(at), Some(from)) => format!("last used {at} from {from}"),
        (Some(at), None) => format!("last used {at}"),
        _ => "never used".to_owned(),
    };
    shell.confirm(&format!("Revoke the key {} ({used})", key.hint), &key.name)?;
    shell.write(WriteScope::System, |tx| api_keys::revoke(tx, id))?;
    shell.out.note(format!("{} is revoked.", key.hint));
    Ok(())
}

/// Presets stand for several scopes; every word that is not known is told.
pub(super) fn scopes(words: &[String]) -> Result<Vec<Scope>> {
    let mut scopes = Vec::new();
    for word in words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
        let matches = |known: &&&str| match word {
            "all" => true,
            "read" => known.ends_with(":read"),
            word => **known == word,
        };
        let before = scopes.len();
        let known = Scope::WORDS.iter().filter(matches);
        scopes.extend(known.filter_map(|known| known.parse::<Scope>().ok()));
        if scopes.len() == before {
            let detail = format!("“{word}” is none of all, read, {}.", Scope::WORDS.join(", "));
            return Err(crate::error::Error::invalid("/scopes", "invalid", detail).into());
        }
    }
    Ok(scopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(words: &[&str]) -> Vec<Scope> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        scopes(&words).unwrap()
    }

    #[test]
    fn presets_stand_for_several_scopes() {
        assert_eq!(given(&["all"]).len(), Scope::WORDS.len());
        let reading = Scope::WORDS.iter().filter(|word| word.ends_with(":read")).count();
        assert_eq!(given(&["read"]).len(), reading);
        assert_eq!(given(&["users:read", "users:write"]), [Scope::UsersRead, Scope::UsersWrite]);
    }

    #[test]
    fn an_unknown_scope_is_refused() {
        assert!(scopes(&["user:read".to_owned()]).is_err());
    }
}
