//! What one person has, line by line.

use crate::http::api::answer::Answer;
use crate::http::api::{schemas, users};
use crate::http::caller::{ApiKey, UsersRead};
use crate::http::server::State;
use crate::store::access::explain;
use crate::views::access::AccessView;
use actix_web::get;
use actix_web::web::{Data, Json, Path};

/// Get a user's access
///
/// Role and places in each application, each with the reason: the group and the rule.
#[utoipa::path(
    tag = "users",
    params(schemas::UserPath),
    responses((status = 200, body = AccessView)),
    security(("api_key" = ["users:read"])),
)]
#[get("/users/{user}/access")]
pub(in crate::http::api) async fn get_user_access(
    key: ApiKey<UsersRead>,
    state: Data<State>,
    id: Path<String>,
) -> Answer<AccessView> {
    let user = users::find(&state, &key, &id).await?;
    let (id, organization) = (user.id.clone(), user.organization_id.clone());
    let all = state.store.read(move |db| explain::of_user(db, &user)).await?;
    Ok(Json(AccessView::new(&id, &organization, all)))
}
