//! No secret is in a log, on a page after it was shown, in an error or in an export.

use crate::gateway::{Database, MASTER_KEY};
use crate::installed::{Installed, PASSWORD, first_account};
use crate::user_agent::UserAgent;
use serde_json::{Value, json};
use std::fs;

const SMTP_PASSWORD: &str = "marked-smtp-password";

/// Everything that is secret, by what it is.
type Secrets = Vec<(&'static str, String)>;

struct Rest<'a> {
    gateway: &'a Installed,
    key: String,
}

impl Rest<'_> {
    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, String) {
        let client = UserAgent::new().into_client();
        let url = self.gateway.at(&format!("/api/v1/{path}"));
        let mut request = client.request(method.parse().unwrap(), url).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn made(&self, path: &str, body: Value) -> Value {
        let (status, text) = self.ask("POST", path, Some(body)).await;
        assert_eq!(status, 201, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }
}

fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

/// Makes one of each thing that has a secret; the secrets, and the pages of the things.
async fn make(rest: &Rest<'_>) -> (Secrets, Vec<String>) {
    let mut pages = Vec::new();
    let customer = rest.made("organizations", json!({ "name": "Globex" })).await;
    let of = format!("organizations/{}", text(&customer, "/id"));
    let connection = rest.made(&format!("{of}/connections"), json!({ "provider": "okta" })).await;
    let connection = text(&connection, "/id");
    let tokens = format!("connections/{connection}/scim/tokens");
    let scim = rest.made(&tokens, json!({ "label": "Okta" })).await;
    // It is mailed, in vain: the server is not there.
    let mailed = json!({ "email": "it@globex.example" });
    let link = rest.made(&format!("{of}/setup_links"), mailed).await;
    let app = json!({ "name": "Orbit", "redirect_uris": ["http://localhost:1/callback"] });
    let app = rest.made("applications", app).await;
    let id = text(&app, "/id");
    let another = rest.made(&format!("applications/{id}/secrets"), json!({})).await;
    let hook = rest.made("webhook_endpoints", json!({ "url": "http://localhost:1/hooks" })).await;
    let key = rest.made("api_keys", json!({ "name": "CI", "scopes": ["users:read"] })).await;
    let visit = rest.made(&format!("{of}/portal_sessions"), json!({ "intent": "sso" })).await;
    for (area, id) in [
        ("organizations", text(&customer, "/id")),
        ("connections", connection.clone()),
        ("applications", id),
        ("webhooks", text(&hook, "/id")),
    ] {
        pages.push(format!("/console/{area}/{id}"));
        pages.push(format!("/console/{area}/{id}/settings"));
    }
    pages.push(format!("/console/connections/{connection}/provisioning"));
    let last = |url: String| url.rsplit('/').next().unwrap().to_owned();
    let secrets = vec![
        ("SCIM token", text(&scim, "/secret")),
        ("setup link", last(text(&link, "/url"))),
        ("client secret", text(&app, "/secret/secret")),
        ("second client secret", text(&another, "/secret")),
        ("webhook secret", text(&hook, "/secret")),
        ("API key", text(&key, "/secret")),
        ("visit", last(text(&visit, "/url"))),
    ];
    (secrets, pages)
}

/// Uses secrets where they belong, and shows them where they do not.
async fn use_and_misuse(gateway: &Installed, secrets: &Secrets) -> Vec<(String, String)> {
    let of = |what: &str| &secrets.iter().find(|(name, _)| *name == what).unwrap().1;
    let client = || UserAgent::new().into_client();
    let mut told = Vec::new();
    let asked = async |name: &str, request: reqwest::RequestBuilder| {
        let answer = request.send().await.unwrap();
        (
            name.to_owned(),
            format!("{:?} {}", answer.headers().clone(), answer.text().await.unwrap()),
        )
    };
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let token =
        client().post(gateway.at("/oauth/token")).header(form[0].0, form[0].1).body(format!(
            "grant_type=authorization_code&code=oc_wrong&client_id=app_wrong&client_secret={}",
            of("client secret")
        ));
    told.push(asked("a wrong token request", token).await);
    let scim = client().get(gateway.at("/scim/v2/con_wrong/Users")).bearer_auth(of("SCIM token"));
    told.push(asked("a SCIM token elsewhere", scim).await);
    let rest = client().get(gateway.at("/api/v1/users")).bearer_auth(of("API key"));
    told.push(asked("a key without an organization", rest).await);
    let query = format!("/api/v1/organizations?key={}", of("API key"));
    let query = client().get(gateway.at(&query)).bearer_auth(of("API key"));
    told.push(asked("a key in a query", query).await);
    let link = client().get(gateway.at(&format!("/console/first?t={}", of("setup link"))));
    told.push(asked("a link of another kind", link).await);
    told
}

/// The console's pages that show lists or settings.
const PAGES: &[&str] = &[
    "/console",
    "/console/organizations",
    "/console/connections",
    "/console/setup-links",
    "/console/users",
    "/console/traces",
    "/console/scim-requests",
    "/console/applications",
    "/console/api-keys",
    "/console/webhooks",
    "/console/audit",
    "/console/audit/export?format=csv",
    "/console/audit/export?format=jsonl",
    "/console/settings/general",
    "/console/settings/sign-in",
    "/console/settings/security",
    "/console/settings/email",
    "/console/settings/members",
    "/console/signing-keys",
    "/console/account",
];

#[actix_web::test]
async fn no_secret_is_in_a_log_on_a_page_in_an_error_or_in_an_export() {
    let keys = tempfile::tempdir().unwrap();
    let file = keys.path().join("master.key");
    fs::write(&file, MASTER_KEY).unwrap();
    let database = Database::new();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let gateway = Installed::start(vec![
        pair("DATABASE_URL", &database.url),
        pair("VESTIBULE_SECRETS__MASTER_KEY_FILE", file.to_str().unwrap()),
        pair("VESTIBULE_LOG__FORMAT", "json"),
        pair("VESTIBULE_LOG__LEVEL", "debug"),
        pair("VESTIBULE_EMAIL__FROM", "gateway@orbit.example"),
        pair(
            "VESTIBULE_EMAIL__SMTP_URL",
            &format!("smtp://gateway:{SMTP_PASSWORD}@127.0.0.1:1?tls=none"),
        ),
    ]);
    let mut agent = first_account(&gateway).await;
    let key = gateway.run(&["key", "create", "--name", "all", "--scopes", "all", "--json", "-q"]);
    let key = text(&serde_json::from_str(&key).unwrap(), "/secret");
    let rest = Rest { gateway: &gateway, key: key.clone() };
    let (mut secrets, pages) = make(&rest).await;
    let signed_in = gateway.run(&["demo", "login", "--as", "ada", "--json", "-q"]);
    assert!(signed_in.contains("succeeded"), "{signed_in}");
    let link = gateway.told["create_account"].as_str().unwrap();
    secrets.extend([
        ("master key", MASTER_KEY.to_owned()),
        ("password of a member", PASSWORD.to_owned()),
        ("password of the mail server", SMTP_PASSWORD.to_owned()),
        ("first link", link.split("t=").nth(1).unwrap().to_owned()),
        ("key of all", key),
    ]);
    let cookies = agent.cookies_for(&gateway.at("/console"));
    for cookie in cookies.split("; ").filter(|cookie| cookie.starts_with("vestibule-console=")) {
        secrets.push(("session of a member", cookie.split_once('=').unwrap().1.to_owned()));
    }
    assert!(secrets.iter().all(|(name, secret)| secret.len() > 12 || panic!("{name}: {secret}")));

    let mut seen = use_and_misuse(&gateway, &secrets).await;
    let failed = agent.get_once(gateway.at("/console/login")).await;
    seen.push(("the login page".to_owned(), failed.body));
    for path in PAGES.iter().map(|path| (*path).to_owned()).chain(pages) {
        let page = agent.get(gateway.at(&path)).await;
        assert!(page.status.is_success(), "{path}: {}", page.status);
        seen.push((path, page.body));
    }
    for path in [
        "events?limit=200",
        "audit_events?limit=200",
        "audit_events/export",
        "api_keys",
        "applications",
        "connections",
        "settings",
        "webhook_endpoints",
        "traces",
    ] {
        let (status, body) = rest.ask("GET", path, None).await;
        assert!(status < 500, "{path}: {body}");
        seen.push((path.to_owned(), body));
    }
    for arguments in [
        &["export"][..],
        &["audit", "export", "--format", "jsonl"],
        &["audit", "export", "--format", "csv"],
        &["config", "show", "--origin"],
        &["mail", "list", "--json"],
        &["key", "list", "--json"],
        &["webhook", "list", "--json"],
        &["trace", "list", "--json"],
    ] {
        seen.push((arguments.join(" "), gateway.run(arguments)));
    }
    seen.push(("the log".to_owned(), gateway.log()));
    assert!(gateway.log().lines().count() > 50, "{}", gateway.log());
    for (place, text) in &seen {
        for (what, secret) in &secrets {
            assert!(!text.contains(secret.as_str()), "{what} in {place}: {text}");
            // As it stands in an address.
            let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            assert!(!text.contains(&encoded), "{what} in {place}, encoded: {text}");
        }
    }
}
