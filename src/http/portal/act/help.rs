//! Somebody does not find what the step speaks of.

use super::{Outcome, render};
use crate::error::{Error, FieldError, Result};
use crate::http::pages::{Fault, Notice, Sign};
use crate::http::portal::seat::Posted;
use crate::http::server::State;
use crate::store::setup_links::{self, Asked, Heard, Missing, Step};
use actix_web::HttpResponse;
use actix_web::web::Data;

/// Tells the operator, and shows the step again.
pub(super) async fn ask(state: &Data<State>, posted: &Posted, step: Step) -> Result<HttpResponse> {
    let seat = &posted.seat;
    let missing = posted.text("missing").parse::<Missing>();
    let missing = missing.map_err(|detail| Error::invalid("/missing", "invalid", detail))?;
    let (id, scope) = (seat.link.id.clone(), &seat.link.organization_id);
    let asked = Asked { step, missing, note: posted.text("note").to_owned() };
    let told = state
        .store
        .write(scope, seat.actor(), move |tx| setup_links::ask_for_help(tx, &id, asked))
        .await;
    if let Err(Error::Invalid(faults)) = told {
        let fault = |fault: FieldError| Fault { field: "note".to_owned(), text: fault.detail };
        let outcome = Outcome {
            faults: faults.into_iter().map(fault).collect(),
            typed: vec![("note", posted.text("note").to_owned())],
            ..Outcome::default()
        };
        return render(state, seat, step, outcome).await;
    }
    let text = match told? {
        Heard::Told => "portal.missing.told_text",
        Heard::Added => "portal.missing.added_text",
    };
    let operator = state.operator();
    let operator = [("operator", &*operator)];
    let notice = Notice {
        sign: Sign::Good,
        title: state.locale.fill("portal.missing.told", &operator),
        text: state.locale.text(text).to_owned(),
    };
    render(state, seat, step, Outcome { notice: Some(notice), ..Outcome::default() }).await
}
