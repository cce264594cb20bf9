//! What each step shows, read from what there is.

use super::{Outcome, tiles};
use crate::cause::Cause;
use crate::clock::Time;
use crate::error::Result;
use crate::guides::{Fix, ScimValues};
use crate::http::moments;
use crate::http::pages::{Arrival, Arrivals, Body, DomainLine, Tested, TypedMetadata, Way};
use crate::http::portal::frame::{self, address, clock, day, say};
use crate::http::portal::provider::Given;
use crate::http::portal::seat::Seat;
use crate::http::server::State;
use crate::http::waiting;
use crate::store::connections::{self, Connection};
use crate::store::directories::{self, requests, tokens};
use crate::store::domains::{self, Domain};
use crate::store::setup_links::{self, Cover, Step};
use crate::store::traces::{self, Outcome as End, Trace};
use crate::store::{ConnectionId, Db, Window, access};
use actix_web::web::Data;

/// How many requests are shown while they arrive.
const SHOWN: i64 = 10;

pub(super) async fn of(
    state: &Data<State>,
    seat: &Seat,
    step: Step,
    outcome: &Outcome,
) -> Result<Body> {
    let guide = seat.guide(state);
    if step == Step::Provider {
        let tiles = tiles::of(state, seat);
        let change = tiles::changed(state, seat, &tiles, &outcome.changes);
        return Ok(Body::Provider { tiles, change });
    }
    if step == Step::Domain {
        let of = seat.organization.id.clone();
        let all = state.store.read(move |db| domains::list(db, &of)).await?;
        let is_meant =
            |domain: &&Domain| !domain.is_live() && domain.id.as_str() == outcome.withdraws;
        let withdraws =
            all.iter().find(is_meant).map(|domain| (domain.id.to_string(), domain.name.clone()));
        let domains = all.into_iter().map(|domain| domain_line(state, domain)).collect();
        return Ok(Body::Domain { typed: outcome.typed("domain"), domains, withdraws });
    }
    let connection = seat.connection()?;
    let given = Given::of(state, connection);
    let path = |steps: &[String]| given.path(state, guide, steps);
    Ok(match step {
        Step::Provider | Step::Create | Step::Domain => match seat.link.way() {
            setup_links::Way::OpenId => {
                Body::Create { path: Vec::new(), any: "portal.create_openid", also: None }
            }
            setup_links::Way::Saml | setup_links::Way::Directory => {
                let scim = guide.scim.as_ref().filter(|_| seat.link.has(Cover::Provisioning));
                // Some consoles have an app of another kind for that.
                let other = scim.map(|scim| &scim.create).filter(|create| !create.is_empty());
                Body::Create {
                    path: path(other.unwrap_or(&guide.create)),
                    any: "portal.create_any",
                    also: scim.and_then(|scim| scim.choose.clone()),
                }
            }
        },
        Step::Values => Body::Values {
            path: path(&guide.place),
            values: given.fill(state, guide),
            file: given.metadata_file(),
        },
        Step::Attributes => Body::Attributes {
            path: path(guide.rows_path()),
            called: guide.rows.clone(),
            rows: guide.attributes.iter().map(|it| (it.name.clone(), it.source.clone())).collect(),
            assign: path(&guide.assign),
        },
        Step::Metadata if seat.link.way() == setup_links::Way::OpenId => {
            let id = connection.id.clone();
            let awaited =
                state.store.read(move |db| connections::openid::awaited_issuer(db, &id)).await?;
            openid(state, connection, outcome, awaited)
        }
        Step::Metadata => {
            let mut typed = TypedMetadata {
                url: outcome.typed("metadata_url"),
                xml: outcome.typed("metadata_xml"),
                entity_id: outcome.typed("entity_id"),
                sign_on_url: outcome.typed("sign_on_url"),
                certificate: outcome.typed("certificate"),
            };
            if let (Some(known), true) = (&connection.metadata_url, outcome.faults.is_empty()) {
                typed.url.clone_from(known);
            }
            Body::Metadata {
                path: path(&guide.metadata.path),
                button: guide.metadata.button.clone(),
                not_this: guide.metadata.not_this.join(", "),
                has_url: guide.metadata.url,
                is_openid: outcome.is_openid && !connection.is_used(),
                several: outcome.several.clone(),
                typed,
                told: connection
                    .identity_provider
                    .as_deref()
                    .map(|known| given.told(state, guide.idp_entity_id, known)),
                is_done: seat.has_done(Step::Metadata),
                is_tested: connection.tested(),
            }
        }
        Step::Test => test(state, seat, connection, &given).await?,
        Step::Provisioning => provisioning(state, seat, connection, outcome).await?,
    })
}

