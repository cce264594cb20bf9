//! The routes of applications.

use super::{access, acts, code, list, new, overview, restore, secrets, settings};
use actix_web::web::{self, ServiceConfig};

/// Adds them.
pub(in crate::http::console) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/applications").get(list).post(new::create))
        .service(web::resource("/console/applications/new").get(new::new))
        .service(web::resource("/console/applications/{application}").get(overview::one))
        .service(
            web::resource("/console/applications/{application}/restore").post(restore::restore),
        )
        .service(web::resource("/console/applications/{application}/code").get(code::code))
        .service(
            web::resource("/console/applications/{application}/settings")
                .get(settings::settings)
                .post(settings::change),
        )
        .service(
            web::resource("/console/applications/{application}/access")
                .get(access::access)
                .post(access::change),
        )
        .service(web::resource("/console/applications/{application}/secrets").post(secrets::create))
        .service(
            web::resource("/console/applications/{application}/secrets/{secret}/revoke")
                .get(secrets::ask_revoke)
                .post(secrets::revoke),
        )
        .service(
            web::resource("/console/applications/{application}/delete")
                .get(acts::ask_delete)
                .post(acts::delete),
        );
}
