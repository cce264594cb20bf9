use super::*;
use crate::crypto::Algorithm;
use crate::oidc::ClientKind;
use serde_json::json;

// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

const CODE: &str = "grant_type=authorization_code&code=ac_1&redirect_uri=https://app.example/cb";

fn client(kind: ClientKind) -> Client {
    Client {
        id: "app_1".to_owned(),
        kind,
        redirect_uris: vec![],
        post_logout_redirect_uris: vec![],
        id_token_alg: Algorithm::Rs256,
    }
}

fn basic_header(id: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{password}")))
}

fn code_grant(body: &str) -> CodeGrant {
    match TokenRequest::parse(body, None).unwrap().grant {
        Grant::Code(code) => code,
        other => panic!("{other:?}"),
    }
}

fn refused(body: &str, authorization: Option<&str>) -> &'static str {
    TokenRequest::parse(body, authorization).unwrap_err().code()
}

#[test]
fn a_client_authenticates_by_header() {
    let header = basic_header("app_1", "cs_1");
    let client_auth = TokenRequest::parse(CODE, Some(&header)).unwrap().client;
    assert_eq!(client_auth.client_id, "app_1");
    let secret = client_auth.secret_for(&client(ClientKind::Web)).unwrap().unwrap();
    assert!(secret.matches("cs_1"));
    // The name of the scheme is not case-sensitive, and the ID may be in the body too.
    let header = header.replace("Basic", "bASIC");
    assert!(TokenRequest::parse(&format!("{CODE}&client_id=app_1"), Some(&header)).is_ok());
}

#[test]
fn id_and_secret_in_the_header_are_form_encoded() {
    // RFC 6749 section 2.3.1 with the characters that break implementations.
    let header = basic_header("app%3A1", "a%2Bb+c%25%26%3D");
    let client = TokenRequest::parse(CODE, Some(&header)).unwrap().client;
    assert_eq!(client.client_id, "app:1");
    assert!(client.secret.unwrap().matches("a+b c%&="));
    let header = basic_header("app_1", "a&b=c:d");
    let client = TokenRequest::parse(CODE, Some(&header)).unwrap().client;
    assert!(client.secret.unwrap().matches("a&b=c:d"));
}

#[test]
fn a_client_authenticates_in_the_body() {
    let body = format!("{CODE}&client_id=app_1&client_secret=cs_1");
    let client_auth = TokenRequest::parse(&body, None).unwrap().client;
    assert!(client_auth.secret_for(&client(ClientKind::Web)).unwrap().unwrap().matches("cs_1"));
}

#[test]
fn a_public_client_has_no_secret_to_send() {
    let none = TokenRequest::parse(&format!("{CODE}&client_id=app_1"), None).unwrap().client;
    let empty = TokenRequest::parse(CODE, Some(&basic_header("app_1", ""))).unwrap().client;
    let some =
        TokenRequest::parse(&format!("{CODE}&client_id=app_1&client_secret=x"), None).unwrap();
    let native = client(ClientKind::Native);
    assert!(none.secret_for(&native).unwrap().is_none());
    assert!(empty.secret_for(&native).unwrap().is_none());
    assert!(matches!(some.client.secret_for(&native), Err(Error::InvalidClient(_))));
    assert!(matches!(none.secret_for(&client(ClientKind::Web)), Err(Error::InvalidClient(_))));
}

#[test]
fn two_ways_to_authenticate_at_once_are_refused() {
    let header = basic_header("app_1", "cs_1");
    let both = format!("{CODE}&client_id=app_1&client_secret=cs_1");
    assert_eq!(refused(&both, Some(&header)), "invalid_request");
    assert_eq!(refused(&format!("{CODE}&client_id=app_2"), Some(&header)), "invalid_request");
    let assertion = format!("{CODE}&client_id=app_1&client_assertion=a.b.c");
    assert_eq!(refused(&assertion, None), "invalid_client");
}

