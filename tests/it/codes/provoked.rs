//! How each cause of a sign-in comes about.

use crate::gateway::{ADA, Gateway, Idp, Key, Underway, World, form, is_in};
use crate::journeys::redeem;
use crate::openid::Stage;
use crate::scim::Directory;
use crate::user_agent::{Page, UserAgent};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::TimeDelta;
use serde_json::{Value, json};
use vestibule::cause::Cause;
use vestibule::saml::issue::{ContentCipher, Issue, Wrong};
use vestibule::store::applications::{self, ApplicationPatch};
use vestibule::store::connections::Settings;
use vestibule::store::members::provider;
use vestibule::store::organizations::Admission;
use vestibule::store::{connections, users};

/// The page that somebody sees for this cause, of a gateway on which nothing has happened yet.
pub(super) async fn provoked(gateway: &Gateway, cause: Cause) -> Page {
    match cause {
        Cause::AudienceMismatch => spoiled(gateway, Wrong::Audience).await,
        Cause::DestinationMismatch => spoiled(gateway, Wrong::Destination).await,
        Cause::RecipientMismatch => spoiled(gateway, Wrong::Recipient).await,
        Cause::IssuerMismatch => spoiled(gateway, Wrong::Issuer).await,
        Cause::SignatureMissing => spoiled(gateway, Wrong::Unsigned).await,
        Cause::SignatureInvalid => spoiled(gateway, Wrong::Broken).await,
        Cause::SignatureWrapping => spoiled(gateway, Wrong::Wrapped).await,
        Cause::XmlForbidden => spoiled(gateway, Wrong::Dtd).await,
        Cause::StatusNotSuccess => spoiled(gateway, Wrong::Unassigned).await,
        Cause::ClockEarly => spoiled(gateway, Wrong::Early).await,
        Cause::ClockLate => spoiled(gateway, Wrong::Late).await,
        Cause::EmailDomainNotAllowed => spoiled(gateway, Wrong::Domain).await,
        Cause::CertificateUnknown => {
            changed(gateway, |it| it.signer = Key::unknown().signer()).await
        }
        Cause::NameIdMissing => changed(gateway, |it| it.name_id.clear()).await,
        Cause::EmailMissing => changed(gateway, |it| it.name_id = "0815".to_owned()).await,
        Cause::RequestUnknown => {
            changed(gateway, |it| it.in_response_to = Some("_of_another".to_owned())).await
        }
        Cause::EncryptedUnreadable => {
            let another = Key::unknown().certificate();
            changed(gateway, |it| it.encryption = Some((another, ContentCipher::Aes256Gcm))).await
        }
        Cause::SignatureWeak => {
            let (strong, weak) = ("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1");
            rewritten(gateway, |xml| xml.replace(strong, weak)).await
        }
        Cause::XmlInvalid => rewritten(gateway, |xml| xml[..xml.len() / 2].to_owned()).await,
        Cause::ResponseTooLarge => rewritten(gateway, |xml| xml + &" ".repeat(1 << 20)).await,
        Cause::AssertionMissing => rewritten(gateway, |xml| with_assertions(&xml, 0)).await,
        Cause::AssertionMultiple => rewritten(gateway, |xml| with_assertions(&xml, 2)).await,
        Cause::CertificateExpired => later(gateway, TimeDelta::days(2 * 365)).await,
        Cause::RequestExpired => late(gateway).await,
        Cause::ResponseReplayed => twice(gateway).await,
        Cause::AuthenticationTooOld => not_anew(gateway).await,
        Cause::PersonMismatch => somebody_else(gateway).await,
        Cause::IdentityConflict => by_another_name(gateway).await,
        Cause::UserNotProvisioned
        | Cause::UserSuspended
        | Cause::UserDeprovisioned
        | Cause::NoAccess => kept_out(gateway, cause).await,
        Cause::ConsoleRefused => no_member(gateway).await,
        Cause::IdpStartedNotAllowed => started_there(gateway).await,
        Cause::ConnectionDisabled => off(gateway).await,
        Cause::ConnectionDraft => not_ready(gateway).await,
        Cause::BreakGlassRefused => used_code(gateway).await,
        Cause::AppRedirectInvalid => unregistered(gateway).await,
        Cause::EmailUnverified => token(gateway, |it| it["email_verified"] = false.into()).await,
        Cause::NonceMismatch => token(gateway, |it| it["nonce"] = "another".into()).await,
        Cause::TokenInvalid => token(gateway, |it| it["aud"] = "another client".into()).await,
        Cause::ProviderUnreachable => busy(gateway).await,
        Cause::StateMismatch => of_another_browser(gateway).await,
    }
}

