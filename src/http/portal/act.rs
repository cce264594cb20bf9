//! A step of a setup, as it is taken: what REST and the command line do, in the name of the link.

mod help;
mod metadata;
mod openid;
mod provider;

use super::frame::{self, address};
use super::seat::{Posted, Seat};
use super::step::{self, Outcome, after, render};
use crate::acts;
use crate::domain::{self, DomainName};
use crate::email::Email;
use crate::error::{Error, Result};
use crate::http::error::PageError;
use crate::http::once::Made;
use crate::http::pages::{Fault, Notice, Sign};
use crate::http::server::State;
use crate::http::sign_in::{depart_test, see_other};
use crate::store::access::provisioning::{self, ProvisioningPatch};
use crate::store::connections::Connection;
use crate::store::directories::tokens;
use crate::store::domains;
use crate::store::setup_links::{self, Reach, Step, Way};
use crate::store::traces::Trace;
use crate::store::{Scope, Tx, sign_in};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

/// `POST /portal/setup/{step}`
pub(in crate::http) async fn take(
    state: Data<State>,
    posted: Posted,
    step: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let step = step::find(&state, &posted.seat, &step)?;
    let done = if posted.has("missing") {
        help::ask(&state, &posted, step).await
    } else if step == Step::Test && posted.has("begin") {
        match begin(&state, &posted.seat).await {
            // A window that is opened out of a frame has no seat here: the page leads it to the test alone.
            Ok(_) if posted.seat.is_framed => return Ok(see_other(&address(Step::Test))),
            Ok((trace, connection)) => {
                let organization = posted.seat.organization;
                return depart_test(&state, &request, trace, connection, organization).await;
            }
            Err(error) => Err(error),
        }
    } else {
        act(&state, &posted, step).await
    };
    match done {
        // Whose it is only the operator sees, and only they can free it.
        Err(Error::Conflict { code: domains::TAKEN, .. }) => {
            let text = |key: &str| {
                let operator = state.operator();
                state.locale.fill(&format!("portal.domain_taken.{key}"), &[("operator", &operator)])
            };
            let notice = Some(Notice { sign: Sign::Bad, title: text("title"), text: text("text") });
            let typed = vec![("domain", posted.text("domain").to_owned())];
            let outcome = Outcome { notice, typed, ..Outcome::default() };
            Ok(render(&state, &posted.seat, step, outcome).await?)
        }
        // What a person can mend here is told here.
        Err(Error::Conflict { detail, .. } | Error::Busy(detail)) => {
            let title = state.locale.text("portal.not_done").to_owned();
            let notice = Some(Notice { sign: Sign::Bad, title, text: detail });
            Ok(render(&state, &posted.seat, step, Outcome { notice, ..Outcome::default() }).await?)
        }
        other => Ok(other?),
    }
}

/// Does what a step is for. What the link must be trusted with is asked in the transaction that changes it
/// (`setup_links::must_be_trusted`); that a step is finished changes the link alone.
async fn act(state: &Data<State>, posted: &Posted, step: Step) -> Result<HttpResponse> {
    match step {
        Step::Provider => provider::choose(state, posted).await,
        Step::Create | Step::Values | Step::Attributes => finish(state, &posted.seat, step).await,
        Step::Metadata if posted.seat.link.way() == Way::OpenId => {
            openid::take(state, posted).await
        }
        Step::Metadata => metadata::take(state, posted).await,
        Step::Domain => domain(state, posted).await,
        Step::Test => test(state, posted).await,
        Step::Provisioning => provision(state, posted).await,
    }
}

/// Notes that a step is finished and goes on to the next.
async fn finish(state: &Data<State>, seat: &Seat, step: Step) -> Result<HttpResponse> {
    if !matches!(step, Step::Provider | Step::Domain) {
        seat.connection()?;
    }
    let (id, scope) = (seat.link.id.clone(), &seat.link.organization_id);
    state.store.write(scope, seat.actor(), move |tx| setup_links::finish(tx, &id, step)).await?;
    Ok(see_other(&after(state, seat, step)))
}

/// Adds a domain, looks for the record of one, or goes on.
async fn domain(state: &Data<State>, posted: &Posted) -> Result<HttpResponse> {
    let seat = &posted.seat;
    let of = seat.organization.id.clone();
    let id = seat.link.id.clone();
    if posted.has("check") {
        let reference = posted.text("check").to_owned();
        let found = state.store.read(move |db| domains::find_in(db, &of, &reference)).await?;
        let name = found.name.clone();
        return match acts::domains::verify(&state.store, &state.dns, seat.actor(), found).await {
            Ok(_) => Ok(see_other(&address(Step::Domain))),
            // A record that takes its time is no mistake.
            Err(Error::Conflict { code: domains::UNVERIFIED, .. }) => {
                let notice = Notice {
                    sign: Sign::Open,
                    title: state.locale.fill("portal.domain_missing.title", &[("domain", &name)]),
                    text: state.locale.text("portal.domain_missing.text").to_owned(),
                };
                let outcome = Outcome { notice: Some(notice), ..Outcome::default() };
                render(state, seat, Step::Domain, outcome).await
            }
            Err(other) => Err(other),
        };
    }
    if posted.has("withdraw") {
        let reference = posted.text("withdraw").to_owned();
        let scope = of.clone();
        let withdraw = move |tx: &mut Tx| {
            setup_links::must_be_trusted(tx, Reach::Organization(&of))?;
            // Taken back before, by the same form sent twice or by somebody else: what is wanted is so.
            if let Err(Error::NotFound { .. }) = domains::find_in(tx.db, &of, &reference) {
                return Ok(());
            }
            domains::withdraw(tx, &of, &reference)?;
            if domains::list(tx.db, &of)?.is_empty() {
                setup_links::reopen(tx, &id, Step::Domain)?;
            }
            Ok(())
        };
        state.store.write(&scope, seat.actor(), withdraw).await?;
        return Ok(see_other(&address(Step::Domain)));
    }
    if !posted.has("domain") {
        return finish_domain(state, seat).await;
    }
    let typed = posted.text("domain");
    let added = match domain_of(typed) {
        Ok(name) => {
            let (scope, owner) = (of.clone(), of);
            let write = state.store.write(&scope, seat.actor(), move |tx| {
                setup_links::must_be_trusted(tx, Reach::Organization(&owner))?;
                domains::add(tx, &owner, &name, false)
            });
            write.await.map(|_| ())
        }
        Err(fault) => Err(Error::invalid("/domain", fault.code(), fault.to_string())),
    };
    match added {
        Ok(()) => Ok(see_other(&address(Step::Domain))),
        Err(Error::Invalid(faults)) => {
            let faults = faults
                .into_iter()
                .map(|fault| Fault { field: "domain".to_owned(), text: fault.detail });
            let outcome = Outcome {
                faults: faults.collect(),
                typed: vec![("domain", typed.to_owned())],
                ..Outcome::default()
            };
            render(state, seat, Step::Domain, outcome).await
        }
        Err(other) => Err(other),
    }
}

