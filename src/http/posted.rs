//! What a provider lets a browser post to the assertion consumer service.

use crate::cause::Cause;
use crate::saml::response::Form;
use crate::store::ConnectionId;
use actix_web::web::Bytes;

/// What was posted, where, and by which browser.
pub(super) struct Posted {
    pub(super) connection: ConnectionId,
    /// The address by which it came, where that is an alias: what is written down, not what the request says. None: our own.
    pub(super) alias: Option<String>,
    pub(super) form: Form,
    pub(super) browser: Option<String>,
}

/// Reads the posted form. A body that is not all there was larger than a response may be.
pub(super) fn read(body: Result<Bytes, actix_web::Error>) -> Form {
    match body {
        Ok(body) => Form::read(&body),
        Err(_) => Form { response: Err(Cause::ResponseTooLarge), relay_state: None },
    }
}
