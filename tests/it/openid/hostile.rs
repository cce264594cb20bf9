//! Answers of providers that are wrong or made to harm: each is refused with its cause, and the next sign-in works.

use super::CLIENT;
use super::pretender::{Pretender, key};
use crate::gateway::{ADA, Customer, Gateway, Registered, is_in};
use crate::user_agent::{Page, UserAgent};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::HashMap;
use url::Url;
use vestibule::cause::Cause;
use vestibule::crypto::{self, Algorithm};
use vestibule::oidc::provider::AuthMethod;
use vestibule::store::connections::Connection;
use vestibule::store::traces::Outcome;

/// A gateway with one customer whose provider is in this process.
pub(crate) struct Stage<'a> {
    gateway: &'a Gateway,
    customer: Customer<'a>,
    pub(crate) provider: Pretender,
    connection: Connection,
    app: Registered,
}

/// A sign-in on its way: what the provider was asked.
pub(crate) struct Underway(HashMap<String, String>);

impl<'a> Stage<'a> {
    pub(crate) async fn set(gateway: &'a Gateway) -> Self {
        Self::with(gateway, "globex.example", true).await
    }

    async fn with(gateway: &'a Gateway, domain: &str, names_itself: bool) -> Self {
        let (customer, provider) = (gateway.customer(domain), Pretender::start());
        provider.announces_itself(names_itself);
        let draft = customer.draft_openid();
        let method = AuthMethod::ClientSecretPost;
        let tested = customer.configure(draft, &provider.url, method).await;
        let connection = customer.activate(&tested);
        let app = gateway.register(|_| {});
        Self { gateway, customer, provider, connection, app }
    }

    /// Begins a sign-in, up to the provider.
    pub(crate) async fn begin(&self, agent: &mut UserAgent) -> Underway {
        let hint = [("connection", self.connection.id.as_str()), ("login_hint", ADA)];
        let page = agent.get_once(self.app.authorize(self.gateway, &hint)).await;
        let location = page.location().unwrap_or_else(|| panic!("{page:?}"));
        assert!(location.as_str().starts_with(&format!("{}/authorize?", self.provider.url)));
        Underway(location.query_pairs().into_owned().collect())
    }

    /// The claims of a right ID token about Ada.
    pub(crate) fn claims(&self, to: &Underway) -> Value {
        let now = self.gateway.now().unix();
        json!({
            "iss": self.provider.url, "aud": CLIENT, "sub": "0815", "iat": now, "exp": now + 300,
            "nonce": to.0["nonce"], "email": ADA, "email_verified": true,
        })
    }

    /// Lets the provider give these claims in a signed token.
    pub(crate) fn give(&self, claims: &Value) {
        self.give_token(&self.provider.key.sign(claims).unwrap());
    }

    fn give_token(&self, id_token: &str) {
        let tokens = json!({"id_token": id_token, "access_token": "t", "token_type": "Bearer"});
        self.provider.gives(200, tokens);
    }

    /// The address with which the provider sends the browser back.
    fn back(&self, fields: &[(&str, &str)]) -> String {
        let redirect_uri = self.connection.redirect_uri(&self.gateway.url);
        Url::parse_with_params(&redirect_uri, fields).unwrap().into()
    }

    pub(crate) async fn come_back(&self, agent: &mut UserAgent, to: &Underway) -> Page {
        let fields = [("code", "c"), ("state", &*to.0["state"]), ("iss", &*self.provider.url)];
        agent.get_once(self.back(&fields)).await
    }

    /// Signs Ada in, in a new browser.
    async fn works(&self) {
        let mut agent = UserAgent::new();
        let underway = self.begin(&mut agent).await;
        self.give(&self.claims(&underway));
        is_in(&self.come_back(&mut agent, &underway).await);
    }

    /// The page tells the cause with its status, and a trace tells the same.
    #[track_caller]
    fn refused(&self, name: &str, cause: Cause, page: &Page) {
        assert_eq!(page.status.as_u16(), cause.status(), "{name}: {}", page.body);
        assert!(page.body.contains(cause.code()), "{name}: {cause} in {}", page.body);
        let trace = self.gateway.last_trace();
        assert_eq!(trace.outcome, Outcome::Failed, "{name}");
        assert_eq!(trace.cause.as_deref(), Some(cause.code()), "{name}: {:?}", trace.checks);
        assert_eq!(trace.connection_id.as_ref(), Some(&self.connection.id), "{name}");
        assert!(trace.checks.last().is_some_and(|check| !check.passed), "{name}: {trace:?}");
    }

