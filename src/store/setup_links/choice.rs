//! What an IT admin chooses in the first step: the provider, and how it signs people in.

use super::resume::is_shared;
use super::{Cover, Reach, SetupLink, Step, Way, find, must_be_trusted};
use crate::crypto::{MasterKey, PrivateKey};
use crate::error::{Error, Result};
use crate::guides::GENERIC;
use crate::store::connections::{
    self, Connection, ConnectionPatch, ConnectionState, NewConnection, Protocol, Settings,
};
use crate::store::directories;
use crate::store::schema::setup_links;
use crate::store::{ConnectionId, Db, Json, SetupLinkId, Tx};
use diesel::dsl::exists;
use diesel::prelude::*;

/// What is chosen.
#[derive(Clone, Copy)]
pub enum Choice<'a> {
    /// A provider that signs people in by SAML, by its guide.
    Guide(&'a str),
    /// One that speaks OpenID Connect, and the key by which the new connection can prove who it is.
    OpenId(&'a MasterKey, &'a PrivateKey),
    /// The directory alone.
    Directory,
}

impl Choice<'_> {
    const fn way(self) -> Way {
        match self {
            Self::Guide(_) => Way::Saml,
            Self::OpenId(..) => Way::OpenId,
            Self::Directory => Way::Directory,
        }
    }

    fn guide(&self) -> &str {
        if let Self::Guide(guide) = self { guide } else { GENERIC }
    }
}

/// Whether this guide is to another provider's console than the one in which a connection was set up. Whoever set it up without
/// a guide did it in some console: now it has a name.
fn is_other_console(present: Option<&Connection>, way: Way, guide: &str) -> bool {
    way == Way::Saml
        && present.is_some_and(|known| ![GENERIC, guide].contains(&known.provider.as_str()))
}

/// The finished steps that are open again once this is chosen: those in the provider's console where it is another provider's, and
/// where it is another way all that are its own.
#[must_use]
pub fn begun_anew(
    link: &SetupLink,
    present: Option<&Connection>,
    way: Way,
    guide: &str,
) -> Vec<Step> {
    let is_other_way = way != link.way();
    let is_other_console = is_other_console(present, way, guide);
    let mut done = link.done.clone().into_inner();
    done.retain(|step| match step {
        Step::Domain => false,
        Step::Provider => is_other_way,
        // A directory goes on however people sign in, and is another where the console is.
        Step::Provisioning => is_other_console,
        _ => is_other_way || is_other_console,
    });
    done
}

/// Chooses the identity provider: drafts the link's connection, or says of the one that it has which guide it goes by.
/// Who chooses another way than before takes the steps of that way from the beginning, and who chooses another provider those
/// in its console.
pub fn choose(tx: &mut Tx, id: &SetupLinkId, choice: Choice<'_>, name: &str) -> Result<Connection> {
    let mut link = find(tx.db, id)?;
    let way = choice.way();
    let is_other = way != link.way();
    if way == Way::Directory && !link.has(Cover::Provisioning) {
        let detail = "This link does not cover provisioning. Ask for one that does.";
        return Err(Error::conflict("not_covered", detail));
    }
    let mut present = match &link.connection_id {
        Some(connection) => {
            must_be_trusted(tx, Reach::SignIn(connection))?;
            Some(connections::find(tx.db, connection)?)
        }
        None => None,
    };
    if let Some(known) = present.as_ref().filter(|known| is_other && known.knows_its_provider()) {
        let detail = format!(
            "{} is set up already, in another way. Ask for a link to a new connection.",
            known.name
        );
        return Err(Error::conflict("other_protocol", detail));
    }
    if let (Some(known), Choice::Guide(guide)) = (&present, choice)
        && ![GENERIC, guide].contains(&known.provider.as_str())
        && matches!(known.state, ConnectionState::Active | ConnectionState::Disabled)
    {
        let detail = format!(
            "{} is in use, or was turned off: another provider needs a connection of its own. Ask for a link to a new one.",
            known.name
        );
        return Err(Error::conflict("provider_in_use", detail));
    }
    let anew = begun_anew(&link, present.as_ref(), way, choice.guide());
    let is_other_console = is_other_console(present.as_ref(), way, choice.guide());
    let protocol = if way == Way::OpenId { Protocol::Oidc } else { Protocol::Saml };
    if let Some(other) = present.take_if(|present| present.protocol != protocol) {
        discard(tx, &link, &other)?;
    }
    let mut done = link.done.clone().into_inner();
    done.retain(|step| !anew.contains(step));
    link.done = Json::from(done);
    link.provider = Some(if way == Way::Saml { choice.guide() } else { way.as_str() }.to_owned());
    let connection = if let Some(present) = present {
        // A name that somebody gave it stays.
        let name = (!present.knows_its_provider()).then(|| name.to_owned());
        // The guide says what the console of a provider with SAML is like; of OpenID Connect there is none.
        let provider = matches!(choice, Choice::Guide(_)).then(|| choice.guide().to_owned());
        let patch = ConnectionPatch { name, provider, ..Default::default() };
        let changed = connections::change(tx, &present.id, patch)?;
        if is_other_console {
            // What passed was a sign-in at the provider before.
            connections::forget_test(tx, &changed.id)?;
        }
        connections::find(tx.db, &changed.id)?
    } else {
        let drafted = draft(tx, &link, choice, name)?;
        link.drafted = Some(drafted.id.clone());
        drafted
    };
    link.connection_id = Some(connection.id.clone());
    diesel::update(setup_links::table.find(id)).set(&link).execute(tx.db)?;
    Ok(connection)
}

