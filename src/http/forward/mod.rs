//! Forward authentication: a proxy asks before each request who is there (docs/forward-auth.md).
//!
//! A protected host is known to an application. The person signs in to that application as to any other, and the code comes
//! back to the protected host, where it becomes an access token in a cookie of that host. So all that ends tokens ends this, too.

mod host;
mod verify;
mod visit;

use crate::oidc::protected::{CALLBACK, SIGN_IN, SIGN_OUT};
use actix_web::web::{self, ServiceConfig};

/// Where proxies ask.
pub(super) const VERIFY: &str = "/auth/verify";

/// The routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource(VERIFY).route(web::to(verify::verify)))
        .service(web::resource(SIGN_IN).get(visit::sign_in))
        .service(web::resource(CALLBACK).get(visit::callback))
        .service(web::resource(SIGN_OUT).get(visit::sign_out));
}
