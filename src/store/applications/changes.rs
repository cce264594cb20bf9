//! What a change of an application changes, and what the audit log keeps of it.

use super::{Application, logout};
use crate::store::Json;
use serde_json::{Value, json};

/// The fields that are others.
pub(super) fn differences(before: &Application, after: &Application) -> Vec<&'static str> {
    let organizations = |a: &Application| a.organizations.clone().map(Json::into_inner);
    [
        ("name", before.name != after.name),
        ("redirect_uris", *before.redirect_uris != *after.redirect_uris),
        (
            "post_logout_redirect_uris",
            *before.post_logout_redirect_uris != *after.post_logout_redirect_uris,
        ),
        ("initiate_login_uri", before.initiate_login_uri != after.initiate_login_uri),
        ("fallback_url", before.fallback_url != after.fallback_url),
        ("no_connection", before.no_connection != after.no_connection),
        ("id_token_alg", before.id_token_alg != after.id_token_alg),
        ("organizations", organizations(before) != organizations(after)),
        ("roles", *before.roles != *after.roles),
        ("default_role", before.default_role != after.default_role),
        ("entity_types", *before.entity_types != *after.entity_types),
        ("protected_hosts", *before.protected_hosts != *after.protected_hosts),
    ]
    .into_iter()
    .chain(logout::differences(before, after))
    .filter_map(|(name, is_different)| is_different.then_some(name))
    .collect()
}

/// What the audit log keeps of an application, before a change and after it.
pub(super) fn kept(application: &Application) -> Value {
    json!({
        "name": application.name,
        "redirect_uris": *application.redirect_uris,
        "post_logout_redirect_uris": *application.post_logout_redirect_uris,
        "initiate_login_uri": application.initiate_login_uri,
        "fallback_url": application.fallback_url,
        "no_connection": application.no_connection,
        "id_token_alg": application.id_token_alg,
        "organizations": application.organizations.as_deref(),
        "protected_hosts": *application.protected_hosts,
        "backchannel_logout_uri": application.backchannel_logout_uri,
        "backchannel_logout_session_required": application.backchannel_logout_session_required,
        "frontchannel_logout_uri": application.frontchannel_logout_uri,
        "frontchannel_logout_session_required": application.frontchannel_logout_session_required,
    })
}
