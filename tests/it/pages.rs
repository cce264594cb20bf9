//! Every page in a real browser: in light and dark, wide and narrow, by the rules of accessibility, with its policy and its size.

use crate::gateway::{Gateway, Idp};
use crate::peers::{Provider, lent, run};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use vestibule::cause::Cause;
use vestibule::check::{Check, CheckName};
use vestibule::saml::Binding;
use vestibule::scim::{Kind, Resource};
use vestibule::store::access::entities::{self, NewEntity};
use vestibule::store::access::mappings::{self, NewMapping, Place};
use vestibule::store::access::provisioning::{self, ProvisioningPatch};
use vestibule::store::access::{self, conflicts};
use vestibule::store::connections::{Connection, NewConnection, Settings};
use vestibule::store::directories::requests::{self, Entry};
use vestibule::store::directories::{self, groups, people};
use vestibule::store::events::kinds::Kinds;
use vestibule::store::mails;
use vestibule::store::setup_links::{self, Cover, NewLink};
use vestibule::store::sign_in::{self, Beginning};
use vestibule::store::traces::TraceKind;
use vestibule::store::webhooks::deliveries::{self, Attempt, Delivery, Sent};
use vestibule::store::webhooks::{self, NewEndpoint};
use vestibule::store::{
    Actor, ConflictId, EventId, GroupId, MailId, OrganizationId, ScimRequestId, SetupLinkId,
    TraceId, Window, connections, demo, members,
};

