//! Responses that are wrong in one way each: what the demo provider sends when it is asked to fail.

use super::{Issue, Signed, Status};
use crate::cause::Cause;
use crate::error::{Error, Result};
use crate::saml::request;
use crate::saml::sign;
use crate::saml::write::Element;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::TimeDelta;
use std::fmt;
use std::str::FromStr;

/// Further than any clock may be off.
const FAR: TimeDelta = TimeDelta::hours(1);
/// Nobody's, by RFC 2606.
const FOREIGN_DOMAIN: &str = "elsewhere.example";
const FOREIGN_ISSUER: &str = "https://idp.elsewhere.example/metadata";
const FOREIGN_ADDRESS: &str = "https://app.elsewhere.example/acs";

macro_rules! wrongs {
    ($($(#[doc = $doc:literal])* $variant:ident = $word:literal, $cause:ident;)*) => {
        /// One way in which an identity provider's answer is wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Wrong {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Wrong {
            /// Every way there is, in the order in which people are told.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word for it in addresses and on the command line.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// Why such an answer has to be refused.
            #[must_use]
            pub const fn cause(self) -> Cause {
                match self { $(Self::$variant => Cause::$cause),* }
            }
        }
    };
}

wrongs! {
    /// The audience restriction names another service provider.
    Audience = "audience", AudienceMismatch;
    /// The bearer confirmation names another assertion consumer service.
    Recipient = "recipient", RecipientMismatch;
    /// The response says that it was sent elsewhere.
    Destination = "destination", DestinationMismatch;
    /// Another identity provider speaks.
    Issuer = "issuer", IssuerMismatch;
    /// The certificate that signs has ended.
    Expired = "expired", CertificateExpired;
    /// The provider's clock is an hour slow.
    Late = "late", ClockLate;
    /// The provider's clock is an hour fast.
    Early = "early", ClockEarly;
    /// Nothing is signed.
    Unsigned = "unsigned", SignatureMissing;
    /// What was signed was changed afterwards.
    Broken = "broken", SignatureInvalid;
    /// The key that signs is in nobody's metadata.
    UnknownKey = "unknown-key", CertificateUnknown;
    /// A forged assertion stands where the signed one stood.
    Wrapped = "wrapped", SignatureWrapping;
    /// An answer that was used before is sent again.
    Replayed = "replayed", ResponseReplayed;
    /// The person's address is of a domain that is not the customer's.
    Domain = "domain", EmailDomainNotAllowed;
    /// The provider lets the person in nowhere.
    Unassigned = "unassigned", StatusNotSuccess;
    /// The document declares a type with an entity.
    Dtd = "dtd", XmlForbidden;
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Wrong {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|wrong| wrong.word() == word).ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|wrong| wrong.word()).collect();
            let detail = format!("There is no failure “{word}”. There are: {}.", words.join(", "));
            Error::invalid("/fail", "unknown", detail)
        })
    }
}

/// What the provider says to somebody who may not use the app.
#[must_use]
pub fn not_assigned() -> Status {
    Status::Refused {
        reason: "AuthnFailed".to_owned(),
        message: "The person is not assigned to this app.".to_owned(),
    }
}

