//! A request of a directory is done once more on what there is now, and taken back: what would happen.

use super::detail::{self, Replayed};
use crate::error::{Error, Result};
use crate::http::console::seat::{Posted, Reveal};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::directories::{replay, requests};
use crate::store::{Actor, ScimRequestId, Scope, connections};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// `POST /console/scim-requests/{request}/replay`
pub(super) async fn replay(
    state: Data<State>,
    posted: Posted<Reveal>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let id: ScimRequestId = id.parse()?;
    let wanted = id.clone();
    let entry = state.store.read(move |db| {
        let entry = requests::find(db, &wanted)?;
        connections::find_in(db, &entry.organization_id, &entry.connection_id)?;
        Ok(entry)
    });
    let entry = entry.await?;
    let message = entry.opened(&state.master)?;
    let (scope, actor) =
        (Scope::from(&entry.organization_id), Actor::Directory(entry.connection_id.clone()));
    let done =
        state.store.suppose(scope, actor, move |tx| replay::replay(tx, &entry, message)).await;
    let replayed = match done {
        Ok(effect) => Replayed::done(effect),
        Err(Error::Scim { code, detail, .. } | Error::Conflict { code, detail }) => {
            Replayed::refused(code, detail)
        }
        Err(error @ (Error::NotFound { .. } | Error::Invalid(_))) => {
            Replayed::refused("not_found", error.to_string())
        }
        Err(other) => return Err(other.into()),
    };
    Ok(detail::render(&state, &posted.seat, id, Some(replayed)).await?)
}
