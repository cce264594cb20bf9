//! The rules of the settings, by their words.

use super::*;
use std::fs;
use std::net::IpAddr;
use std::path::Path;

const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn load_with(variables: &[(&str, &str)], file: Option<&str>) -> Result<Loaded, Problems> {
    let folder = tempfile::tempdir().unwrap();
    load_in(folder.path(), variables, file)
}

fn load_in(
    folder: &Path,
    variables: &[(&str, &str)],
    file: Option<&str>,
) -> Result<Loaded, Problems> {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let variables = variables.iter().map(pair).collect();
    let path = folder.join("vestibule.toml");
    if let Some(text) = file {
        fs::write(&path, text).unwrap();
    }
    load_from(&Flags::default(), &Surroundings { variables, files: vec![path] })
}

fn problems(variables: &[(&str, &str)], file: Option<&str>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let text = load_in(folder.path(), variables, file).unwrap_err().to_string();
    text.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn nothing_is_needed_for_development() {
    let loaded = load_with(&[], None).unwrap();
    let config = &loaded.config;
    assert_eq!(config.mode, Mode::Development);
    assert_eq!(config.public_url.as_str(), "http://localhost:8080");
    assert_eq!(config.sign_in.session.seconds(), 8 * 3600);
    assert_eq!(config.data_dir(), PathBuf::from("./data"));
    assert!(config.demo_is_on());
    assert_eq!(loaded.origin("mode"), Origin::Derived);
}

#[test]
fn the_reference_file_is_made_from_the_settings() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/vestibule.toml");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, reference()).unwrap();
    }
    let file = fs::read_to_string(path).unwrap();
    assert_eq!(file, reference(), "run the test again with UPDATE=1");
}

#[test]
fn the_reference_file_with_every_line_uncommented_is_accepted() {
    let setting = |line: &str| {
        let text = line.strip_prefix("# ")?;
        let (name, _) = text.split_once(" = ")?;
        super::KEYS.iter().any(|key| key.path.ends_with(name)).then(|| text.to_owned())
    };
    let lines = reference();
    let file: Vec<_> =
        lines.lines().map(|line| setting(line).unwrap_or_else(|| line.to_owned())).collect();
    let file = file.join("\n").replace("the output of: openssl rand -base64 32", KEY);
    let file = file.replace("the former value of master_key", KEY);
    let loaded = load_with(&[], Some(&file)).unwrap();
    for setting in loaded.settings() {
        assert!(matches!(setting.origin, Origin::File(..)), "{} is not in the file", setting.key);
    }
}

#[test]
fn flags_come_before_environment_before_file_before_built_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vestibule.toml");
    fs::write(&path, "listen = '127.0.0.1:1'\n[sign_in]\nsession = '1h'\nclock_skew = '1s'")
        .unwrap();
    let variables = [("VESTIBULE_LISTEN", "127.0.0.1:2"), ("VESTIBULE_SIGN_IN__SESSION", "2h")];
    let around = Surroundings {
        variables: variables.map(|(a, b)| (a.to_owned(), b.to_owned())).into(),
        files: vec![path.clone()],
    };
    let settings = vec![("listen".to_owned(), "127.0.0.1:3".to_owned())];
    let loaded = load_from(&Flags { config: None, settings }, &around).unwrap();
    assert_eq!(loaded.config.listen.port(), 3);
    assert_eq!(loaded.config.sign_in.session.to_string(), "2h");
    assert_eq!(loaded.config.sign_in.clock_skew.to_string(), "1s");
    assert_eq!(loaded.origin("listen"), Origin::Flag);
    let variable = Origin::Environment("VESTIBULE_SIGN_IN__SESSION".to_owned());
    assert_eq!(loaded.origin("sign_in.session"), variable);
    assert_eq!(loaded.origin("sign_in.clock_skew"), Origin::File(path, 4));
    assert_eq!(loaded.origin("sign_in.request_ttl"), Origin::BuiltIn);
}

