//! The pages that people meet, as they would look: the real templates, with nothing on them that does anything.

use super::Read;
use crate::cause::Cause;
use crate::config::Brand;
use crate::error::{Error, Result};
use crate::http::console::seat::Seat;
use crate::http::error::{Failure, PageError, preview as error_page};
use crate::http::guard;
use crate::http::pages::{self, Login, SetupEntry, Shell};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::TraceId;
use crate::store::setup_links::Purpose;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

/// Which pages there are.
pub(super) const PAGES: [&str; 3] = ["login", "portal", "error"];

/// What is to be shown; what is left out, or cannot be, is as if it were not set.
#[derive(Deserialize)]
pub(super) struct ShowQuery {
    name: Option<String>,
    support: Option<String>,
    back: Option<String>,
    accent: Option<String>,
}

impl ShowQuery {
    fn brand(self, now: &Brand) -> Brand {
        let name = self.name.filter(|name| !name.trim().is_empty());
        Brand {
            name: name.unwrap_or_else(|| now.name.clone()),
            support: self.support.and_then(|text| text.try_into().ok()),
            back: self.back.and_then(|text| text.try_into().ok()),
            accent: self.accent.and_then(|text| text.parse().ok()),
        }
    }
}

/// `GET /console/settings/branding/preview/{page}`, for a frame of the page of the settings. A page elsewhere that leads here
/// could put words into our mouth, so only our own may.
pub(super) async fn show(
    state: Data<State>,
    _seat: Seat<Read>,
    page: Path<String>,
    query: Query<ShowQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    if !guard::is_same_origin(request.headers()) {
        return Ok(see_other(&super::href("branding")));
    }
    let brand = query.into_inner().brand(&state.live().brand);
    let shell = Shell::preview(&state, &brand);
    let organization = state.locale.text("console.branding.example_organization");
    match page.as_str() {
        "login" => {
            let (trace, email) = ("", "");
            let (fault, last, break_glass, redirect_uri) = (None, None, None, None);
            let view = Login { trace, email, fault, last, break_glass, redirect_uri };
            Ok(pages::login_in(shell, &view))
        }
        "portal" => {
            let note = Some(state.locale.text("console.branding.example_note"));
            let ends = Some(state.locale.text("console.branding.example_day"));
            let view = SetupEntry {
                token: "",
                organization,
                note,
                ends,
                purpose: Purpose::Setup,
                needs_record: true,
                looks: Vec::new(),
                handed: None,
                code: None,
            };
            Ok(pages::setup_entry_in(shell, &view))
        }
        "error" => {
            let mut failure = Failure::new(Cause::AudienceMismatch);
            failure.organization = Some(organization.to_owned());
            failure.trace = Some(TraceId::new());
            failure.again = Some("/login".to_owned());
            Ok(error_page(shell, &failure))
        }
        other => Err(Error::not_found("page", other).into()),
    }
}