/// How to get to every page. Each walk is a browser of its own, each line a step:
///
/// | step | does |
/// |---|---|
/// | `go ADDRESS` | opens an address, absolute or of the gateway |
/// | `see NAME` | looks at the page that is open; this is the line that adds a page |
/// | `fill SELECTOR TEXT` | fills a field in |
/// | `unfold SELECTOR` | clicks what opens something on the same page |
/// | `wait SELECTOR` | waits until something is on the page that a script brings |
/// | `press SELECTOR` | clicks what leads to another page |
/// | `popup SELECTOR` | clicks what leads to a page in another tab, and goes on there |
/// | `totp SELECTOR STEPS` | fills in the code that an app shows so many steps of thirty seconds from now, by the key that was on a page |
/// | `authenticator NONE-OR-ONE` | from now on the browser has no authenticator, or one that has passkeys |
/// | `arrive PATH` | waits until the browser is there |
/// | `forget` | throws the browser's cookies away: from now on it is another's |
/// | `hold` | from now on other servers do not answer, so a page that leads to one stays |
///
/// Words in braces are what [`Scene::words`] says. The name is the file's name of a picture, too.
const WALKS: &[&[&str]] = &[
    &[
        "go {authorize}",
        "see login",
        "fill #email ada@globex",
        "press form:has(#email) button",
        "see login-invalid",
        "fill #email ada@nowhere.example",
        "press form:has(#email) button",
        "see login-nowhere",
        "go {authorize}",
        "fill #email ada@umbrella.example",
        "press form:has(#email) button",
        "see chooser",
    ],
    &[
        "hold",
        "go {authorize}",
        "fill #email ada@initech.example",
        "press form:has(#email) button",
        "see between",
    ],
    &[
        "go /login/break-glass",
        "see break-glass",
        "fill #email ada@globex.example",
        "fill #code 1234-5678",
        "press form:has(#code) button",
        "see break-glass-refused",
        "go /nothing",
        "see not-found",
        "go /demo/app/sign-in?fail=audience",
        "see error",
        "go {entity}",
        "see entity",
    ],
    &[
        "go /demo/app",
        "see demo-app",
        "go /demo/app/sign-in",
        "see demo-provider",
        "go /demo/idp/console",
        "see demo-console",
        "go /demo/app/sign-in",
        "go /demo/app/sign-in?as=ada",
        "see demo-signed-in",
        "go /oauth/logout",
        "see sign-out",
        "press main form button",
        "see signed-out",
    ],
    &[
        "go /portal",
        "see portal-elsewhere",
        "go {taken}",
        "press main form button",
        "see setup-provider",
        "press button[value=jumpcloud]",
        "go /portal/setup/provisioning",
        "see setup-scim",
        "press button[name=token]",
        "see setup-scim-token",
        "go /portal/setup/metadata",
        "unfold details:has(#metadata_xml) summary",
        "fill #metadata_xml <html>Not metadata</html>",
        "press form:has(#metadata_xml) button",
        "see setup-metadata-pasted",
        "forget",
        "go {taken}",
        "see setup-taken",
    ],
    &[
        "go {over}",
        "see setup-over",
        "press form[action='/portal/another'] button",
        "see setup-over-asked",
    ],
    &[
        "go {guarded}",
        "see setup-entry-code",
        "press form[action='/portal/code'] button",
        "see setup-entry-code-typed",
        "go {setup}",
        "see setup-entry",
        "press main form button",
        "go /portal/setup/create",
        "see setup-create",
        "press button[name=finish]",
        "see setup-values",
        "press button[name=finish]",
        "see setup-attributes",
        "press button[name=finish]",
        "see setup-metadata",
        "fill #metadata_url {provider}/sso/redirect",
        "press form:has(#metadata_url) button",
        "see setup-metadata-wrong",
        "fill #metadata_url {metadata}",
        "press form:has(#metadata_url) button",
        "see setup-metadata-read",
        "press button[name=finish]",
        "fill #domain globex.test",
        "press form:has(#domain) button",
        "see setup-domain",
        "press button[name=finish]",
        "see setup-test",
        "popup button[name=begin]",
        "fill input[name=user] ada",
        "press form:has(input[name=user]) button",
        "see test-result",
        "go /portal/setup/test",
        "see setup-tested",
        "press button[name=finish]",
        "see setup-provisioning",
        "press button[name=finish]",
        "see portal-done",
        "go /portal",
        "see portal",
        "go /portal/activity",
        "see portal-activity",
        "press main table a",
        "see portal-trace",
    ],
    &[
        "go {groups}",
        "see setup-entry-look",
        "press main form button",
        "see portal-without-steps",
        "go /portal/groups",
        "see portal-groups",
        "go /portal/groups/{group}?type=team",
        "see portal-group",
    ],
    &[
        "go {first}",
        "see console-first",
        "fill #name Maya Orbit",
        "fill #email maya@orbit.example",
        "fill #password seven lamps behind the harbour",
        "press form:has(#password) button",
        "see console-first-second-step",
        "go /console/organizations",
        "see console-organizations",
        "fill #filter-q globex",
        "wait .chip",
        "see console-organizations-typed",
        "go /console/organizations/new",
        "see console-organization-new",
        "go /console/organizations/{organization}",
        "see console-organization",
        "go /console/organizations/{organization}/sso",
        "see console-organization-sso",
        "go /console/organizations/{organization}/settings",
        "see console-organization-settings",
        "go /console/organizations/{organization}/delete",
        "see console-organization-delete",
        "go /console/organizations/{organization}/purge?older=30",
        "see console-organization-purge",
        "go /console/organizations/{organization}/domains",
        "see console-organization-domains",
        "go /console/organizations/{organization}/activity",
        "see console-organization-activity",
        "go /console/connections",
        "see console-connections",
        "unfold details.more summary",
        "see console-connections-acts",
        "go /console/connections?q=nothing&state=active",
        "see console-connections-none",
        "go /console/connections/new?organization={organization}",
        "see console-connection-new",
        "go /console/connections/{draft}/setup",
        "see console-connection-setup",
        "unfold details:has(#metadata_xml) summary",
        "fill #metadata_xml <html>Not metadata</html>",
        "press button[value=check]",
        "see console-connection-setup-wrong",
        "go /console/connections/{connection}/attributes",
        "see console-connection-attributes",
        "go /console/connections/{connection}/domains",
        "see console-connection-domains",
        "go /console/connections/{connection}/settings",
        "see console-connection-settings",
        "go /console/signing-keys",
        "see console-signing-keys",
        "go /console/connections/new?like={connection}",
        "see console-connection-duplicate",
        "go /console/connections/{gone}",
        "see console-gone",
        "go /console/connections/{connection}",
        "see console-connection",
        "unfold details.menu summary",
        "see console-connection-acts",
        "go /console/connections/{connection}/certificates/new",
        "see console-connection-certificate",
        "go /console/connections/{connection}/provisioning",
        "see console-provisioning",
        "go /console/setup-links",
        "see console-setup-links",
        "go /console/setup-links/{link}/send",
        "see console-setup-link-send",
        "go /console/setup-links/new",
        "see console-setup-link-new",
        "go /console/users",
        "see console-users",
        "go /console/users?access=none&organization={organization}",
        "see console-users-filtered",
        "go /console/users/{person}",
        "see console-user",
        "go /console/users/{person}/edit",
        "see console-user-edit",
        "go /console/groups",
        "see console-groups-choice",
        "go /console/groups/{group}",
        "see console-group",
        "go /console/organizations/{organization}/groups",
        "see console-groups",
        "go /console/organizations/{organization}/groups/rules/new",
        "see console-rule-new",
        "fill #pattern eng",
        "unfold input[name='same.team']",
        "press form:has(#pattern) button",
        "see console-mappings",
        "press form[action$='/preview'] button",
        "see console-preview",
        "go /console/organizations/{organization}/groups/mappings/new",
        "see console-mapping-new",
        "go /console/organizations/{organization}/groups/entities",
        "see console-entities",
        "go /console/organizations/{organization}/groups/entities/new",
        "see console-entity-new",
        "go /console/organizations/{organization}/groups/conflicts",
        "see console-conflicts",
        "go /console/organizations/{organization}/groups/conflicts/{conflict}",
        "see console-conflict",
        "go /console/organizations/{organization}/groups/history",
        "see console-history",
        "go /console/organizations/{organization}/groups/limits",
        "see console-groups-limits",
        "go /console/traces",
        "see console-traces",
        "go /console/traces/{trace}",
        "see console-trace",
        "press form[action$=reveal] button",
        "see console-trace-revealed",
        "go /console/scim-requests",
        "see console-scim-requests",
        "go /console/scim-requests/{request}",
        "see console-scim-request",
        "go /console",
        "see console-overview",
        "go /console/search?q=globex",
        "see console-search",
        "fill #text <html>Not a message</html>",
        "press form:has(#text) button",
        "see console-search-inspected",
        "go /console/audit",
        "see console-audit",
        "go /console/api-keys",
        "see console-api-keys",
        "go /console/api-keys/new",
        "see console-api-key-new",
        "go /console/applications",
        "see console-applications",
        "go /console/applications/new",
        "see console-application-new",
        "go /console/applications/{application}?redirect=http://localhost:1/demo/app/callback/",
        "see console-application",
        "go /console/applications/{application}/code?stack=go",
        "see console-application-code",
        "go /console/applications/{application}/settings",
        "see console-application-settings",
        "go /console/applications/{application}/access",
        "see console-application-access",
        "go /console/applications/{application}/delete",
        "see console-application-delete",
        "go /console/webhooks",
        "see console-webhooks",
        "go /console/webhooks/new",
        "see console-webhook-new",
        "go /console/webhooks/{endpoint}",
        "see console-webhook",
        "go /console/webhooks/{endpoint}/settings",
        "see console-webhook-settings",
        "go /console/webhooks/{endpoint}/rotate",
        "see console-webhook-rotate",
        "go /console/webhooks/{endpoint}/deliveries/{delivery}",
        "see console-webhook-delivery",
        "go /console/settings/members",
        "see console-members",
        "go /console/settings/general",
        "see console-settings",
        "go /console/settings/branding",
        "see console-settings-branding",
        "fill input[name='brand.name'] Orbit Labs",
        "fill input[name='brand.accent'] #808080",
        "press button[name=preview]",
        "see console-settings-branding-preview",
        "go /console/settings/sign-in",
        "see console-settings-sign-in",
        "fill input[name='sign_in.session'] soon",
        "press main form .pri",
        "see console-settings-refused",
        "go /console/settings/retention",
        "fill input[name='retention.traces'] 20d",
        "press main form .pri",
        "see console-settings-saved",
        "go /console/settings/security",
        "see console-settings-security",
        "go /console/settings/email",
        "see console-settings-email",
        "go /console/settings/email/{mail}",
        "see console-settings-email-one",
        "go /console/connections/{connection}/contact",
        "see console-connection-contact",
        "go /console/account",
        "see console-account",
        "authenticator none",
        "go /console/account/passkeys/new",
        "see console-passkey-new",
        "fill #name Laptop",
        "fill #password seven lamps behind the harbour",
        "press form:has(#password) button",
        "see console-passkey-make",
        "authenticator one",
        "arrive /console/account",
        "see console-account-passkey",
        "press a[href$='/remove']",
        "see console-passkey-remove",
        "go /console/account/second-step",
        "see console-second-step",
        "fill #password not my password",
        "press form:has(#password) button",
        "see console-second-step-refused",
        "fill #password seven lamps behind the harbour",
        "press form:has(#password) button",
        "see console-second-step-key",
        "totp #code 0",
        "fill #code 000000",
        "press form:has(#code) .pri",
        "see console-second-step-again",
        "totp #code 0",
        "press form:has(#code) .pri",
        "see console-recovery-codes",
        "go /console/account",
        "see console-account-safe",
        "go /console/account/recovery-codes",
        "see console-recovery-codes-renew",
        "go /console/account/second-step/remove",
        "see console-second-step-remove",
        "forget",
        "go /console/login",
        "press form[action='/console/login/passkey'] button",
        "arrive /console",
        "forget",
        "go /console/login",
        "fill #email maya@orbit.example",
        "fill #password seven lamps behind the harbour",
        "press form:has(#password) button",
        "see console-second",
        "fill #code 000000",
        "press form:has(#code) button",
        "see console-second-wrong",
        "totp #code 1",
        "press form:has(#code) button",
        "arrive /console",
        "forget",
        "go /console/login",
        "fill #email maya@orbit.example",
        "fill #password seven lamps behind the harbour",
        "press form:has(#password) button",
        "fill #code 000000",
        "press form:has(#code) button",
        "fill #code 000000",
        "press form:has(#code) button",
        "fill #code 000000",
        "press form:has(#code) button",
        "fill #code 000000",
        "press form:has(#code) button",
        "fill #code 000000",
        "press form:has(#code) button",
        "see console-second-closed",
        "go /console/login",
        "press form[action='/console/login/passkey'] button",
        "arrive /console/account",
        "see console-account-alarm",
        "forget",
        "authenticator none",
        "go /console/login",
        "press form[action='/console/login/passkey'] button",
        "see console-passkey",
        "forget",
        "go /docs/api",
        "see reference",
        "go /docs/api/webhooks",
        "see reference-webhooks",
        "go /docs/api/connections",
        "see reference-connections",
        "go /console/login",
        "see console-login",
    ],
];