pub(in crate::http::portal) fn domain_line(state: &State, domain: Domain) -> DomainLine {
    DomainLine {
        looks: moments::looks(state, &domain),
        id: domain.id.to_string(),
        is_live: domain.is_live(),
        record: domain.record(),
        name: domain.name,
    }
}

/// What is asked of a provider that speaks OpenID Connect, and what it told.
fn openid(
    state: &State,
    connection: &Connection,
    outcome: &Outcome,
    awaited: Option<String>,
) -> Body {
    let known = connection.openid_provider.as_deref();
    let is_again = !outcome.faults.is_empty();
    let (issuer, client_id) = match known {
        Some(known) if !is_again => (known.issuer.clone(), known.client_id.clone()),
        None if !is_again => (awaited.unwrap_or_default(), String::new()),
        _ => (outcome.typed("issuer"), outcome.typed("client_id")),
    };
    let name = |key: &str| state.locale.text(key).to_owned();
    let told = known.map(|known| {
        vec![
            (name("portal.openid.issuer"), known.issuer.clone()),
            (name("portal.openid.sign_on"), known.document.authorization_endpoint.clone()),
            (name("portal.openid.client_id"), known.client_id.clone()),
            (name("portal.openid.proof"), known.auth_method.to_string()),
        ]
    });
    Body::OpenId {
        issuer,
        client_id,
        has_secret: known.is_some_and(|known| known.auth_method.needs_secret()),
        told: told.unwrap_or_default(),
    }
}

async fn test(
    state: &Data<State>,
    seat: &Seat,
    connection: &Connection,
    given: &Given,
) -> Result<Body> {
    let id = connection.id.clone();
    let last = state.store.read(move |db| traces::last_test(db, &id)).await?;
    let now = state.store.clock().now();
    let waits = |trace: &&Trace| trace.at_portal && trace.sent_at.is_none() && trace.is_open(now);
    let opens = last.as_ref().filter(waits).filter(|_| seat.is_framed);
    let opens = opens.map(|trace| format!("/login/{}?test={}", connection.id, trace.id));
    let last = last.map(|trace| tested(state, seat, connection, given, trace));
    let is_tested = connection.tested();
    let has_passed = last.as_ref().is_some_and(|last| last.is_present && last.passed == Some(true));
    let next = has_passed.then(|| next(state, seat));
    Ok(Body::Test { last, is_tested, next, is_framed: seat.is_framed, opens })
}

/// What comes after a test that passed.
fn next(state: &State, seat: &Seat) -> String {
    let mut after = seat.steps(state).into_iter().skip_while(|step| *step != Step::Test).skip(1);
    match after.find(|step| !seat.has_done(*step)) {
        Some(step) => {
            let name = say(state, seat, step, "name");
            state.locale.fill("portal.test_next.step", &[("step", &name)])
        }
        None => state.locale.fill("portal.test_next.end", &[("operator", &state.operator())]),
    }
}

fn tested(
    state: &State,
    seat: &Seat,
    connection: &Connection,
    given: &Given,
    trace: Trace,
) -> Tested {
    let cause = trace.cause.as_deref().and_then(Cause::from_code);
    let mut fix = cause.map(|cause| given.fix(state, cause, connection.guide_of_fixes()));
    let mut title = cause.map(|cause| state.locale.cause(cause).title.clone());
    if let Some(words) = waiting::of(&state.locale, &trace.checks) {
        title = Some(words.title);
        fix = fix.map(|fix| Fix { sentence: words.fix, ..fix });
    }
    let back_to = cause
        .and_then(step_of)
        .map(|step| Way { label: say(state, seat, step, "name"), href: address(step) });
    let covered = |way: &Way| seat.steps(state).iter().any(|step| address(*step) == way.href);
    Tested {
        trace: trace.id.to_string(),
        at: frame::moment(trace.started_at),
        is_present: connection.tested(),
        passed: match trace.outcome {
            End::Succeeded => Some(true),
            End::Failed => Some(false),
            End::InProgress | End::Abandoned => None,
        },
        is_left: trace.is_left(state.store.clock().now()),
        cause: cause.map(|cause| cause.code().to_owned()).zip(title),
        path: fix.as_ref().and_then(Fix::line),
        fix: fix.map(|fix| fix.sentence),
        back_to: back_to.filter(covered),
        checks: trace.checks.into_inner().into(),
    }
}

