//! How an application is told that a session has ended.

use super::Application;
use crate::oidc::client::same_origin;
use crate::store::input::Faults;

/// How an application is told of a session's end. Without an address it is not told in that way.
#[derive(Debug, Clone, Default)]
pub struct Logout {
    /// Where, server to server.
    pub backchannel_uri: Option<String>,
    /// It needs to know which session that was.
    pub backchannel_session_required: bool,
    /// Where, by the browser.
    pub frontchannel_uri: Option<String>,
    /// It needs to know which session that was.
    pub frontchannel_session_required: bool,
}

/// What is to change of that; `None` stays as it is, `Some(None)` takes away.
#[derive(Debug, Clone, Default)]
pub struct LogoutPatch {
    /// Where, server to server.
    pub backchannel_uri: Option<Option<String>>,
    /// It needs to know which session that was.
    pub backchannel_session_required: Option<bool>,
    /// Where, by the browser.
    pub frontchannel_uri: Option<Option<String>>,
    /// It needs to know which session that was.
    pub frontchannel_session_required: Option<bool>,
}

impl LogoutPatch {
    pub(super) fn apply(self, to: &mut Application) {
        if let Some(uri) = self.backchannel_uri {
            to.backchannel_logout_uri = uri;
        }
        if let Some(required) = self.backchannel_session_required {
            to.backchannel_logout_session_required = required;
        }
        if let Some(uri) = self.frontchannel_uri {
            to.frontchannel_logout_uri = uri;
        }
        if let Some(required) = self.frontchannel_session_required {
            to.frontchannel_logout_session_required = required;
        }
    }
}

/// Checks both addresses (OIDC Back-Channel Logout 1.0, 2.2; Front-Channel Logout 1.0, 2).
pub(super) fn check(faults: &mut Faults, application: &Application) {
    for (pointer, uri) in [
        ("/backchannel_logout_uri", &application.backchannel_logout_uri),
        ("/frontchannel_logout_uri", &application.frontchannel_logout_uri),
    ] {
        let Some(uri) = uri else { continue };
        faults.web_address(pointer, uri);
        if uri.contains('#') {
            faults.add(pointer, "invalid", "An address has no fragment (the part after #).");
        }
    }
    if let Some(uri) = &application.frontchannel_logout_uri
        && !application.redirect_uris.iter().any(|redirect| same_origin(redirect, uri))
    {
        faults.add(
            "/frontchannel_logout_uri",
            "other_origin",
            "The address has scheme, host and port of one of the redirect addresses.",
        );
    }
}