/// What the walks go through.
pub(crate) struct Scene {
    pub(crate) gateway: Gateway,
    words: Vec<(&'static str, String)>,
}

impl Scene {
    pub(crate) async fn new(provider: &Provider) -> Self {
        let gateway = Gateway::with(&[("metadata.allow_private", "127.0.0.1")]).await;
        let state = &gateway.state;
        let demo = demo::up(&state.store, &state.master, &gateway.url, &Actor::System).unwrap();
        let app = gateway.register(|_| {});

        let umbrella = gateway.customer("umbrella.example");
        umbrella.connect_to(&Idp::new("https://one.umbrella.example"));
        umbrella.connect_to(&Idp::new("https://two.umbrella.example"));
        let post = Settings { request_binding: Some(Binding::Post), ..Settings::default() };
        let initech = gateway.customer("initech.example").connect_with(provider, post).await;

        let globex = gateway.customer("globex.example");
        let draft = gateway.write(|tx| {
            let new = NewConnection {
                name: "Keycloak".to_owned(),
                provider: "keycloak".to_owned(),
                settings: Settings::default(),
            };
            connections::create(tx, &globex.organization.id, new)
        });
        provider.serve(&draft.entity_id(&gateway.url)).await;
        let link = |connection_id, covers: &[Cover]| {
            let note = Some("Questions? Call Dana on extension 12.".to_owned());
            let covers = covers.to_vec();
            let new = NewLink { connection_id, covers, note, ..NewLink::default() };
            let made = gateway.write(|tx| setup_links::create(tx, &globex.organization.id, new));
            format!("{}/setup/{}", gateway.url, made.1.reveal())
        };
        let gone = gateway.write(|tx| {
            let new = NewConnection {
                name: "Okta".to_owned(),
                provider: "okta".to_owned(),
                settings: Settings::default(),
            };
            let gone = connections::create(tx, &globex.organization.id, new)?;
            connections::delete(tx, &gone.id)?;
            Ok(gone)
        });
        let over = over(&gateway, &globex.organization.id);
        let (for_ines, guarded, mail) = mailed(&gateway, &globex.organization.id);
        let (person, group, conflict) = with_groups(&gateway, &draft);
        let first = gateway.write(members::start).unwrap();
        let told = refused_delivery(&gateway);
        let trace = refused_sign_in(&gateway, &initech);
        let request = refused_request(&gateway, &initech);
        let words = vec![
            ("{trace}", trace.to_string()),
            ("{request}", request.to_string()),
            ("{first}", format!("{}/console/first?t={}", gateway.url, first.reveal())),
            ("{organization}", globex.organization.id.to_string()),
            ("{connection}", initech.id.to_string()),
            ("{draft}", draft.id.to_string()),
            ("{gone}", gone.id.to_string()),
            ("{application}", demo.application.id.to_string()),
            ("{endpoint}", told.endpoint_id.to_string()),
            ("{delivery}", told.id.to_string()),
            ("{person}", person),
            ("{group}", group.to_string()),
            ("{conflict}", conflict.to_string()),
            ("{authorize}", app.authorize(&gateway, &[])),
            ("{entity}", initech.entity_id(&gateway.url)),
            (
                "{setup}",
                link(Some(draft.id.clone()), &[&Cover::USUAL[..], &[Cover::Traces]].concat()),
            ),
            ("{over}", over),
            ("{taken}", link(None, &Cover::USUAL)),
            ("{groups}", link(None, &[Cover::Groups])),
            ("{guarded}", guarded),
            ("{link}", for_ines.to_string()),
            ("{mail}", mail.to_string()),
            ("{provider}", provider.url.clone()),
            ("{metadata}", provider.metadata_url.clone()),
        ];
        Self { gateway, words }
    }

