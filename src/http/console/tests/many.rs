//! What lists cost where there is very much. It takes minutes, so nobody waits for it unasked:
//! `cargo test --release --lib every_list_page -- --ignored --nocapture` prints the table of docs/benchmarks.md.

use super::*;
use crate::clock::Time;
use crate::domain::DomainName;
use crate::http::server;
use crate::store;
use crate::store::access::{conflicts, mappings};
use crate::store::directories::tokens::{self, NewToken};
use crate::store::setup_links::{self as links, Cover, NewLink};
use crate::store::testing::many::{self, Like, ORGANIZATIONS, PEOPLE, tail};
use actix_web::body::to_bytes;
use actix_web::test::{call_service, init_service};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// How long a page may take on the server.
const MOST: Duration = Duration::from_millis(50);
/// How often each is asked for.
const TIMES: usize = 7;

/// One of everything, and then very many; when that was, and a link into the portal of the first organization.
fn fill(desk: &Desk) -> (Time, Secret) {
    let store = desk.world.store();
    let connection = testing::active(store, "JumpCloud", None);
    let of = &connection.organization_id;
    let conflict = groups::filled(desk, &connection, "{conflict}".to_owned()).parse().unwrap();
    let conflict = store.read_now(|db| conflicts::find(db, of, &conflict)).unwrap();
    let (window, all) = (Window { limit: 1, before: None }, mappings::Filter::default());
    let read = |db: &mut _| mappings::page(db, &window, of, &all);
    let mapping = store.read_now(read).unwrap().data.remove(0);
    let (endpoint, delivery) = webhooks::told(desk);
    let domain = DomainName::parse("globex.example").unwrap();
    store.system(|tx| {
        store::domains::add(tx, of, &domain, true)?;
        tokens::create(tx, &connection.id, NewToken { label: "Okta".into(), ..NewToken::default() })
    });
    let like = Like {
        organization: of.clone(),
        connection: connection.id.clone(),
        person: conflict.user_id.clone(),
        trace: traces::failed(desk, &connection).id,
        request: scim_requests::changed(desk, &connection),
        link: setup_links::made(desk, of).id,
        key: api_keys::made(desk).id,
        application: applications::made(desk).0.id,
        endpoint: endpoint.id,
        delivery: delivery.id,
        group: mapping.group_id.clone(),
        entity: mapping.entity_id.clone().unwrap(),
        mapping: mapping.id,
        conflict: conflict.id,
    };
    let now = store.system(|tx| many::fill(tx, &like));
    let new = NewLink {
        connection_id: Some(format!("con_{}", tail(0, now)).parse().unwrap()),
        covers: [&Cover::USUAL[..], &[Cover::Traces, Cover::Groups]].concat(),
        ..NewLink::default()
    };
    let first = format!("org_{}", tail(0, now)).parse().unwrap();
    (now, store.system(|tx| links::create(tx, &first, new)).1)
}

