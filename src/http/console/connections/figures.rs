//! What stands above the list of connections: what fails now, and four numbers, each with the list that it counts.

use super::LIST;
use super::list::ATTENTION;
use crate::cause::Cause;
use crate::clock::Time;
use crate::error::Result;
use crate::http::console::listing;
use crate::http::server::State;
use crate::store::Db;
use crate::store::connections::{self, Attention, ConnectionState};
use crate::store::names::Names;
use crate::store::setup_links;
use crate::store::traces::{self, Day, Failing};

/// What is said while sign-ins fail.
pub(super) struct Banner {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) href: String,
}

/// A number above the list, and the list that it counts.
pub(super) struct Figure {
    pub(super) label: String,
    pub(super) number: String,
    pub(super) more: String,
    pub(super) is_bad: bool,
    pub(super) href: String,
}

/// How many there are of what stands above the list.
pub(super) struct Counts {
    pub(super) active: i64,
    pub(super) all: i64,
    pub(super) lately: Day,
    pub(super) links: (i64, i64),
}

impl Counts {
    pub(super) fn read(db: &mut Db, now: Time) -> Result<Self> {
        let tally = connections::tally(db)?;
        let live = |state: &ConnectionState| *state != ConnectionState::Deleted;
        Ok(Self {
            active: tally.get(&ConnectionState::Active).copied().unwrap_or_default(),
            all: tally.iter().filter(|(state, _)| live(state)).map(|(_, count)| count).sum(),
            lately: traces::lately(db, now)?,
            links: setup_links::count_open(db, now)?,
        })
    }
}

/// What is said while sign-ins fail: of the connection with most failures.
pub(super) fn banner(state: &State, attention: &Attention, names: &Names) -> Option<Banner> {
    let Failing { connection_id: id, cause: code, share: (failed, all), last } =
        attention.failing.first()?;
    let cause = Cause::from_code(code);
    let why = cause.map_or(code.as_str(), |cause| &state.locale.cause(cause).title);
    let name = names.connection(id).unwrap_or(id.as_str());
    let (failed, all, last) =
        (failed.to_string(), all.to_string(), listing::when(state, *last).short);
    let values = [
        ("connection", name),
        ("failed", failed.as_str()),
        ("all", all.as_str()),
        ("cause", why),
        ("last", last.as_str()),
    ];
    let parts = [("outcome", "failed"), ("connection", id.as_str()), ("cause", code.as_str())];
    Some(Banner {
        title: state.locale.fill("console.connections.banner", &values),
        text: state.locale.fill("console.connections.banner_text", &values),
        href: listing::href("/console/traces", &parts),
    })
}

/// The numbers above the list.
pub(super) fn figures(state: &State, attention: &Attention, counts: &Counts) -> Vec<Figure> {
    let Counts { active, all, lately, links: (open, unopened) } = counts;
    let ended = lately.succeeded + lately.failed;
    // In tenths of a percent, rounded down: not all is not 100.
    let share = (lately.succeeded * 1000).checked_div(ended);
    let share = share.map(|share| format!("{}.{}", share / 10, share % 10));
    let troubled = i64::try_from(attention.ids.len()).unwrap_or(i64::MAX);
    let failing = attention.failing.len();
    let fill = |key: &str, number: &str| {
        state.locale.fill(&format!("console.connections.figure.{key}"), &[("number", number)])
    };
    let figure = |key: &str, number: i64, more: Option<String>, is_bad, href: String| Figure {
        label: fill(key, ""),
        number: listing::number(number),
        more: more.map_or_else(String::new, |more| fill(&format!("{key}_more"), &more)),
        is_bad,
        href,
    };
    let some = |number: i64| (number > 0).then(|| listing::number(number));
    vec![
        figure(
            "active",
            *active,
            Some(listing::number(*all)),
            false,
            listing::href(LIST, &[("state", "active")]),
        ),
        figure(
            ATTENTION,
            troubled,
            (failing > 0).then(|| failing.to_string()),
            failing > 0,
            listing::href(LIST, &[("state", ATTENTION)]),
        ),
        figure("sign_ins", ended, share, false, "/console/traces".to_owned()),
        figure(
            "links",
            *open,
            some(*unopened),
            false,
            listing::href("/console/setup-links", &[("only", "open")]),
        ),
    ]
}
