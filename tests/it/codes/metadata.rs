//! Metadata that cannot be used is recognised by its content, and the page names the provider's button to use instead.

use super::said;
use crate::gateway::{Gateway, Idp, Key};
use crate::journeys::Operator;
use crate::user_agent::{Form, Page, UserAgent};
use chrono::TimeDelta;
use serde_json::json;
use vestibule::store::connections::{self, Connection, NewConnection, Settings};
use vestibule::store::setup_links::{self, NewLink};

/// What `JumpCloud`'s console calls the way to its metadata.
const BUTTON: &str = "Copy Metadata URL";

/// What is given, how the page calls it, and what it says to do.
struct Given {
    field: &'static str,
    value: String,
    code: &'static str,
    title: &'static str,
    fix: &'static str,
}

fn text(
    value: impl Into<String>,
    code: &'static str,
    title: &'static str,
    fix: &'static str,
) -> Given {
    Given { field: "metadata_xml", value: value.into(), code, title, fix }
}

fn url(value: &str, code: &'static str, title: &'static str, fix: &'static str) -> Given {
    Given { field: "metadata_url", value: value.to_owned(), code, title, fix }
}

/// A new connection to `JumpCloud`.
fn jumpcloud(gateway: &Gateway, domain: &str) -> Connection {
    let customer = gateway.customer(domain);
    let new = NewConnection {
        name: "JumpCloud".to_owned(),
        provider: "jumpcloud".to_owned(),
        settings: Settings::default(),
    };
    gateway.write(|tx| connections::create(tx, &customer.organization.id, new))
}

/// Has the page of a connection check what is given.
async fn checked(operator: &mut Operator, of: &Connection, field: &str, value: &str) -> Page {
    let page = operator.open(&format!("/console/connections/{}/setup", of.id)).await;
    operator.send(&page, field, &[("act", "check"), (field, value)]).await
}

async fn is_told(operator: &mut Operator, of: &Connection, given: &Given) {
    let page = checked(operator, of, given.field, &given.value).await;
    let (code, text) = (given.code, said(&page));
    assert!(page.status.is_success() || page.status.as_u16() == 422, "{code}: {}", page.status);
    assert!(text.contains(given.title), "{code}: {}: {text}", given.title);
    assert!(text.contains(given.fix), "{code}: {}: {text}", given.fix);
}

/// An IT admin at the step of the portal in which metadata is given to a connection.
struct Admin {
    agent: UserAgent,
    step: String,
}

impl Admin {
    async fn of(gateway: &Gateway, connection: &Connection) -> Self {
        let new = NewLink { connection_id: Some(connection.id.clone()), ..NewLink::default() };
        let of = &connection.organization_id;
        let (_, token) = gateway.write(|tx| setup_links::create(tx, of, new));
        let mut agent = UserAgent::new();
        let entry = agent.get(format!("{}/setup/{}", gateway.url, token.reveal())).await;
        agent.submit(&entry.form()).await;
        Self { agent, step: format!("{}/portal/setup/metadata", gateway.url) }
    }

    /// The same is told here as at the console, but of several providers which one is meant.
    async fn is_told(&mut self, given: &Given) {
        let page = self.agent.get(&self.step).await;
        let mut forms = page.forms().into_iter();
        let has_it = |form: &Form| form.fields.iter().any(|(name, _)| name == "metadata_url");
        let form = forms.find(has_it).unwrap_or_else(|| panic!("no form: {}", page.body));
        let page = self.agent.submit(&form.with(given.field, &given.value)).await;
        let (code, text) = (given.code, said(&page));
        assert_eq!(page.status.as_u16(), 422, "{code}: {text}");
        let words = match code {
            "metadata_multiple" => [
                "There is more than one provider in it",
                "Choose the entity ID of the one that your people sign in with.",
                "type=\"radio\" name=\"choose\" value=\"https://b.example\"",
            ],
            // What only the operator can set is not told here.
            "metadata_private_address" => {
                assert!(!text.contains("allow_private"), "{text}");
                [given.title, "Upload the metadata file instead.", "id=\"faults\""]
            }
            "metadata_entity_in_use" => [
                "Another connection of your company has this provider",
                given.fix,
                "ask whoever sent you yours",
            ],
            _ => [given.title, given.fix, "id=\"faults\""],
        };
        for words in words {
            assert!(text.contains(words), "{code} at the portal: {words}: {text}");
        }
    }
}

/// The API has the code of what the page told in words.
async fn is_coded(gateway: &Gateway, of: &Connection, given: &Given) {
    let api = crate::gateway::Api::at(gateway, &of.organization_id);
    let field = given.field;
    let path = format!("connections/{}/metadata", of.id);
    let (status, told) =
        api.send(reqwest::Method::POST, &path, json!({ field: given.value }), None).await;
    assert!((400..500).contains(&status), "{told}");
    assert!(told.to_string().contains(given.code), "{}: {told}", given.code);
}

