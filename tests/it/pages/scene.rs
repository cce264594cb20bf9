//! What the walks go through: a gateway on which something of everything has happened.

use crate::gateway::{Gateway, Idp};
use crate::pages::walks::Walk;
use crate::peers::Provider;
use chrono::TimeDelta;
use serde_json::json;
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

/// What the walks go through.
pub(crate) struct Scene {
    pub(crate) gateway: Gateway,
    pub(super) words: Vec<(&'static str, String)>,
}

impl Scene {
    pub(crate) async fn new(provider: &Provider) -> Self {
        let gateway = Gateway::with(&[("metadata.allow_private", "127.0.0.1")]).await;
        let state = &gateway.state;
        let demo = demo::up(&state.store, &state.master, &gateway.url, &Actor::System).unwrap();
        let host = gateway.url.trim_start_matches("http://").to_owned();
        let app = gateway.register(|new| new.protected_hosts = vec![host]);

        let umbrella = gateway.customer("umbrella.example");
        let one = umbrella.connect_to(&Idp::new("https://one.umbrella.example"));
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
            ("{umbrella}", one.id.to_string()),
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
    pub(crate) fn walks(&self, walks: &[Walk]) -> Vec<Walk> {
        let said = |line: &String| {
            self.words.iter().fold(line.clone(), |line, (word, is)| line.replace(word, is))
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
        why: None,
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