#[test]
fn an_unknown_name_is_an_error_with_the_nearest_known_name_and_line() {
    insta::assert_snapshot!(
        problems(&[("VESTIBULE_LISTN", "x")], Some("\n[sign_in]\nsesion = '8h'\n[dns]\n")), @r"
    vestibule.toml line 3: sign_in.sesion is not a setting.
    A mistyped name would go unnoticed, so unknown names are refused.
    Did you mean sign_in.session? Otherwise remove it.

    The variable VESTIBULE_LISTN is not a setting.
    A mistyped name would go unnoticed, so unknown names are refused.
    Did you mean listen? Otherwise remove it.
    ");
}

#[test]
fn a_value_that_cannot_be_is_shown_with_its_line_and_a_sample() {
    insta::assert_snapshot!(problems(&[], Some("[oidc]\n\ncode_ttl = 60\n")), @r#"
    oidc.code_ttl (vestibule.toml:3) has a value that it cannot have.
    The value "60" is not accepted: it is not a number with s, m, h or d after it.
    Write it like this: oidc.code_ttl = "60s"
    "#);
    insta::assert_snapshot!(problems(&[("VESTIBULE_PROXY__TRUSTED", "10.0.0.0/33")], None), @r#"
    proxy.trusted (VESTIBULE_PROXY__TRUSTED) has a value that it cannot have.
    The value "10.0.0.0/33" is not accepted: /33 is not a prefix from /0 to /32.
    Write it like this: proxy.trusted = []
    "#);
}

#[test]
fn production_refuses_to_start_without_what_it_needs_and_says_how_to_set_it() {
    insta::assert_snapshot!(problems(&[("VESTIBULE_LISTEN", "0.0.0.0:80")], None), @r#"
    public_url is not set, and production needs it.
    It is part of every address given to customers, and cannot be guessed. This is production mode, because listen is not a loopback address.
    For development: --set mode=development. For production: Set VESTIBULE_PUBLIC_URL, or in the file: public_url = "https://sso.example.com"

    database.url is not set, and production needs it.
    It holds everything, so its place must be chosen. This is production mode, because listen is not a loopback address.
    For development: --set mode=development. For production: Set VESTIBULE_DATABASE__URL, or in the file: database.url = "sqlite://./data/vestibule.db"

    secrets.master_key is not set, and production needs it.
    It seals the private keys and secrets in the database: 32 random bytes in base64. This is production mode, because listen is not a loopback address.
    For development: --set mode=development. For production: Set VESTIBULE_SECRETS__MASTER_KEY or VESTIBULE_SECRETS__MASTER_KEY_FILE=/path/to/file, or in the file: secrets.master_key = "the output of: openssl rand -base64 32"
    "#);
}

fn production(more: &[(&str, &str)]) -> Result<Loaded, Problems> {
    let needed = [
        ("VESTIBULE_PUBLIC_URL", "https://sso.example.com"),
        ("DATABASE_URL", "postgres://vestibule:hunter2@db/vestibule?sslpassword=hunter3"),
        ("VESTIBULE_SECRETS__MASTER_KEY", KEY),
    ];
    load_with(&[&needed, more].concat(), None)
}

#[test]
fn the_demo_is_refused_in_production() {
    assert!(!production(&[]).unwrap().config.demo_is_on());
    let refused = production(&[("VESTIBULE_DEMO", "1")]).unwrap_err();
    assert_eq!(refused.0.len(), 1);
}

#[test]
fn production_refuses_http() {
    let refused = production(&[("VESTIBULE_PUBLIC_URL", "http://localhost")]);
    assert!(refused.is_err());
}

#[test]
fn the_demo_in_a_container_needs_its_switch() {
    let container = [("VESTIBULE_MODE", "development"), ("VESTIBULE_LISTEN", "0.0.0.0:8080")];
    assert!(!load_with(&container, None).unwrap().config.demo_is_on());
    let switched = [container[0], container[1], ("VESTIBULE_DEMO", "1")];
    assert!(load_with(&switched, None).unwrap().config.demo_is_on());
}

#[test]
fn a_secret_is_never_shown() {
    let loaded = production(&[]).unwrap();
    let shown = format!("{loaded:?} {:?}", loaded.settings());
    assert!(!shown.contains("AAAA") && !shown.contains("hunter"), "{shown}");
    assert!(shown.contains("postgres://vestibule:[secret]@db/vestibule"));
    let bad = production(&[("VESTIBULE_SECRETS__MASTER_KEY", "hunter4")]).unwrap_err().to_string();
    assert!(!bad.contains("hunter"), "{bad}");
    let bad = production(&[("DATABASE_URL", "mysql://a:hunter5@b/c")]).unwrap_err().to_string();
    assert!(!bad.contains("hunter"), "{bad}");
}

#[test]
fn the_address_of_a_database_is_shown_without_its_password() {
    let shown = |text: &str| DatabaseUrl::try_from(text.to_owned()).unwrap().to_string();
    assert_eq!(shown("sqlite:data/v.db"), "sqlite://data/v.db");
    assert_eq!(shown("postgres://db/v"), "postgres://db/v");
    assert_eq!(shown("postgres://ann@db/v?password=x"), "postgres://ann@db/v");
    assert_eq!(shown("postgresql://ann:x@db:5432/v"), "postgresql://ann:[secret]@db:5432/v");
    for odd in ["postgres://ann:p?w@db/v", "postgres://ann:1?w@db/v", "postgres://ann:p@w@db/v"] {
        assert_eq!(shown(odd), "postgres://[secret]", "{odd}");
    }
}

#[test]
fn a_value_may_be_read_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("name");
    fs::write(&path, "Orbit Labs\n").unwrap();
    let path = path.to_str().unwrap();
    let loaded = load_with(&[("VESTIBULE_BRAND__NAME_FILE", path)], None).unwrap();
    assert_eq!(loaded.config.brand.name, "Orbit Labs");
    let both = [("VESTIBULE_BRAND__NAME_FILE", path), ("VESTIBULE_BRAND__NAME", "Orbit")];
    assert!(load_with(&both, None).is_err());
}

#[test]
fn port_replaces_the_port_and_opens_up_when_the_address_is_public() {
    let listen = |variables: &[(&str, &str)]| match load_with(variables, None) {
        Ok(loaded) => loaded.config.listen.to_string(),
        Err(problems) => problems.to_string(),
    };
    assert_eq!(listen(&[("PORT", "3000")]), "127.0.0.1:3000");
    assert_eq!(listen(&[("PORT", "3000"), ("VESTIBULE_LISTEN", "127.0.0.1:4")]), "127.0.0.1:4");
    let public = production(&[("PORT", "3000")]).unwrap();
    assert_eq!(public.config.listen.to_string(), "0.0.0.0:3000");
    let file = "mode = 'development'\npublic_url = 'https://sso.example.com'";
    let public = load_with(&[("PORT", "3000")], Some(file)).unwrap();
    assert_eq!(public.config.listen.to_string(), "0.0.0.0:3000");
}

#[test]
fn what_kubernetes_sets_for_a_service_of_our_name_is_not_ours() {
    let injected = [
        ("VESTIBULE_PORT", "tcp://10.0.0.1:80"),
        ("VESTIBULE_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("VESTIBULE_SERVICE_HOST", "10.0.0.1"),
    ];
    assert!(load_with(&injected, None).is_ok());
}

#[test]
fn a_public_url_is_an_origin() {
    let accepted = |text: &str| text.parse::<PublicUrl>().is_ok();
    assert!(accepted("https://sso.example.com") && accepted("http://127.0.0.1:8080"));
    assert!(accepted("http://localhost:8080") && accepted("http://[::1]"));
    for refused in [
        "https://sso.example.com/",
        "https://sso.example.com/a",
        "https://sso.example.com?a",
        "https://a@sso.example.com",
        "http://sso.example.com",
        "ftp://sso.example.com",
        "sso.example.com",
    ] {
        assert!(!accepted(refused), "{refused}");
    }
}

#[test]
fn a_network_contains_its_addresses_and_no_other() {
    let network: Network = "10.0.0.0/8".parse().unwrap();
    let contains = |text: &str| network.contains(text.parse::<IpAddr>().unwrap());
    assert!(contains("10.255.0.1") && contains("::ffff:10.0.0.1"));
    assert!(!contains("11.0.0.1") && !contains("::10.0.0.1"));
    let every: Network = "0.0.0.0/0".parse().unwrap();
    assert!(every.contains("192.0.2.1".parse().unwrap()));
}

#[test]
fn a_private_host_is_allowed_by_name_port_address_or_network() {
    let allows = |entry: &str, host: &str, port, address: &str| {
        let entry = AllowedHost::try_from(entry.to_owned()).unwrap();
        entry.allows(host, port, address.parse().unwrap())
    };
    assert!(allows("idp.Corp.example", "idp.corp.example", 443, "10.0.0.1"));
    assert!(allows("localhost:8443", "localhost", 8443, "127.0.0.1"));
    assert!(!allows("localhost:8443", "localhost", 8444, "127.0.0.1"));
    assert!(allows("10.0.0.0/8", "anything", 443, "10.1.2.3"));
    assert!(!allows("10.0.0.0/8", "anything", 443, "192.168.0.1"));
    assert!(AllowedHost::try_from("https://idp".to_owned()).is_err());
}

#[test]
fn a_period_reads_as_it_is_written() {
    for text in ["60s", "90s", "10m", "8h", "30d", "0s"] {
        let period: Period = text.parse().unwrap();
        assert_eq!(period.to_string().parse::<Period>().unwrap(), period);
    }
    for refused in ["", "8", "h", "-1h", "1.5h", "99999999d", "8 h"] {
        assert!(refused.parse::<Period>().is_err(), "{refused}");
    }
}

#[test]
fn in_development_the_master_key_is_made_once_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/data/v.db", folder.path().display());
    let config = load_with(&[("VESTIBULE_DATABASE__URL", &url)], None).unwrap().config;
    let first = config.master_keys().unwrap();
    let second = config.master_keys().unwrap();
    assert!(first.is_new && !second.is_new);
    assert_eq!(first.current, second.current);
    let mode = fs::metadata(folder.path().join("data/master.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_missing_value_of_production_says_why_it_is_production() {
    let url = [("VESTIBULE_PUBLIC_URL", "http://localhost:8095")];
    let told = load_with(&url, None).unwrap_err().to_string();
    assert_eq!(told.matches("This is production mode, because public_url is set.").count(), 3);
    assert_eq!(told.matches("For development: --set mode=development").count(), 3);
    assert!(told.contains("or VESTIBULE_SECRETS__MASTER_KEY_FILE=/path/to/file"), "{told}");
    let chosen = load_with(&[("VESTIBULE_MODE", "production")], None).unwrap_err().to_string();
    assert!(!chosen.contains("This is production mode"), "{chosen}");
    let open = load_with(&[("VESTIBULE_LISTEN", "0.0.0.0:8080")], None).unwrap_err().to_string();
    assert!(open.contains("because listen is not a loopback address"), "{open}");
}

#[test]
fn with_tls_of_its_own_the_development_address_is_https() {
    let tls = [("VESTIBULE_TLS__CERT", "a.pem"), ("VESTIBULE_TLS__KEY", "b.pem")];
    let loaded = load_with(&tls, None).unwrap();
    assert_eq!(loaded.config.public_url.as_str(), "https://localhost:8080");
    assert!(loaded.config.is_development());
}

#[test]
fn a_collector_is_an_address_without_what_is_added_to_it_and_without_a_password() {
    for (given, why) in [
        ("127.0.0.1:4318", "it is not a URL"),
        ("grpc://127.0.0.1:4317", "it is not an http or https address"),
        ("http://127.0.0.1:4318/v1/traces", "it ends in /v1/traces, which is added"),
        ("http://127.0.0.1:4318/?a=b", "it has more than host, port and path"),
        ("https://me:hidden@otlp.example", "OTEL_EXPORTER_OTLP_HEADERS"),
    ] {
        let told = problems(&[("VESTIBULE_TELEMETRY__OTLP_ENDPOINT", given)], None);
        assert!(told.contains(why) && !told.contains("hidden"), "{given}: {told}");
    }
    for (given, traces) in [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("https://otlp.example/tenant/", "https://otlp.example/tenant/v1/traces"),
    ] {
        let loaded = load_with(&[("VESTIBULE_TELEMETRY__OTLP_ENDPOINT", given)], None).unwrap();
        let collector = loaded.config.telemetry.otlp_endpoint.as_ref().unwrap();
        assert_eq!(collector.traces(), traces);
    }
}
