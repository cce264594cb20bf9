//! Settings of the gateway: what is in effect, and what can be changed while it runs.

use super::answer::Answer;
use super::input::Body;
use crate::error::Result;
use crate::http::caller::{ApiKey, SettingsRead, SettingsWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::configuration::{self, Wish};
use crate::views::setting::SettingsView;
use actix_web::web::{Data, Json};
use actix_web::{get, patch};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Settings that are to change. Whatever is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[schema(as = SettingsPatch)]
#[serde(deny_unknown_fields)]
struct Patch {
    /// Values by the names of their settings, as they are typed in the file; `null` gives a setting back its built-in value.
    #[schema(example = json!({ "sign_in.session": "10h", "brand.support": null }))]
    settings: BTreeMap<String, Option<String>>,
    /// The revision at which you have seen them: what was changed later is not written over, and the answer is 412.
    revision: Option<i64>,
}

/// List settings
///
/// Every setting in effect, with where it came from. Secrets are hidden.
#[utoipa::path(
    tag = "settings",
    responses((status = 200, body = SettingsView)),
    security(("api_key" = ["settings:read"])),
)]
#[get("/settings")]
pub(super) async fn list_settings(
    key: ApiKey<SettingsRead>,
    state: Data<State>,
) -> Answer<SettingsView> {
    key.whole_installation()?;
    Ok(Json(view(&state).await?))
}

/// Change settings
///
/// All of them or none. In effect at once where it is asked for, and within seconds in other processes. What file,
/// environment or a flag fixes is refused with `setting_locked`, and what is read once at the start with `setting_of_the_start`.
#[utoipa::path(
    tag = "settings",
    request_body = Patch,
    responses((status = 200, body = SettingsView)),
    security(("api_key" = ["settings:write"])),
)]
#[patch("/settings")]
pub(super) async fn patch_settings(
    key: ApiKey<SettingsWrite>,
    state: Data<State>,
    body: Body<Patch>,
) -> Answer<SettingsView> {
    key.whole_installation()?;
    let Patch { settings, revision } = body.0;
    let wish = Wish { settings: settings.into_iter().collect(), seen: revision };
    let changed = State::change_settings(&state, key.actor(), wish).await;
    changed.map_err(|error| ApiError::from(error.below("/settings")))?;
    Ok(Json(view(&state).await?))
}

async fn view(state: &State) -> Result<SettingsView> {
    let rows = state.store.read(configuration::rows).await?;
    Ok(SettingsView::new(&state.live.loaded(), rows))
}
