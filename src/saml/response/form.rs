//! The form in which a browser brings a provider's answer (SAML bindings 3.5).

use crate::cause::Cause;
use url::form_urlencoded;

/// What the form says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// The field `SAMLResponse`, or why there is none to read.
    pub response: Result<String, Cause>,
    /// The field `RelayState`, whatever it says.
    pub relay_state: Option<String>,
}

impl Form {
    /// Reads the body: exactly one `SAMLResponse`, at most one `RelayState`. Of two, one would be checked and the other
    /// believed by somebody else.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        let (mut responses, mut relay_states) = (Vec::new(), Vec::new());
        for (name, value) in form_urlencoded::parse(body) {
            match &*name {
                "SAMLResponse" => responses.push(value),
                "RelayState" => relay_states.push(value),
                _ => {}
            }
        }
        let repeated = relay_states.len() > 1 || responses.len() != 1;
        let response = responses.pop().filter(|_| !repeated).ok_or(Cause::XmlInvalid);
        Self { response: response.map(Into::into), relay_state: relay_states.pop().map(Into::into) }
    }
}