/// Every list of the console, with each of its filters and a page deep in it; what is written in braces stands for an ID.
const PAGES: &[&str] = &[
    "/console",
    "/console/organizations",
    "/console/organizations?cursor={org@2000}",
    "/console/organizations?q=industries",
    "/console/organizations?q=umbrella+industries+9996",
    "/console/organizations?q=nobody+is+called+so",
    "/console/organizations/{org}",
    "/console/organizations/{org}/domains",
    "/console/organizations/{org}/activity",
    "/console/organizations/{org}/activity?cursor={evt@90000}",
    "/console/connections",
    "/console/connections?cursor={con@2000}",
    "/console/connections?q=wayne+industries+9995",
    "/console/connections?q=nobody+is+called+so",
    "/console/connections?state=draft",
    "/console/connections?state=disabled",
    "/console/connections?state=deleted",
    "/console/connections?provider=duo",
    "/console/connections?organization={org}",
    "/console/connections?state=disabled&organization={org}",
    "/console/connections/{con}",
    "/console/connections/{con}/provisioning",
    "/console/setup-links",
    "/console/setup-links?cursor={lnk@1000}",
    "/console/setup-links?organization={org}",
    "/console/users",
    "/console/users?cursor={usr@40000}",
    "/console/users?q=person1234@globex.example",
    "/console/users?q=nobody@globex.example",
    "/console/users?state=active",
    "/console/users?state=suspended",
    "/console/users?state=deprovisioned",
    "/console/users?source=scim",
    "/console/users?source=api",
    "/console/users?source=api&state=suspended",
    "/console/users?source=sign_in&state=deprovisioned",
    "/console/users?organization={org}",
    "/console/users?organization={org}&cursor={usr@40000}",
    "/console/users?organization={org}&state=suspended",
    "/console/users?organization={org}&state=deprovisioned",
    "/console/users?organization={org}&source=api",
    "/console/users?group={grp}",
    "/console/users?group={grp}&cursor={usr@40000}",
    "/console/users?group={grp}&state=suspended",
    "/console/users/{usr}",
    "/console/groups",
    "/console/groups?q=industries",
    "/console/groups?cursor={org@2000}",
    "/console/groups/{grp}",
    "/console/organizations/{org}/groups",
    "/console/organizations/{org}/groups?cursor={grp@200}",
    "/console/organizations/{org}/groups/mappings",
    "/console/organizations/{org}/groups/mappings?cursor={map@200}",
    "/console/organizations/{org}/groups/mappings?state=proposed",
    "/console/organizations/{org}/groups/entities",
    "/console/organizations/{org}/groups/entities?cursor={ent@200}",
    "/console/organizations/{org}/groups/conflicts",
    "/console/organizations/{org}/groups/conflicts?state=open&cursor={cfl@100}",
    "/console/organizations/{org}/groups/history",
    "/console/traces",
    "/console/traces?cursor={trc@100000}",
    "/console/traces?q=PERSON1234@globex.example",
    "/console/traces?q=nobody@globex.example",
    "/console/traces?outcome=failed",
    "/console/traces?outcome=failed&cursor={trc@100000}",
    "/console/traces?outcome=abandoned",
    "/console/traces?outcome=in_progress",
    "/console/traces?cause=response_replayed",
    "/console/traces?cause=nonce_mismatch",
    "/console/traces?cause=audience_mismatch",
    "/console/traces?organization={org}",
    "/console/traces?organization={org}&cursor={trc@100000}",
    "/console/traces?organization={org}&outcome=abandoned",
    "/console/traces?organization={org}&outcome=in_progress",
    "/console/traces?organization={org}&cause=nonce_mismatch",
    "/console/traces?organization={org}&q=nobody@globex.example",
    "/console/traces?connection={con}",
    "/console/traces?connection={con}&outcome=abandoned",
    "/console/traces?connection={con}&cause=response_replayed",
    "/console/scim-requests",
    "/console/scim-requests?cursor={scr@100000}",
    "/console/scim-requests?only=changed",
    "/console/scim-requests?only=failed",
    "/console/scim-requests?only=failed&cursor={scr@100000}",
    "/console/scim-requests?q={usr}",
    "/console/scim-requests?organization={org}",
    "/console/scim-requests?organization={org}&only=failed",
    "/console/scim-requests?organization={org}&only=changed",
    "/console/scim-requests?connection={con}",
    "/console/scim-requests?connection={con}&only=failed",
    "/console/audit",
    "/console/audit?cursor={evt@100000}",
    "/console/audit?type=organization.deleted",
    "/console/audit?type=user.*",
    "/console/audit?type=domain.*",
    "/console/audit?actor=cli:rare",
    "/console/audit?subject={usr}",
    "/console/audit?organization={org}",
    "/console/audit?organization={org}&cursor={evt@100000}",
    "/console/audit?organization={org}&type=organization.deleted",
    "/console/audit?organization={org}&type=domain.*",
    "/console/audit?organization={org}&actor=cli:rare",
    "/console/audit?type=user.updated&actor=cli:rare",
    "/console/applications",
    "/console/applications?cursor={app@100}",
    "/console/applications?state=deleted",
    "/console/api-keys",
    "/console/api-keys?cursor={key@1000}",
    "/console/webhooks",
    "/console/webhooks?cursor={whe@100}",
    "/console/webhooks/{whe}",
    "/console/webhooks/{whe}?cursor={whd@40000}",
    "/console/webhooks/{whe}?state=failed",
    "/console/webhooks/{whe}?state=retrying",
    "/console/settings/members",
    "/console/search?q=globex+industries+7",
    "/console/search?q=industries",
    "/console/search?q=customer-777",
    "/console/search?q=d1234.example",
    "/console/search?q=person1234@globex.example",
    "/console/search?q=https://idp.example/777",
    "/console/search?q=nobody+is+called+so",
    "/portal",
    "/portal/activity",
    "/portal/groups",
    "/portal/groups/{grp}",
];