/// Whether whoever has a link may have said which provider a connection has: one for it was opened.
pub fn is_shaped(db: &mut Db, connection: &ConnectionId) -> Result<bool> {
    let opened = setup_links::table
        .filter(setup_links::connection_id.eq(connection))
        .filter(setup_links::opened_at.is_not_null());
    Ok(diesel::select(exists(opened)).get_result(db)?)
}

/// The connection of these links speaks OpenID Connect from now on: who has one takes the steps of that way.
pub(in crate::store) fn go_on_with_openid(tx: &mut Tx, connection: &ConnectionId) -> Result<()> {
    let live = setup_links::table
        .filter(setup_links::connection_id.eq(connection))
        .filter(setup_links::revoked_at.is_null())
        .filter(setup_links::expires_at.gt(tx.now));
    let links: Vec<SetupLink> = live.load(tx.db)?;
    // Who only connects a directory goes on with that.
    let signs_in = |link: &SetupLink| link.provider.as_deref() != Some(Way::Directory.as_str());
    for link in links.into_iter().filter(signs_in) {
        let mut done = link.done.into_inner();
        done.retain(|step| matches!(step, Step::Provider | Step::Domain | Step::Provisioning));
        diesel::update(setup_links::table.find(&link.id))
            .set((
                setup_links::provider.eq(Some(Way::OpenId.as_str())),
                setup_links::done.eq(Json::from(done)),
            ))
            .execute(tx.db)?;
    }
    Ok(())
}

fn draft(tx: &mut Tx, link: &SetupLink, choice: Choice<'_>, name: &str) -> Result<Connection> {
    let new = NewConnection {
        name: name.to_owned(),
        provider: choice.guide().to_owned(),
        settings: Settings::default(),
    };
    match choice {
        Choice::OpenId(master, key) => {
            connections::openid::create(tx, master, &link.organization_id, new, key)
        }
        _ => connections::create(tx, &link.organization_id, new),
    }
}

/// Takes a draft away that this link has made, or the one before it, and that nothing rests on, because it speaks the other
/// protocol.
fn discard(tx: &mut Tx, link: &SetupLink, draft: &Connection) -> Result<()> {
    let is_own = draft.state == ConnectionState::Draft && link.drafted.as_ref() == Some(&draft.id);
    let is_alone = is_own && !is_shared(tx.db, link, &draft.id, tx.now)?;
    if !is_alone || directories::by_connection(tx.db, &draft.id)?.is_some() {
        let detail = format!(
            "{} has begun in another way, and something rests on that. Ask for a link to a new connection.",
            draft.name
        );
        return Err(Error::conflict("other_protocol", detail));
    }
    // Links of what is deleted end, and this one goes on.
    diesel::update(setup_links::table.find(&link.id))
        .set(setup_links::connection_id.eq(None::<ConnectionId>))
        .execute(tx.db)?;
    connections::delete(tx, &draft.id)?;
    Ok(())
}
