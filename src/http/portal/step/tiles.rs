//! What can be chosen in the first step.

use crate::guides::{Guide, Protocol};
use crate::http::pages::{Change, Tile};
use crate::http::portal::seat::Seat;
use crate::http::server::State;
use crate::store::setup_links::{self, Cover, Step, Way};

/// A tile for each provider that has a guide, one for OpenID Connect, and one for a directory alone.
pub(super) fn of(state: &State, seat: &Seat) -> Vec<Tile> {
    let way = seat.link.way();
    let chosen = seat.connection.as_ref().map(|connection| connection.provider.clone());
    let chosen = chosen.or_else(|| seat.link.provider.clone());
    let tile = |guide: &Guide| Tile {
        id: guide.id.clone(),
        tile: guide.tile.clone(),
        name: guide.name.clone(),
        speaks: speaks(&guide.protocols),
        is_chosen: way == Way::Saml && chosen.as_ref() == Some(&guide.id),
    };
    let other = |of: Way, letters: &str, name: &str, speaks: &str| Tile {
        id: of.to_string(),
        tile: letters.to_owned(),
        name: state.locale.text(name).to_owned(),
        speaks: state.locale.text(speaks).to_owned(),
        is_chosen: way == of,
    };
    let openid = other(Way::OpenId, "OI", "portal.openid.name", "portal.openid.speaks");
    let directory = other(Way::Directory, "SC", "portal.scim.name", "portal.scim.speaks");
    let has_directory = seat.link.has(Cover::Provisioning);
    let others = [Some(openid), has_directory.then_some(directory)];
    state.guides.all().map(tile).chain(others.into_iter().flatten()).collect()
}

/// What is asked before another provider is chosen by which steps begin anew; none: there is nothing to ask.
pub(super) fn changed(state: &State, seat: &Seat, tiles: &[Tile], word: &str) -> Option<Change> {
    let tile = tiles.iter().find(|tile| tile.id == word && !tile.is_chosen)?;
    let way = word.parse::<Way>().unwrap_or(Way::Saml);
    let anew = setup_links::begun_anew(&seat.link, seat.connection.as_ref(), way, word);
    let is_asked = anew.iter().any(|step| *step != Step::Provider);
    let is_same = way == seat.link.way();
    // Another way has steps of its own.
    let all =
        if is_same { seat.steps(state) } else { setup_links::steps(&seat.link.covers, way, false) };
    let is_told = |step: &Step| *step != Step::Provider && (!is_same || anew.contains(step));
    let is_left = |step: &Step| is_same || !matches!(step, Step::Domain);
    let steps: Vec<String> = all
        .into_iter()
        .filter(|step| is_told(step) && is_left(step))
        .map(|step| match (way, step) {
            (Way::OpenId, Step::Metadata) => {
                state.locale.text("portal.step.openid.name").to_owned()
            }
            _ => state.locale.text(&format!("portal.step.{step}.name")).to_owned(),
        })
        .collect();
    let text = if is_same { "same" } else { "other" };
    let values = [("provider", tile.name.as_str()), ("steps", &steps.join(", "))];
    let say = |key: &str| state.locale.fill(&format!("portal.change.{key}"), &values);
    is_asked.then(|| Change {
        id: tile.id.clone(),
        title: say("title"),
        text: say(text),
        label: say("change"),
    })
}

fn speaks(protocols: &[Protocol]) -> String {
    let words = protocols.iter().map(|protocol| match protocol {
        Protocol::Saml => "SAML",
        Protocol::Scim => "SCIM",
    });
    words.collect::<Vec<_>>().join(" + ")
}
