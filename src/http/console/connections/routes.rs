//! Where the pages of connections are that make one, and those behind its tabs.

use super::{attributes, new, restore, settings, setup};
use actix_web::web::{self, FormConfig, ServiceConfig};

/// Bytes of a form: metadata may be pasted into one.
const FORM_LIMIT: usize = 1024 * 1024;

/// The routes. What is called `new` is no connection, so it comes before them.
pub(in crate::http::console) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/connections/new").get(new::ask).post(new::create))
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
        .service(web::resource("/console/connections/{connection}/restore").post(restore::restore));
}
