//! Every route of the console, and who may use it.

use super::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Who changes customers and what is theirs.
const MANAGE: &[Role] = &[Role::Owner, Role::Admin];
/// Who makes setup links.
const LINKS: &[Role] = &[Role::Owner, Role::Admin, Role::Support];
/// Who changes what programs use.
const DEVELOP: &[Role] = &[Role::Owner, Role::Admin, Role::Developer];

/// Every route, and who may use it; nobody is named: it leads to a session, so everybody may.
pub(super) const ROUTES: &[(&str, &str, &[Role])] = &[
    ("GET", "/console", &Role::ALL),
    ("GET", "/console/login", &[]),
    ("POST", "/console/login", &[]),
    ("POST", "/console/login/passkey", &[]),
    ("POST", "/console/login/passkey/answer", &[]),
    ("GET", "/console/login/provider", &[]),
    ("GET", "/console/login/second", &[]),
    ("POST", "/console/login/second", &[]),
    ("GET", "/console/first", &[]),
    ("POST", "/console/first", &[]),
    ("GET", "/console/first/second-step", &Role::ALL),
    ("POST", "/console/logout", &Role::ALL),
    ("GET", "/console/account", &Role::ALL),
    ("POST", "/console/account/password", &Role::ALL),
    ("POST", "/console/account/sessions", &Role::ALL),
    ("POST", "/console/account/sessions/{session}", &Role::ALL),
    ("GET", "/console/account/second-step", &Role::ALL),
    ("POST", "/console/account/second-step", &Role::ALL),
    ("POST", "/console/account/second-step/confirm", &Role::ALL),
    ("POST", "/console/account/second-step/seen", &Role::ALL),
    ("GET", "/console/account/second-step/remove", &Role::ALL),
    ("POST", "/console/account/second-step/remove", &Role::ALL),
    ("GET", "/console/account/recovery-codes", &Role::ALL),
    ("POST", "/console/account/recovery-codes", &Role::ALL),
    ("POST", "/console/account/passkeys", &Role::ALL),
    ("GET", "/console/account/passkeys/new", &Role::ALL),
    ("POST", "/console/account/passkeys/new", &Role::ALL),
    ("GET", "/console/account/passkeys/{passkey}/remove", &Role::ALL),
    ("POST", "/console/account/passkeys/{passkey}/remove", &Role::ALL),
    ("GET", "/console/organizations", &Role::ALL),
    ("POST", "/console/organizations", MANAGE),
    ("GET", "/console/choose/organization", &Role::ALL),
    ("GET", "/console/organizations/new", MANAGE),
    ("GET", "/console/organizations/{organization}", &Role::ALL),
    ("GET", "/console/organizations/{organization}/settings", MANAGE),
    ("POST", "/console/organizations/{organization}/settings", MANAGE),
    ("GET", "/console/organizations/{organization}/enforcement", MANAGE),
    ("POST", "/console/organizations/{organization}/enforcement", MANAGE),
    ("GET", "/console/organizations/{organization}/delete", MANAGE),
    ("POST", "/console/organizations/{organization}/delete", MANAGE),
    ("POST", "/console/demo/scim", MANAGE),
    ("GET", "/console/organizations/{organization}/purge?older=30", MANAGE),
    ("POST", "/console/organizations/{organization}/purge", MANAGE),
    ("GET", "/console/connections", &Role::ALL),
    ("GET", "/console/signing-keys", MANAGE),
    ("GET", "/console/signing-keys/{act}", MANAGE),
    ("POST", "/console/signing-keys/{act}", MANAGE),
    ("GET", "/console/connections/new", MANAGE),
    ("POST", "/console/connections/new", MANAGE),
    ("GET", "/console/connections/{connection}/setup", MANAGE),
    ("POST", "/console/connections/{connection}/setup", MANAGE),
    ("GET", "/console/connections/{connection}/attributes", &Role::ALL),
    ("POST", "/console/connections/{connection}/attributes", MANAGE),
    ("GET", "/console/connections/{connection}/domains", &Role::ALL),
    ("GET", "/console/connections/{connection}/settings", MANAGE),
    ("POST", "/console/connections/{connection}/settings", MANAGE),
    ("POST", "/console/connections/{connection}/restore", MANAGE),
    ("GET", "/console/organizations/{organization}/sso", &Role::ALL),
    ("GET", "/console/organizations/{organization}/activity", &Role::ALL),
    ("POST", "/console/organizations/{organization}/restore", MANAGE),
    ("GET", "/console/organizations/{organization}/domains", &Role::ALL),
    ("POST", "/console/organizations/{organization}/domains", MANAGE),
    ("POST", "/console/organizations/{organization}/domains/{domain}/check", MANAGE),
    ("POST", "/console/organizations/{organization}/domains/{domain}/vouch", MANAGE),
    ("GET", "/console/organizations/{organization}/domains/{domain}/remove", MANAGE),
    ("POST", "/console/organizations/{organization}/domains/{domain}/remove", MANAGE),
    ("GET", "/console/connections/{connection}", &Role::ALL),
    ("POST", "/console/connections/{connection}/test", MANAGE),
    ("POST", "/console/connections/{connection}/refresh", MANAGE),
    ("GET", "/console/connections/{connection}/accept", MANAGE),
    ("POST", "/console/connections/{connection}/accept", MANAGE),
    ("GET", "/console/connections/{connection}/certificates/new", MANAGE),
    ("POST", "/console/connections/{connection}/certificates/new", MANAGE),
    ("GET", "/console/connections/{connection}/certificates/{fingerprint}/remove", MANAGE),
    ("POST", "/console/connections/{connection}/certificates/{fingerprint}/remove", MANAGE),
    ("GET", "/console/connections/{connection}/turn", MANAGE),
    ("POST", "/console/connections/{connection}/turn", MANAGE),
    ("GET", "/console/connections/{connection}/delete", MANAGE),
    ("POST", "/console/connections/{connection}/delete", MANAGE),
    ("GET", "/console/connections/{connection}/contact", MANAGE),
    ("POST", "/console/connections/{connection}/contact", MANAGE),
    ("GET", "/console/connections/{connection}/provisioning", &Role::ALL),
    ("POST", "/console/connections/{connection}/provisioning", MANAGE),
    ("POST", "/console/connections/{connection}/provisioning/removal", MANAGE),
    ("GET", "/console/connections/{connection}/provisioning/{token}/retire", MANAGE),
    ("POST", "/console/connections/{connection}/provisioning/{token}/retire", MANAGE),
    ("GET", "/console/connections/{connection}/provisioning/{token}/revoke", MANAGE),
    ("POST", "/console/connections/{connection}/provisioning/{token}/revoke", MANAGE),
    ("GET", "/console/setup-links", &Role::ALL),
    ("POST", "/console/setup-links", LINKS),
    ("GET", "/console/setup-links/new", LINKS),
    ("GET", "/console/setup-links/{link}/send", LINKS),
    ("POST", "/console/setup-links/{link}/send", LINKS),
    ("GET", "/console/setup-links/{link}/copy", LINKS),
    ("POST", "/console/setup-links/{link}/copy", LINKS),
    ("GET", "/console/setup-links/{link}/revoke", LINKS),
    ("POST", "/console/setup-links/{link}/revoke", LINKS),
    ("GET", "/console/users", &Role::ALL),
    ("GET", "/console/users/{user}", &Role::ALL),
    ("GET", "/console/users/{user}/edit", MANAGE),
    ("POST", "/console/users/{user}/edit", MANAGE),
    ("GET", "/console/users/{user}/suspend", MANAGE),
    ("POST", "/console/users/{user}/suspend", MANAGE),
    ("POST", "/console/users/{user}/restore", MANAGE),
    ("GET", "/console/users/{user}/erase", MANAGE),
    ("POST", "/console/users/{user}/erase", MANAGE),
    ("GET", "/console/users/{user}/sessions", MANAGE),
    ("POST", "/console/users/{user}/sessions", MANAGE),
    ("GET", "/console/groups", &Role::ALL),
    ("GET", "/console/groups/{group}", &Role::ALL),
    ("GET", "/console/groups/{group}/remove", MANAGE),
    ("POST", "/console/groups/{group}/remove", MANAGE),
    ("GET", "/console/organizations/{organization}/groups", &Role::ALL),
    ("GET", "/console/organizations/{organization}/groups/switch", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/switch", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/limits", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/limits", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/holds/apply", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/holds/apply", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/holds/restore", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/holds/restore", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/alerts/{alert}/close", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/run", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/run", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/entities", &Role::ALL),
    ("POST", "/console/organizations/{organization}/groups/entities", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/entities/new", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/entities/{entity}", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/entities/{entity}", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/entities/{entity}/delete", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/entities/{entity}/delete", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/conflicts", &Role::ALL),
    ("GET", "/console/organizations/{organization}/groups/conflicts/{conflict}", &Role::ALL),
    ("POST", "/console/organizations/{organization}/groups/conflicts/{conflict}", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/history", &Role::ALL),
    ("GET", "/console/organizations/{organization}/groups/history/{set}/restore", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/history/{set}/restore", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/mappings", &Role::ALL),
    ("POST", "/console/organizations/{organization}/groups/mappings", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/mappings/new", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/mappings/{mapping}", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/mappings/{mapping}", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/mappings/{mapping}/undo", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/rules", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/rules/new", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/rules/{rule}", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/rules/{rule}", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/rules/{rule}/remove", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/rules/{rule}/undo", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/discard", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/discard", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/preview", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/previews/{preview}", MANAGE),
    ("GET", "/console/organizations/{organization}/groups/previews/{preview}/people.csv", MANAGE),
    ("POST", "/console/organizations/{organization}/groups/previews/{preview}/apply", MANAGE),
    ("GET", "/console/traces", &Role::ALL),
    ("GET", "/console/traces/{trace}", &Role::ALL),
    ("POST", "/console/traces/{trace}/reveal", LINKS),
    ("GET", "/console/traces/{trace}/download?format=json", &Role::ALL),
    ("POST", "/console/traces/{trace}/download", LINKS),
    ("GET", "/t/{trace}", &[]),
    ("GET", "/console/search", &Role::ALL),
    ("POST", "/console/search", &Role::ALL),
    ("GET", "/console/scim-requests", &Role::ALL),
    ("GET", "/console/scim-requests/{request}", &Role::ALL),
    ("POST", "/console/scim-requests/{request}/replay", LINKS),
    ("GET", "/console/api-keys", &Role::ALL),
    ("POST", "/console/api-keys", DEVELOP),
    ("GET", "/console/api-keys/new", DEVELOP),
    ("GET", "/console/api-keys/{key}/roll", DEVELOP),
    ("POST", "/console/api-keys/{key}/roll", DEVELOP),
    ("GET", "/console/api-keys/{key}/revoke", DEVELOP),
    ("POST", "/console/api-keys/{key}/revoke", DEVELOP),
    ("GET", "/console/applications", &Role::ALL),
    ("POST", "/console/applications", DEVELOP),
    ("GET", "/console/applications/new", DEVELOP),
    ("GET", "/console/applications/{application}", &Role::ALL),
    ("POST", "/console/applications/{application}/restore", DEVELOP),
    ("GET", "/console/applications/{application}/code", &Role::ALL),
    ("GET", "/console/applications/{application}/settings", DEVELOP),
    ("POST", "/console/applications/{application}/settings", DEVELOP),
    ("GET", "/console/applications/{application}/access", DEVELOP),
    ("POST", "/console/applications/{application}/access", DEVELOP),
    ("POST", "/console/applications/{application}/secrets", DEVELOP),
    ("GET", "/console/applications/{application}/secrets/{secret}/revoke", DEVELOP),
    ("POST", "/console/applications/{application}/secrets/{secret}/revoke", DEVELOP),
    ("GET", "/console/applications/{application}/delete", DEVELOP),
    ("POST", "/console/applications/{application}/delete", DEVELOP),
    ("GET", "/console/webhooks", &Role::ALL),
    ("POST", "/console/webhooks", DEVELOP),
    ("GET", "/console/webhooks/new", DEVELOP),
    ("GET", "/console/webhooks/{endpoint}", &Role::ALL),
    ("POST", "/console/webhooks/{endpoint}/test", DEVELOP),
    ("GET", "/console/webhooks/{endpoint}/settings", DEVELOP),
    ("POST", "/console/webhooks/{endpoint}/settings", DEVELOP),
    ("GET", "/console/webhooks/{endpoint}/turn", DEVELOP),
    ("POST", "/console/webhooks/{endpoint}/turn", DEVELOP),
    ("GET", "/console/webhooks/{endpoint}/rotate", DEVELOP),
    ("POST", "/console/webhooks/{endpoint}/rotate", DEVELOP),
    ("GET", "/console/webhooks/{endpoint}/delete", DEVELOP),
    ("POST", "/console/webhooks/{endpoint}/delete", DEVELOP),
    ("GET", "/console/webhooks/{endpoint}/deliveries/{delivery}", &Role::ALL),
    ("POST", "/console/webhooks/{endpoint}/deliveries/{delivery}/again", DEVELOP),
    ("GET", "/console/audit", &Role::ALL),
    ("GET", "/console/audit/export?format=csv", &Role::ALL),
    ("GET", "/console/settings/general", &Role::ALL),
    ("POST", "/console/settings/general", MANAGE),
    ("GET", "/console/settings/sign-in", &Role::ALL),
    ("POST", "/console/settings/sign-in", MANAGE),
    ("GET", "/console/settings/security", &Role::ALL),
    ("POST", "/console/settings/security", MANAGE),
    ("GET", "/console/settings/retention", &Role::ALL),
    ("POST", "/console/settings/retention", MANAGE),
    ("GET", "/console/settings/branding", &Role::ALL),
    ("POST", "/console/settings/branding", MANAGE),
    ("POST", "/console/settings/branding/logos", MANAGE),
    ("GET", "/console/settings/branding/preview/{page}", &Role::ALL),
    ("GET", "/console/settings/email", MANAGE),
    ("POST", "/console/settings/email/test", MANAGE),
    ("GET", "/console/settings/email/{mail}", MANAGE),
    ("POST", "/console/settings/email/{mail}/again", MANAGE),
    ("POST", "/console/settings/email/{mail}/reveal", MANAGE),
    ("GET", "/console/settings/members", &[Role::Owner]),
    ("POST", "/console/settings/members", &[Role::Owner]),
    ("GET", "/console/settings/members/provider", &[Role::Owner]),
    ("POST", "/console/settings/members/provider", &[Role::Owner]),
    ("GET", "/console/settings/members/provider/{connection}", &[Role::Owner]),
    ("POST", "/console/settings/members/provider/{connection}", &[Role::Owner]),
    ("GET", "/console/settings/members/{member}", &[Role::Owner]),
    ("POST", "/console/settings/members/{member}/role", &[Role::Owner]),
    ("GET", "/console/settings/members/{member}/second-step", &[Role::Owner]),
    ("POST", "/console/settings/members/{member}/second-step", &[Role::Owner]),
    ("POST", "/console/settings/members/{member}/link", &[Role::Owner]),
    ("POST", "/console/settings/members/{member}/remove", &[Role::Owner]),
];

#[test]
fn every_route_of_the_console_is_in_the_table() {
    let source: String = sources_by_file().into_values().collect();
    let mut handlers = 0;
    for part in source.split("web::resource(").skip(1) {
        let path = part.split('"').nth(1).unwrap();
        assert!(
            ROUTES.iter().any(|(_, known, _)| known.split('?').next() == Some(path)),
            "{path} has no line in ROUTES"
        );
        let service = enclosed(part);
        handlers += service.matches(".get(").count() + service.matches(".post(").count();
    }
    assert_eq!(handlers, ROUTES.len());
    assert_eq!(Role::ALL.len(), 5, "each role has a walk in roles.rs");
}

/// The console's own files by their names, without its tests.
pub(super) fn sources_by_file() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/console");
    let (mut all, mut folders) = (BTreeMap::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.file_stem().is_some_and(|stem| stem == "tests") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            all.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
    all
}

/// The text of a service from within `.service(web::resource(` to its end.
fn enclosed(text: &str) -> &str {
    let mut depth = 2;
    let end = text.find(|letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    &text[..end.unwrap()]
}
