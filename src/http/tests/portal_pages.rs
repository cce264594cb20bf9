//! The portal's pages with everything on them that can be, for the rules that hold for every page.

use super::pages::HOSTILE;
use crate::guides::{Kind, Rows, Value};
use crate::http::pages::{
    self, Arrival, Arrivals, Body, Change, ChangeLine, CodeAsked, DirectoryCard, DomainLine, Fact,
    Fault, Frame, GroupLine, HandOver, Missing, Notice, PortalActivity, PortalDone, PortalGroup,
    PortalGroups, PortalHome, PortalTrace, SetupEntry, SetupOver, SetupStep, Several, Sign,
    SignInLine, SignLine, StepLine, Tested, Tile, TokenLine, Told, TypedMetadata, Way, Would,
};
use crate::http::testing::World;
use crate::saml::check::{Check, CheckName};
use crate::store::setup_links::Purpose;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;

fn hostile() -> String {
    HOSTILE.to_owned()
}

fn frame() -> Frame {
    let notice = Notice { sign: Sign::Bad, title: hostile(), text: hostile() };
    Frame {
        organization: hostile(),
        form_token: hostile(),
        once: hostile(),
        notice: Some(notice),
        back: Some("https://app.example/?a=\"<b>".to_owned()),
        purpose: Purpose::Setup,
        hands_over: true,
    }
}

fn value() -> Value {
    Value {
        kind: Kind::Choose,
        label: hostile(),
        value: hostile(),
        alternatives: vec![hostile(), hostile()],
        may_differ: true,
    }
}

fn domain() -> DomainLine {
    DomainLine {
        id: hostile(),
        name: hostile(),
        is_live: false,
        record: (hostile(), hostile()),
        looks: Some(hostile()),
    }
}

fn arrivals() -> Arrivals {
    let request = |is_refused| Arrival {
        time: hostile(),
        effect: hostile(),
        is_refused,
        is_anybodys: is_refused,
    };
    Arrivals { requests: vec![request(true), request(false)], counts: hostile() }
}

fn step(world: &World, body: Body) -> HttpResponse {
    let line = |is_done| StepLine {
        number: 1,
        name: hostile(),
        hint: hostile(),
        href: Some("/portal/setup/create".to_owned()),
        is_done,
        is_here: !is_done,
    };
    let fields =
        ["choose", "metadata_url", "metadata_file", "metadata_xml", "entity_id", "sign_on_url"];
    let more = ["certificate", "issuer", "client_id", "client_secret", "domain", "note"];
    let fault = |field: &str| Fault { field: field.to_owned(), text: hostile() };
    let view = SetupStep {
        frame: frame(),
        eyebrow: hostile(),
        title: hostile(),
        lead: hostile(),
        provider: hostile(),
        steps: vec![line(true), line(false)],
        previous: Some("/portal/setup/provider".to_owned()),
        at: "/portal/setup/create".to_owned(),
        home: "portal.later",
        finish: Some(hostile()),
        faults: fields.into_iter().chain(more).map(fault).collect(),
        note: hostile(),
        compared: Some(hostile()),
        begun: vec![pages::Begun { id: hostile(), name: hostile(), day: hostile() }],
        body,
    };
    pages::setup_step(&world.state, &view)
}

fn group_line() -> GroupLine {
    GroupLine {
        href: "/portal/groups/grp_1".to_owned(),
        name: hostile(),
        people: 2,
        gives: vec![hostile(), hostile()],
        waits: true,
    }
}

fn groups(world: &World) -> HttpResponse {
    let view = PortalGroups {
        frame: frame(),
        is_on: true,
        lines: vec![group_line()],
        first: Some("/portal/groups".to_owned()),
        next: Some("/portal/groups?cursor=grp_1".to_owned()),
    };
    pages::portal_groups(&world.state, &view)
}

fn group(world: &World) -> HttpResponse {
    let supposed = Would {
        kind: hostile(),
        entity: hostile(),
        version: hostile(),
        gain: 1,
        lose: 1,
        role: 1,
        same: 1,
    };
    let view = PortalGroup {
        frame: frame(),
        group: group_line(),
        kinds: vec![(hostile(), hostile(), true)],
        entity: hostile(),
        fault: Some(hostile()),
        would: Some(supposed),
    };
    pages::portal_group(&world.state, &view)
}