impl Issue<'_> {
    /// The form field `SAMLResponse` with this response, spoiled.
    ///
    /// Which key signs is the caller's choice, and an answer is replayed by sending it twice: `Expired`, `UnknownKey`
    /// and `Replayed` change nothing here.
    pub fn spoiled(mut self, wrong: Wrong) -> Result<String> {
        match wrong {
            Wrong::Audience => self.audiences = vec![format!("{}/", self.audiences.concat())],
            Wrong::Recipient => FOREIGN_ADDRESS.clone_into(&mut self.recipient),
            Wrong::Destination => self.destination = Some(FOREIGN_ADDRESS.to_owned()),
            Wrong::Issuer => FOREIGN_ISSUER.clone_into(&mut self.issuer),
            Wrong::Late => self.shift(-FAR),
            Wrong::Early => self.shift(FAR),
            Wrong::Unsigned => self.signed = Signed::Nothing,
            Wrong::Domain => self.move_to(FOREIGN_DOMAIN),
            Wrong::Unassigned => self.status = not_assigned(),
            Wrong::Expired | Wrong::UnknownKey | Wrong::Replayed => {}
            Wrong::Broken => return Ok(BASE64.encode(self.broken()?)),
            Wrong::Wrapped => return Ok(BASE64.encode(self.wrapped()?)),
            Wrong::Dtd => {
                let declared = "<!DOCTYPE samlp:Response [<!ENTITY who \"somebody\">]>";
                return Ok(BASE64.encode(format!("{declared}{}", self.xml()?)));
            }
        }
        self.base64()
    }

    /// As a provider whose clock is off by `delta` would write it.
    fn shift(&mut self, delta: TimeDelta) {
        let window = [&mut self.not_before, &mut self.not_on_or_after];
        for time in [&mut self.issued_at, &mut self.authenticated_at].into_iter().chain(window) {
            *time = time.plus(delta);
        }
    }

    /// Gives the person an address at another domain.
    fn move_to(&mut self, domain: &str) {
        let moved =
            |address: &str| address.rsplit_once('@').map(|(local, _)| format!("{local}@{domain}"));
        let values = self.attributes.iter_mut().flat_map(|(_, values)| values);
        for address in std::iter::once(&mut self.name_id).chain(values) {
            if let Some(moved) = moved(address) {
                *address = moved;
            }
        }
    }

    /// Changed after it was signed.
    fn broken(&self) -> Result<String> {
        Ok(self.xml()?.replacen("</saml:NameID>", "x</saml:NameID>", 1))
    }

    /// The signed assertion stands aside, and a forged one in its place (SAML core 5.4.2 is what prevents it).
    fn wrapped(&self) -> Result<String> {
        let signed = sign::enveloped(self.assertion(), &self.signer)?;
        let domain = self.name_id.rsplit_once('@').map_or("", |(_, domain)| domain);
        let forged = Self {
            assertion_id: request::id()?,
            name_id: format!("admin@{domain}"),
            signed: Signed::Nothing,
            ..self.clone()
        };
        let mut response = forged.response()?;
        response.insert_after("saml:Issuer", Element::new("samlp:Extensions").child(signed));
        Ok(response.write())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::certificate::TrustedKeys;
    use crate::saml::response::{self, Expected};
    use crate::saml::sign::Signer;
    use crate::saml::testing;

    const ISSUER: &str = "https://idp.globex.example/";
    const ACS: &str = "https://sso.orbit.example/saml/con_1/acs";
    const ENTITY: &str = "https://sso.orbit.example/saml/con_1";

    fn verify(wrong: Wrong) -> Result<String, Cause> {
        let known = testing::rsa();
        let pair = if wrong == Wrong::UnknownKey { testing::other_rsa() } else { known };
        let signer = Signer::new(&pair.key, Some(&pair.certificate));
        let mut issue =
            Issue::new(ISSUER, ACS, ENTITY, "ann@globex.example", testing::now(), signer)
                .unwrap()
                .attribute("email", &["ann@globex.example"]);
        issue.in_response_to = Some("_request".to_owned());
        let keys = TrustedKeys::new(std::slice::from_ref(&known.certificate));
        let expected = Expected {
            acs: ACS,
            entity_id: ENTITY,
            idp_entity_id: ISSUER,
            keys: &keys,
            decryption_keys: &[],
            in_response_to: Some("_request"),
            allow_sha1: false,
            allow_cbc: false,
            is_cbc_spent: false,
            skew: TimeDelta::seconds(60),
        };
        let field = issue.spoiled(wrong).unwrap();
        let result = response::verify(&field, &expected, testing::now()).result;
        result.map(|identity| identity.name_id.value).map_err(|rejection| rejection.cause)
    }

    #[test]
    fn each_wrong_response_is_refused_for_its_own_reason() {
        for wrong in Wrong::ALL {
            let expected = match wrong {
                // These are right as messages: the certificate's end, the store and the domain decide.
                Wrong::Expired | Wrong::Replayed => Ok("ann@globex.example".to_owned()),
                Wrong::Domain => Ok("ann@elsewhere.example".to_owned()),
                other => Err(other.cause()),
            };
            assert_eq!(verify(*wrong), expected, "{wrong}");
        }
    }

    #[test]
    fn no_two_wrong_responses_have_the_same_reason() {
        let causes: std::collections::HashSet<Cause> =
            Wrong::ALL.iter().map(|wrong| wrong.cause()).collect();
        assert_eq!(causes.len(), Wrong::ALL.len());
        for wrong in Wrong::ALL {
            assert_eq!(wrong.word().parse::<Wrong>().unwrap(), *wrong);
        }
        assert!("nothing".parse::<Wrong>().is_err());
    }
}
