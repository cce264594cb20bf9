//! SIGHUP: the settings, and the certificate of our own TLS, are read again by the process that runs.

use crate::gateway::Gateway;
use crate::user_agent::UserAgent;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use serde_json::Value;
use std::net::TcpStream;
use std::path::Path;
use tempfile::TempDir;
use url::Url;
use vestibule::clock::Clock;
use vestibule::crypto::{Algorithm, PrivateKey};
use vestibule::store::api_keys::{self, NewApiKey, Scope};

fn writes(folder: &TempDir, text: &str) {
    std::fs::write(folder.path().join("vestibule.toml"), text).unwrap();
}

/// A gateway that reads this file, and an API key that reads its settings.
async fn gateway(folder: &TempDir, text: &str) -> (Gateway, String) {
    writes(folder, text);
    let file = folder.path().join("vestibule.toml").to_str().unwrap().to_owned();
    let more = [("VESTIBULE_CONFIG", file), ("VESTIBULE_LOG__LEVEL", "info".to_owned())];
    let gateway = Gateway::apart_with(&more).await;
    let new = NewApiKey {
        name: "Settings".to_owned(),
        scopes: vec![Scope::SettingsRead, Scope::SettingsWrite],
        organization_id: None,
        expires_at: None,
        networks: Vec::new(),
    };
    let key = gateway.write(|tx| api_keys::create(tx, new)).1.reveal().to_owned();
    (gateway, key)
}

/// The value of a setting, as the process that runs tells it.
async fn value(gateway: &Gateway, key: &str, name: &str) -> String {
    let url = format!("{}/api/v1/settings", gateway.url);
    let answer = UserAgent::new().into_client().get(url).bearer_auth(key).send().await.unwrap();
    let list: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let all = list["data"].as_array().unwrap();
    let one = all.iter().find(|one| one["key"] == name).unwrap_or_else(|| panic!("{list}"));
    one["value"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn what_can_change_live_changes_and_the_rest_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (gateway, key) = gateway(&folder, "[retention]\ntraces = \"30d\"\n").await;
    assert_eq!(value(&gateway, &key, "retention.traces").await, "30d");
    writes(
        &folder,
        "[retention]\ntraces = \"9d\"\n[dns]\nresolver = [\"192.0.2.77\"]\n[brand]\nname = \"Orbit\"\n",
    );
    gateway.process().hang_up();
    let told = gateway.process().logged("the settings were read again");
    assert!(
        told.contains("retention.traces, brand.name")
            || told.contains("brand.name, retention.traces"),
        "{told}"
    );
    let told = gateway.process().logged("need a restart");
    assert!(told.contains("dns.resolver") && !told.contains("192.0.2.77"), "{told}");
    assert_eq!(value(&gateway, &key, "retention.traces").await, "9d");
    assert_eq!(value(&gateway, &key, "brand.name").await, "Orbit");
    // What it was is what it is again.
    writes(&folder, "");
    gateway.process().hang_up();
    gateway.process().logged("the settings were read again");
    assert_eq!(value(&gateway, &key, "retention.traces").await, "30d");
}

#[actix_web::test]
async fn a_file_that_cannot_be_used_leaves_all_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (gateway, key) = gateway(&folder, "[retention]\ntraces = \"9d\"\n").await;
    for (broken, why) in [
        ("[retention]\ntraces = \"soon\"\n[brand]\nname = \"Orbit\"\n", "retention.traces"),
        ("[retention]\ntracers = \"9d\"\n", "retention.tracers is not a setting"),
        ("[retention", "vestibule.toml"),
    ] {
        writes(&folder, broken);
        gateway.process().hang_up();
        let told = gateway.process().logged("stay as they were");
        assert!(told.contains(why), "{why}: {told}");
        assert_eq!(value(&gateway, &key, "retention.traces").await, "9d");
        assert_eq!(value(&gateway, &key, "brand.name").await, "Vestibule");
    }
}

/// Writes a certificate of this name and its key.
fn certify(folder: &Path, name: &str) {
    let key = PrivateKey::generate(Algorithm::Rs256).unwrap();
    let certificate = key.self_signed(name, 1, Clock::default().now()).unwrap();
    std::fs::write(folder.join("cert.pem"), certificate).unwrap();
    std::fs::write(folder.join("key.pem"), key.to_pem().unwrap().reveal()).unwrap();
}

/// The name in the certificate that is shown to whoever connects.
fn shown(gateway: &Gateway) -> String {
    let port = Url::parse(&gateway.url).unwrap().port().unwrap();
    let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
    connector.set_verify(SslVerifyMode::NONE);
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let stream = connector.build().connect("localhost", stream).unwrap();
    let certificate = stream.ssl().peer_certificate().unwrap();
    format!("{:?}", certificate.subject_name())
}

#[actix_web::test]
async fn a_renewed_certificate_is_shown_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    certify(folder.path(), "before.example");
    let more = [
        ("VESTIBULE_TLS__CERT", path("cert.pem")),
        ("VESTIBULE_TLS__KEY", path("key.pem")),
        ("VESTIBULE_LOG__LEVEL", "info".to_owned()),
    ];
    let gateway = Gateway::apart_with(&more).await;
    assert!(shown(&gateway).contains("before.example"));
    certify(folder.path(), "after.example");
    gateway.process().hang_up();
    gateway.process().logged("the settings were read again");
    assert!(shown(&gateway).contains("after.example"));
    std::fs::write(folder.path().join("key.pem"), "no key").unwrap();
    gateway.process().hang_up();
    let told = gateway.process().logged("stays the one before");
    assert!(told.contains("key.pem of tls.key cannot be used"), "{told}");
    assert!(shown(&gateway).contains("after.example"));
}
