//! A connection that speaks OpenID Connect is set up by the REST API and by the command line.

use super::{CLIENT, SECRET};
use crate::cli::Place;
use crate::gateway::Gateway;
use crate::peers::{self, lent};
use crate::user_agent::UserAgent;
use reqwest::Client;
use serde_json::{Value, json};
use vestibule::store::api_keys::{self, NewApiKey, Scope};

/// A program with a key for connections.
struct Api {
    client: Client,
    base: String,
    key: String,
}

impl Api {
    fn of(gateway: &Gateway) -> Self {
        let new = NewApiKey {
            name: "Test".to_owned(),
            scopes: vec![Scope::ConnectionsRead, Scope::ConnectionsWrite],
            organization_id: None,
            expires_at: None,
            networks: Vec::new(),
        };
        let key = gateway.write(|tx| api_keys::create(tx, new)).1.reveal().to_owned();
        let base = format!("{}/api/v1", gateway.url);
        Self { client: UserAgent::new().into_client(), base, key }
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.client.post(format!("{}/{path}", self.base));
        let answer = request.bearer_auth(&self.key).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }
}

#[actix_web::test]
async fn a_connection_is_made_known_tested_and_turned_on_by_the_api() {
    let provider = lent::oidc_provider().await;
    let gateway = Gateway::start().await;
    let customer = gateway.customer("umbrella.example");
    let api = Api::of(&gateway);
    let connections = format!("organizations/{}/connections", customer.organization.id);
    let new = json!({"provider": "jumpcloud", "protocol": "oidc"});
    let (status, draft) = api.post(&connections, &new).await;
    assert_eq!((status, &draft["state"]), (201, &json!("draft")), "{draft}");
    let id = draft["id"].as_str().unwrap();
    let ours = &draft["relying_party"];
    assert_eq!(ours["redirect_url"], format!("{}/oidc/{id}/callback", gateway.url));
    assert_eq!((&draft["protocol"], &draft["service_provider"]), (&json!("oidc"), &Value::Null));

    let path = format!("connections/{id}");
    let code = |answer: &(u16, Value)| {
        let error = &answer.1["errors"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        format!(
            "{} {} {} {}",
            answer.0,
            text(&answer.1["code"]),
            text(&error["pointer"]),
            text(&error["code"])
        )
        .trim()
        .to_owned()
    };
    let openid = format!("{path}/openid");
    let nothing = api.post(&openid, &json!({})).await;
    assert_eq!(code(&nothing), "422 validation_failed /issuer required");
    assert_eq!(code(&api.post(&format!("{path}/test"), &json!({})).await), "409 openid_required");
    for (body, told) in [
        (json!({"issuer": provider.url}), "/client_id required"),
        (json!({"issuer": "x", "client_id": "c"}), "/issuer address_invalid"),
        (
            json!({"issuer": "http://127.0.0.1:9", "client_id": "c"}),
            "/issuer discovery_unreachable",
        ),
        (
            json!({"issuer": "http://10.0.0.1", "client_id": "c"}),
            "/issuer discovery_private_address",
        ),
        (
            json!({"issuer": format!("{}/x", provider.url), "client_id": "c"}),
            "/issuer discovery_unreachable",
        ),
        (
            json!({"discovery_url": format!("{}/jwks", provider.url), "client_id": "c"}),
            "/discovery_url discovery_invalid",
        ),
        (
            json!({"issuer": "https://idp.example", "discovery_url": format!("{}/.well-known/openid-configuration", provider.url), "client_id": "c"}),
            "/issuer discovery_issuer_mismatch",
        ),
        (
            json!({"issuer": provider.url, "client_id": "c", "auth_method": "client_secret_post"}),
            "/client_secret required",
        ),
    ] {
        let answer = api.post(&openid, &body).await;
        assert_eq!(code(&answer), format!("422 validation_failed {told}"), "{}", answer.1);
    }
    let metadata = json!({"metadata_url": "http://127.0.0.1:9/"});
    assert_eq!(code(&api.post(&format!("{path}/metadata"), &metadata).await), "409 other_protocol");

    provider
        .serve(&json!({
            "client_id": CLIENT, "client_secret": SECRET,
            "redirect_uris": [ours["redirect_url"]],
        }))
        .await;
    // The document's address is as good as the issuer.
    let discovery_url = format!("{}/.well-known/openid-configuration", provider.url);
    let body = json!({"issuer": discovery_url, "client_id": CLIENT, "client_secret": SECRET});
    let (status, testing) = api.post(&openid, &body).await;
    assert_eq!((status, &testing["state"]), (200, &json!("testing")), "{testing}");
    assert!(!testing.to_string().contains(SECRET), "{testing}");
    let known = &testing["openid_provider"];
    assert_eq!((&known["issuer"], &known["client_id"]), (&json!(provider.url), &json!(CLIENT)));
    assert_eq!(
        (&known["auth_method"], &known["has_client_secret"]),
        (&json!("client_secret_basic"), &json!(true))
    );
    assert_eq!(known["key_ids"], json!(["key-1"]));
    // Read again, nothing is different and nothing has to be given again.
    let (status, again) = api.post(&openid, &json!({})).await;
    assert_eq!((status, &again["openid_provider"]["issuer"]), (200, &known["issuer"]), "{again}");

    let (status, test) = api.post(&format!("{path}/test"), &json!({})).await;
    assert_eq!(status, 201, "{test}");
    let page =
        peers::sign_in(&mut UserAgent::new(), test["test_url"].as_str().unwrap(), "ada").await;
    assert!(page.body.contains("ada@umbrella.example"), "{}", page.body);
    let (status, active) = api.post(&format!("{path}/activate"), &json!({})).await;
    assert_eq!((status, &active["is_tested"]), (200, &json!(true)), "{active}");

    let saml = api.post(&connections, &json!({"provider": "jumpcloud"})).await.1;
    let refused =
        api.post(&format!("connections/{}/openid", saml["id"].as_str().unwrap()), &body).await;
    assert_eq!(code(&refused), "409 other_protocol");
}

#[actix_web::test]
async fn the_addresses_of_one_protocol_are_not_there_for_the_other() {
    let gateway = Gateway::start().await;
    let customer = gateway.customer("globex.example");
    let (openid, saml) = (
        customer.draft_openid(),
        customer.draft("SAML", vestibule::store::connections::Settings::default()),
    );
    let mut agent = UserAgent::new();
    for address in [
        openid.entity_id(&gateway.url),
        openid.slo(&gateway.url),
        saml.jwks_url(&gateway.url),
        saml.redirect_uri(&gateway.url),
    ] {
        assert_eq!(agent.get(&address).await.status, 404, "{address}");
    }
    let form = crate::gateway::form(&openid.acs(&gateway.url), &[("SAMLResponse", "x")]);
    assert_eq!(agent.submit_once(&form).await.status, 404);
    let set = agent.get(openid.jwks_url(&gateway.url)).await.json();
    assert_eq!((&set["keys"][0]["alg"], &set["keys"][0]["use"]), (&json!("RS256"), &json!("sig")));
}

#[actix_web::test]
async fn a_connection_is_set_up_by_the_command_line() {
    let provider = lent::oidc_provider().await;
    let place = Place::new();
    place.text(&["org", "create", "--name", "Umbrella"]);
    std::fs::write(place.folder.path().join("secret"), format!("{SECRET}\n")).unwrap();
    let made = place.run(&[
        "connection",
        "create",
        "--org",
        "Umbrella",
        "--oidc",
        "--issuer",
        &provider.url,
        "--client-id",
        CLIENT,
        "--client-secret-file",
        "secret",
        "--json",
    ]);
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let made: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&made["state"], &made["protocol"]), (&json!("testing"), &json!("oidc")));
    let id = made["id"].as_str().unwrap();
    for shown in [
        place.text(&["connection", "show", id]),
        place.text(&["connection", "show", id, "--values"]),
        place.text(&["connection", "show", id, "--json"]),
    ] {
        assert!(!shown.contains(SECRET), "{shown}");
        assert!(shown.contains(&format!("/oidc/{id}/callback")), "{shown}");
    }
    // Our own key takes the place of the secret.
    let shown = place.text(&["connection", "refresh", id, "--auth-method", "private_key_jwt"]);
    assert!(shown.contains("private_key_jwt"), "{shown}");
    assert_eq!(
        place.exit(&["connection", "refresh", id, "--metadata-url", "https://idp.example"]),
        2
    );
    assert_eq!(place.exit(&["connection", "refresh", id, "--issuer", "http://127.0.0.1:9"]), 7);
    assert_eq!(place.exit(&["connection", "activate", id]), 5);
    assert_eq!(
        place.exit(&[
            "connection",
            "create",
            "--org",
            "Umbrella",
            "--oidc",
            "--metadata-url",
            "https://idp.example"
        ]),
        2
    );
}