/// The answer of a provider after what is made of the right one.
async fn answered(gateway: &Gateway, make: impl FnOnce(Issue<'static>) -> String) -> Page {
    let world = World::of(gateway);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let response = make(world.answer(&underway));
    agent.submit_once(&underway.form(&response)).await
}

async fn spoiled(gateway: &Gateway, wrong: Wrong) -> Page {
    answered(gateway, |issue| issue.spoiled(wrong).unwrap()).await
}

async fn changed(gateway: &Gateway, change: impl FnOnce(&mut Issue<'static>)) -> Page {
    answered(gateway, |mut issue| {
        change(&mut issue);
        issue.base64().unwrap()
    })
    .await
}

async fn rewritten(gateway: &Gateway, rewrite: impl FnOnce(String) -> String) -> Page {
    answered(gateway, |issue| BASE64.encode(rewrite(issue.xml().unwrap()))).await
}

/// The response with its assertion so many times.
fn with_assertions(xml: &str, count: usize) -> String {
    let (start, end) = ("<saml:Assertion", "</saml:Assertion>");
    let (start, end) = (xml.find(start).unwrap(), xml.find(end).unwrap() + end.len());
    format!("{}{}{}", &xml[..start], xml[start..end].repeat(count), &xml[end..])
}

/// A sign-in so long after the connection was made.
async fn later(gateway: &Gateway, after: TimeDelta) -> Page {
    let world = World::of(gateway);
    gateway.advance(after);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    world.come_back(&mut agent, &underway).await
}

async fn late(gateway: &Gateway) -> Page {
    let world = World::of(gateway);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    gateway.advance(TimeDelta::hours(12));
    world.come_back(&mut agent, &underway).await
}

async fn twice(gateway: &Gateway) -> Page {
    let world = World::of(gateway);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let form = underway.form(&world.answer(&underway).base64().unwrap());
    is_in(&agent.submit_once(&form).await);
    agent.submit_once(&form).await
}

/// The app wants a fresh sign-in, and the provider answers with one of an hour ago.
async fn not_anew(gateway: &Gateway) -> Page {
    let world = World::of(gateway);
    let mut agent = UserAgent::new();
    let wish = [("login_hint", ADA), ("prompt", "login")];
    let underway = Idp::begin(&mut agent, &world.app.authorize(gateway, &wish)).await;
    let mut issue = world.answer(&underway);
    issue.authenticated_at = gateway.now().minus(TimeDelta::hours(1));
    agent.submit_once(&underway.form(&issue.base64().unwrap())).await
}

/// The app shows Ada's ID token, and Bob comes.
async fn somebody_else(gateway: &Gateway) -> Page {
    let world = World::of(gateway);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let tokens = redeem(&world, &world.come_back(&mut agent, &underway).await).await.json();
    let shown = tokens["id_token"].as_str().unwrap();
    let wish = [("id_token_hint", shown), ("login_hint", ADA), ("prompt", "login")];
    let underway = Idp::begin(&mut agent, &world.app.authorize(gateway, &wish)).await;
    let answer = world.idp.answer(gateway, &underway, "bob@globex.example").base64().unwrap();
    agent.submit_once(&underway.form(&answer)).await
}

/// Whoever has Ada's address now has another lasting name.
async fn by_another_name(gateway: &Gateway) -> Page {
    let world = World::of(gateway);
    let named = |underway: &Underway, name: &str| {
        let mut issue = world.answer(underway).attribute("email", &[ADA]);
        name.clone_into(&mut issue.name_id);
        let lasting = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
        issue.name_id_format = Some(lasting.to_owned());
        underway.form(&issue.base64().unwrap())
    };
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    is_in(&agent.submit_once(&named(&underway, "0001")).await);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    agent.submit_once(&named(&underway, "0002")).await
}

/// Ada comes, and whether she may depends on what is known of her.
async fn kept_out(gateway: &Gateway, cause: Cause) -> Page {
    let world = World::of(gateway);
    match cause {
        Cause::UserNotProvisioned => world.customer.admit(Admission::Directory),
        Cause::UserSuspended => {
            world.works().await;
            let ada = world.customer.find(ADA).unwrap();
            gateway.write(|tx| users::suspend(tx, &ada.id));
        }
        Cause::UserDeprovisioned => {
            let directory = Directory::of(&world);
            let ada = directory.user(ADA).await;
            directory.delete(&format!("/Users/{ada}")).await;
        }
        _ => {
            let patch =
                ApplicationPatch { default_role: Some(None), ..ApplicationPatch::default() };
            gateway.write(|tx| applications::change(tx, &world.app.application.id, patch));
        }
    }
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    world.come_back(&mut agent, &underway).await
}

/// Ada comes to the console by the provider that an owner chose, and is no member.
async fn no_member(gateway: &Gateway) -> Page {
    let world = World::of(gateway);
    let (id, seen) = (&world.connection.id, world.connection.revision);
    gateway.write(|tx| provider::choose(tx, id, seen));
    let mut agent = UserAgent::new();
    let start = format!("{}/console/login/provider", gateway.url);
    let underway = Idp::begin(&mut agent, &start).await;
    world.come_back(&mut agent, &underway).await
}

async fn started_there(gateway: &Gateway) -> Page {
    let world = World::of(gateway);
    let response = world.idp.start(gateway, &world.connection, ADA).base64().unwrap();
    let acs = world.connection.acs(&gateway.url);
    UserAgent::new().submit_once(&form(&acs, &[("SAMLResponse", &response)])).await
}

async fn off(gateway: &Gateway) -> Page {
    let world = World::of(gateway);
    gateway.write(|tx| connections::disable(tx, &world.connection.id));
    UserAgent::new().get_once(world.app.authorize(gateway, &[("login_hint", ADA)])).await
}

async fn not_ready(gateway: &Gateway) -> Page {
    let customer = gateway.customer("globex.example");
    let idp = Idp::new("https://idp.globex.example");
    let connection = customer.test(&idp, Settings::default());
    let app = gateway.register(|_| {});
    let named = [("connection", connection.id.as_str())];
    UserAgent::new().get_once(app.authorize(gateway, &named)).await
}

/// A break-glass code of whoever is no exempt owner.
async fn used_code(gateway: &Gateway) -> Page {
    let world = World::of(gateway);
    let codes = crate::journeys::codes(&world, 1);
    let mut agent = UserAgent::new();
    let form = agent.get_once(format!("{}/login/break-glass", gateway.url)).await.form();
    let form = form.with("email", "eve@globex.example").with("code", &codes[0]);
    agent.submit_once(&form).await
}

async fn unregistered(gateway: &Gateway) -> Page {
    let world = World::of(gateway);
    let start = world.app.authorize(gateway, &[("login_hint", ADA)]);
    UserAgent::new().get_once(start.replace("callback", "elsewhere")).await
}

/// What the OpenID provider says of Ada, with one thing changed.
async fn token(gateway: &Gateway, change: impl FnOnce(&mut Value)) -> Page {
    let stage = Stage::set(gateway).await;
    let mut agent = UserAgent::new();
    let underway = stage.begin(&mut agent).await;
    let mut claims = stage.claims(&underway);
    change(&mut claims);
    stage.give(&claims);
    stage.come_back(&mut agent, &underway).await
}

async fn busy(gateway: &Gateway) -> Page {
    let stage = Stage::set(gateway).await;
    let mut agent = UserAgent::new();
    let underway = stage.begin(&mut agent).await;
    stage.provider.gives(503, json!({}));
    stage.come_back(&mut agent, &underway).await
}

async fn of_another_browser(gateway: &Gateway) -> Page {
    let stage = Stage::set(gateway).await;
    let underway = stage.begin(&mut UserAgent::new()).await;
    stage.give(&stage.claims(&underway));
    stage.come_back(&mut UserAgent::new(), &underway).await
}