    /// A sign-in for which the provider gives what `spoil` makes of a right token's claims is refused.
    async fn refuses(&self, name: &str, cause: Cause, spoil: impl FnOnce(&Self, &Underway)) {
        let mut agent = UserAgent::new();
        let underway = self.begin(&mut agent).await;
        spoil(self, &underway);
        let page = self.come_back(&mut agent, &underway).await;
        self.refused(name, cause, &page);
    }
}

#[actix_web::test]
async fn a_wrong_token_is_refused_with_its_cause_and_the_next_sign_in_works() {
    type Wrong = (&'static str, Cause, fn(&mut Value));
    let gateway = Gateway::start().await;
    let stage = Stage::set(&gateway).await;
    stage.works().await;
    let wrong: [Wrong; 10] = [
        ("nonce", Cause::NonceMismatch, |it| it["nonce"] = "of another sign-in".into()),
        ("no nonce", Cause::NonceMismatch, |it| it["nonce"] = Value::Null),
        ("audience", Cause::TokenInvalid, |it| it["aud"] = "another client".into()),
        ("azp", Cause::TokenInvalid, |it| it["azp"] = "another client".into()),
        ("issuer", Cause::TokenInvalid, |it| it["iss"] = "https://idp.example".into()),
        ("ended", Cause::ClockLate, |it| it["exp"] = 1_000_000_000.into()),
        ("early", Cause::ClockEarly, |it| it["iat"] = 9_000_000_000_i64.into()),
        ("another access token", Cause::TokenInvalid, |it| it["at_hash"] = "AAAA".into()),
        ("not verified", Cause::EmailUnverified, |it| it["email_verified"] = false.into()),
        ("another company", Cause::EmailDomainNotAllowed, |it| {
            it["email"] = "ada@initech.example".into();
        }),
    ];
    for (name, cause, spoil) in wrong {
        stage
            .refuses(name, cause, |stage, underway| {
                let mut claims = stage.claims(underway);
                spoil(&mut claims);
                stage.give(&claims);
            })
            .await;
    }
    stage.works().await;
}

#[actix_web::test]
async fn a_token_that_the_provider_did_not_sign_is_refused() {
    let gateway = Gateway::start().await;
    let stage = Stage::set(&gateway).await;
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    for alg in ["none", "NONE", "HS256"] {
        stage
            .refuses(alg, Cause::TokenInvalid, |stage, underway| {
                let head = part(&json!({"alg": alg, "kid": "theirs"}));
                let signed = format!("{head}.{}", part(&stage.claims(underway)));
                // As if the public key, in the forms in which it is known, were the secret.
                let public = stage.provider.jwks()["keys"][0]["n"].as_str().unwrap().to_owned();
                let mac = crypto::hmac_sha256(public.as_bytes(), signed.as_bytes()).unwrap();
                let signature = if alg == "HS256" { &mac[..] } else { &[] };
                stage.give_token(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)));
            })
            .await;
    }
    for stranger in [key("theirs", Algorithm::Rs256), key("other", Algorithm::Es256)] {
        stage
            .refuses(stranger.id(), Cause::TokenInvalid, |stage, underway| {
                stage.give_token(&stranger.sign(&stage.claims(underway)).unwrap());
            })
            .await;
    }
    stage.works().await;
}

#[actix_web::test]
async fn an_answer_in_another_browser_signs_nobody_in() {
    let gateway = Gateway::start().await;
    let stage = Stage::set(&gateway).await;
    let (mut attacker, mut victim) = (UserAgent::new(), UserAgent::new());
    let underway = stage.begin(&mut attacker).await;
    stage.give(&stage.claims(&underway));
    let page = stage.come_back(&mut victim, &underway).await;
    stage.refused("no cookie", Cause::StateMismatch, &page);
    assert!(page.headers.get("set-cookie").is_none(), "{page:?}");
    // Nor while the victim signs in.
    stage.begin(&mut victim).await;
    stage.refused(
        "another browser",
        Cause::StateMismatch,
        &stage.come_back(&mut victim, &underway).await,
    );
    assert!(stage.provider.asked().is_empty(), "the code is redeemed for nobody");
    // It is still the attacker's.
    is_in(&stage.come_back(&mut attacker, &underway).await);
}

