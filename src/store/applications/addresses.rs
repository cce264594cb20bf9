//! Which addresses an application may have a browser sent to.

use super::{Application, ApplicationKind, NoConnection, logout};
use crate::oidc::client::{ClientKind, check_registered};
use crate::store::input::{Faults, LONGEST_ADDRESS};

const MOST: usize = 50;

/// Checks every address of an application.
pub(super) fn check(faults: &mut Faults, application: &Application) {
    let kind = application.kind;
    let is_reached = application.is_machine() || !application.protected_hosts.is_empty();
    if application.redirect_uris.is_empty() && !is_reached {
        let detail = "At least one redirect address is needed, such as https://app.example/callback, or a protected host.";
        faults.add("/redirect_uris", "required", detail);
    }
    list(faults, "/redirect_uris", &application.redirect_uris, kind);
    list(faults, "/post_logout_redirect_uris", &application.post_logout_redirect_uris, kind);
    if let Some(uri) = &application.initiate_login_uri {
        faults.web_address("/initiate_login_uri", uri);
    }
    if let Some(url) = &application.fallback_url {
        faults.web_address("/fallback_url", url);
    } else if application.no_connection == NoConnection::Fallback {
        let detail =
            "Where people go who have no connection: the address of the app's own sign-in.";
        faults.add("/fallback_url", "required", detail);
    }
    logout::check(faults, application);
}

fn list(faults: &mut Faults, pointer: &str, uris: &[String], kind: ApplicationKind) {
    if uris.len() > MOST {
        faults.add(pointer, "too_many", format!("There can be at most {MOST} addresses."));
        return;
    }
    for (at, uri) in uris.iter().enumerate() {
        let pointer = format!("{pointer}/{at}");
        if uri.len() > LONGEST_ADDRESS {
            let detail = format!("An address has at most {LONGEST_ADDRESS} characters.");
            faults.add(&pointer, "too_long", detail);
        } else if let Err(detail) = check_registered(ClientKind::from(kind), uri) {
            faults.add(&pointer, "address_invalid", detail);
        } else if uris.iter().take(at).any(|earlier| earlier == uri) {
            faults.add(&pointer, "repeated", format!("{uri} is in the list already."));
        }
    }
}
