//! The portal in a frame of the vendor's own settings page, where `portal.frame_ancestors` names that page's origin.
//!
//! Nothing else of the gateway may stand in a frame, and the portal's cookie goes to other sites' frames only where that is
//! wanted: kept apart for each of them (`Partitioned`), so that no two sites can tell by it that it is the same browser. A
//! form still needs its token, and a browser that says that our own page sent it.

use super::server::State;
use crate::config::Config;
use crate::error::{Error, Result};
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse};

/// What the policy of every page says of frames.
const NOWHERE: &str = "frame-ancestors 'none'";

/// The query of what a page in a frame reads again by its script, of which the browser says no more than that a script asks.
pub(super) const FRAMED: &str = "frame=on";

/// Whether the portal may stand in a frame.
pub(super) fn is_on(config: &Config) -> bool {
    !config.portal.frame_ancestors.is_empty()
}

/// Whether a path is of the portal. One that is written in another way than our own pages write it is not: it stays as strict.
fn is_portal(path: &str) -> bool {
    path == "/portal" || path.starts_with("/portal/") || path.starts_with("/setup/")
}

/// Whether a page of the portal stands in a frame, where the cookie is kept apart and does not come along into a new window. Of a
/// browser that does not say so (Fetch Metadata) it is supposed.
pub(super) fn is_framed(config: &Config, request: &HttpRequest) -> bool {
    let to = request.headers().get("sec-fetch-dest").map(HeaderValue::as_bytes);
    is_on(config)
        && match to {
            Some(b"empty") => request.query_string() == FRAMED,
            other => other != Some(b"document"),
        }
}

/// Lets an answer of the portal stand in the frames that are named.
pub(super) fn open(config: &Config, path: &str, headers: &mut HeaderMap) {
    if !is_on(config) || !is_portal(path) {
        return;
    }
    let policy = headers.get(CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let Some(policy) = policy.filter(|policy| policy.contains(NOWHERE)) else { return };
    let origins = config.portal.frame_ancestors.iter().map(ToString::to_string);
    let origins = origins.collect::<Vec<_>>().join(" ");
    let opened = policy.replace(NOWHERE, &format!("frame-ancestors {origins}"));
    if let Ok(opened) = HeaderValue::from_str(&opened) {
        headers.insert(CONTENT_SECURITY_POLICY, opened);
    }
}

/// Adds the portal's cookie to an answer: for frames of other sites, too, where the portal may stand in them.
pub(super) fn add_cookie(
    state: &State,
    response: &mut HttpResponse,
    mut cookie: Cookie<'static>,
) -> Result<()> {
    if !is_on(&state.config) {
        return super::sign_in::add_cookie(response, &cookie);
    }
    cookie.set_same_site(SameSite::None);
    // Browsers take it from a loopback address, too, and for frames they take no other.
    cookie.set_secure(true);
    let line = HeaderValue::from_str(&format!("{cookie}; Partitioned"));
    let line = line.map_err(|error| Error::Internal(anyhow::Error::new(error)))?;
    response.headers_mut().append(SET_COOKIE, line);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_portal_s_own_paths_are_the_portal() {
        for path in ["/portal", "/portal/setup/test", "/setup/sl_1", "/portal/nonsense"] {
            assert!(is_portal(path), "{path}");
        }
        for path in
            ["/", "/portals", "/console", "/console/portal/x", "/login", "/setup", "//portal/"]
        {
            assert!(!is_portal(path), "{path}");
        }
    }
}