/// The page with IDs: `{usr}` is the first person's, `{usr@7}` the seventh's.
fn named(page: &str, now: Time) -> String {
    let mut whole = String::new();
    for part in page.split_inclusive('}') {
        let Some((before, word)) = part.strip_suffix('}').and_then(|part| part.split_once('{'))
        else {
            whole.push_str(part);
            continue;
        };
        let (prefix, n) = word.split_once('@').unwrap_or((word, "0"));
        write!(whole, "{before}{prefix}_{}", tail(n.parse().unwrap(), now)).unwrap();
    }
    whole
}

#[actix_web::test]
#[ignore = "fills a database with very many rows: cargo test --release --lib every_list_page -- --ignored --nocapture"]
#[expect(clippy::print_stdout, reason = "the table is what it is for")]
async fn every_list_page_answers_within_50_ms_however_much_there_is() {
    let mut desk = Desk::new(&[("limits.per_address", "0")], Role::Owner);
    if !desk.world.store().is_sqlite() {
        return;
    }
    let began = Instant::now();
    let (now, token) = fill(&desk);
    println!("{ORGANIZATIONS} organizations, {PEOPLE} people: filled in {:?}\n", began.elapsed());
    desk.sign_in(PASSWORD).await;
    let start = TestRequest::post().uri("/portal/start").set_form([("token", token.reveal())]);
    let started = desk.world.call(start).await;
    assert_eq!(started.status, 303, "{}", started.body);
    let portal = Cookie::parse_encoded(started.header("set-cookie").to_owned()).unwrap();
    let cookies =
        [desk.cookie.clone().unwrap(), Cookie::new(portal.name(), portal.value()).into_owned()];

    let app = init_service(server::app(desk.world.state.clone())).await;
    let wanted = std::env::var("PAGE").unwrap_or_default();
    let mut slow = Vec::new();
    println!("| page | bytes | ms, the middle of {TIMES} | ms, the longest |\n|---|---|---|---|");
    for page in PAGES.iter().filter(|page| page.contains(&*wanted)) {
        let uri = named(page, now);
        let mut took = Vec::new();
        let mut size = 0;
        for _ in 0..TIMES {
            let request = TestRequest::get().uri(&uri).peer_addr("127.0.0.1:4711".parse().unwrap());
            let request = cookies.iter().cloned().fold(request, TestRequest::cookie).to_request();
            let began = Instant::now();
            let answer = call_service(&app, request).await;
            let status = answer.status();
            let body = to_bytes(answer.into_body()).await.unwrap();
            took.push(began.elapsed());
            size = body.len();
            assert!(status == 200 || status == 303, "{page}: {status} {body:?}");
        }
        took.sort_unstable();
        let (middle, longest) = (took[TIMES / 2], took[TIMES - 1]);
        let ms = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1000.0);
        println!("| `{page}` | {size} | {} | {} |", ms(middle), ms(longest));
        if middle > MOST {
            slow.push(*page);
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
