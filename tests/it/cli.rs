//! The command line as people and scripts meet it: what it prints, and what it tells the shell.

mod access;
mod apply;
mod audit;
mod configuration;
mod enforcement;
mod import;
mod webhook;

use crate::gateway::{Idp, Key};
use serde_json::Value;
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use vestibule::clock::Clock;
use vestibule::crypto::{Algorithm, PrivateKey};
use vestibule::saml::certificate::Certificate;
use vestibule::saml::issue::{ContentCipher, Issue};

const METADATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/metadata/jumpcloud.xml");

/// A folder of its own in which commands run.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Place {
    /// One with a database.
    pub(crate) fn new() -> Self {
        let place = Self::empty();
        place.text(&["migrate"]);
        place
    }

    pub(crate) fn empty() -> Self {
        Self { folder: TempDir::new().unwrap(), variables: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("USER", "ada")
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn exit(&self, arguments: &[&str]) -> i32 {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        output.status.code().unwrap_or_else(|| panic!("{arguments:?}: {said}"))
    }

    pub(crate) fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let all: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        serde_json::from_str(&self.text(&all)).unwrap()
    }

    fn connection(&self) -> String {
        self.json(&["org", "create", "--name", "Globex", "--external-id", "globex"]);
        let made = self.json(&["connection", "create", "--org", "globex", "--idp", "jumpcloud"]);
        made["id"].as_str().unwrap().to_owned()
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn each_exit_code_tells_what_happened() {
    let place = Place::new();
    let connection = place.connection();
    let folder = place.folder.path().join("a_folder");
    std::fs::create_dir(&folder).unwrap();
    assert_eq!(place.exit(&["version"]), 0);
    assert_eq!(place.exit(&["healthcheck", "--set", "listen=127.0.0.1:1"]), 1);
    assert_eq!(place.exit(&["metadata", "check", folder.to_str().unwrap()]), 1);
    assert_eq!(place.exit(&["no_such_noun"]), 2);
    assert_eq!(place.exit(&["config", "check", "--set", "lisen=1"]), 2);
    assert_eq!(place.exit(&["org", "show", "nobody"]), 3);
    assert_eq!(place.exit(&["org", "delete", "globex"]), 4);
    assert_eq!(place.exit(&["connection", "activate", &connection]), 5);
    assert_eq!(place.exit(&["org", "create", "--name", ""]), 6);
    let away = ["connection", "refresh", &connection, "--metadata-url", "http://localhost:1/x"];
    let allowed = [&away[..], &["--set", "metadata.allow_private=localhost"]].concat();
    assert_eq!(place.exit(&allowed), 7);
    assert_eq!(place.exit(&["saml", "inspect", "--", "/dev/null"]), 6);
    let response = place.folder.path().join("response.xml");
    std::fs::write(&response, "<!DOCTYPE a><a/>").unwrap();
    assert_eq!(place.exit(&["saml", "inspect", response.to_str().unwrap()]), 8);
}

#[test]
fn a_command_in_the_wrong_folder_makes_no_database() {
    let place = Place::empty();
    let commands: [&[&str]; 6] = [
        &["key", "create", "--name", "ci", "--scopes", "all"],
        &["org", "list"],
        &["migrate", "--status"],
        &["signing-key", "rotate"],
        &["demo", "up"],
        &["connection", "create", "--org", "globex"],
    ];
    for arguments in commands {
        let output = place.run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(7), "{arguments:?}: {said}");
        assert!(said.starts_with("There is no database at ./data/vestibule.db.\n"), "{said}");
        assert!(said.contains("--config FILE") && output.stdout.is_empty(), "{said}");
    }
    let told = place.run(&["doctor"]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("./data/vestibule.db is not there"), "{told}");
    assert!(!place.folder.path().join("data").exists());
}

#[test]
fn the_doctor_names_a_missing_master_key_and_makes_none() {
    let place = Place::new();
    let told = place.run(&["doctor"]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("./data/master.key is not there"), "{told}");
    assert!(!place.folder.path().join("data/master.key").exists());
}

#[test]
fn a_name_in_the_place_of_an_id_says_how_ids_look_and_where_they_are() {
    let place = Place::empty();
    let said = |arguments: &[&str]| {
        let output = place.run(arguments);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(
        said(&["connection", "show", "JumpCloud"]),
        "JumpCloud is not the ID of a connection.\n\
         An ID begins with con_ and has 26 letters and digits after it.\n\
         List them: vestibule connection list\n"
    );
    assert!(said(&["trace", "show", "trc_…"]).ends_with("List them: vestibule trace list\n"));
}

#[test]
fn a_port_that_is_taken_is_told_before_anything_is_made() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = Place::empty();
    let output = place.run(&["serve", "--listen", &address]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(7), "{said}");
    assert!(
        said.contains("Another program listens there.\nStop it, or: vestibule serve"),
        "{said}"
    );
    assert!(!place.folder.path().join("data").exists());
}

#[test]
fn an_error_is_three_lines_or_a_problem_document() {
    let place = Place::new();
    let said = place.run(&["org", "show", "nobody"]);
    assert_eq!(
        String::from_utf8(said.stderr).unwrap(),
        "There is no organization nobody.\n\
         It was never there, or it has been deleted.\n\
         List what there is: vestibule org list\n"
    );
    assert!(said.stdout.is_empty());
    let said = place.run(&["org", "show", "nobody", "--json"]);
    let problem: Value = serde_json::from_slice(&said.stderr).unwrap();
    assert_eq!((&problem["status"], &problem["code"]), (&404.into(), &"not_found".into()));
}

#[test]
fn a_new_connection_prints_what_to_enter_in_the_providers_words() {
    let place = Place::new();
    place.json(&["org", "create", "--name", "Globex", "--external-id", "globex"]);
    let create = ["connection", "create", "--org", "globex", "--idp", "jumpcloud"];
    let printed = place.text(&[&create[..], &["--domain", "globex.example"]].concat());
    let id = printed.lines().find_map(|line| line.strip_prefix("id\t")).unwrap();
    for (label, value) in [
        ("IdP Entity ID", format!("http://localhost:8080/idp/{id}")),
        ("SP Entity ID", format!("http://localhost:8080/saml/{id}")),
        ("ACS URLs", format!("http://localhost:8080/saml/{id}/acs")),
        ("SAMLSubject NameID", "email".to_owned()),
        ("Login URL", format!("http://localhost:8080/login/{id}")),
    ] {
        assert!(printed.contains(&format!("{label}\t{value}\n")), "{label}:\n{printed}");
    }
    assert!(printed.contains("Attribute firstName\tfirstname\n"), "{printed}");
    let said =
        String::from_utf8(place.run(&["connection", "show", id, "--values"]).stderr).unwrap();
    let people = "Give it to people in: SSO Applications › your app › User Groups\n";
    assert!(said.contains(people), "{said}");
    assert!(
        said.contains("Then take the metadata with Copy Metadata URL (not IDP URL), at"),
        "{said}"
    );
    let domains = place.json(&["domain", "list", "--org", "globex"]);
    assert_eq!(domains["data"][0]["state"], "pending");
}

#[test]
fn a_connection_goes_from_draft_to_active_and_off() {
    let place = Place::new();
    let id = place.connection();
    let state = |answer: Value| answer["state"].as_str().unwrap().to_owned();
    assert_eq!(state(place.json(&["connection", "show", &id])), "draft");
    let refresh = ["connection", "refresh", &id, "--metadata-file", METADATA];
    assert_eq!(state(place.json(&refresh)), "testing");
    assert_eq!(place.exit(&["connection", "activate", &id]), 5);
    assert_eq!(state(place.json(&["connection", "activate", &id, "--skip-test"])), "active");
    assert_eq!(place.exit(&["connection", "disable", &id]), 4);
    assert_eq!(state(place.json(&["connection", "disable", &id, "--yes"])), "disabled");
}

#[test]
fn names_are_forgotten_for_one_person_or_after_a_word_for_a_whole_connection() {
    let place = Place::new();
    let id = place.connection();
    assert_eq!(place.exit(&["connection", "unlink", &id]), 4);
    assert_eq!(place.json(&["connection", "unlink", &id, "--yes"])["unlinked"], 0);
    assert_eq!(place.exit(&["user", "unlink", "usr_01kampz3y7f4m8t2v6c9d0e1hj"]), 3);
}

#[test]
fn a_certificate_is_added_and_removed_by_hand() {
    let place = Place::new();
    let id = place.connection();
    place.json(&["connection", "refresh", &id, "--metadata-file", METADATA]);
    let key = PrivateKey::generate(Algorithm::Rs256).unwrap();
    let pem = key.self_signed("idp", 1, Clock::default().now()).unwrap();
    let file = place.folder.path().join("idp.pem");
    std::fs::write(&file, &pem).unwrap();
    let add = ["connection", "certificate", "add", &id, file.to_str().unwrap()];
    let known = place.json(&add)["identity_provider"]["certificates"].clone();
    let states: Vec<_> = known.as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states, ["active", "next"]);
    let print = known[1]["fingerprint_sha256"].as_str().unwrap();
    let shown = place.text(&["connection", "show", &id]);
    assert!(shown.contains("\tnext since ") && shown.contains("from hand: CN=idp"), "{shown}");
    let remove = ["connection", "certificate", "remove", &id, print];
    assert_eq!(place.exit(&remove), 4);
    let after = place.json(&[&remove[..], &["--yes"]].concat());
    assert_eq!(after["identity_provider"]["retired_certificates"][0]["fingerprint_sha256"], print);
    assert_eq!(place.exit(&["connection", "accept", &id, "--yes"]), 5);
    // Metadata has to be signed by whom somebody says.
    let pinned = ["connection", "refresh", &id, "--metadata-file", METADATA];
    let pinned = [&pinned[..], &["--metadata-certificate", file.to_str().unwrap()]].concat();
    assert_eq!(place.exit(&pinned), 6);
    // What was refused is not kept, so the same file is taken as before.
    assert_eq!(place.exit(&["connection", "refresh", &id, "--metadata-file", METADATA]), 0);
}

