//! The console: the operator's own people look after customers (UX 7).
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
mod passkey;
mod scim_requests;
mod search;
mod seat;
mod second;
mod settings;
mod setup_links;
#[cfg(test)]
mod tests;
mod traces;
mod users;
mod webhooks;
mod words;

use actix_web::web::{self, ServiceConfig};

/// As many passwords are hashed at once: each takes 19 MiB and a processor.
pub(super) const HASHED_AT_ONCE: usize = 2;

/// The routes. A test knows each of them, and who may use it.
pub(super) fn routes(config: &mut ServiceConfig) {
    account::routes(config);
    connections::routes(config);
    domains::routes(config);
    organization::routes(config);
    users::routes(config);
    settings::routes(config);
    of_connections(config);
    webhooks::routes(config);
    applications::routes(config);
    groups::routes(config);
    overview::routes(config);
    scim_requests::routes(config);
    search::routes(config);
    config
        .service(web::resource("/console/login").get(entry::ask).post(entry::sign_in))
        .service(web::resource("/console/login/passkey").post(passkey::ask))
        .service(web::resource("/console/login/passkey/answer").post(passkey::sign_in))
        .service(web::resource("/console/login/second").get(second::ask).post(second::step))
        .service(web::resource("/console/first").get(first::first).post(first::begin))
        .service(web::resource("/console/logout").post(entry::sign_out))
        .service(
            web::resource("/console/organizations")
                .get(organizations::list)
                .post(organizations::create),
        )
        .service(web::resource("/console/organizations/new").get(organizations::new))
        .service(web::resource("/console/organizations/{organization}").get(organization::one))
        .service(
            web::resource("/console/organizations/{organization}/settings")
                .get(organization::settings)
                .post(organization::change),
        )
        .service(
            web::resource("/console/organizations/{organization}/enforcement")
                .get(organization::ask_enforcement)
                .post(organization::enforce),
        )
        .service(
            web::resource("/console/organizations/{organization}/delete")
                .get(organization::ask_delete)
                .post(organization::delete),
        )
        .service(web::resource("/console/users").get(users::list))
        .service(web::resource("/console/users/{user}").get(users::one))
        .service(
            web::resource("/console/users/{user}/suspend")
                .get(users::ask_suspend)
                .post(users::suspend),
        )
        .service(web::resource("/console/users/{user}/restore").post(users::restore))
        .service(
            web::resource("/console/users/{user}/sessions").get(users::ask_end).post(users::end),
        )
        .service(web::resource("/console/traces").get(traces::list))
        .service(web::resource("/console/traces/{trace}").get(traces::one))
        .service(web::resource("/console/traces/{trace}/reveal").post(traces::reveal))
        .service(web::resource("/console/traces/{trace}/download").get(traces::download))
        .service(web::resource("/t/{trace}").get(traces::short))
        .service(web::resource("/console/audit").get(audit::list))
        .service(web::resource("/console/api-keys").get(api_keys::list).post(api_keys::create))
        .service(web::resource("/console/api-keys/new").get(api_keys::new))
        .service(
            web::resource("/console/api-keys/{key}/roll")
                .get(api_keys::ask_roll)
                .post(api_keys::roll),
        )
        .service(
            web::resource("/console/api-keys/{key}/revoke")
                .get(api_keys::ask_revoke)
                .post(api_keys::revoke),
        )
        .service(
            web::resource("/console/settings/members").get(members::list).post(members::invite),
        )
        .service(web::resource("/console/settings/members/{member}").get(members::one))
        .service(
            web::resource("/console/settings/members/{member}/role").post(members::change_role),
        )
        .service(
            web::resource("/console/settings/members/{member}/second-step")
                .get(members::ask_reset_step)
                .post(members::reset_step),
        )
        .service(web::resource("/console/settings/members/{member}/link").post(members::link))
        .service(web::resource("/console/settings/members/{member}/remove").post(members::remove));
}

/// The routes of connections and of what sets them up.
fn of_connections(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/connections").get(connections::list))
        .service(web::resource("/console/connections/{connection}").get(connections::one))
        .service(web::resource("/console/connections/{connection}/test").post(connections::test))
        .service(
            web::resource("/console/connections/{connection}/refresh").post(connections::refresh),
        )
        .service(
            web::resource("/console/connections/{connection}/turn")
                .get(connections::ask_turn)
                .post(connections::turn),
        )
        .service(
            web::resource("/console/connections/{connection}/delete")
                .get(connections::ask_delete)
                .post(connections::delete),
        )
        .service(
            web::resource("/console/connections/{connection}/provisioning")
                .get(connections::provisioning)
                .post(connections::create_token),
        )
        .service(
            web::resource("/console/connections/{connection}/provisioning/{token}/retire")
                .get(connections::ask_retire)
                .post(connections::retire),
        )
        .service(
            web::resource("/console/connections/{connection}/provisioning/{token}/revoke")
                .get(connections::ask_revoke)
                .post(connections::revoke),
        )
        .service(
            web::resource("/console/setup-links").get(setup_links::list).post(setup_links::create),
        )
        .service(web::resource("/console/setup-links/new").get(setup_links::new))
        .service(
            web::resource("/console/setup-links/{link}/revoke")
                .get(setup_links::ask_revoke)
                .post(setup_links::revoke),
        );
}
