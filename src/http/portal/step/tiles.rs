//! What can be chosen in the first step.

use crate::guides::{Guide, Protocol};
use crate::http::pages::Tile;
use crate::http::portal::seat::Seat;
use crate::http::server::State;
use crate::store::setup_links::{Cover, Way};

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

fn speaks(protocols: &[Protocol]) -> String {
    let words = protocols.iter().map(|protocol| match protocol {
        Protocol::Saml => "SAML",
        Protocol::Scim => "SCIM",
    });
    words.collect::<Vec<_>>().join(" + ")
}
