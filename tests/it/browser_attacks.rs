//! What a hostile page, link, customer or person does to somebody's browser: login CSRF, open redirect, clickjacking, mix-up,
//! session fixation. Responses in the wrong browser are in `hostile/browsers.rs`.

use crate::gateway::{ADA, Gateway, Idp, World, form, is_in};
use crate::user_agent::{Page, UserAgent};
use reqwest::header::{CONTENT_TYPE, SET_COOKIE};
use url::Url;
use vestibule::cause::Cause;
use vestibule::store::break_glass;
use vestibule::store::traces::Outcome;

const BOB: &str = "bob@globex.example";
const SESSION: &str = "vestibule-session";

/// The session cookie that an answer sets.
fn session(page: &Page) -> Option<String> {
    let lines = page.headers.get_all(SET_COOKIE).iter();
    let values = lines.filter_map(|line| line.to_str().unwrap().strip_prefix("vestibule-session="));
    values.map(|rest| rest.split(';').next().unwrap().to_owned()).next()
}

#[actix_web::test]
async fn login_csrf_a_form_on_another_site_is_not_taken() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let client = UserAgent::new().into_client();
    let bodies = [
        ("/login", "email=ada%40globex.example"),
        ("/login/break-glass", "email=ada%40globex.example&code=bg_0"),
        ("/logout", "logout=lgo_00000000000000000000000000"),
    ];
    let foreign = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ];
    for (path, body) in bodies {
        let post = |(name, value): (&str, &str)| {
            let url = format!("{}{path}", gateway.url);
            let kind = "application/x-www-form-urlencoded";
            client.post(url).header(CONTENT_TYPE, kind).header(name, value).body(body).send()
        };
        for header in foreign {
            let answer = post(header).await.unwrap();
            assert_eq!(answer.status(), 403, "{path} {header:?}");
            assert!(answer.headers().get(SET_COOKIE).is_none(), "{path} {header:?}");
        }
        let answer = post(("origin", gateway.url.as_str())).await.unwrap();
        assert_ne!(answer.status(), 403, "{path} from our own page");
    }
    assert!(gateway.traces().iter().all(|trace| trace.outcome != Outcome::Succeeded));
    world.works().await;
}

#[actix_web::test]
async fn login_csrf_a_response_that_nobody_asked_for_signs_nobody_in() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    // The attacker has an account at the provider, and the victim's browser posts what it says.
    let response = world.idp.start(&gateway, &world.connection, BOB).base64().unwrap();
    let post = form(&world.connection.acs(&gateway.url), &[("SAMLResponse", &response)]);
    let mut victim = UserAgent::new();
    let page = victim.submit_once(&post).await;
    assert_eq!((page.status.as_u16(), session(&page)), (200, None), "{}", page.body);
    assert!(page.body.contains("Continue to sign in"), "{}", page.body);
    assert_eq!(gateway.last_trace().cause.as_deref(), Some("idp_started_not_allowed"));

    // Nor while the victim is on the way, with the relay state of that.
    let underway = world.begin(&mut victim).await;
    let fields = [("SAMLResponse", &*response), ("RelayState", &*underway.relay_state)];
    let page = victim.submit_once(&form(&underway.asked.acs, &fields)).await;
    assert_eq!(session(&page), None, "{}", page.body);
    assert!(world.customer.find(BOB).is_none());
}

#[actix_web::test]
async fn open_redirect_no_address_of_ours_leads_to_one_that_is_not_registered() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let registered = &world.app.application.redirect_uris[0];
    let hostile = [
        "https://evil.example/".to_owned(),
        "//evil.example".to_owned(),
        "/\\evil.example".to_owned(),
        "javascript:alert('evil')".to_owned(),
        "data:text/html,evil".to_owned(),
        format!("{registered}/evil"),
        format!("{registered}?evil"),
        format!("{registered}#evil"),
        format!("{registered}@evil.example"),
        registered.replace("://", "://evil@"),
        registered.replace("127.0.0.1", "127.0.0.1.evil.example"),
        registered.replace("/callback", "/%2e%2e/evil"),
    ];
    let mut agent = UserAgent::new();
    for address in &hostile {
        let authorize = world.app.authorize(&gateway, &[("login_hint", ADA)]);
        let mut url = Url::parse(&authorize).unwrap();
        let pairs: Vec<(String, String)> = url
            .query_pairs()
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .map(|(name, value)| {
                let value = if name == "redirect_uri" { address.clone() } else { value };
                (name, value)
            })
            .collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
        let page = agent.get_once(url.as_str()).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None), "{address}");
        assert!(page.body.contains("app_redirect_invalid"), "{address}: {}", page.body);

        for (path, name) in [
            ("/oauth/logout", "post_logout_redirect_uri"),
            ("/login", "trace"),
            ("/login", "return_to"),
            ("/login/break-glass", "trace"),
            (&*format!("/login/{}", world.connection.id), "RelayState"),
        ] {
            let url = Url::parse_with_params(
                &format!("{}{path}", gateway.url),
                [("client_id", world.app.application.id.as_str()), (name, address)],
            );
            let page = agent.get_once(url.unwrap()).await;
            let location = page.location().map(String::from).unwrap_or_default();
            assert!(!location.contains("evil"), "{path} {name} {address}: {location}");
            let links = ["href", "action", "src"].map(|name| format!("{name}=\"{address}"));
            assert!(!links.iter().any(|link| page.body.contains(link)), "{path}: {}", page.body);
        }
        let login = form(
            &format!("{}/login", gateway.url),
            &[("trace", address), ("email", "nobody@nowhere.example")],
        );
        assert_eq!(agent.submit_once(&login).await.location(), None, "{address}");
    }
    world.works().await;
}

