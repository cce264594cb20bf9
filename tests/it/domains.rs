//! Domains are proven by DNS records, which are asked of a real name server: dnsmasq.

use crate::gateway::{Api, Gateway, free_port};
use reqwest::Method;
use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};
use tokio::net::TcpStream;
use vestibule::jobs::domains;

/// dnsmasq, which knows all names of `example` and refuses what it would have to ask others.
struct Dnsmasq(Child);

impl Drop for Dnsmasq {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Dnsmasq {
    /// At this port, with these TXT records: a name and its parts, with commas between.
    async fn start(port: u16, records: &[String]) -> Self {
        let child = Command::new("/usr/sbin/dnsmasq")
            .args(["--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user="])
            .args(["--listen-address=127.0.0.1", "--bind-interfaces", "--local=/example/"])
            .arg(format!("--port={port}"))
            .args(records.iter().map(|it| format!("--txt-record={it}")))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self(child);
        // It listens for TCP and UDP before it answers, and says nothing when it does.
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::task::yield_now().await;
        }
        server
    }
}

/// A gateway that asks the name server of this port, and an organization of it.
async fn globex(port: u16) -> (Gateway, Api) {
    let gateway = Gateway::with(&[("dns.resolver", &format!("127.0.0.1:{port}"))]).await;
    let organization = gateway.customer("globex.example").organization.id;
    let api = Api::at(&gateway, &organization);
    (gateway, api)
}

/// A domain that waits for its record; the record's name and value.
async fn waiting(api: &Api, name: &str) -> (String, String) {
    let made = api.done(Method::POST, "domains", json!({ "domain": name })).await;
    assert_eq!(made["state"], "pending", "{made}");
    let text = |field: &str| made["dns_record"][field].as_str().unwrap().to_owned();
    (text("name"), text("value"))
}

async fn verify(api: &Api, name: &str) -> (u16, Value) {
    api.ours(Method::POST, &format!("domains/{name}/verify"), json!({})).await
}

#[actix_web::test]
async fn a_domain_is_verified_by_its_record_and_what_is_there_instead_is_said() {
    let port = free_port();
    let (_gateway, api) = globex(port).await;
    let (record, value) = waiting(&api, "initech.example").await;
    let refused = async |there: &str| {
        let (status, told) = verify(&api, "initech.example").await;
        assert_eq!((status, &told["code"]), (409, &json!("domain_not_verified")), "{told}");
        let detail = told["detail"].as_str().unwrap();
        for word in [&record, &value, there] {
            assert!(detail.contains(word), "{word} in {detail}");
        }
    };
    let server = Dnsmasq::start(port, &[]).await;
    refused("There is none yet").await;
    drop(server);
    let server = Dnsmasq::start(port, &[format!("{record},v=spf1 -all")]).await;
    refused("v=spf1 -all").await;
    drop(server);
    let _server = Dnsmasq::start(port, &[format!("{record},{value}")]).await;
    let (status, told) = verify(&api, "initech.example").await;
    assert_eq!((status, &told["state"]), (200, &json!("verified")), "{told}");
}

#[actix_web::test]
async fn a_record_in_parts_among_more_than_fit_into_a_datagram_is_found() {
    let port = free_port();
    let (_gateway, api) = globex(port).await;
    let (record, value) = waiting(&api, "initech.example").await;
    let mut records: Vec<String> =
        (0..40).map(|n| format!("{record},{n}-{}", "x".repeat(200))).collect();
    let (one, other) = value.split_at(value.len() / 2);
    records.push(format!("{record},{one},{other}"));
    let _server = Dnsmasq::start(port, &records).await;
    let (status, told) = verify(&api, "initech.example").await;
    assert_eq!((status, &told["state"]), (200, &json!("verified")), "{told}");
}

#[actix_web::test]
async fn a_server_that_refuses_or_is_not_there_leaves_the_domain_as_it_is() {
    let port = free_port();
    let (_gateway, api) = globex(port).await;
    waiting(&api, "initech.example").await;
    waiting(&api, "elsewhere.org").await;
    let (status, told) = verify(&api, "initech.example").await;
    assert_eq!(status, 503, "nobody is there: {told}");
    let _server = Dnsmasq::start(port, &[]).await;
    let (status, told) = verify(&api, "elsewhere.org").await;
    assert_eq!(status, 503, "it refuses names that are not its own: {told}");
    for domain in api.list("domains").await {
        let state = if domain["name"] == "globex.example" { "vouched" } else { "pending" };
        assert_eq!(domain["state"], state, "{domain}");
    }
}

#[actix_web::test]
async fn a_record_that_is_added_later_is_found_without_anybody_asking() {
    let port = free_port();
    let (gateway, api) = globex(port).await;
    let (record, value) = waiting(&api, "initech.example").await;
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let state = async |state: &str| {
        gateway.advance(chrono::TimeDelta::minutes(30));
        let looked = domains::round(&gateway.state.store, &gateway.state.dns, &stopped).await;
        assert_eq!(looked.unwrap(), 1);
        let told = api.done(Method::GET, "domains", Value::Null).await;
        let of = told["data"].as_array().unwrap().iter().find(|it| it["name"] != "globex.example");
        assert_eq!(of.unwrap()["state"], state, "{told}");
    };
    let server = Dnsmasq::start(port, &[]).await;
    state("pending").await;
    drop(server);
    let _server = Dnsmasq::start(port, &[format!("{record},{value}")]).await;
    state("verified").await;
}