#[actix_web::test]
async fn an_answer_is_used_once() {
    let gateway = Gateway::start().await;
    let stage = Stage::set(&gateway).await;
    let mut agent = UserAgent::new();
    let underway = stage.begin(&mut agent).await;
    stage.give(&stage.claims(&underway));
    is_in(&stage.come_back(&mut agent, &underway).await);
    let first = gateway.last_trace();
    let page = stage.come_back(&mut agent, &underway).await;
    stage.refused("a second time", Cause::ResponseReplayed, &page);
    assert_eq!(stage.provider.asked().len(), 1, "the code is redeemed once");
    let first = gateway.traces().into_iter().find(|trace| trace.id == first.id).unwrap();
    assert_eq!(first.outcome, Outcome::Succeeded);
    // Nor is the token of one sign-in good for another.
    let stolen = stage.claims(&underway);
    stage.refuses("another's token", Cause::NonceMismatch, |stage, _| stage.give(&stolen)).await;
}

#[actix_web::test]
async fn a_state_that_is_not_ours_signs_nobody_in() {
    let gateway = Gateway::start().await;
    let stage = Stage::set(&gateway).await;
    let mut agent = UserAgent::new();
    let underway = stage.begin(&mut agent).await;
    let (state, iss) = (&*underway.0["state"], &*stage.provider.url);
    for (name, fields) in [
        ("none", vec![("code", "c"), ("iss", iss)]),
        ("unknown", vec![("code", "c"), ("state", "_0"), ("iss", iss)]),
        ("twice", vec![("code", "c"), ("state", state), ("state", "_0")]),
        ("two codes", vec![("code", "c"), ("code", "d"), ("state", state)]),
    ] {
        let page = agent.get_once(stage.back(&fields)).await;
        stage.refused(name, Cause::StateMismatch, &page);
    }
    assert!(stage.provider.asked().is_empty());
    stage.works().await;
}

#[actix_web::test]
async fn the_answer_of_one_provider_is_none_of_another() {
    let gateway = Gateway::start().await;
    let stage = Stage::set(&gateway).await;
    let other = Stage::with(&gateway, "initech.example", false).await;
    // Mix-up: what one provider answered is brought as an answer of the other.
    for (name, issuer) in [("another", other.provider.url.as_str()), ("nobody", "")] {
        let mut agent = UserAgent::new();
        let underway = stage.begin(&mut agent).await;
        let fields = [("code", "c"), ("state", &*underway.0["state"]), ("iss", issuer)];
        let page = agent.get_once(stage.back(&fields)).await;
        stage.refused(name, Cause::IssuerMismatch, &page);
    }
    // Who does not announce it may leave it out, but not be somebody else.
    let mut agent = UserAgent::new();
    let underway = other.begin(&mut agent).await;
    let fields = [("code", "c"), ("state", &*underway.0["state"]), ("iss", &*stage.provider.url)];
    let page = agent.get_once(other.back(&fields)).await;
    other.refused("named by another", Cause::IssuerMismatch, &page);
    // A state of one at the redirect address of the other.
    let underway = other.begin(&mut agent).await;
    let fields = [("code", "c"), ("state", &*underway.0["state"])];
    stage.refused("elsewhere", Cause::StateMismatch, &agent.get_once(stage.back(&fields)).await);
    for one in [&stage, &other] {
        assert!(one.provider.asked().is_empty(), "no code went to the wrong provider");
    }
    let mut agent = UserAgent::new();
    let underway = other.begin(&mut agent).await;
    let mut claims = other.claims(&underway);
    claims["email"] = "eve@initech.example".into();
    other.give(&claims);
    let fields = [("code", "c"), ("state", &*underway.0["state"])];
    is_in(&agent.get_once(other.back(&fields)).await);
    // One provider names a person of the other's company.
    stage
        .refuses("another's person", Cause::EmailDomainNotAllowed, |stage, underway| {
            let mut claims = stage.claims(underway);
            claims["email"] = "eve@initech.example".into();
            stage.give(&claims);
        })
        .await;
}

