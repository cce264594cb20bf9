//! What a change of an application changes, and what the audit log keeps of it.

use super::Application;
use serde_json::{Value, json};

/// All that can be changed of an application: what the audit log keeps, before a change and after it.
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
        "roles": *application.roles,
        "default_role": application.default_role,
        "entity_types": *application.entity_types,
        "protected_hosts": *application.protected_hosts,
        "scopes": *application.scopes,
        "id_token_ttl": application.id_token_ttl,
        "access_token_ttl": application.access_token_ttl,
        "refresh_token_ttl": application.refresh_token_ttl,
        "backchannel_logout_uri": application.backchannel_logout_uri,
        "backchannel_logout_session_required": application.backchannel_logout_session_required,
        "frontchannel_logout_uri": application.frontchannel_logout_uri,
        "frontchannel_logout_session_required": application.frontchannel_logout_session_required,
    })
}

/// The names of the fields that differ, of two that were kept.
pub(super) fn differences<'a>(before: &'a Value, after: &Value) -> Vec<&'a str> {
    let fields = before.as_object().into_iter().flatten();
    fields
        .filter(|(name, old)| after.get(name) != Some(old))
        .map(|(name, _)| name.as_str())
        .collect()
}
