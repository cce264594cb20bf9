//! The console: the operator's own people look after customers.
//!
//! Every route but those that lead to a session asks for a [`seat::Seat`] with what it is for, and so for a role. What pages
//! do is what REST and the command line do, in the name of the member.

mod account;
mod api_keys;
mod applications;
mod audit;
mod confirm;
mod connections;
mod domains;
mod email;
mod entry;
mod first;
mod form;
mod frame;
mod gone;
mod groups;
mod listing;
mod members;
mod organization;
mod organizations;
mod overview;
mod own_provider;
mod passkey;
mod scim_requests;
mod search;
mod seat;
mod second;
mod settings;
mod setup_links;
mod shown_before;
mod signing_keys;
mod stale;
#[cfg(test)]
mod tests;
mod traces;
mod users;
mod webhooks;
mod words;

pub(super) use entry::{LOGIN, entered};
pub(super) use seat::lasts;

use actix_web::web::{self, ServiceConfig};

/// As many passwords are hashed at once: each takes 19 MiB and a processor.
pub(super) const HASHED_AT_ONCE: usize = 2;

/// The routes: the ways to a session, and those of each area. A test knows each of them, and who may use it.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/login").get(entry::ask).post(entry::sign_in))
        .service(web::resource("/console/login/passkey").post(passkey::ask))
        .service(web::resource("/console/login/passkey/answer").post(passkey::sign_in))
        .service(web::resource("/console/login/provider").get(own_provider::begin))
        .service(web::resource("/console/login/second").get(second::ask).post(second::step))
        .service(web::resource("/console/first").get(first::first).post(first::begin))
        .service(web::resource("/console/first/second-step").get(first::offer))
        .service(web::resource("/console/logout").post(entry::sign_out));
    for routes in [
        overview::routes,
        organizations::routes,
        organization::routes,
        domains::routes,
        connections::routes,
        setup_links::routes,
        signing_keys::routes,
        users::routes,
        groups::routes,
        traces::routes,
        scim_requests::routes,
        applications::routes,
        api_keys::routes,
        webhooks::routes,
        audit::routes,
        members::routes,
        settings::routes,
        email::routes,
        account::routes,
        search::routes,
    ] {
        routes(config);
    }
}
