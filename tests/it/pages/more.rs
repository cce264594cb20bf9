//! What only the walks of every page go through.

use super::Scene;
use crate::gateway::{Idp, Key};
use crate::peers::{OpenIdProvider, Provider};
use crate::user_agent::UserAgent;
use chrono::TimeDelta;
use serde_json::json;
use vestibule::clock::Clock;
use vestibule::saml::metadata;
use vestibule::store::applications::ApplicationKind;
use vestibule::store::connections::{NewConnection, Settings};
use vestibule::store::directories::tokens::{self, NewToken};
use vestibule::store::setup_links::{self, Cover, NewLink};
use vestibule::store::{Actor, ConnectionId, OrganizationId, Scope, Store, connections, refreshes};

impl Scene {
    /// The scene with all that there are pages of.
    pub(super) async fn whole(provider: &Provider, openid: &OpenIdProvider) -> Self {
        let mut scene = Self::new(provider).await;
        let gateway = &scene.gateway;
        let hooli = gateway.customer("hooli.example").organization.id;
        let initech: ConnectionId = scene.word("{connection}").parse().unwrap();
        let of_initech = gateway.read(|db| connections::find(db, &initech)).organization_id;
        let switching = gateway.write(|tx| {
            let new = NewConnection {
                name: "Okta".to_owned(),
                provider: "okta".to_owned(),
                settings: Settings::default(),
            };
            connections::create(tx, &hooli, new)
        });
        let native = gateway.register(|new| {
            new.kind = ApplicationKind::Native;
            new.redirect_uris = vec!["com.example.orbit:/callback".to_owned()];
        });
        let challenge = [
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ];
        let renewal = NewLink {
            connection_id: Some(initech.clone()),
            covers: vec![Cover::Certificate],
            ..NewLink::default()
        };
        let entity = scene.word("{entity}").to_owned();
        let words = vec![
            ("{hooli}", hooli.to_string()),
            ("{native}", native.authorize(gateway, &challenge)),
            ("{renewal}", scene.link(&of_initech, renewal)),
            ("{switching}", switching.id.to_string()),
            ("{moved}", scene.moved().to_string()),
            ("{ended}", scene.ended(&hooli)),
            ("{handed}", scene.link(&hooli, NewLink::default())),
            ("{asking}", scene.link(&hooli, NewLink::default())),
            ("{switched}", scene.link(&hooli, NewLink::default())),
            ("{by_openid}", scene.link(&hooli, NewLink::default())),
            ("{directory}", scene.link(&hooli, NewLink::default())),
            ("{issuer}", openid.url.clone()),
            ("{start}", provider.start_url(&entity, "ada")),
            ("{logout}", scene.logout(provider).await),
        ];
        scene.words.extend(words);
        scene.push(&initech).await;
        scene
    }

    fn word(&self, name: &str) -> &str {
        &self.words.iter().find(|(word, _)| *word == name).unwrap().1
    }

    /// Where a new link leads.
    fn link(&self, of: &OrganizationId, new: NewLink) -> String {
        let (_, token) = self.gateway.write(|tx| setup_links::create(tx, of, new));
        format!("{}/setup/{}", self.gateway.url, token.reveal())
    }

    /// Where a link leads that was made a month ago, and was good for a week.
    fn ended(&self, of: &OrganizationId) -> String {
        let then = Store::open(self.gateway.database_url(), Clock::default()).unwrap();
        then.clock().advance(TimeDelta::days(-30));
        let new = NewLink { days: 7, ..NewLink::default() };
        let made =
            then.write_now(&Scope::System, &Actor::System, |tx| setup_links::create(tx, of, new));
        format!("{}/setup/{}", self.gateway.url, made.unwrap().1.reveal())
    }

    /// A connection to a provider that calls itself otherwise by now, and has two certificates.
    fn moved(&self) -> ConnectionId {
        let customer = self.gateway.customer("soylent.example");
        let draft = customer.draft("Company sign-in", Settings::default());
        let url = "https://idp.soylent.example/metadata";
        let read = |entity_id: &str| {
            let xml = Idp::new(entity_id).metadata_with(&[Key::known(), Key::unknown()]);
            let ours = format!("{}/saml/", self.gateway.url);
            metadata::parse(xml.as_bytes(), None, &ours, self.gateway.now()).unwrap()
        };
        let (before, after) =
            (read("https://idp.soylent.example"), read("https://login.soylent.example"));
        self.gateway.write(|tx| {
            connections::import(tx, &draft.id, before, Some(url.to_owned()), false)?;
            refreshes::adopt(tx, TimeDelta::hours(6))?;
            connections::refresh(tx, &draft.id, url, after)
        });
        draft.id
    }

    /// A directory brings somebody.
    async fn push(&self, to: &ConnectionId) {
        let new = NewToken { label: "Directory".to_owned(), ..NewToken::default() };
        let (_, token) = self.gateway.write(|tx| tokens::create(tx, to, new));
        let users = format!("{}/scim/v2/{to}/Users", self.gateway.url);
        let person = json!({ "userName": "grace@initech.example", "active": true });
        let client = UserAgent::new().into_client();
        let asked = client.post(users).bearer_auth(token.reveal()).json(&person).send();
        assert_eq!(asked.await.unwrap().status(), 201);
    }

    /// Where the provider begins to sign somebody out who takes our answer by a form.
    async fn logout(&self, provider: &Provider) -> String {
        provider.set(&json!({ "slo": ["post"] })).await;
        let connection = self.gateway.customer("vandelay.example").connect(provider).await;
        let entity_id = connection.entity_id(&self.gateway.url);
        let query = [("binding", "redirect"), ("sp", entity_id.as_str()), ("user", "ada")];
        provider.logout_url(&query)
    }
}
