//! Pages with which a customer's IT admin sets single sign-on up, without an account here.
//!
//! Whoever has a link starts with it and is known by a cookie from then on: see [`seat`]. What the pages do is what REST and
//! the command line do, in the name of the link.

mod act;
mod activity;
mod changes;
mod done;
mod entry;
mod frame;
mod groups;
mod hand_over;
mod home;
pub(in crate::http) mod provider;
mod seat;
mod standing;
mod step;
#[cfg(test)]
mod tests;

pub(in crate::http) use self::step::body::arrivals;

use actix_web::web::{self, FormConfig, ServiceConfig};

/// Bytes of a form: metadata may be pasted into one.
const FORM_LIMIT: usize = 1024 * 1024;

/// The routes. All but the first five ask for a [`seat::Seat`].
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/setup/{token}").get(entry::show))
        .service(web::resource("/portal/start").get(home::lead).post(entry::start))
        .service(web::resource("/portal/code").get(home::lead).post(entry::send_code))
        .service(web::resource("/portal/another").get(home::lead).post(entry::ask_again))
        .service(web::resource("/portal/link/{link}").get(entry::claimed))
        .service(web::resource("/portal").get(home::show))
        .service(web::resource(done::PATH).get(done::show))
        .service(web::resource("/portal/token").get(home::lead).post(home::rotate))
        .service(web::resource("/portal/activity").get(activity::show))
        .service(web::resource("/portal/traces/{trace}").get(activity::trace))
        .service(web::resource("/portal/hand-over").get(hand_over::show).post(hand_over::give))
        .service(web::resource("/portal/groups").get(groups::list))
        .service(web::resource("/portal/groups/{group}").get(groups::one).post(groups::give))
        .service(web::resource("/portal/setup").get(step::next))
        .service(
            web::resource("/portal/setup/{step}")
                .app_data(FormConfig::default().limit(FORM_LIMIT))
                .get(step::show)
                .post(act::take),
        );
}
