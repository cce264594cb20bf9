//! Groups of customers' directories, and what they give to people. The rules are in docs/access.md.
//!
//! What changes rules and mappings goes into a draft of the member; the draft is previewed, and what was previewed is
//! applied.

mod acts;
mod beside;
mod chooser;
mod conflicts;
mod entities;
mod entity;
mod history;
mod limits;
mod mapping;
mod mapping_acts;
mod mappings;
mod one;
mod overview;
mod preview;
mod rule;
mod say;
mod shown;
mod typed;

use super::frame::GROUPS;
use super::seat::{Manage, Needs, Seat};
use crate::access::rules::Rule;
use crate::error::{Error, Result};
use crate::http::server::State;
use crate::store::access::conflicts as store_conflicts;
use crate::store::access::provisioning::{self, Provisioning};
use crate::store::access::{drafts, rule_sets};
use crate::store::organizations::{self, Organization};
use crate::store::{Db, GroupId, MemberId, OrganizationId, Window};
use crate::views::draft::Draft;
use actix_web::web::{self, ServiceConfig};
use serde_json::Value;
use std::sync::Arc;

/// How often a change of a draft is tried that another window changes at the same moment.
const TRIES: usize = 5;

/// Where the groups of an organization are.
pub(super) fn href(organization: &OrganizationId) -> String {
    format!("{}/groups", super::organization::href(organization))
}

/// Where its rules and mappings are, and what the member has changed of them.
fn mappings_at(organization: &OrganizationId) -> String {
    href(organization) + "/mappings"
}

/// Where the page of a group is.
pub(super) fn href_of(group: &GroupId) -> String {
    format!("{}/{group}", GROUPS.href())
}

/// The routes of this area.
pub(super) fn routes(config: &mut ServiceConfig) {
    of_drafts(config);
    config
        .service(web::resource("/console/groups").get(chooser::list))
        .service(web::resource("/console/groups/{group}").get(one::one))
        .service(
            web::resource("/console/groups/{group}/remove").get(one::ask_remove).post(one::remove),
        )
        .service(web::resource("/console/organizations/{organization}/groups").get(overview::show))
        .service(
            web::resource("/console/organizations/{organization}/groups/switch")
                .get(acts::ask_switch)
                .post(acts::switch),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/limits")
                .get(limits::edit)
                .post(limits::change),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/holds/apply")
                .get(acts::ask_apply)
                .post(acts::apply),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/holds/restore")
                .get(acts::ask_restore)
                .post(acts::restore),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/alerts/{alert}/close")
                .post(acts::close),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/run")
                .get(acts::ask_run)
                .post(acts::run),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/entities")
                .get(entities::list)
                .post(entity::create),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/entities/new")
                .get(entity::new),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/entities/{entity}")
                .get(entity::edit)
                .post(entity::change),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/entities/{entity}/delete")
                .get(entity::ask_delete)
                .post(entity::delete),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/conflicts")
                .get(conflicts::list),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/conflicts/{conflict}")
                .get(conflicts::one)
                .post(conflicts::decide),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/history")
                .get(history::list),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/history/{set}/restore")
                .get(history::ask_restore)
                .post(history::restore),
        );
}

/// The routes of a member's draft.
fn of_drafts(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/console/organizations/{organization}/groups/mappings")
                .get(mappings::list)
                .post(mapping_acts::create),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/mappings/new")
                .get(mapping::new),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/mappings/{mapping}")
                .get(mapping::edit)
                .post(mapping_acts::change),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/mappings/{mapping}/undo")
                .post(mapping_acts::undo),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/rules").post(rule::create),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/rules/new").get(rule::new),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/rules/{rule}")
                .get(rule::edit)
                .post(rule::change),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/rules/{rule}/remove")
                .post(rule::remove),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/rules/{rule}/undo")
                .post(rule::undo),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/discard")
                .get(acts::ask_discard)
                .post(acts::discard),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/preview")
                .post(preview::make),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/previews/{preview}")
                .get(shown::show),
        )
        .service(
            web::resource(
                "/console/organizations/{organization}/groups/previews/{preview}/people.csv",
            )
            .get(shown::export),
        )
        .service(
            web::resource("/console/organizations/{organization}/groups/previews/{preview}/apply")
                .post(preview::apply),
        );
}

