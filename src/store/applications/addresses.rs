//! Which addresses an application may have a browser sent to.

use super::{Application, ApplicationKind, NoConnection};
use crate::store::input::{Faults, is_loopback_http, shorten};
use url::Url;

const MOST: usize = 50;
const LONGEST: usize = 2000;

/// Checks every address of an application.
pub(super) fn check(faults: &mut Faults, application: &Application) {
    let kind = application.kind;
    if application.redirect_uris.is_empty() {
        let detail =
            "At least one redirect address is needed, such as https://app.example/callback.";
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
}

fn list(faults: &mut Faults, pointer: &str, uris: &[String], kind: ApplicationKind) {
    if uris.len() > MOST {
        faults.add(pointer, "too_many", format!("There can be at most {MOST} addresses."));
        return;
    }
    for (at, uri) in uris.iter().enumerate() {
        let pointer = format!("{pointer}/{at}");
        if let Err((code, detail)) = redirect(uri, kind) {
            faults.add(&pointer, code, detail);
        } else if uris.iter().take(at).any(|earlier| earlier == uri) {
            faults.add(&pointer, "repeated", format!("{uri} is in the list already."));
        }
    }
}

/// Checks one address that a browser is sent to with something in it (RFC 6749, 3.1.2; RFC 8252, 7).
fn redirect(text: &str, kind: ApplicationKind) -> Result<(), (&'static str, String)> {
    let shown = shorten(text);
    if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let detail = format!(
            "“{shown}” has spaces or other characters that must be percent-encoded, or is too long."
        );
        return Err(("invalid", detail));
    }
    let Ok(url) = Url::parse(text) else {
        return Err(("invalid", format!("“{shown}” is not a complete address.")));
    };
    if url.fragment().is_some() {
        return Err(("fragment", format!("{shown} must not have a # and what follows it.")));
    }
    if text.contains('*') {
        let detail = format!(
            "{shown} has a *. Each address is compared as it is written, so list them all."
        );
        return Err(("wildcard", detail));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(("invalid", format!("{shown} must not have a user name or password.")));
    }
    let scheme = url.scheme();
    if scheme == "https" || is_loopback_http(&url) {
        return Ok(());
    }
    if scheme == "http" {
        let detail = format!(
            "{shown} must begin with https://. Only on this machine (localhost) http:// is allowed."
        );
        return Err(("not_https", detail));
    }
    // The reverse of a domain name, which the app's maker controls (RFC 8252, 7.1). It has a dot, so `javascript:` and
    // `data:` are none.
    let is_private_use = scheme.contains('.') && !scheme.starts_with('.') && !scheme.ends_with('.');
    match kind {
        ApplicationKind::Native if is_private_use => Ok(()),
        ApplicationKind::Native => Err((
            "scheme",
            format!(
                "{shown} must begin with https://, http://localhost or a scheme like com.example.app:/."
            ),
        )),
        ApplicationKind::Web => Err(("scheme", format!("{shown} must begin with https://."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ApplicationKind::{Native, Web};

    #[test]
    fn a_redirect_address_is_https_or_loopback_or_for_native_apps_a_private_scheme() {
        for (uri, kind, expected) in [
            ("https://app.example/callback", Web, "ok"),
            ("https://app.example/callback?x=1", Web, "ok"),
            ("http://localhost:3000/callback", Web, "ok"),
            ("http://127.0.0.1/callback", Native, "ok"),
            ("http://[::1]:8080/", Native, "ok"),
            ("com.example.app:/callback", Native, "ok"),
            ("com.example.app:/callback", Web, "scheme"),
            ("myapp://callback", Native, "scheme"),
            ("javascript:alert(1)", Native, "scheme"),
            ("data:text/html,x", Native, "scheme"),
            ("http://app.example/callback", Web, "not_https"),
            ("http://localhost.example/", Web, "not_https"),
            ("http://127.0.0.1.example/", Native, "not_https"),
            ("http://10.0.0.1/", Native, "not_https"),
            ("https://app.example/#", Web, "fragment"),
            ("https://app.example/#/callback", Web, "fragment"),
            ("https://*.app.example/callback", Web, "wildcard"),
            ("https://app.example/*", Web, "wildcard"),
            ("https://user@app.example/", Web, "invalid"),
            ("https://app.example/a b", Web, "invalid"),
            ("https://app.example/\n", Web, "invalid"),
            ("/callback", Web, "invalid"),
            ("", Web, "invalid"),
        ] {
            let found = redirect(uri, kind).map_or_else(|(code, _)| code, |()| "ok");
            assert_eq!(found, expected, "{uri}");
        }
    }
}
