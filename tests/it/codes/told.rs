//! What each cause of a sign-in tells, in words of its own: nothing here is read from what is tested.

use vestibule::cause::Cause;

/// What a cause tells whom.
pub(super) struct Told {
    /// The status of the person's page.
    pub(super) status: u16,
    /// Heads the trace.
    pub(super) title: &'static str,
    /// The person reads this.
    pub(super) person: &'static str,
    /// What to do about it.
    pub(super) fix: &'static str,
    /// Who can do it.
    pub(super) who: &'static str,
}

const IT_ADMIN: &str = "By the customer's IT admin.";
const IT_ADMIN_OR_OPERATOR: &str = "By the customer's IT admin or whoever runs this gateway.";
const OPERATOR: &str = "By whoever runs this gateway.";
const OPERATOR_OR_IT_ADMIN: &str = "By whoever runs this gateway or the customer's IT admin.";
const PERSON: &str = "By the person who signs in.";
const PERSON_OR_DEVELOPER: &str = "By the person who signs in or the app's developers.";

/// What this cause has to tell.
pub(super) fn told(cause: Cause) -> Told {
    let (status, title, person, fix, who) = match cause {
        Cause::AudienceMismatch => (
            400,
            "The assertion is meant for a different address",
            "one setting there doesn't match ours",
            "Set SP Entity ID to exactly ",
            IT_ADMIN,
        ),
        Cause::DestinationMismatch => (
            400,
            "Sent to a different ACS URL",
            "one setting there doesn't match ours",
            "Set ACS URL to exactly ",
            IT_ADMIN,
        ),
        Cause::RecipientMismatch => (
            400,
            "Made out to a different ACS URL",
            "one setting there doesn't match ours",
            "Set ACS URL to exactly ",
            IT_ADMIN,
        ),
        Cause::IssuerMismatch => (
            400,
            "A different identity provider answered",
            "one setting there doesn't match ours",
            "Compare the entity ID in ",
            IT_ADMIN_OR_OPERATOR,
        ),
        Cause::SignatureMissing => (
            400,
            "Nothing is signed",
            "need a change. Your password is fine",
            "Sign the assertion or the response",
            IT_ADMIN,
        ),
        Cause::SignatureInvalid => (
            400,
            "The signature does not fit the message",
            "its answer arrived changed",
            "Often a proxy rewrites the message",
            OPERATOR_OR_IT_ADMIN,
        ),
        Cause::SignatureWrapping => (
            400,
            "The signed part is not the part that would be read",
            "The people who look after security have been told",
            "Treat it as an attempt to break in",
            OPERATOR,
        ),
        Cause::SignatureWeak => (
            400,
            "Signed with an algorithm that is too weak",
            "need a change. Your password is fine",
            "SHA-1 is not accepted",
            IT_ADMIN,
        ),
        Cause::CertificateUnknown => (
            400,
            "Signed with a certificate we don't know",
            "changed its sign-in certificate",
            "compare the fingerprint shown here",
            OPERATOR_OR_IT_ADMIN,
        ),
        Cause::CertificateExpired => (
            400,
            "The signing certificate has ended",
            "sign-in certificate has ended",
            "Renew the signing certificate in ",
            IT_ADMIN_OR_OPERATOR,
        ),
        Cause::EncryptedUnreadable => (
            400,
            "Encrypted for another key",
            "need a change. Your password is fine",
            "our present encryption certificate",
            IT_ADMIN,
        ),
        Cause::XmlInvalid => (
            400,
            "Not SAML that can be read",
            "its answer can't be read",
            "names the address that takes SAML answers",
            IT_ADMIN,
        ),
        Cause::XmlForbidden => (
            400,
            "A document type, an entity or a comment in the message",
            "its answer can't be accepted",
            "Make the provider send plain SAML",
            IT_ADMIN,
        ),
        Cause::ResponseTooLarge => (
            400,
            "Larger than a response may be",
            "its answer is too large",
            "Send fewer attributes",
            IT_ADMIN,
        ),
        Cause::AssertionMissing => (
            400,
            "No assertion",
            "its answer doesn't say who you are",
            "Make the provider answer with one assertion",
            IT_ADMIN,
        ),
        Cause::AssertionMultiple => (
            400,
            "More than one assertion",
            "its answer can't be accepted",
            "Make the provider answer with exactly one assertion",
            IT_ADMIN,
        ),
        Cause::StatusNotSuccess => (
            403,
            "The provider refused",
            "sign-in page said no. Ask your IT team to give you access",
            "Assign the person, or one of their groups, to the app",
            IT_ADMIN,
        ),
        Cause::RequestUnknown => (
            400,
            "Answers a request that we did not send",
            "started in another browser, or too long ago. Start again.",
            "The person starts again in one browser",
            PERSON,
        ),
        Cause::RequestExpired => (
            400,
            "The request is over its time",
            "This sign-in took too long. Start again",
            "The person starts again.",
            PERSON,
        ),
        Cause::ResponseReplayed => (
            400,
            "The response was used before",
            "This sign-in was used already",
            "look in the traces for the other use",
            PERSON,
        ),
        Cause::AuthenticationTooOld => (
            403,
            "The person signed in at the provider too long ago",
            "asks you to sign in anew",
            "ask for credentials when a request says ForceAuthn",
            "By the person who signs in or the customer's IT admin or the app's developers.",
        ),
        Cause::PersonMismatch => (
            403,
            "Somebody else signed in than the app asked for",
            "asked for the person who was signed in before",
            "in again under the name that they have in the app",
            PERSON_OR_DEVELOPER,
        ),
        Cause::ClockEarly => (
            400,
            "Before its time window",
            "its clock and ours disagree",
            "Set the clock of the identity provider by NTP",
            IT_ADMIN_OR_OPERATOR,
        ),
        Cause::ClockLate => (
            400,
            "After its time window",
            "its clock and ours disagree",
            "set the clock of the identity provider by NTP",
            IT_ADMIN_OR_OPERATOR,
        ),
        Cause::NameIdMissing => (
            400,
            "No usable name ID",
            "left out details that",
            "Make the provider send a name ID",
            IT_ADMIN,
        ),
        Cause::EmailMissing => (
            400,
            "No email address",
            "left out your email address",
            "Send the email address as an attribute",
            IT_ADMIN,
        ),
        Cause::EmailUnverified => (
            403,
            "The provider has not verified the email address",
            "it has not verified your email address",
            "Verify the person's email address in ",
            IT_ADMIN,
        ),
        Cause::EmailDomainNotAllowed => (
            403,
            "The email's domain is not on this connection",
            "Your email address isn't set up for ",
            "The domain of the address has to be live in the organization",
            OPERATOR_OR_IT_ADMIN,
        ),
        Cause::UserNotProvisioned => (
            403,
            "No such person, and new people arrive by SCIM only",
            "Ask your IT team to add you.",
            "so that the directory creates them here",
            IT_ADMIN,
        ),
        Cause::UserSuspended => (
            403,
            "The person is suspended",
            "is off. Ask your IT team.",
            "Activate the person where they were suspended",
            IT_ADMIN_OR_OPERATOR,
        ),
        Cause::UserDeprovisioned => (
            403,
            "The directory has removed the person",
            "is off. Ask your IT team.",
            "so that the directory brings them back",
            IT_ADMIN_OR_OPERATOR,
        ),
        Cause::IdentityConflict => (
            403,
            "The provider has another name for this person",
            "Somebody with your email address is known to",
            "vestibule user unlink",
            OPERATOR_OR_IT_ADMIN,
        ),
        Cause::NoAccess => (
            403,
            "No rule gives access",
            "is open to you yet. Ask your IT team for access.",
            "Look at the rules of the organization",
            OPERATOR_OR_IT_ADMIN,
        ),
        Cause::IdpStartedNotAllowed => (
            200,
            "Started at the provider",
            "One more step",
            "the person is offered a normal sign-in",
            PERSON,
        ),
        Cause::ConnectionDisabled => (
            503,
            "The connection is off",
            "is unavailable at the moment",
            "Turn the connection on.",
            OPERATOR,
        ),
        Cause::ConnectionDraft => (
            503,
            "The connection is not set up yet",
            "is not ready yet",
            "Finish the set-up",
            OPERATOR_OR_IT_ADMIN,
        ),
        Cause::ProviderUnreachable => (
            503,
            "The provider's token or keys address did not answer",
            "is unavailable at the moment. Try again later.",
            "Check that the provider's addresses can be reached",
            OPERATOR_OR_IT_ADMIN,
        ),
        Cause::NonceMismatch => (
            400,
            "The ID token's nonce is not ours",
            "The answer belongs to another sign-in. Start again.",
            "does not return the nonce it was sent",
            PERSON_OR_DEVELOPER,
        ),
        Cause::StateMismatch => (
            400,
            "The state is not ours",
            "The answer belongs to another sign-in. Start again.",
            "does not return the state it was sent",
            PERSON_OR_DEVELOPER,
        ),
        Cause::TokenInvalid => (
            400,
            "The provider's ID token is not valid",
            "if it fails again, tell your IT team",
            "Compare issuer, client ID and keys of the connection",
            PERSON_OR_DEVELOPER,
        ),
        Cause::BreakGlassRefused => (
            403,
            "The break-glass code cannot be used",
            "This code was used before or is no longer good",
            "A code is used once, by an exempt owner",
            OPERATOR_OR_IT_ADMIN,
        ),
        Cause::AppRedirectInvalid => (
            400,
            "The redirect address is not registered",
            "The app is misconfigured",
            "Register the redirect address for the application",
            "By the app's developers.",
        ),
    };
    Told { status, title, person, fix, who }
}