#[test]
fn a_header_that_cannot_be_read_is_refused() {
    for bad in [
        "",
        "Basic",
        "Basic !",
        "Bearer at_1",
        "Basic YXBwXzE=",
        &format!("Basic {}", STANDARD.encode(":cs_1")),
        &format!("Basic {}", STANDARD.encode("app%FF:cs_1")),
        &format!("Basic {}", STANDARD.encode([0xff, b':'])),
    ] {
        assert_eq!(refused(CODE, Some(bad)), "invalid_client", "{bad}");
    }
    assert_eq!(refused(CODE, None), "invalid_client");
}

#[test]
fn a_repeated_parameter_is_refused() {
    for name in
        ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret"]
    {
        let body = format!("{CODE}&client_id=app_1&client_secret=x&{name}=1&{name}=2");
        assert_eq!(refused(&body, None), "invalid_request", "{name}");
    }
    let refresh = "grant_type=refresh_token&client_id=app_1&refresh_token=1&refresh_token=1";
    assert_eq!(refused(refresh, None), "invalid_request");
    let query = TokenQuery::parse("client_id=app_1&token=1&token=2", None);
    assert_eq!(query.unwrap_err().code(), "invalid_request");
}

#[test]
fn only_codes_refresh_tokens_and_a_client_itself_are_exchanged() {
    for grant in ["password", "urn:ietf:params:oauth:grant-type:device_code", "implicit"] {
        let body = format!("grant_type={grant}&client_id=app_1");
        assert_eq!(refused(&body, None), "unsupported_grant_type");
    }
    assert_eq!(refused("client_id=app_1", None), "invalid_request");
    assert_eq!(refused("grant_type=authorization_code&client_id=app_1", None), "invalid_request");
    assert_eq!(refused("grant_type=refresh_token&client_id=app_1", None), "invalid_request");
}