#[actix_web::test]
async fn clickjacking_no_page_stands_in_a_frame() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let id = &world.customer.organization.id;
    gateway.write(|tx| break_glass::create(tx, id, 1, false).map(drop));
    let mut agent = UserAgent::new();
    world.sign_in(&mut agent).await;
    let client = &world.app.application.id;
    let choose = world.app.authorize(&gateway, &[("prompt", "select_account")]);
    let chooser = agent.get_once(&choose).await.location().unwrap();
    let mut pages = Vec::new();
    for path in [
        "/login".to_owned(),
        chooser.path().to_owned() + "?" + chooser.query().unwrap(),
        "/login/break-glass".to_owned(),
        "/login/con_00000000000000000000000000".to_owned(),
        format!("/oauth/logout?client_id={client}"),
        "/oauth/authorize".to_owned(),
        "/nothing".to_owned(),
    ] {
        pages.push(agent.get_once(format!("{}{path}", gateway.url)).await);
    }
    // A second connection makes a choice of it; its answer is the chooser.
    world.customer.connect_to(&Idp::new("https://idp.globex.example/2"));
    let login = form(&format!("{}/login", gateway.url), &[("email", ADA)]);
    pages.push(agent.submit_once(&login).await);
    let acs = form(&world.connection.acs(&gateway.url), &[("SAMLResponse", "QUJD")]);
    pages.push(agent.submit_once(&acs).await);
    for page in pages {
        assert_eq!(page.location(), None, "{}", page.url);
        let policy = page.headers.get("content-security-policy");
        let policy = policy.unwrap_or_else(|| panic!("no policy at {}", page.url));
        let policy = policy.to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{}: {policy}", page.url);
    }
}

#[actix_web::test]
async fn mix_up_a_provider_answers_for_itself_alone() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let initech = gateway.customer("initech.example");
    let other = Idp::new("https://idp.initech.example");
    let connection = initech.connect_to(&other);
    let mut agent = UserAgent::new();
    let ours = world.begin(&mut agent).await;

    // The other provider, itself honest and known, has got hold of the request: it answers at its own address, with the
    // relay state and the request ID of the sign-in that went to ours, in the browser that began.
    let mut answer = other.start(&gateway, &connection, "eve@initech.example");
    answer.in_response_to = Some(ours.asked.id.clone());
    let response = answer.base64().unwrap();
    let fields = [("SAMLResponse", &*response), ("RelayState", &*ours.relay_state)];
    let page = agent.submit_once(&form(&connection.acs(&gateway.url), &fields)).await;
    assert_eq!(session(&page), None, "{}", page.body);
    assert_eq!(page.status.as_u16(), Cause::RequestUnknown.status(), "{}", page.body);
    assert!(initech.find("eve@initech.example").is_none());

    // The sign-in is none the worse for it.
    let begun = gateway.traces().into_iter().find(|trace| trace.id.as_str() == ours.relay_state);
    assert_eq!(begun.unwrap().outcome, Outcome::InProgress);
    let page = world.come_back(&mut agent, &ours).await;
    is_in(&page);
}

#[actix_web::test]
async fn mix_up_each_answer_to_the_app_names_its_issuer() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let code = world.come_back(&mut agent, &underway).await;
    let silent = world.app.authorize(&gateway, &[("prompt", "none")]);
    let error = UserAgent::new().get_once(&silent).await;
    // RFC 9207: an app with two providers knows which of them answers.
    for page in [code, error] {
        let location = page.location().unwrap();
        let named = location.query_pairs().find(|(name, _)| name == "iss");
        assert_eq!(named.unwrap().1, gateway.url, "{location}");
    }
}

#[actix_web::test]
async fn session_fixation_a_planted_session_of_the_attacker_becomes_nobody_else_s() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let mut attacker = UserAgent::new();
    let underway = world.begin(&mut attacker).await;
    let answer = world.idp.answer(&gateway, &underway, BOB).base64().unwrap();
    let planted = session(&attacker.submit_once(&underway.form(&answer)).await).unwrap();

    let mut victim = UserAgent::new();
    victim.set_cookie(&gateway.url, SESSION, &planted);
    // Ada is asked who she is, not taken for Bob; and what she gets is another session.
    let underway = world.begin(&mut victim).await;
    let page = world.come_back(&mut victim, &underway).await;
    is_in(&page);
    let own = session(&page).expect("a session of her own");
    assert_ne!(own, planted);
    let silent = |who| world.app.authorize(&gateway, &[("prompt", "none"), ("login_hint", who)]);
    is_in(&victim.get_once(silent(ADA)).await);
    let page = attacker.get_once(silent(ADA)).await;
    assert!(page.location().unwrap().query().unwrap().contains("error=login_required"));
    is_in(&attacker.get_once(silent(BOB)).await);
}