/// What each step shows, but the one of the test.
fn bodies() -> Vec<Body> {
    let tile = Tile {
        id: hostile(),
        tile: hostile(),
        name: hostile(),
        speaks: hostile(),
        is_chosen: true,
    };
    let change = Change { id: hostile(), title: hostile(), text: hostile(), label: hostile() };
    let told = Told {
        entity: "portal.told_other",
        is_fine: false,
        entity_id: hostile(),
        sign_on: vec![(hostile(), hostile())],
        certificates: vec![(hostile(), hostile(), false), (hostile(), hostile(), true)],
    };
    let several = |listed| Several { listed: vec![hostile(); listed], chosen: hostile() };
    let typed = || TypedMetadata {
        url: hostile(),
        xml: hostile(),
        entity_id: hostile(),
        sign_on_url: hostile(),
        certificate: hostile(),
    };
    let path = || vec![hostile(), hostile()];
    vec![
        Body::Provider { tiles: vec![tile], change: Some(change) },
        Body::Create { path: path(), any: "portal.create_any", also: Some(hostile()) },
        Body::Create { path: Vec::new(), any: "portal.create_openid", also: None },
        Body::Values { path: path(), values: vec![value()], file: Some("/saml/con_1".to_owned()) },
        Body::Attributes {
            path: path(),
            rows: vec![(hostile(), hostile())],
            called: Rows {
                name: hostile(),
                source: hostile(),
                add: hostile(),
                path: path(),
                each: vec![value()],
                groups: vec![value()],
                then: path(),
            },
            assign: path(),
        },
        Body::Metadata {
            path: path(),
            button: hostile(),
            not_this: hostile(),
            has_url: true,
            is_openid: true,
            several: Some(several(2)),
            typed: typed(),
            told: Some(told),
            is_done: false,
            is_tested: true,
        },
        Body::Metadata {
            path: path(),
            button: hostile(),
            not_this: String::new(),
            has_url: false,
            is_openid: false,
            several: Some(several(0)),
            typed: typed(),
            told: None,
            is_done: true,
            is_tested: false,
        },
        Body::OpenId {
            issuer: hostile(),
            client_id: hostile(),
            has_secret: true,
            told: vec![(hostile(), hostile())],
        },
        Body::Domain {
            typed: hostile(),
            domains: vec![domain()],
            withdraws: Some((hostile(), hostile())),
        },
        Body::Provisioning {
            first: path(),
            path: path(),
            then: path(),
            groups_path: path(),
            values: vec![(value(), true), (value(), false)],
            is_made: true,
            is_known: true,
            of_tokens: hostile(),
            are_groups_on: true,
            arrivals: arrivals(),
        },
    ]
}

fn test() -> Body {
    let check = |passed| Check {
        name: CheckName::Audience,
        passed,
        expected: Some(hostile()),
        received: Some(format!("{HOSTILE}/")),
    };
    let last = Tested {
        trace: "trc_1".to_owned(),
        at: hostile(),
        is_present: false,
        passed: Some(false),
        is_left: false,
        cause: Some((hostile(), hostile())),
        fix: Some(hostile()),
        path: Some(hostile()),
        back_to: Some(Way { label: hostile(), href: "/portal/setup/values".to_owned() }),
        checks: vec![check(true), check(false)],
    };
    let opens = Some("/login/con_1?test=trc_1".to_owned());
    Body::Test { last: Some(last), is_tested: false, next: Some(hostile()), is_framed: true, opens }
}

fn fact() -> Fact {
    Fact { name: hostile(), value: hostile(), more: Some(hostile()) }
}

fn signs() -> Vec<SignLine> {
    let line =
        |sign| SignLine { sign, text: hostile(), more: Some(hostile()), at: Some(hostile()) };
    [Sign::Good, Sign::Warn, Sign::Bad, Sign::Open].map(line).into()
}

fn missing() -> Missing {
    Missing { text: hostile(), label: hostile(), href: "/portal/setup/test".to_owned() }
}

fn done() -> PortalDone {
    PortalDone {
        frame: frame(),
        title: hostile(),
        works: signs(),
        missing: vec![missing(), missing()],
        later: vec![missing(), missing()],
        next: vec![hostile()],
        facts: vec![fact()],
        ends: hostile(),
        back: Some(Way { label: hostile(), href: "https://app.example/?a=\"<b>".to_owned() }),
    }
}

fn over(token: Option<&str>, has_asked: bool) -> SetupOver<'_> {
    SetupOver {
        status: StatusCode::GONE,
        title: hostile(),
        text: hostile(),
        token,
        has_asked,
        back: Some("https://app.example/?a=\"<b>"),
    }
}

