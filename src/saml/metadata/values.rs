//! An identity provider given as single values, and what each value must be.

use super::{Endpoint, Fault, IdentityProvider, LogoutEndpoint};
use crate::clock::Time;
use crate::error::{Error, FieldError, Result};
use crate::saml::Binding;
use crate::saml::certificate::Certificate;
use crate::saml::xml;
use url::Url;

/// Longer than any address in use, short enough for every column and header.
const LONGEST: usize = 2048;
/// An entity ID is at most 1024 characters (SAML core 8.3.6).
const LONGEST_ENTITY_ID: usize = 1024;

impl IdentityProvider {
    /// Puts a provider together from what an admin copied by hand. `certificates` are PEM or base64, one text for
    /// each or several in one; faults name `/entity_id`, `/sign_on_url` and `/certificates/0`.
    pub fn from_values(
        entity_id: &str,
        sign_on_url: &str,
        binding: Binding,
        certificates: &[&str],
        now: Time,
    ) -> Result<Self> {
        let (entity_id, location) = (xml::trim(entity_id), xml::trim(sign_on_url));
        let mut errors = check_names(entity_id, location);
        let (read, refused) = read_certificates(certificates);
        errors.extend(refused.iter().map(|(at, why)| {
            field_error(&format!("/certificates/{at}"), "certificate_invalid", why.clone())
        }));
        if refused.is_empty()
            && let Err(fault) = check_certificates(&read, &[], now)
        {
            errors.push(fault.field_error("/certificates"));
        }
        if !errors.is_empty() {
            return Err(Error::Invalid(errors));
        }
        Ok(Self {
            entity_id: entity_id.to_owned(),
            sign_on: vec![Endpoint { binding, location: location.to_owned() }],
            logout: Vec::new(),
            certificates: read,
            name_id_formats: Vec::new(),
            wants_signed_requests: false,
            valid_until: None,
            cache_duration: None,
        })
    }
}

impl IdentityProvider {
    /// The same with the address to which logout messages go; faults name `/logout_url`.
    pub fn with_logout(mut self, url: &str, binding: Binding) -> Result<Self> {
        let location = xml::trim(url);
        check_address(location).map_err(|why| {
            let why = format!("The logout address is not usable: {why}");
            Error::Invalid(vec![field_error("/logout_url", "url_invalid", why)])
        })?;
        let location = location.to_owned();
        self.logout = vec![LogoutEndpoint { binding, location, response_location: None }];
        Ok(self)
    }
}

fn check_names(entity_id: &str, location: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let Err(why) = check_entity_id(entity_id) {
        let code = if entity_id.is_empty() { "required" } else { "entity_id_invalid" };
        errors.push(field_error("/entity_id", code, why));
    }
    if location.is_empty() {
        let why = "The sign-on address is missing.".to_owned();
        errors.push(field_error("/sign_on_url", "required", why));
    } else if let Err(why) = check_address(location) {
        let why = format!("The sign-on address is not usable: {why}");
        errors.push(field_error("/sign_on_url", "url_invalid", why));
    }
    errors
}

fn field_error(pointer: &str, code: &str, detail: String) -> FieldError {
    FieldError::new(pointer, code, detail)
}

/// The certificates, and for each text that is none its place and why.
fn read_certificates(texts: &[&str]) -> (Vec<Certificate>, Vec<(usize, String)>) {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let mut read: Vec<Certificate> = Vec::new();
    let mut refused = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let blocks: Vec<String> = match text.split_once(BEGIN) {
            Some((_, rest)) => rest.split(BEGIN).map(|block| format!("{BEGIN}{block}")).collect(),
            None => vec![(*text).to_owned()],
        };
        for block in blocks.iter().filter(|block| !xml::trim(block).is_empty()) {
            let certificate = Certificate::parse(block)
                .and_then(|certificate| certificate.check_key().map(|()| certificate));
            match certificate {
                Ok(certificate) if read.contains(&certificate) => {}
                Ok(certificate) => read.push(certificate),
                Err(why) => refused.push((at, why.to_string())),
            }
        }
    }
    (read, refused)
}

/// An address that a browser may be sent to: `http` or `https`, and nothing that could leave a header or a form.
pub(super) fn check_address(text: &str) -> Result<String, String> {
    let shown = shorten(text);
    if text.is_empty() {
        return Err("it is empty.".to_owned());
    }
    if text.len() > LONGEST {
        return Err(format!("{shown} has more than {LONGEST} characters."));
    }
    if !text.chars().all(|c| {
        c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
    }) {
        return Err(format!("{shown} has characters that no web address has."));
    }
    match Url::parse(text) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            Err(format!("{shown} does not begin with https://."))
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            Err(format!("{shown} has a user name in it."))
        }
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(format!("{shown} is not a web address.")),
    }
}