/// Goes on where there is a domain.
async fn finish_domain(state: &Data<State>, seat: &Seat) -> Result<HttpResponse> {
    let (of, id) = (seat.organization.id.clone(), seat.link.id.clone());
    let finish = move |tx: &mut Tx| {
        let has_one = !domains::list(tx.db, &of)?.is_empty();
        if has_one {
            setup_links::finish(tx, &id, Step::Domain)?;
        }
        Ok(has_one)
    };
    if state.store.write(&seat.organization.id, seat.actor(), finish).await? {
        return Ok(see_other(&after(state, seat, Step::Domain)));
    }
    // It is said at the field that is empty.
    let text = state.locale.text("portal.domain_first").to_owned();
    let faults = [Fault { field: "domain".to_owned(), text }].into_iter().collect();
    render(state, seat, Step::Domain, Outcome { faults, ..Outcome::default() }).await
}

/// The domain that was typed, or that of an email address.
fn domain_of(typed: &str) -> std::result::Result<DomainName, domain::Fault> {
    match Email::parse(typed) {
        Ok(email) => DomainName::parse_owned(email.domain().as_str()),
        Err(_) => DomainName::parse_owned(typed),
    }
}

/// Begins a test sign-in, which goes on in a window of its own.
async fn begin(state: &Data<State>, seat: &Seat) -> Result<(Trace, Connection)> {
    let connection = seat.connection()?.clone();
    connection.needs_its_provider()?;
    let lifetime = state.live().sign_in.request_ttl.delta();
    let begin = move |tx: &mut Tx| {
        setup_links::must_be_trusted(tx, Reach::SignIn(&connection.id))?;
        Ok((sign_in::begin_test(tx, &connection, lifetime)?, connection))
    };
    state.store.write(Scope::Own, seat.actor(), begin).await
}

/// Goes on after a test that passed, or without one, and then the connection stays off.
async fn test(state: &Data<State>, posted: &Posted) -> Result<HttpResponse> {
    let seat = &posted.seat;
    let connection = seat.connection()?;
    if connection.tested() {
        return finish(state, seat, Step::Test).await;
    }
    if !posted.has("without") {
        let detail = "No test sign-in has passed with the present settings.";
        return Err(Error::conflict("test_required", detail));
    }
    let (id, scope) = (seat.link.id.clone(), &seat.link.organization_id);
    state.store.write(scope, seat.actor(), move |tx| setup_links::leave_test_out(tx, &id)).await?;
    Ok(see_other(&after(state, seat, Step::Test)))
}

/// Makes a token, says whether groups may be pushed, or goes on.
async fn provision(state: &Data<State>, posted: &Posted) -> Result<HttpResponse> {
    let seat = &posted.seat;
    let connection = seat.connection()?;
    let of = connection.organization_id.clone();
    if posted.has("token") {
        let (id, label) = (connection.id.clone(), connection.name.clone());
        let once = posted.once();
        let made = state.store.write(&of, seat.actor(), move |tx| {
            setup_links::must_be_trusted(tx, Reach::Directory(&id))?;
            let rotate = |tx: &mut Tx| tokens::rotate(tx, &id, label, frame::OVERLAP);
            once.make(tx, rotate, |_| address(Step::Provisioning))
        });
        let outcome = match made.await? {
            Made::Now((_, secret)) => Outcome { token: Some(secret), ..Outcome::default() },
            Made::Before(_) => {
                Outcome { notice: Some(frame::shown_before(state)), ..Outcome::default() }
            }
        };
        return render(state, seat, Step::Provisioning, outcome).await;
    }
    if posted.has("groups") {
        let patch = ProvisioningPatch {
            groups: Some(posted.text("groups") == "on"),
            ..ProvisioningPatch::default()
        };
        let scope = of.clone();
        state
            .store
            .write(&scope, seat.actor(), move |tx| {
                setup_links::must_be_trusted(tx, Reach::Organization(&of))?;
                provisioning::change(tx, &of, &patch)
            })
            .await?;
        return Ok(see_other(&address(Step::Provisioning)));
    }
    finish(state, seat, Step::Provisioning).await
}