    /// Walks with the words of this scene.
    pub(crate) fn walks(&self, walks: &[&[&str]]) -> Vec<Vec<String>> {
        let said = |line: &&str| {
            self.words.iter().fold((*line).to_owned(), |line, (word, is)| line.replace(word, is))
        };
        walks.iter().map(|walk| walk.iter().map(said).collect()).collect()
    }
}

/// Where a link leads that was taken back.
fn over(gateway: &Gateway, of: &OrganizationId) -> String {
    let new = NewLink::default();
    gateway.write(|tx| {
        let (link, token) = setup_links::create(tx, of, new)?;
        setup_links::revoke(tx, &link.id)?;
        Ok(format!("{}/setup/{}", gateway.url, token.reveal()))
    })
}

/// A link for one address alone, where it leads, and the mail with it, which no server takes.
fn mailed(gateway: &Gateway, of: &OrganizationId) -> (SetupLinkId, String, MailId) {
    let new = NewLink {
        email: Some("ines@globex.example".to_owned()),
        is_guarded: true,
        ..NewLink::default()
    };
    gateway.write(|tx| {
        let (link, token) = setup_links::create(tx, of, new)?;
        let url = format!("{}/setup/{}", gateway.url, token.reveal());
        setup_links::mail(tx, &gateway.state.master, &link, &url)?;
        let mail = mails::take(tx, 1)?.remove(0);
        mails::unsent(tx, &mail, "there is no mail server (email.smtp_url)")?;
        Ok((link.id, url, mail.mail.id))
    })
}

/// A sign-in that failed for an address with a slash too many.
fn refused_sign_in(gateway: &Gateway, connection: &Connection) -> TraceId {
    gateway.write(|tx| {
        let beginning = Beginning {
            kind: TraceKind::SignIn,
            application: None,
            request: None,
            toward: Some((connection, None)),
            email: Some("ada@initech.example".to_owned()),
            browser: None,
            lifetime: TimeDelta::minutes(10),
        };
        let trace = sign_in::begin(tx, beginning)?;
        let entity_id = "https://sso.example/saml";
        let slash = format!("{entity_id}/");
        let checks = vec![Check::of(CheckName::Audience, false, entity_id, &slash)];
        sign_in::refuse(tx, &trace, Cause::AudienceMismatch, checks, None)?;
        Ok(trace.id)
    })
}

/// A request of a directory that names no member.
fn refused_request(gateway: &Gateway, connection: &Connection) -> ScimRequestId {
    let request = ScimRequestId::new();
    let entry = Entry {
        id: request.clone(),
        organization_id: connection.organization_id.clone(),
        connection_id: connection.id.clone(),
        token_id: None,
        method: "PATCH".to_owned(),
        path: "/Groups/grp_01kampz3y7f4m8t2v6c9d0e1hj".to_owned(),
        status: 400,
        code: Some("patch_no_members".to_owned()),
        effect: "The operation names no member, so nobody was added or removed.".to_owned(),
        is_change: false,
        dialect: "jumpcloud".to_owned(),
        resource_id: None,
        message: None,
        micros: 4_200,
        created_at: gateway.state.store.clock().now(),
    };
    gateway.write(|tx| requests::record(tx, &entry));
    request
}

/// A test event that an endpoint with a long address refused.
fn refused_delivery(gateway: &Gateway) -> Delivery {
    let master = &gateway.state.master;
    let new = NewEndpoint {
        organization_id: None,
        url: format!("https://app.example/hooks/{}", "a-long-part-of-a-path/".repeat(5)),
        description: Some("CRM".to_owned()),
        events: Kinds::default(),
    };
    let at = gateway.state.store.clock().now();
    let attempt = Attempt { at, status: Some(503), error: None, millis: 42 };
    let sent = Sent { attempt, answer: Some("Not now".to_owned()) };
    let message = (EventId::new(), r#"{"type":"test","data":{"organization_id":null}}"#.to_owned());
    gateway.write(|tx| {
        let (endpoint, _) = webhooks::create(tx, master, new, None)?;
        deliveries::tested(tx, master, &endpoint.id, message, &sent)
    })
}

/// Groups of a connection's directory: two that want one person in places that exclude each other, and one that gives
/// nothing yet.
fn with_groups(gateway: &Gateway, of: &Connection) -> (String, GroupId, ConflictId) {
    let organization = &of.organization_id;
    gateway.write(|tx| {
        let on = ProvisioningPatch { groups: Some(true), ..ProvisioningPatch::default() };
        provisioning::change(tx, organization, &on)?;
        let application = access::meant(tx.db, organization, None)?;
        let directory = directories::open(tx, &of.id)?;
        let ann = json!({ "userName": "ann@globex.example" });
        let ann = people::create(tx, &directory, Resource::parse(Kind::User, &ann)?)?;
        let ann = [ann.0.row.user_id.to_string()];
        let push = |tx: &mut _, name: &str| {
            let body = Resource::parse(Kind::Group, &json!({ "displayName": name }))?;
            groups::create(tx, &directory, body, &ann, false).map(|(crowd, _)| crowd.group.id)
        };
        for name in ["Blue", "Red"] {
            let new = NewEntity {
                kind: "concurrency_group".to_owned(),
                name: name.to_owned(),
                external_id: None,
                is_default: false,
            };
            entities::put(tx, organization, &application, name, new)?;
            let group = push(tx, &format!("eng-{name}"))?;
            let place = Place::Key(name.to_owned());
            let new = NewMapping { group, application: None, place, role: None };
            mappings::create(tx, organization, new)?;
        }
        let window = Window { limit: 1, before: None };
        let found = conflicts::page(tx.db, &window, organization, &conflicts::Filter::default())?;
        let [person] = ann.clone();
        Ok((person, push(tx, "eng")?, found.data[0].id.clone()))
    })
}

/// Looks at every page, and keeps a picture of each where `SCREENSHOTS` names a folder.
#[actix_web::test]
async fn every_page_is_accessible_and_fits_in_both_themes_and_at_every_width() {
    let provider = lent::pysaml2().await;
    let scene = Scene::new(&provider).await;
    let screenshots = std::env::var("SCREENSHOTS").ok().map(|folder| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    });
    let work = json!({
        "base": scene.gateway.url,
        "walks": scene.walks(WALKS),
        "widths": [1440, 390, 320],
        "screenshots": screenshots,
    });
    let told: Value = run("page_check.mjs", &work).await;
    without_faults(WALKS, &told);
}

/// Every page of these walks was seen, and nothing is wrong with any.
pub(crate) fn without_faults(walks: &[&[&str]], told: &Value) {
    let faults: Vec<&str> =
        told["faults"].as_array().unwrap().iter().map(|fault| fault.as_str().unwrap()).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    let steps = walks.iter().flat_map(|walk| walk.iter());
    let pages = steps.filter(|step| step.starts_with("see ")).count();
    assert_eq!(told["seen"].as_array().unwrap().len(), pages, "{told}");
}
