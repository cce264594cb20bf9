//! `vestibule trace tail`: sign-ins as they end.

use super::row;
use crate::cli::failure::Result;
use crate::cli::output::Format;
use crate::cli::shell::Shell;
use crate::store::page::MAX_LIMIT;
use crate::store::traces::{self, Filter, Listed, Outcome};
use crate::store::{TraceId, Window};
use crate::views::trace::TraceView;
use chrono::TimeDelta;
use std::collections::HashSet;
use std::thread;
use std::time::Duration;

/// How often is looked.
const LOOK: Duration = Duration::from_secs(1);
/// How long after its beginning a sign-in can still end.
const LONGEST: TimeDelta = TimeDelta::hours(2);

pub(super) fn run(shell: &Shell, filter: &Filter, lines: i64) -> Result {
    let locale = shell.locale()?;
    let mut told: HashSet<TraceId> = HashSet::new();
    let mut is_first = true;
    loop {
        let mut ended = ended(shell, filter)?;
        let known: HashSet<TraceId> = ended.iter().map(|trace| trace.id.clone()).collect();
        // What is no longer among those that are looked at need not be remembered.
        told.retain(|id| known.contains(id));
        ended.retain(|trace| told.insert(trace.id.clone()));
        if is_first {
            let keep = usize::try_from(lines).unwrap_or_default();
            ended.drain(..ended.len().saturating_sub(keep));
            is_first = false;
        }
        for trace in &ended {
            match shell.out.format {
                Format::Json | Format::JsonLines => {
                    let line = serde_json::to_string(&TraceView::new(trace, &locale));
                    shell.out.line(line.map_err(anyhow::Error::new)?)?;
                }
                Format::Tabs => shell.out.line(row(trace).join("\t"))?,
                Format::Table => shell.out.line(row(trace).join("  "))?,
            }
        }
        thread::sleep(LOOK);
    }
}

/// The sign-ins of the last hours that have ended, in the order in which they did.
fn ended(shell: &Shell, filter: &Filter) -> Result<Vec<Listed>> {
    let since = shell.now().minus(LONGEST);
    let mut ended = Vec::new();
    let mut window = Window::parse(Some(MAX_LIMIT), None)?;
    loop {
        let page = shell.read(|db| traces::page(db, &window, filter))?;
        let is_last = page.data.iter().any(|trace| trace.started_at < since);
        let recent = page.data.into_iter().filter(|trace| trace.started_at >= since);
        ended.extend(recent.filter(|trace| trace.outcome != Outcome::InProgress));
        match page.next_cursor {
            Some(cursor) if !is_last => window = Window::parse(Some(MAX_LIMIT), Some(cursor))?,
            _ => break,
        }
    }
    ended.sort_by_key(|trace| (trace.finished_at, trace.started_at));
    Ok(ended)
}
