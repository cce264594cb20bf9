use super::*;
use crate::crypto::Algorithm;
use crate::oidc::ClientKind;

const REDIRECT: &str = "https://app.example/cb";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn client(kind: ClientKind) -> Client {
    Client {
        id: "app_1".to_owned(),
        kind,
        redirect_uris: vec![REDIRECT.to_owned()],
        post_logout_redirect_uris: vec![],
        id_token_alg: Algorithm::Rs256,
    }
}

/// A good request of a web application with some parameters changed; an empty value leaves one out.
fn check(changes: &[(&str, &str)]) -> Result<AuthorizationRequest, Refusal> {
    check_as(ClientKind::Web, changes)
}

fn check_as(kind: ClientKind, changes: &[(&str, &str)]) -> Result<AuthorizationRequest, Refusal> {
    let mut params = vec![
        ("response_type", "code"),
        ("client_id", "app_1"),
        ("redirect_uri", REDIRECT),
        ("scope", "openid email"),
        ("state", "s"),
    ];
    for (name, value) in changes {
        params.retain(|(known, _)| known != name);
        params.push((name, value));
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    Incoming::parse(&query).check(&client(kind))
}

/// The error code that the app is told.
fn told(changes: &[(&str, &str)]) -> &'static str {
    match check(changes) {
        Err(Refusal::App { error, .. }) => error.code(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_full_request_is_understood() {
    let request = check(&[
        ("scope", "offline_access profile openid groups"),
        ("nonce", "n-0S6_WzA2Mj"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("response_mode", "form_post"),
        ("prompt", "login select_account consent"),
        ("max_age", "3600"),
        ("login_hint", "ada@globex.example"),
        ("organization", "external:42"),
        ("connection", "con_1"),
        ("domain_hint", "globex.example"),
        ("id_token_hint", "a.b.c"),
        ("ui_locales", "de"),
        ("utm_source", "newsletter"),
    ])
    .unwrap();
    assert_eq!(request.client_id, "app_1");
    assert_eq!(request.scopes.to_string(), "openid profile offline_access");
    assert_eq!(request.return_to.response_mode, ResponseMode::FormPost);
    assert_eq!(request.return_to.state.as_deref(), Some("s"));
    assert_eq!(request.code_challenge.as_deref(), Some(CHALLENGE));
    assert_eq!(request.prompt, Prompt { none: false, login: true, select_account: true });
    assert_eq!(request.max_age, Some(3600));
    assert_eq!(request.id_token_hint.as_deref(), Some("a.b.c"));
}

#[test]
fn a_request_survives_storage_without_the_id_token_hint() {
    let request = check(&[("id_token_hint", "a.b.c"), ("prompt", "none")]).unwrap();
    let stored = serde_json::to_string(&request).unwrap();
    assert!(!stored.contains("a.b.c"));
    let read: AuthorizationRequest = serde_json::from_str(&stored).unwrap();
    assert_eq!(read, AuthorizationRequest { id_token_hint: None, ..request });
}

#[test]
fn nothing_is_sent_to_an_address_that_is_not_registered() {
    let refusal = check(&[("redirect_uri", "https://app.example/cb2"), ("scope", "")]);
    let Err(Refusal::Redirect(unknown)) = refusal else { panic!("{refusal:?}") };
    assert_eq!(unknown.nearest(), Some(REDIRECT));
    assert!(matches!(check(&[("redirect_uri", "")]), Err(Refusal::Page(_))));
}

#[test]
fn nothing_is_sent_if_the_address_or_client_is_given_twice() {
    let twice = format!("client_id=app_1&redirect_uri={REDIRECT}&redirect_uri={REDIRECT}");
    let refusal = Incoming::parse(&twice).check(&client(ClientKind::Web));
    assert!(matches!(refusal, Err(Refusal::Page(Error::InvalidRequest(_)))));
    let twice = Incoming::parse("client_id=app_1&client_id=app_1");
    assert!(matches!(twice.client_id(), Err(Refusal::Page(_))));
    assert!(matches!(Incoming::parse("").client_id(), Err(Refusal::Page(_))));
    assert_eq!(Incoming::parse("client_id=app_1").client_id(), Ok("app_1"));
}

#[test]
fn a_repeated_parameter_is_refused() {
    let base = format!("client_id=app_1&redirect_uri={REDIRECT}&response_type=code&scope=openid");
    for name in KNOWN.into_iter().chain(["state"]) {
        let query = format!("{base}&state=s&{name}=1&{name}=1");
        let refusal = Incoming::parse(&query).check(&client(ClientKind::Web));
        let Err(Refusal::App { error, return_to }) = refusal else { panic!("{name}") };
        assert_eq!(error.code(), "invalid_request", "{name}");
        let echoed = if name == "state" { None } else { Some("s") };
        assert_eq!(return_to.state.as_deref(), echoed);
    }
}

#[test]
fn only_codes_are_answered() {
    assert_eq!(told(&[("response_type", "token")]), "unsupported_response_type");
    assert_eq!(told(&[("response_type", "code id_token")]), "unsupported_response_type");
    assert_eq!(told(&[("response_type", "")]), "invalid_request");
    assert_eq!(told(&[("response_mode", "fragment")]), "invalid_request");
    assert!(check(&[("response_mode", "query")]).is_ok());
}

#[test]
fn an_error_is_told_in_the_mode_that_was_asked_for() {
    let refusal = check(&[("response_mode", "form_post"), ("scope", "email")]);
    let Err(Refusal::App { error, return_to }) = refusal else { panic!("{refusal:?}") };
    assert_eq!(error.code(), "invalid_scope");
    assert_eq!(return_to.response_mode, ResponseMode::FormPost);
}

#[test]
fn the_scope_must_contain_openid() {
    for scope in ["", "email", "openid2", "OpenID"] {
        assert_eq!(told(&[("scope", scope)]), "invalid_scope", "{scope}");
    }
}

#[test]
fn request_objects_are_refused_by_name() {
    assert_eq!(told(&[("request", "a.b.c")]), "request_not_supported");
    assert_eq!(told(&[("request_uri", "https://x.example")]), "request_uri_not_supported");
    assert_eq!(told(&[("registration", "{}")]), "registration_not_supported");
}

#[test]
fn a_public_application_must_use_pkce() {
    let refusal = check_as(ClientKind::Native, &[]);
    assert!(matches!(refusal, Err(Refusal::App { error: Error::InvalidRequest(_), .. })));
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    assert!(check_as(ClientKind::Native, &pkce).unwrap().code_challenge.is_some());
    assert_eq!(check(&[]).unwrap().code_challenge, None);
}

#[test]
fn pkce_is_s256_or_nothing() {
    let with = |challenge, method| {
        told(&[("code_challenge", challenge), ("code_challenge_method", method)])
    };
    assert_eq!(with(CHALLENGE, "plain"), "invalid_request");
    assert_eq!(with(CHALLENGE, ""), "invalid_request");
    assert_eq!(with(CHALLENGE, "s256"), "invalid_request");
    assert_eq!(with("", "S256"), "invalid_request");
    assert_eq!(with(&CHALLENGE[1..], "S256"), "invalid_request");
    assert_eq!(with("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", "S256"), "invalid_request");
}

#[test]
fn the_prompt_none_stands_alone() {
    assert_eq!(told(&[("prompt", "none login")]), "invalid_request");
    assert_eq!(told(&[("prompt", "create")]), "invalid_request");
    assert!(check(&[("prompt", "none")]).unwrap().prompt.none);
    assert_eq!(check(&[("prompt", "consent")]).unwrap().prompt, Prompt::default());
}

#[test]
fn max_age_is_a_number_of_seconds() {
    for bad in ["-1", "1.5", "soon", "+1"] {
        assert_eq!(told(&[("max_age", bad)]), "invalid_request", "{bad}");
    }
    assert_eq!(check(&[("max_age", "0")]).unwrap().max_age, Some(0));
    assert_eq!(check(&[("max_age", "99999999999")]).unwrap().max_age, Some(u32::MAX));
}

#[test]
fn a_person_must_have_signed_in_since_the_request_or_within_max_age() {
    let came = Time::from_unix(1_780_000_000);
    let now = came.plus(TimeDelta::minutes(2));
    let since = |changes: &[(&str, &str)]| check(changes).unwrap().since(came, now);
    assert_eq!(since(&[]), None);
    assert_eq!(since(&[("prompt", "login"), ("max_age", "3600")]), Some(came));
    assert_eq!(since(&[("max_age", "0")]), Some(came));
    assert_eq!(since(&[("max_age", "60")]), Some(came));
    assert_eq!(since(&[("max_age", "300")]), Some(came.minus(TimeDelta::minutes(3))));
    assert!(since(&[("max_age", "99999999999")]).unwrap() < Time::from_unix(0));
}

#[test]
fn long_values_and_control_characters_are_refused() {
    assert_eq!(told(&[("nonce", &"n".repeat(513))]), "invalid_request");
    assert_eq!(told(&[("login_hint", "ada\r\n@globex.example")]), "invalid_request");
    let refusal = check(&[("state", &"s".repeat(4097))]);
    let Err(Refusal::App { return_to, .. }) = refusal else { panic!("{refusal:?}") };
    assert_eq!(return_to.state, None);
}

proptest::proptest! {
    #[test]
    fn no_query_makes_the_check_panic_or_answer_elsewhere(query in "([a-z_]{0,12}=[ -~]{0,20}&){0,8}") {
        let query = format!("{query}redirect_uri={REDIRECT}");
        match Incoming::parse(&query).check(&client(ClientKind::Web)) {
            Ok(AuthorizationRequest { return_to, .. }) | Err(Refusal::App { return_to, .. }) => {
                assert_eq!(return_to.redirect_uri, REDIRECT);
            }
            Err(Refusal::Page(_) | Refusal::Redirect(_)) => {}
        }
    }
}
