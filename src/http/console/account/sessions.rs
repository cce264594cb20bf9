//! Where a member is signed in, and how they end it.

use super::PATH;
use crate::error::Result;
use crate::http::console::listing::{self, Moment};
use crate::http::console::seat::{Posted, Read};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::members::{self, Session};
use crate::store::{MemberSessionId, Scope};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// A browser in the list.
pub(super) struct Line {
    /// Where its end is sent.
    pub(super) href: String,
    /// When it signed in.
    pub(super) began: Moment,
    /// When it was last used.
    pub(super) seen: Moment,
    /// Whether it is the one that shows the list.
    pub(super) is_here: bool,
}

pub(super) fn line(here: &Session, session: &Session) -> Line {
    Line {
        href: format!("{PATH}/sessions/{}", session.id),
        began: listing::second(session.began_at),
        seen: listing::second(session.seen_at),
        is_here: session.id == here.id,
    }
}

/// `POST /console/account/sessions/{session}`: signs one of the member's browsers out.
pub(in crate::http) async fn end(
    state: Data<State>,
    posted: Posted<Read>,
    id: Path<MemberSessionId>,
) -> Result<HttpResponse, PageError> {
    let (id, member) = (id.into_inner(), posted.seat.member.id.clone());
    let done = state
        .store
        .write(Scope::System, posted.seat.actor(), move |tx| members::end_one(tx, &member, &id));
    done.await?;
    Ok(done::lead(&state, Done::SessionEnded, PATH))
}

/// `POST /console/account/sessions`: signs all but this one out.
pub(in crate::http) async fn end_others(
    state: Data<State>,
    posted: Posted<Read>,
) -> Result<HttpResponse, PageError> {
    let (member, keep) = (posted.seat.member.id.clone(), posted.seat.session.id.clone());
    let done = state.store.write(Scope::System, posted.seat.actor(), move |tx| {
        members::sign_out_others(tx, &member, &keep)
    });
    done.await?;
    Ok(done::lead(&state, Done::SessionsEnded, PATH))
}