/// Any text is an entity ID, if it can be seen and written down.
pub(super) fn check_entity_id(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("The entity ID is missing.".to_owned());
    }
    if text.chars().count() > LONGEST_ENTITY_ID {
        return Err(format!("The entity ID has more than {LONGEST_ENTITY_ID} characters."));
    }
    if text.chars().any(char::is_control) {
        return Err("The entity ID has control characters.".to_owned());
    }
    Ok(text.to_owned())
}

/// At least one certificate, and not all of them over.
pub(super) fn check_certificates(
    found: &[Certificate],
    refused: &[String],
    now: Time,
) -> Result<(), Fault> {
    let Some(last) = found.iter().map(Certificate::not_after).max() else {
        let why = refused.first().map_or("there is none for signing.", String::as_str);
        return Err(Fault::NoCertificate(why.to_owned()));
    };
    if last < now {
        return Err(Fault::CertificateExpired(last));
    }
    Ok(())
}

/// A stranger's text, cut to what a sentence can hold.
pub(super) fn shorten(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::testing;

    fn faults(result: Result<IdentityProvider>) -> Vec<(String, String)> {
        match result {
            Err(Error::Invalid(errors)) => {
                errors.into_iter().map(|error| (error.pointer, error.code)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn single_values_may_have_a_logout_address() {
        let pem = testing::rsa().pem();
        let given = |url: &str| {
            IdentityProvider::from_values(
                "JumpCloud",
                "https://sso.example/saml2/orbit",
                Binding::Redirect,
                &[&pem],
                testing::now(),
            )
            .and_then(|provider| provider.with_logout(url, Binding::Post))
        };
        let endpoint = given(" https://sso.example/slo\n").unwrap().logout.remove(0);
        assert_eq!(
            (endpoint.binding, &*endpoint.location, endpoint.response_location),
            (Binding::Post, "https://sso.example/slo", None)
        );
        for wrong in ["", "javascript:alert(1)", "sso.example/slo"] {
            let expected = vec![("/logout_url".to_owned(), "url_invalid".to_owned())];
            assert_eq!(faults(given(wrong)), expected, "{wrong}");
        }
    }

    #[test]
    fn single_values_make_an_identity_provider() {
        let pem = testing::rsa().pem();
        let both = format!("{pem}\n{}", testing::ec().pem());
        let provider = IdentityProvider::from_values(
            " JumpCloud\n",
            "https://sso.example/saml2/orbit ",
            Binding::Post,
            &[&both, &pem],
            testing::now(),
        )
        .unwrap();
        assert_eq!(provider.entity_id, "JumpCloud");
        assert_eq!(provider.sign_on[0].location, "https://sso.example/saml2/orbit");
        assert_eq!(provider.certificates.len(), 2);
    }

    #[test]
    fn every_wrong_value_is_named() {
        let result = IdentityProvider::from_values("", "", Binding::Post, &[], testing::now());
        insta::assert_debug_snapshot!(faults(result), @r#"
        [
            (
                "/entity_id",
                "required",
            ),
            (
                "/sign_on_url",
                "required",
            ),
            (
                "/certificates",
                "metadata_no_certificate",
            ),
        ]
        "#);
        let pem = testing::rsa().pem();
        let after = testing::rsa().certificate.not_after().plus(chrono::TimeDelta::days(1));
        let result = IdentityProvider::from_values(
            "a\u{0}",
            "javascript:alert(1)",
            Binding::Post,
            &[&pem, "AAAA"],
            after,
        );
        let codes: Vec<_> =
            faults(result).into_iter().map(|(pointer, code)| pointer + " " + &code).collect();
        assert_eq!(
            codes,
            [
                "/entity_id entity_id_invalid",
                "/sign_on_url url_invalid",
                "/certificates/1 certificate_invalid"
            ]
        );
        let result =
            IdentityProvider::from_values("a", "https://a.example", Binding::Post, &[&pem], after);
        assert_eq!(
            faults(result),
            [("/certificates".to_owned(), "metadata_certificate_expired".to_owned())]
        );
    }

    #[test]
    fn an_address_is_one_that_a_browser_may_be_sent_to() {
        for text in [
            "https://sso.example/saml?idpid=C01&x=%20",
            "http://localhost:8080/idp",
            "https://[::1]/",
        ] {
            assert!(check_address(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "sso.example",
            "/saml",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "https://",
            "https://ann:secret@sso.example/",
            "https://sso.example/\r\nSet-Cookie: a=b",
            "https://sso.example/ x",
            "https://sso.example/\"><script>",
            "https://sso.example/\u{202e}",
        ] {
            assert!(check_address(text).is_err(), "{text}");
        }
    }
}
