//! The routes of webhooks.

use super::{acts, delivery, list, new, one, settings};
use actix_web::web::{self, ServiceConfig};

/// Adds them.
pub(in crate::http::console) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/webhooks").get(list).post(new::create))
        .service(web::resource("/console/webhooks/new").get(new::new))
        .service(web::resource("/console/webhooks/{endpoint}").get(one::one))
        .service(web::resource("/console/webhooks/{endpoint}/test").post(acts::test))
        .service(
            web::resource("/console/webhooks/{endpoint}/settings")
                .get(settings::settings)
                .post(settings::change),
        )
        .service(
            web::resource("/console/webhooks/{endpoint}/turn").get(acts::ask_turn).post(acts::turn),
        )
        .service(
            web::resource("/console/webhooks/{endpoint}/rotate")
                .get(acts::ask_rotate)
                .post(acts::rotate),
        )
        .service(
            web::resource("/console/webhooks/{endpoint}/delete")
                .get(acts::ask_delete)
                .post(acts::delete),
        )
        .service(
            web::resource("/console/webhooks/{endpoint}/deliveries/{delivery}").get(delivery::one),
        )
        .service(
            web::resource("/console/webhooks/{endpoint}/deliveries/{delivery}/again")
                .post(delivery::again),
        );
}
