//! What is different between two states of a provider, in words that an event and a page can show.

use super::{Endpoint, IdentityProvider, LogoutEndpoint};
use crate::saml::Binding;
use crate::saml::certificate::Certificate;
use serde::{Deserialize, Serialize};

/// One part of a provider's metadata that has changed: what was, and what is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Which part: `certificates`, `sign_on`.
    pub field: String,
    /// What was there, each value for itself. Certificates are told by their fingerprints.
    pub was: Vec<String>,
    /// What is there.
    pub is: Vec<String>,
}

/// What has changed. For how long metadata is valid is no difference: some providers write that anew each time.
#[must_use]
pub fn difference(was: &IdentityProvider, is: &IdentityProvider) -> Vec<Difference> {
    fields(was)
        .into_iter()
        .zip(fields(is))
        .filter(|((_, was), (_, is))| sorted(was) != sorted(is))
        .map(|((field, was), (_, is))| Difference { field: field.to_owned(), was, is })
        .collect()
}

fn fields(provider: &IdentityProvider) -> [(&'static str, Vec<String>); 6] {
    let certificates = provider.certificates.iter().map(Certificate::fingerprint);
    [
        ("entity_id", vec![provider.entity_id.clone()]),
        ("sign_on", provider.sign_on.iter().map(sign_on).collect()),
        ("logout", provider.logout.iter().map(logout).collect()),
        ("certificates", certificates.map(ToOwned::to_owned).collect()),
        ("name_id_formats", provider.name_id_formats.clone()),
        ("wants_signed_requests", vec![provider.wants_signed_requests.to_string()]),
    ]
}

fn sorted(values: &[String]) -> Vec<&String> {
    let mut sorted: Vec<&String> = values.iter().collect();
    sorted.sort();
    sorted
}

fn sign_on(endpoint: &Endpoint) -> String {
    format!("{} {}", word(endpoint.binding), endpoint.location)
}

fn logout(endpoint: &LogoutEndpoint) -> String {
    let (binding, location) = (word(endpoint.binding), &endpoint.location);
    match &endpoint.response_location {
        Some(answers) => format!("{binding} {location}, answers to {answers}"),
        None => format!("{binding} {location}"),
    }
}

fn word(binding: Binding) -> &'static str {
    match binding {
        Binding::Redirect => "redirect",
        Binding::Post => "post",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::testing;

    fn provider() -> IdentityProvider {
        IdentityProvider::from_values(
            "https://idp.example",
            "https://idp.example/sso",
            Binding::Redirect,
            &[&testing::rsa().pem()],
            testing::now(),
        )
        .unwrap()
    }

    #[test]
    fn each_changed_part_is_told_with_what_was_and_what_is() {
        let was = provider();
        let mut is = provider();
        is.certificates.push(testing::ec().certificate.clone());
        is.sign_on[0].location = "https://idp.example/other".to_owned();
        is.wants_signed_requests = true;
        let told: Vec<_> = difference(&was, &is)
            .into_iter()
            .map(|part| (part.field, part.was.len(), part.is.last().unwrap().clone()))
            .collect();
        let ec = testing::ec().certificate.fingerprint();
        assert_eq!(
            told,
            [
                ("sign_on".to_owned(), 1, "redirect https://idp.example/other".to_owned()),
                ("certificates".to_owned(), 1, ec.to_owned()),
                ("wants_signed_requests".to_owned(), 1, "true".to_owned()),
            ]
        );
    }

    #[test]
    fn another_order_or_another_time_is_no_difference() {
        let mut was = provider();
        was.certificates.push(testing::ec().certificate.clone());
        let mut is = was.clone();
        is.certificates.reverse();
        is.valid_until = Some(testing::now());
        is.cache_duration = Some(1);
        assert_eq!(difference(&was, &is), []);
    }
}
