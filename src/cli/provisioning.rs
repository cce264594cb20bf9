//! `vestibule org groups` and `org provisioning`: how an organization's directories may act.

use super::failure::Result;
use super::output::yes;
use super::shell::Shell;
use crate::store::OrganizationId;
use crate::store::access::provisioning::{self, ProvisioningPatch};
use crate::views::access::ProvisioningView;
use clap::{Args, ValueEnum};

/// Whether something is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    /// Yes
    On,
    /// No
    Off,
}

/// How directories may act; what is left out stays as it is.
#[derive(Debug, Args)]
pub(super) struct Provisioning {
    /// Its ID, your own ID of it, or its name
    org: String,
    /// Directories may push groups
    #[arg(long)]
    groups: Option<Switch>,
    /// Hold what would take access from too many people at once
    #[arg(long)]
    breaker: Option<Switch>,
    /// Too many: more people than this …
    #[arg(long)]
    most_people: Option<i32>,
    /// … who are also more than this part of all, in percent
    #[arg(long)]
    most_percent: Option<i32>,
    /// For how many hours it is held
    #[arg(long)]
    hold_hours: Option<i32>,
}

pub(super) fn groups(shell: &Shell, org: &str, switch: Option<Switch>) -> Result {
    let id = shell.organization(org)?.id;
    let patch = ProvisioningPatch { groups: switch.map(is_on), ..ProvisioningPatch::default() };
    save(shell, &id, &patch)
}

pub(super) fn change(shell: &Shell, asked: &Provisioning) -> Result {
    let id = shell.organization(&asked.org)?.id;
    let patch = ProvisioningPatch {
        groups: asked.groups.map(is_on),
        breaker: asked.breaker.map(is_on),
        most_people: asked.most_people,
        most_percent: asked.most_percent,
        hold_hours: asked.hold_hours,
    };
    save(shell, &id, &patch)
}

fn is_on(switch: Switch) -> bool {
    switch == Switch::On
}

fn save(shell: &Shell, id: &OrganizationId, patch: &ProvisioningPatch) -> Result {
    let row = shell.write(id, |tx| provisioning::change(tx, id, patch))?;
    let fields = [
        ("organization_id", id.to_string()),
        ("groups", yes(row.groups)),
        ("breaker", yes(row.breaker)),
        ("most_people", row.most_people.to_string()),
        ("most_percent", row.most_percent.to_string()),
        ("hold_hours", row.hold_hours.to_string()),
    ];
    shell.out.object(&ProvisioningView::from(row), &fields)
}