fn home() -> PortalHome {
    let token = TokenLine { hint: hostile(), state: hostile(), used: hostile() };
    let directory = DirectoryCard {
        base_url: "https://sso.example.com/scim/v2/con_1".to_owned(),
        line: hostile(),
        state: (" warn", hostile()),
        groups: hostile(),
        tokens: vec![token],
        of_tokens: hostile(),
        has_token: true,
        new_token: Some(hostile()),
        arrivals: arrivals(),
    };
    PortalHome {
        frame: frame(),
        provider: hostile(),
        tile: hostile(),
        subtitle: hostile(),
        state: Some((hostile(), false)),
        test: Some("/portal/setup/test".to_owned()),
        missing: vec![missing()],
        unfinished: Some("/portal/setup/values".to_owned()),
        first: "/portal/setup/provider".to_owned(),
        has_groups: true,
        has_traces: true,
        facts: vec![fact()],
        values: vec![value()],
        domains: vec![domain()],
        directory: Some(directory),
        signs: signs(),
        activity: vec![change()],
    }
}

fn change() -> ChangeLine {
    ChangeLine { at: hostile(), what: hostile(), by: hostile() }
}

fn sign_in() -> SignInLine {
    SignInLine {
        time: hostile(),
        kind: hostile(),
        result: hostile(),
        class: " bad",
        why: Some(hostile()),
        href: Some("/portal/traces/trc_1".to_owned()),
    }
}

fn activity(are_open: bool) -> PortalActivity {
    PortalActivity {
        frame: frame(),
        sign_ins: vec![sign_in()],
        are_open,
        arrivals: Some(arrivals()),
        events: vec![change()],
    }
}

fn trace() -> PortalTrace {
    let check = |passed| Check {
        name: CheckName::Audience,
        passed,
        expected: Some(hostile()),
        received: Some(format!("{HOSTILE}/")),
    };
    PortalTrace {
        frame: frame(),
        id: hostile(),
        title: hostile(),
        line: sign_in(),
        code: Some(hostile()),
        fix: Some(hostile()),
        path: Some(hostile()),
        checks: vec![check(true), check(false)],
    }
}

/// Every page of the portal, by the name of its template; `portal_step` is every step but the one of the test, which has
/// another policy.
pub(super) fn every_one(world: &World) -> Vec<(&'static str, HttpResponse)> {
    let state = &world.state;
    let entry_with = |ends, purpose, code: Option<CodeAsked>| {
        let view = SetupEntry {
            token: HOSTILE,
            organization: HOSTILE,
            note: Some(HOSTILE),
            ends,
            purpose,
            needs_record: true,
            looks: vec!["portal.entry.look.traces", "portal.entry.look.groups"],
            handed: code.as_ref().map(|_| hostile()),
            code,
        };
        pages::setup_entry(state, &view)
    };
    let entry = |ends, purpose| entry_with(ends, purpose, None);
    let asked = |is_out| {
        let code = CodeAsked { to: hostile(), is_out, fault: is_out.then(hostile) };
        entry_with(Some(HOSTILE), Purpose::Setup, Some(code))
    };
    let hand_over = |step, link| {
        let view = HandOver {
            frame: frame(),
            step,
            left: vec![hostile(), hostile()],
            ends: hostile(),
            link,
        };
        pages::portal_hand_over(state, &view)
    };
    let mut all = vec![
        ("setup_entry", entry(Some(HOSTILE), Purpose::Setup)),
        ("setup_entry", entry(None, Purpose::Setup)),
        ("setup_entry", entry(Some(HOSTILE), Purpose::Look)),
        ("setup_entry", entry(None, Purpose::Look)),
        ("setup_entry", entry(Some(HOSTILE), Purpose::Renewal)),
        ("setup_entry", asked(false)),
        ("setup_entry", asked(true)),
        ("setup_step", step(world, test())),
        ("setup_over", pages::setup_over(state, &over(Some(HOSTILE), false))),
        ("setup_over", pages::setup_over(state, &over(None, true))),
        ("portal_home", pages::portal_home(state, &home())),
        ("portal_done", pages::portal_done(state, &done())),
        ("portal_activity", pages::portal_activity(state, &activity(true))),
        ("portal_activity", pages::portal_activity(state, &activity(false))),
        ("portal_trace", pages::portal_trace(state, &trace())),
        ("portal_hand_over", hand_over(Some(hostile()), None)),
        ("portal_hand_over", hand_over(None, Some(hostile()))),
        ("portal_groups", groups(world)),
        ("portal_group", group(world)),
    ];
    all.extend(bodies().into_iter().map(|body| ("portal_step", step(world, body))));
    all
}
