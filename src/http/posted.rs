//! What a provider lets a browser post to the assertion consumer service.

use crate::cause::Cause;
use crate::store::ConnectionId;
use actix_web::web::Bytes;

/// What was posted, where, and by which browser.
pub(super) struct Posted {
    pub(super) connection: ConnectionId,
    pub(super) message: Message,
    pub(super) browser: Option<String>,
}

/// The fields of the form that the provider let the browser post.
pub(super) struct Message {
    pub(super) response: Result<String, Cause>,
    pub(super) relay_state: Option<String>,
}

impl Message {
    /// Reads the form: exactly one `SAMLResponse`, at most one `RelayState` (SAML.md, step 1).
    pub(super) fn read(body: Result<Bytes, actix_web::Error>) -> Self {
        let Ok(body) = body else {
            return Self { response: Err(Cause::ResponseTooLarge), relay_state: None };
        };
        let (mut responses, mut relay_states) = (Vec::new(), Vec::new());
        for (name, value) in url::form_urlencoded::parse(&body) {
            match &*name {
                "SAMLResponse" => responses.push(value.into_owned()),
                "RelayState" => relay_states.push(value.into_owned()),
                _ => {}
            }
        }
        let repeated = relay_states.len() > 1 || responses.len() != 1;
        Self {
            response: responses.pop().filter(|_| !repeated).ok_or(Cause::XmlInvalid),
            relay_state: relay_states.pop(),
        }
    }
}