/// What every page of an organization's groups stands on.
struct Base {
    organization: Organization,
    provisioning: Provisioning,
    /// The rules that hold.
    rules: Vec<Rule>,
    /// What the member has changed of them.
    draft: Draft,
    /// The same as it is kept.
    kept: Option<Value>,
    has_conflict: bool,
}

impl Base {
    fn read(db: &mut Db, id: &OrganizationId, member: &MemberId) -> Result<Self> {
        let organization = organizations::find(db, id)?;
        let open = store_conflicts::Filter { open: true, ..Default::default() };
        let one = Window { limit: 1, before: None };
        let rules = rules(db, id)?;
        let (kept, draft) = draft(db, id, member, &rules)?;
        Ok(Self {
            provisioning: provisioning::find(db, id)?,
            rules,
            draft,
            kept,
            has_conflict: !store_conflicts::page(db, &one, id, &open)?.data.is_empty(),
            organization,
        })
    }
}

/// The rules that hold.
fn rules(db: &mut Db, id: &OrganizationId) -> Result<Vec<Rule>> {
    Ok(rule_sets::current(db, id)?.map(|set| set.rules.into_inner()).unwrap_or_default())
}

/// Reads what a page stands on, and what it shows besides.
async fn look<N, T, F>(state: &State, seat: &Seat<N>, id: &str, more: F) -> Result<(Base, T)>
where
    N: Needs,
    T: Send + 'static,
    F: FnOnce(&mut Db, &Base) -> Result<T> + Send + 'static,
{
    let (id, member): (OrganizationId, _) = (id.parse()?, seat.member.id.clone());
    let read = state.store.read(move |db| {
        let base = Base::read(db, &id, &member)?;
        let shown = more(db, &base)?;
        Ok((base, shown))
    });
    read.await
}

/// What pages have above them.
#[expect(clippy::struct_excessive_bools, reason = "each is a mark or an act of its own")]
struct Head {
    href: String,
    name: String,
    is_demo: bool,
    above: String,
    is_on: bool,
    has_conflict: bool,
    /// How many changes the member's draft has.
    changes: usize,
    may_manage: bool,
}

impl Head {
    fn of<N: Needs>(seat: &Seat<N>, base: &Base) -> Self {
        Self {
            href: href(&base.organization.id),
            name: base.organization.name.clone(),
            is_demo: base.organization.is_demo,
            above: super::organization::href(&base.organization.id),
            is_on: base.provisioning.groups,
            has_conflict: base.has_conflict,
            changes: base.draft.len(),
            may_manage: seat.may::<Manage>(),
        }
    }
}

/// What a member has changed, as it is kept, and what of it differs from what is in force.
fn draft(
    db: &mut Db,
    id: &OrganizationId,
    member: &MemberId,
    rules: &[Rule],
) -> Result<(Option<Value>, Draft)> {
    let kept = drafts::find(db, id, member)?.map(|draft| draft.changes.into_inner());
    let mut draft = Draft::read(kept.as_ref())?;
    draft.settle(db, id, rules)?;
    Ok((kept, draft))
}

/// Changes a member's draft. What a change stands on is read before anything is written, so nobody waits for that; if
/// another window has changed the draft meanwhile, the same is done to what it is now, and neither loses anything.
async fn redraft<F>(state: &State, seat: &Seat<Manage>, id: OrganizationId, change: F) -> Result<()>
where
    F: Fn(&mut Db, &mut Draft, &[Rule]) -> Result<()> + Send + Sync + 'static,
{
    let change = Arc::new(change);
    for _ in 0..TRIES {
        let (of, member, change) = (id.clone(), seat.member.id.clone(), Arc::clone(&change));
        let read = state.store.read(move |db| {
            let rules = rules(db, &of)?;
            let (seen, mut draft) = draft(db, &of, &member, &rules)?;
            change(db, &mut draft, &rules)?;
            // What is put back to what it was is no change.
            draft.settle(db, &of, &rules)?;
            Ok((seen, draft.written()?))
        });
        let (seen, changes) = read.await?;
        let (of, member) = (id.clone(), seat.member.id.clone());
        let write = state.store.write(&id, seat.actor(), move |tx| {
            drafts::save(tx, &of, &member, seen.as_ref(), changes)
        });
        match write.await {
            Err(Error::Stale(_)) => {}
            done => return done,
        }
    }
    Err(Error::Busy("The draft is changed in other windows all the time.".to_owned()))
}