#[test]
fn a_response_is_verified_offline_as_a_sign_in_would() {
    const ACS: &str = "https://sso.example.com/saml/con_1/acs";
    let place = Place::empty();
    let (idp, now) = (Idp::new("https://idp.globex.example"), Clock::default().now());
    let ours = PrivateKey::generate(Algorithm::Rs256).unwrap();
    let certificate = Certificate::parse(&ours.self_signed("us", 1, now).unwrap()).unwrap();
    let issue = |audience: &str| {
        let signer = Key::known().signer();
        Issue::new(&idp.entity_id, ACS, audience, "ada@globex.example", now, signer).unwrap()
    };
    let file = |name: &str, text: &str| {
        let path = place.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let metadata = file("metadata.xml", &idp.metadata());
    let key = file("key.pem", ours.to_pem().unwrap().reveal());
    let verify = |response: &str, more: &[&str]| {
        let flags =
            ["--metadata", metadata.as_str(), "--acs", ACS, "--entity-id", "https://sp.example"];
        let arguments = [&["saml", "verify", response, "--json"], &flags[..], more];
        let output = place.run(&arguments.concat());
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code().unwrap(), told)
    };
    let right = file("right.xml", &issue("https://sp.example").xml().unwrap());
    let (code, told) = verify(&right, &[]);
    assert_eq!((code, &told["verified"]), (0, &Value::Bool(true)), "{told}");
    assert_eq!(told["identity"]["name_id"]["value"], "ada@globex.example");
    let wrong = file("wrong.b64", &issue("https://elsewhere.example").base64().unwrap());
    let (code, told) = verify(&wrong, &[]);
    assert_eq!((code, &told["cause"]), (8, &Value::from("audience_mismatch")), "{told}");
    let last = told["checks"].as_array().unwrap().last().unwrap();
    assert_eq!(last["name"], "audience");
    assert_eq!(last["expected"], "https://sp.example");
    assert_eq!(last["received"], "https://elsewhere.example");
    let cipher = Some((&certificate, ContentCipher::Aes256Cbc));
    let sealed = Issue { encryption: cipher, ..issue("https://sp.example") };
    let sealed = file("sealed.xml", &sealed.xml().unwrap());
    for (more, code) in
        [(&[][..], 8), (&["--key", key.as_str()], 8), (&["--key", key.as_str(), "--allow-cbc"], 0)]
    {
        assert_eq!(verify(&sealed, more).0, code, "{more:?}");
    }
}