#[actix_web::test]
async fn every_code_of_metadata_is_told_with_its_title_and_its_fix() {
    let gateway = Gateway::start().await;
    let mut operator = Operator::of(&gateway).await;
    let connection = jumpcloud(&gateway, "globex.example");
    let mut admin = Admin::of(&gateway, &connection).await;
    let idp = Idp::new("https://sso.jumpcloud.example/globex");
    let ours = UserAgent::new().get(connection.sp_metadata_url(&gateway.url)).await.body;
    let many = {
        let one = |name: &str| {
            let file = Idp::new(name).metadata();
            file[file.find("<md:EntityDescriptor").unwrap()..].to_owned()
        };
        let two = format!("{}{}", one("https://a.example"), one("https://b.example"));
        format!(
            "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{two}</md:EntitiesDescriptor>"
        )
    };
    let discovery = r#"{"issuer":"https://sso.jumpcloud.example","authorization_endpoint":"https://sso.jumpcloud.example/authorize"}"#;
    for given in [
        text(
            "<!doctype html><html><body><form>Sign in</form></body></html>",
            "metadata_is_login_page",
            "That is a sign-in page",
            BUTTON,
        ),
        text(ours, "metadata_is_sp", "That is a service provider's metadata", BUTTON),
        text(discovery, "metadata_is_oidc", "That is an OpenID Connect document", BUTTON),
        text("<a/>", "metadata_invalid", "That is not metadata that can be read", BUTTON),
        text(
            many,
            "metadata_multiple",
            "The metadata describes 2 identity providers.",
            "Take the one that your customer's people sign in with.",
        ),
        text(
            idp.metadata_with(&[]),
            "metadata_no_certificate",
            "There is no signing certificate in it",
            BUTTON,
        ),
        url(
            "https://127.0.0.1:9/metadata",
            "metadata_private_address",
            "The address leads into a private network",
            "Upload the file instead.",
        ),
    ] {
        is_told(&mut operator, &connection, &given).await;
        admin.is_told(&given).await;
        if given.code != "metadata_multiple" {
            is_coded(&gateway, &connection, &given).await;
        }
    }

    let taken = text(
        idp.metadata(),
        "metadata_entity_in_use",
        "Another connection has this provider",
        "create a separate app at the provider",
    );
    let other = gateway.write(|tx| {
        let new = NewConnection {
            name: "Another".to_owned(),
            provider: "jumpcloud".to_owned(),
            settings: Settings::default(),
        };
        connections::create(tx, &connection.organization_id, new)
    });
    let provider = vestibule::saml::metadata::parse(
        idp.metadata().as_bytes(),
        None,
        &format!("{}/saml/", gateway.url),
        gateway.now(),
    )
    .unwrap();
    gateway.write(|tx| connections::import(tx, &other.id, provider, None, false));
    is_told(&mut operator, &connection, &taken).await;
    admin.is_told(&taken).await;
    is_coded(&gateway, &connection, &taken).await;

    let changed = text(
        Idp::new("https://sso.jumpcloud.example/anew").metadata(),
        "metadata_entity_changed",
        "The entity ID is no longer the same",
        BUTTON,
    );
    gateway.write(|tx| connections::activate(tx, &other.id, true));
    let page = checked(&mut operator, &other, changed.field, &changed.value).await;
    let page =
        operator.send(&page, "seen", &[("act", "create"), (changed.field, &*changed.value)]).await;
    let told = said(&page);
    assert!(told.contains(changed.title) && told.contains(changed.fix), "{told}");
    is_coded(&gateway, &other, &changed).await;
    Admin::of(&gateway, &other).await.is_told(&changed).await;

    let ended = text(
        Idp::new("https://sso.jumpcloud.example/old").metadata_with(&[Key::known()]),
        "metadata_certificate_expired",
        "All of its certificates have ended",
        BUTTON,
    );
    gateway.advance(TimeDelta::days(2 * 365));
    is_coded(&gateway, &connection, &ended).await;
    let mut operator = Operator::again(&gateway).await;
    is_told(&mut operator, &connection, &ended).await;
    Admin::of(&gateway, &connection).await.is_told(&ended).await;
}

#[actix_web::test]
async fn an_address_that_gives_no_metadata_is_told_with_what_was_tried() {
    let gateway = Gateway::with(&[("metadata.allow_private", "127.0.0.1")]).await;
    let mut operator = Operator::of(&gateway).await;
    let connection = jumpcloud(&gateway, "globex.example");
    let closed = format!("http://127.0.0.1:{}/metadata", crate::gateway::free_port());
    let given = url(
        &closed,
        "metadata_unreachable",
        "The address gave no metadata",
        "opens without signing in",
    );
    is_told(&mut operator, &connection, &given).await;
    is_coded(&gateway, &connection, &given).await;
    Admin::of(&gateway, &connection).await.is_told(&given).await;
    let page = checked(&mut operator, &connection, "metadata_url", &closed).await;
    assert!(said(&page).contains(BUTTON), "{}", page.body);
}
