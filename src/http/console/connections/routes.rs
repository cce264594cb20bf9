//! Where the pages of connections are.

use super::{
    accept, acts, attributes, certificates, contact, list, new, overview, provisioning, restore,
    settings, setup, tokens, trial, turn,
};
use actix_web::web::{self, FormConfig, ServiceConfig};

/// Bytes of a form: metadata may be pasted into one.
const FORM_LIMIT: usize = 1024 * 1024;

/// The routes. What is called `new` is no connection, so it comes before them.
pub(in crate::http::console) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/connections").get(list::list))
        .service(web::resource("/console/connections/new").get(new::ask).post(new::create))
        .service(web::resource("/console/connections/{connection}").get(overview::one))
        .service(web::resource("/console/connections/{connection}/test").post(trial::test))
        .service(web::resource("/console/connections/{connection}/refresh").post(acts::refresh))
        .service(
            web::resource("/console/connections/{connection}/accept")
                .get(accept::ask)
                .post(accept::accept),
        )
        .service(
            web::resource("/console/connections/{connection}/certificates/new")
                .get(certificates::new)
                .post(certificates::add),
        )
        .service(
            web::resource("/console/connections/{connection}/certificates/{fingerprint}/remove")
                .get(certificates::ask_remove)
                .post(certificates::remove),
        )
        .service(
            web::resource("/console/connections/{connection}/turn")
                .get(turn::ask_turn)
                .post(turn::turn),
        )
        .service(
            web::resource("/console/connections/{connection}/delete")
                .get(turn::ask_delete)
                .post(turn::delete),
        )
        .service(
            web::resource("/console/connections/{connection}/provisioning")
                .get(provisioning::provisioning)
                .post(provisioning::create_token),
        )
        .service(
            web::resource("/console/connections/{connection}/provisioning/removal")
                .post(provisioning::change_removal),
        )
        .service(
            web::resource("/console/connections/{connection}/provisioning/{token}/retire")
                .get(tokens::ask_retire)
                .post(tokens::retire),
        )
        .service(
            web::resource("/console/connections/{connection}/provisioning/{token}/revoke")
                .get(tokens::ask_revoke)
                .post(tokens::revoke),
        )
        .service(
            web::resource("/console/connections/{connection}/setup")
                .app_data(FormConfig::default().limit(FORM_LIMIT))
                .get(setup::show)
                .post(setup::take),
        )
        .service(
            web::resource("/console/connections/{connection}/attributes")
                .get(attributes::ask)
                .post(attributes::change),
        )
        .service(
            web::resource("/console/connections/{connection}/settings")
                .get(settings::ask)
                .post(settings::change),
        )
        .service(
            web::resource("/console/connections/{connection}/contact")
                .get(contact::ask)
                .post(contact::change),
        )
        .service(web::resource("/console/connections/{connection}/restore").post(restore::restore));
}