#[test]
fn our_own_keys_are_listed_and_rotated_with_an_overlap() {
    let port = free_port();
    let place = Place::new().with("VESTIBULE_LISTEN", &format!("127.0.0.1:{port}"));
    let serving = Serving::start(&place, &[]);
    let states = |of: &Value, purpose: &str| {
        let keys = of["data"].as_array().unwrap().iter();
        let mine = keys.filter(|key| key["purpose"] == purpose);
        mine.map(|key| key["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let before = place.json(&["signing-key", "list"]);
    assert_eq!(states(&before, "saml_signing"), ["active"]);
    assert_eq!(states(&before, "oidc").len(), 2);
    let during = place.json(&["signing-key", "rotate"]);
    assert_eq!(states(&during, "saml_signing"), ["next", "active"]);
    assert_eq!(states(&during, "saml_encryption"), ["next", "active"]);
    let now = ["signing-key", "rotate", "--for", "signing", "--now"];
    assert_eq!(place.exit(&now), 4);
    let after = place.json(&[&now[..], &["--yes"]].concat());
    assert_eq!(states(&after, "saml_signing"), ["active", "retired"]);
    assert_eq!(states(&after, "saml_encryption"), ["next", "active"]);
    let own = ["signing-key", "rotate", "--set", "saml.cert=a.pem", "--set", "saml.key=b.pem"];
    assert_eq!(place.exit(&own), 5);
    assert_eq!(serving.stop(), 0);
}

#[test]
fn a_list_is_rows_with_tabs_in_a_pipe_and_the_rest_shape_as_json() {
    let place = Place::new();
    for name in ["Globex", "Initech"] {
        place.json(&["org", "create", "--name", name]);
    }
    let rows = place.text(&["org", "list"]);
    let names: Vec<&str> = rows.lines().filter_map(|row| row.split('\t').nth(1)).collect();
    assert_eq!(names, ["Initech", "Globex"]);
    let page = place.json(&["org", "list", "--limit", "1"]);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = place.json(&["org", "list", "--cursor", cursor]);
    assert_eq!(rest["data"][0]["name"], "Globex");
    assert_eq!(place.text(&["org", "list", "--jsonl"]).lines().count(), 2);
}

#[test]
fn a_secret_is_shown_once() {
    let place = Place::new();
    let key = place.json(&["key", "create", "--name", "ci", "--scopes", "read"]);
    let secret = key["secret"].as_str().unwrap();
    assert!(secret.starts_with("vst_live_") && key["shown_once"] == true);
    assert!(!place.text(&["key", "list", "--json"]).contains(secret));
    let redirect = ["--redirect-uri", "https://app.example/callback"];
    let create = [&["application", "create", "--name", "Orbit"][..], &redirect].concat();
    let app = place.json(&create);
    let secret = app["secret"]["secret"].as_str().unwrap().to_owned();
    assert!(!place.text(&["application", "list", "--json"]).contains(&secret));
}

/// A running gateway, told to stop at the end.
struct Serving(Child);

impl Serving {
    fn start(place: &Place, arguments: &[&str]) -> Self {
        let all = [&["serve"][..], arguments].concat();
        let mut command = place.command(&all);
        let log = std::fs::File::create(place.folder.path().join("log")).unwrap();
        let child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let serving = Self(child);
        let patience = Instant::now() + Duration::from_mins(1);
        while place.exit(&["healthcheck", "--ready"]) != 0 {
            assert!(Instant::now() < patience, "it does not start");
            std::thread::sleep(Duration::from_millis(100));
        }
        serving
    }

    fn stop(mut self) -> i32 {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.0.wait().unwrap().code().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_gateway_serves_says_where_and_stops_when_told() {
    let port = free_port();
    let place = Place::new().with("VESTIBULE_LISTEN", &format!("127.0.0.1:{port}"));
    let serving = Serving::start(&place, &[]);
    let said = std::fs::read_to_string(place.folder.path().join("log")).unwrap();
    let discovery = format!("http://localhost:{port}/.well-known/openid-configuration");
    assert!(said.contains(&discovery) && said.contains("vestibule key create"), "{said}");
    assert_eq!(place.exit(&["doctor"]), 0);
    assert_eq!(serving.stop(), 0);
    assert_eq!(place.exit(&["healthcheck"]), 1);
}

#[test]
fn a_changed_public_address_is_refused_and_names_the_connections() {
    let port = free_port();
    let place = Place::new().with("VESTIBULE_LISTEN", &format!("127.0.0.1:{port}"));
    let connection = place.connection();
    assert_eq!(Serving::start(&place, &[]).stop(), 0);
    let other = ["--public-url", "http://sso.localhost", "--set", "mode=development"];
    let refused = place.run(&[&["serve"][..], &other].concat());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(5), "{said}");
    assert!(said.contains(&connection) && said.contains("--accept-new-identifiers"), "{said}");
    let accepted = [&other[..], &["--accept-new-identifiers"]].concat();
    assert_eq!(Serving::start(&place, &accepted).stop(), 0);
}

#[test]
fn a_machine_is_created_shown_and_changed() {
    let place = Place::new();
    let globex = place.json(&["org", "create", "--name", "Globex"]);
    let org = globex["id"].as_str().unwrap();
    let create = ["application", "create", "--name", "Billing", "--type", "machine"];
    let made =
        place.json(&[&create[..], &["--scope", "users:read,traces:read", "--org", org]].concat());
    assert_eq!(made["kind"], "machine");
    assert_eq!(made["scopes"], serde_json::json!(["users:read", "traces:read"]));
    assert_eq!(made["organizations"], serde_json::json!([org]));
    assert!(made["secret"]["secret"].as_str().unwrap().starts_with("cs_"));
    let id = made["id"].as_str().unwrap();
    let shown = place.text(&["application", "show", id]);
    assert!(shown.contains("users:read traces:read") && shown.contains("machine"), "{shown}");
    let changed =
        place.json(&["application", "update", id, "--scope", "users:read", "--every-org"]);
    assert_eq!(changed["scopes"], serde_json::json!(["users:read"]));
    assert_eq!(changed["organizations"], Value::Null);
}

#[test]
fn an_application_says_where_it_is_told_of_the_end_of_sessions() {
    let place = Place::new();
    let made = place.json(&[
        "application",
        "create",
        "--name",
        "Orbit",
        "--redirect-uri",
        "https://app.example/callback",
        "--backchannel-logout-uri",
        "https://app.example/back",
        "--backchannel-logout-session-required",
        "true",
    ]);
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["backchannel_logout_uri"], "https://app.example/back");
    assert_eq!(made["backchannel_logout_session_required"], true);
    let front = "https://app.example/front";
    let change = ["--backchannel-logout-uri", "", "--frontchannel-logout-uri", front];
    let changed = place.json(&[&["application", "update", id][..], &change].concat());
    assert_eq!(changed["backchannel_logout_uri"], Value::Null);
    assert_eq!(changed["frontchannel_logout_uri"], front);
    assert!(place.text(&["application", "show", id]).contains(front));
}
