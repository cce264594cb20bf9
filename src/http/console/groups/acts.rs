//! What is asked before it is done to an organization's groups: on and off, what is held, running the rules, throwing a
//! draft away.

use super::{Base, href, look, mappings_at};
use crate::error::Result;
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::frame::GROUPS;
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::access::alerts;
use crate::store::access::holds::{self, Which};
use crate::store::access::provisioning::{self, ProvisioningPatch};
use crate::store::access::{self, drafts};
use crate::store::{AlertId, OrganizationId};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// `GET …/groups/switch`: the other of what is set now.
pub(super) async fn ask_switch(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (base, ()) = look(&state, &seat, &id, |_, _| Ok(())).await?;
    Ok(confirm::ask(&state, &seat, &switching(&state, &base, !base.provisioning.groups)))
}

/// `POST …/groups/switch`
pub(super) async fn switch(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (base, ()) = look(&state, &posted.seat, &id, |_, _| Ok(())).await?;
    let to_on = posted.text("to") == "on";
    let confirm = switching(&state, &base, to_on);
    let (id, patch) = (
        base.organization.id.clone(),
        ProvisioningPatch { groups: Some(to_on), ..ProvisioningPatch::default() },
    );
    let done = state.store.write(&base.organization.id, posted.seat.actor(), move |tx| {
        provisioning::change(tx, &id, &patch)
    });
    confirm::after(
        &state,
        &posted.seat,
        &confirm,
        done.await,
        if to_on { Done::GroupsOn } else { Done::GroupsOff },
        &confirm.cancel,
    )
}

fn switching(state: &State, base: &Base, to_on: bool) -> Confirm {
    let (to, word) = if to_on { ("on", "turn_on") } else { ("off", "turn_off") };
    Confirm {
        carried: vec![("to", to.to_owned())],
        action: format!("{}/switch", href(&base.organization.id)),
        ..asking(state, base, word, &[])
    }
}

/// `GET …/groups/holds/apply`
pub(super) async fn ask_apply(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    Ok(confirm::ask(&state, &seat, &holding(&state, &seat, &id, "apply").await?.1))
}

/// `POST …/groups/holds/apply`: people lose now what their directory took.
pub(super) async fn apply(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (of, confirm) = holding(&state, &posted.seat, &id, "apply").await?;
    let id = of.clone();
    let done = state
        .store
        .write(&of, posted.seat.actor(), move |tx| holds::apply(tx, &id, Which::Waiting));
    confirm::after(&state, &posted.seat, &confirm, done.await, Done::HoldsApplied, &confirm.cancel)
}

/// `GET …/groups/holds/restore`
pub(super) async fn ask_restore(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    Ok(confirm::ask(&state, &seat, &holding(&state, &seat, &id, "restore").await?.1))
}

/// `POST …/groups/holds/restore`: people keep what their directory took.
pub(super) async fn restore(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (of, confirm) = holding(&state, &posted.seat, &id, "restore").await?;
    let id = of.clone();
    let done = state.store.write(&of, posted.seat.actor(), move |tx| holds::restore(tx, &id));
    confirm::after(&state, &posted.seat, &confirm, done.await, Done::HoldsRestored, &confirm.cancel)
}

/// Asks what becomes of what waits.
async fn holding(
    state: &State,
    seat: &Seat<Manage>,
    id: &str,
    act: &str,
) -> Result<(OrganizationId, Confirm)> {
    let read = look(state, seat, id, |db, base| holds::count(db, &base.organization.id));
    let (base, people) = read.await?;
    let word = format!("holds_{act}");
    let confirm = Confirm {
        action: format!("{}/holds/{act}", href(&base.organization.id)),
        ..asking(state, &base, &word, &[("people", &people.to_string())])
    };
    Ok((base.organization.id, confirm))
}

/// `POST …/groups/alerts/{alert}/close`: somebody has seen it. Its cause may raise it again.
pub(super) async fn close(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (id, alert): (OrganizationId, AlertId) = (ids.0.parse()?, ids.1.parse()?);
    let of = id.clone();
    let done = state
        .store
        .write(&of, posted.seat.actor(), move |tx| alerts::close(tx, &id, &alert).map(|_| id));
    Ok(done::lead(&state, Done::AlertClosed, &href(&done.await?)))
}

/// `GET …/groups/run`
pub(super) async fn ask_run(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (base, ()) = look(&state, &seat, &id, |_, _| Ok(())).await?;
    Ok(confirm::ask(&state, &seat, &running(&state, &base)))
}

/// `POST …/groups/run`: the rules that hold run on all groups that have no mapping.
pub(super) async fn run(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (base, ()) = look(&state, &posted.seat, &id, |_, _| Ok(())).await?;
    let confirm = running(&state, &base);
    let id = base.organization.id.clone();
    let done = state
        .store
        .write(&base.organization.id, posted.seat.actor(), move |tx| access::run_rules(tx, &id));
    confirm::after(&state, &posted.seat, &confirm, done.await, Done::RulesRun, &confirm.cancel)
}

fn running(state: &State, base: &Base) -> Confirm {
    Confirm {
        action: format!("{}/run", href(&base.organization.id)),
        cancel: mappings_at(&base.organization.id),
        ..asking(state, base, "run", &[("rules", &base.rules.len().to_string())])
    }
}

/// `GET …/groups/discard`
pub(super) async fn ask_discard(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (base, ()) = look(&state, &seat, &id, |_, _| Ok(())).await?;
    Ok(confirm::ask(&state, &seat, &discarding(&state, &base)))
}

/// `POST …/groups/discard`: the member's draft is thrown away.
pub(super) async fn discard(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (base, ()) = look(&state, &posted.seat, &id, |_, _| Ok(())).await?;
    let confirm = discarding(&state, &base);
    let (id, member) = (base.organization.id.clone(), posted.seat.member.id.clone());
    let done = state.store.write(&base.organization.id, posted.seat.actor(), move |tx| {
        drafts::discard(tx, &id, &member)
    });
    confirm::after(
        &state,
        &posted.seat,
        &confirm,
        done.await,
        Done::DraftThrownAway,
        &confirm.cancel,
    )
}

fn discarding(state: &State, base: &Base) -> Confirm {
    let changes = base.draft.len().to_string();
    Confirm {
        action: format!("{}/discard", href(&base.organization.id)),
        cancel: mappings_at(&base.organization.id),
        ..asking(state, base, "discard", &[("changes", &changes)])
    }
}

/// What all these have in common: the sentences of an act, and the page to which it leads back.
pub(super) fn asking(state: &State, base: &Base, word: &str, values: &[(&str, &str)]) -> Confirm {
    let at = href(&base.organization.id);
    let values: Vec<(&str, &str)> =
        values.iter().copied().chain([("organization", base.organization.name.as_str())]).collect();
    let fill = |key: &str| state.locale.fill(&format!("console.groups.{word}{key}"), &values);
    Confirm {
        above: vec![(at.clone(), base.organization.name.clone())],
        title: fill("_title"),
        texts: vec![fill("_text")],
        button: fill(""),
        ..Confirm::blank(GROUPS, at)
    }
}