/// The step in which a cause is mended; none: in none of them, as where clocks disagree.
fn step_of(cause: Cause) -> Option<Step> {
    Some(match cause {
        Cause::ClockEarly | Cause::ClockLate => return None,
        Cause::IssuerMismatch
        | Cause::CertificateUnknown
        | Cause::CertificateExpired
        | Cause::ProviderUnreachable
        | Cause::TokenInvalid => Step::Metadata,
        Cause::EmailDomainNotAllowed => Step::Domain,
        Cause::EmailMissing | Cause::StatusNotSuccess => Step::Attributes,
        _ => Step::Values,
    })
}

async fn provisioning(
    state: &Data<State>,
    seat: &Seat,
    connection: &Connection,
    outcome: &Outcome,
) -> Result<Body> {
    let (id, of) = (connection.id.clone(), seat.organization.id.clone());
    let now = state.store.clock().now();
    let (arrivals, live, domain, are_groups_on) = state
        .store
        .read(move |db| {
            let window = Window { limit: 200, before: None };
            let live = tokens::page(db, &window, &id)?.data;
            let live = live.iter().filter(|one| one.is_live(now)).count();
            let all = domains::list(db, &of)?;
            let domain = domains::for_example(&all).map(|domain| domain.name.clone());
            let groups = access::provisioning::find(db, &of)?.groups;
            Ok((arrivals(db, &id)?, live, domain, groups))
        })
        .await?;
    let guide = seat.guide(state);
    let test_user = test_user(&connection.id, domain.as_deref());
    let base_url = connections::scim_base_url(state.config.public_url.as_str(), &connection.id);
    let token = outcome.token.as_ref().map(crate::crypto::Secret::reveal);
    let values =
        ScimValues { base_url: &base_url, token, test_user: &test_user, groups: are_groups_on };
    let [first, path, groups_path] = guide.scim_paths(&state.locale, Some(&state.operator()));
    Ok(Body::Provisioning {
        first,
        path,
        then: guide.scim.as_ref().map(|scim| scim.then.clone()).unwrap_or_default(),
        groups_path,
        values: guide.fill_scim(&values),
        is_made: live > 0,
        is_known: token.is_some(),
        of_tokens: frame::of_tokens(state, live),
        are_groups_on,
        arrivals,
    })
}

/// An address that nobody has, as directories want one for their test.
fn test_user(connection: &ConnectionId, domain: Option<&str>) -> String {
    let tail: String = connection.as_str().chars().rev().take(6).collect();
    format!("scim-test-{tail}@{}", domain.unwrap_or("example.com"))
}

/// What a directory has done so far: its newest requests, and of those whose token was refused the newest of each cause, as anybody
/// may have sent them.
pub(in crate::http) fn arrivals(db: &mut Db, id: &ConnectionId) -> Result<Arrivals> {
    let window = Window { limit: SHOWN, before: None };
    let of = |own| requests::Filter { connection: Some(id.clone()), own, ..Default::default() };
    let mut lines = requests::page(db, &window, &of(true))?.data;
    let mut causes = Vec::new();
    for entry in requests::page(db, &window, &of(false))?.data {
        if entry.is_own() || causes.contains(&(entry.why, entry.code.clone())) {
            continue;
        }
        causes.push((entry.why, entry.code.clone()));
        lines.push(entry);
    }
    lines.sort_unstable_by(|one, other| other.id.cmp(&one.id));
    let directory = directories::by_connection(db, id)?;
    let (users, groups) = directory.map_or((0, 0), |it| (it.users, it.groups));
    let line = |entry: requests::Entry| Arrival {
        time: at(entry.created_at),
        is_refused: entry.status >= 400,
        is_anybodys: entry.is_anybodys(),
        effect: entry.effect,
    };
    Ok(Arrivals {
        requests: lines.into_iter().map(line).collect(),
        counts: format!("{users} / {groups}"),
    })
}

fn at(time: Time) -> String {
    format!("{} {}", day(time), clock(time))
}