#[actix_web::test]
async fn a_code_of_somebody_else_is_redeemed_with_a_proof_that_does_not_fit() {
    let gateway = Gateway::start().await;
    let stage = Stage::set(&gateway).await;
    let (mut attacker, mut victim) = (UserAgent::new(), UserAgent::new());
    let (theirs, ours) = (stage.begin(&mut attacker).await, stage.begin(&mut victim).await);
    assert_eq!(ours.0["code_challenge_method"], "S256");
    assert_ne!(ours.0["code_challenge"], theirs.0["code_challenge"]);
    // The attacker's code in the victim's answer: an honest provider holds the verifier against its challenge.
    let refusal = json!({"error": "invalid_grant", "error_description": "PKCE"});
    stage.provider.gives(400, refusal);
    let page = stage.come_back(&mut victim, &ours).await;
    stage.refused("injected", Cause::TokenInvalid, &page);
    let asked = stage.provider.asked().remove(0);
    let hash = URL_SAFE_NO_PAD.encode(crypto::sha256(asked["code_verifier"].as_bytes()));
    assert_eq!(hash, ours.0["code_challenge"]);
    assert_ne!(hash, theirs.0["code_challenge"]);
    // And even where the provider does not look, the nonce is another.
    stage
        .refuses("nonce", Cause::NonceMismatch, |stage, _| stage.give(&stage.claims(&theirs)))
        .await;
}

#[actix_web::test]
async fn a_provider_that_is_away_is_told_from_one_that_refuses() {
    let gateway = Gateway::start().await;
    let stage = Stage::set(&gateway).await;
    stage
        .refuses("busy", Cause::ProviderUnreachable, |it, _| it.provider.gives(503, json!({})))
        .await;
    let wrong = json!({"error": "invalid_client"});
    stage.refuses("secret", Cause::TokenInvalid, |it, _| it.provider.gives(401, wrong)).await;
    stage.refuses("no token", Cause::TokenInvalid, |it, _| it.provider.gives(200, json!({}))).await;
    let mut agent = UserAgent::new();
    for (error, cause) in [
        ("temporarily_unavailable", Cause::ProviderUnreachable),
        ("login_required", Cause::StatusNotSuccess),
    ] {
        let underway = stage.begin(&mut agent).await;
        let fields =
            [("error", error), ("state", &*underway.0["state"]), ("iss", &*stage.provider.url)];
        stage.refused(error, cause, &agent.get_once(stage.back(&fields)).await);
        // It is over: a code that comes after all is too late.
        let page = stage.come_back(&mut agent, &underway).await;
        stage.refused(error, Cause::ResponseReplayed, &page);
    }
    stage.works().await;
}

#[actix_web::test]
async fn details_come_only_from_the_person_s_own_userinfo() {
    let gateway = Gateway::start().await;
    let stage = Stage::set(&gateway).await;
    let bare = |stage: &Stage<'_>, underway: &Underway| {
        let mut claims = stage.claims(underway);
        claims.as_object_mut().unwrap().remove("email");
        stage.give(&claims);
    };
    stage
        .refuses("somebody else", Cause::TokenInvalid, |stage, underway| {
            bare(stage, underway);
            stage.provider.knows(json!({"sub": "other", "email": ADA}));
        })
        .await;
    stage
        .refuses("no address", Cause::EmailMissing, |stage, underway| {
            bare(stage, underway);
            stage.provider.knows(json!({"sub": "0815"}));
        })
        .await;
    let mut agent = UserAgent::new();
    let underway = stage.begin(&mut agent).await;
    bare(&stage, &underway);
    stage.provider.knows(json!({"sub": "0815", "email": ADA}));
    is_in(&stage.come_back(&mut agent, &underway).await);
}

#[actix_web::test]
async fn a_sub_that_looks_like_an_address_is_none_and_letters_count() {
    let gateway = Gateway::start().await;
    let stage = Stage::set(&gateway).await;
    stage
        .refuses("a sub", Cause::EmailMissing, |stage, underway| {
            let mut claims = stage.claims(underway);
            claims["sub"] = ADA.into();
            claims.as_object_mut().unwrap().remove("email");
            stage.provider.knows(json!({"sub": ADA}));
            stage.give(&claims);
        })
        .await;
    assert!(stage.customer.find(ADA).is_none());
    let mut agent = UserAgent::new();
    let underway = stage.begin(&mut agent).await;
    let named = |sub: &str, underway: &Underway| {
        let mut claims = stage.claims(underway);
        claims["sub"] = sub.into();
        claims
    };
    stage.give(&named("Ada-1", &underway));
    is_in(&stage.come_back(&mut agent, &underway).await);
    // Another sub with the same address may be somebody else.
    stage
        .refuses("other letters", Cause::IdentityConflict, |stage, underway| {
            stage.give(&named("ada-1", underway));
        })
        .await;
}