#[test]
fn a_refresh_may_name_a_scope() {
    let body = "grant_type=refresh_token&refresh_token=rt_1&scope=openid&client_id=app_1";
    match TokenRequest::parse(body, None).unwrap().grant {
        Grant::Refresh { refresh_token, scopes } => {
            assert!(refresh_token.matches("rt_1"));
            assert_eq!(scopes.unwrap().to_string(), "openid");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_client_that_asks_for_itself_may_name_what_it_wants() {
    let asked = |more: &str| {
        let body =
            format!("grant_type=client_credentials&client_id=app_1&client_secret=cs_1{more}");
        match TokenRequest::parse(&body, None).map(|request| request.grant) {
            Ok(Grant::Client { scopes }) => Ok(scopes),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.code()),
        }
    };
    assert_eq!(asked(""), Ok(None));
    let words = vec!["users:read".to_owned(), "traces:read".to_owned()];
    assert_eq!(asked("&scope=users:read++traces:read"), Ok(Some(words)));
    assert_eq!(asked("&scope=users%22"), Err("invalid_scope"));
    assert_eq!(asked("&scope=users:read&scope=traces:read"), Err("invalid_request"));
}

#[test]
fn each_kind_of_application_has_its_own_grants() {
    let grant =
        |body: &str| TokenRequest::parse(&format!("{body}&client_id=app_1"), None).unwrap().grant;
    let (code, own) = (grant(CODE), grant("grant_type=client_credentials"));
    let refresh = grant("grant_type=refresh_token&refresh_token=rt_1");
    for (kind, for_people) in
        [(ClientKind::Web, true), (ClientKind::Native, true), (ClientKind::Machine, false)]
    {
        for (grant, is_good) in [(&code, for_people), (&refresh, for_people), (&own, !for_people)] {
            let done = grant.check_kind(kind);
            assert_eq!(done.is_ok(), is_good, "{kind:?} {grant:?}");
            assert!(done.err().is_none_or(|error| error.code() == "unauthorized_client"));
        }
    }
}

#[test]
fn the_verifier_of_rfc_7636_fits_its_challenge() {
    let issued = Issued {
        client_id: "app_1",
        redirect_uri: "https://app.example/cb",
        code_challenge: Some(CHALLENGE),
    };
    let good = code_grant(&format!("{CODE}&client_id=app_1&code_verifier={VERIFIER}"));
    assert_eq!(good.check("app_1", &issued), Ok(()));
    for bad in ["", CHALLENGE, &VERIFIER[1..], &VERIFIER.replace('d', "e"), &VERIFIER.repeat(3)] {
        let grant = code_grant(&format!("{CODE}&client_id=app_1&code_verifier={bad}"));
        assert_eq!(grant.check("app_1", &issued).unwrap_err().code(), "invalid_grant", "{bad}");
    }
    // A verifier that hashes to the challenge but is too short to be safe.
    let hash = URL_SAFE_NO_PAD.encode(crypto::sha256(b"short"));
    assert!(!verifies(&secret("short"), &hash));
}

#[test]
fn a_verifier_without_a_challenge_is_refused() {
    let issued =
        Issued { client_id: "app_1", redirect_uri: "https://app.example/cb", code_challenge: None };
    let with = code_grant(&format!("{CODE}&client_id=app_1&code_verifier={VERIFIER}"));
    assert!(with.check("app_1", &issued).is_err());
    assert_eq!(code_grant(&format!("{CODE}&client_id=app_1")).check("app_1", &issued), Ok(()));
}

#[test]
fn a_code_is_good_for_its_application_and_address_only() {
    let grant = code_grant(&format!("{CODE}&client_id=app_1"));
    let issued =
        Issued { client_id: "app_1", redirect_uri: "https://app.example/cb", code_challenge: None };
    assert!(grant.check("app_2", &issued).is_err());
    assert!(
        grant.check("app_1", &Issued { redirect_uri: "https://x.example/", ..issued }).is_err()
    );
    let without = code_grant("grant_type=authorization_code&code=ac_1&client_id=app_1");
    assert!(without.check("app_1", &issued).is_err());
}

#[test]
fn secrets_of_a_request_are_not_printed() {
    let body = format!("{CODE}&client_id=app_1&client_secret=cs_9&code_verifier={VERIFIER}");
    let printed = format!("{:?}", TokenRequest::parse(&body, None).unwrap());
    for secret in ["ac_1", "cs_9", VERIFIER] {
        assert!(!printed.contains(secret));
    }
}

#[test]
fn a_token_response_has_what_was_granted() {
    let response = TokenResponse {
        access_token: "at_1".to_owned(),
        token_type: Bearer::Bearer,
        expires_in: 3600,
        refresh_token: None,
        id_token: Some("a.b.c".to_owned()),
        scope: "openid email".to_owned(),
    };
    assert_eq!(
        serde_json::to_value(&response).unwrap(),
        json!({"access_token": "at_1", "token_type": "Bearer", "expires_in": 3600,
            "id_token": "a.b.c", "scope": "openid email"})
    );
}

#[test]
fn an_inactive_token_is_not_explained() {
    let inactive = serde_json::to_value(Introspection::inactive()).unwrap();
    assert_eq!(inactive, json!({"active": false}));
    let live = Introspection::live(LiveToken {
        scope: "openid".to_owned(),
        client_id: "app_1".to_owned(),
        token_type: Some(Bearer::Bearer),
        exp: 2,
        iat: 1,
        sub: "usr_1".to_owned(),
        iss: "https://sso.example".to_owned(),
    });
    assert_eq!(
        serde_json::to_value(&live).unwrap(),
        json!({"active": true, "scope": "openid", "client_id": "app_1", "token_type": "Bearer",
            "exp": 2, "iat": 1, "sub": "usr_1", "iss": "https://sso.example"})
    );
}

proptest::proptest! {
    #[test]
    fn no_request_makes_the_parser_panic(body in "\\PC{0,200}", header in "(Basic )?\\PC{0,100}") {
        let _ = TokenRequest::parse(&body, Some(&header));
        let _ = TokenQuery::parse(&body, None);
    }
}
