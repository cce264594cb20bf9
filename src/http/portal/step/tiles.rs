//! What can be chosen in the first step.

use crate::guides::{Guide, Protocol};
use crate::http::pages::{Change, Tile};
use crate::http::portal::frame;
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
    let steps: Vec<String> = seat
        .steps(state)
        .into_iter()
        .filter(|step| *step != Step::Provider && anew.contains(step))
        .map(|step| frame::say(state, seat, step, "name"))
        .collect();
    let text = if way == seat.link.way() { "same" } else { "other" };
    let values = [("provider", tile.name.as_str()), ("steps", &steps.join(", "))];
    let say = |key: &str| state.locale.fill(&format!("portal.change.{key}"), &values);
    (!steps.is_empty()).then(|| Change {
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
