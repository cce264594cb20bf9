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

/// What each cause has to tell, in the order of the documentation.
const ALL: &[(Cause, Told)] = &[
    (
        Cause::AudienceMismatch,
        Told {
            status: 400,
            title: "The assertion is meant for a different address",
            person: "one setting there doesn't match ours",
            fix: "Set SP Entity ID to exactly ",
            who: IT_ADMIN,
        },
    ),
    (
        Cause::DestinationMismatch,
        Told {
            status: 400,
            title: "Sent to a different ACS URL",
            person: "one setting there doesn't match ours",
            fix: "Set ACS URL to exactly ",
            who: IT_ADMIN,
        },
    ),
    (
        Cause::RecipientMismatch,
        Told {
            status: 400,
            title: "Made out to a different ACS URL",
            person: "one setting there doesn't match ours",
            fix: "Set ACS URL to exactly ",
            who: IT_ADMIN,
        },
    ),
    (
        Cause::IssuerMismatch,
        Told {
            status: 400,
            title: "A different identity provider answered",
            person: "one setting there doesn't match ours",
            fix: "Compare the entity ID in ",
            who: IT_ADMIN_OR_OPERATOR,
        },
    ),
    (
        Cause::SignatureMissing,
        Told {
            status: 400,
            title: "Nothing is signed",
            person: "need a change. Your password is fine",
            fix: "Sign the assertion or the response",
            who: IT_ADMIN,
        },
    ),
    (
        Cause::SignatureInvalid,
        Told {
            status: 400,
            title: "The signature does not fit the message",
            person: "its answer arrived changed",
            fix: "Often a proxy rewrites the message",
            who: OPERATOR_OR_IT_ADMIN,
        },
    ),
    (
        Cause::SignatureWrapping,
        Told {
            status: 400,
            title: "The signed part is not the part that would be read",
            person: "The people who look after security have been told",
            fix: "Treat it as an attempt to break in",
            who: OPERATOR,
        },
    ),
    (
        Cause::SignatureWeak,
        Told {
            status: 400,
            title: "Signed with an algorithm that is too weak",
            person: "need a change. Your password is fine",
            fix: "SHA-1 is not accepted",
            who: IT_ADMIN,
        },
    ),
    (
        Cause::CertificateUnknown,
        Told {
            status: 400,
            title: "Signed with a certificate we don't know",
            person: "changed its sign-in certificate",
            fix: "compare the fingerprint shown here",
            who: OPERATOR_OR_IT_ADMIN,
        },
    ),
    (
        Cause::CertificateExpired,
        Told {
            status: 400,
            title: "The signing certificate has ended",
            person: "sign-in certificate has ended",
            fix: "Renew the signing certificate in ",
            who: IT_ADMIN_OR_OPERATOR,
        },
    ),
    (
        Cause::EncryptedUnreadable,
        Told {
            status: 400,
            title: "Encrypted for another key",
            person: "need a change. Your password is fine",
            fix: "our present encryption certificate",
            who: IT_ADMIN,
        },
    ),
    (
        Cause::XmlInvalid,
        Told {
            status: 400,
            title: "Not SAML that can be read",
            person: "its answer can't be read",
            fix: "names the address that takes SAML answers",
            who: IT_ADMIN,
        },
    ),
    (
        Cause::XmlForbidden,
        Told {
            status: 400,
            title: "A document type, an entity or a comment in the message",
            person: "its answer can't be accepted",
            fix: "Make the provider send plain SAML",
            who: IT_ADMIN,
        },
    ),
    (
        Cause::ResponseTooLarge,
        Told {
            status: 400,
            title: "Larger than a response may be",
            person: "its answer is too large",
            fix: "Send fewer attributes",
            who: IT_ADMIN,
        },
    ),
    (
        Cause::AssertionMissing,
        Told {
            status: 400,
            title: "No assertion",
            person: "its answer doesn't say who you are",
            fix: "Make the provider answer with one assertion",
            who: IT_ADMIN,
        },
    ),
    (
        Cause::AssertionMultiple,
        Told {
            status: 400,
            title: "More than one assertion",
            person: "its answer can't be accepted",
            fix: "Make the provider answer with exactly one assertion",
            who: IT_ADMIN,
        },
    ),
    (
        Cause::StatusNotSuccess,
        Told {
            status: 403,
            title: "The provider refused",
            person: "sign-in page said no. Ask your IT team to give you access",
            fix: "Assign the person, or one of their groups, to the app",
            who: IT_ADMIN,
        },
    ),
    (
        Cause::RequestUnknown,
        Told {
            status: 400,
            title: "Answers a request that we did not send",
            person: "started in another browser, or too long ago. Start again.",
            fix: "The person starts again in one browser",
            who: PERSON,
        },
    ),
    (
        Cause::RequestExpired,
        Told {
            status: 400,
            title: "The request is over its time",
            person: "This sign-in took too long. Start again",
            fix: "The person starts again.",
            who: PERSON,
        },
    ),
    (
        Cause::ResponseReplayed,
        Told {
            status: 400,
            title: "The response was used before",
            person: "This sign-in was used already",
            fix: "look in the traces for the other use",
            who: PERSON,
        },
    ),
    (
        Cause::AuthenticationTooOld,
        Told {
            status: 403,
            title: "The person signed in at the provider too long ago",
            person: "asks you to sign in anew",
            fix: "ask for credentials when a request says ForceAuthn",
            who: "By the person who signs in or the customer's IT admin or the app's developers.",
        },
    ),
    (
        Cause::PersonMismatch,
        Told {
            status: 403,
            title: "Somebody else signed in than the app asked for",
            person: "asked for the person who was signed in before",
            fix: "in again under the name that they have in the app",
            who: PERSON_OR_DEVELOPER,
        },
    ),
    (
        Cause::ClockEarly,
        Told {
            status: 400,
            title: "Before its time window",
            person: "its clock and ours disagree",
            fix: "Set the clock of the identity provider by NTP",
            who: IT_ADMIN_OR_OPERATOR,
        },
    ),
    (
        Cause::ClockLate,
        Told {
            status: 400,
            title: "After its time window",
            person: "its clock and ours disagree",
            fix: "set the clock of the identity provider by NTP",
            who: IT_ADMIN_OR_OPERATOR,
        },
    ),
    (
        Cause::NameIdMissing,
        Told {
            status: 400,
            title: "No usable name ID",
            person: "left out details that",
            fix: "Make the provider send a name ID",
            who: IT_ADMIN,
        },
    ),
    (
        Cause::EmailMissing,
        Told {
            status: 400,
            title: "No email address",
            person: "left out your email address",
            fix: "Send the email address as an attribute",
            who: IT_ADMIN,
        },
    ),
    (
        Cause::EmailUnverified,
        Told {
            status: 403,
            title: "The provider has not verified the email address",
            person: "it has not verified your email address",
            fix: "Verify the person's email address in ",
            who: IT_ADMIN,
        },
    ),
    (
        Cause::EmailDomainNotAllowed,
        Told {
            status: 403,
            title: "The email's domain is not on this connection",
            person: "Your email address isn't set up for ",
            fix: "The domain of the address has to be live in the organization",
            who: OPERATOR_OR_IT_ADMIN,
        },
    ),
    (
        Cause::UserNotProvisioned,
        Told {
            status: 403,
            title: "No such person, and new people arrive by SCIM only",
            person: "Ask your IT team to add you.",
            fix: "so that the directory creates them here",
            who: IT_ADMIN,
        },
    ),
    (
        Cause::UserSuspended,
        Told {
            status: 403,
            title: "The person is suspended",
            person: "is off. Ask your IT team.",
            fix: "Activate the person where they were suspended",
            who: IT_ADMIN_OR_OPERATOR,
        },
    ),
    (
        Cause::UserDeprovisioned,
        Told {
            status: 403,
            title: "The directory has removed the person",
            person: "is off. Ask your IT team.",
            fix: "so that the directory brings them back",
            who: IT_ADMIN_OR_OPERATOR,
        },
    ),
    (
        Cause::IdentityConflict,
        Told {
            status: 403,
            title: "The provider has another name for this person",
            person: "Somebody with your email address is known to",
            fix: "vestibule user unlink",
            who: OPERATOR_OR_IT_ADMIN,
        },
    ),
    (
        Cause::NoAccess,
        Told {
            status: 403,
            title: "No rule gives access",
            person: "is open to you yet. Ask your IT team for access.",
            fix: "Look at the rules of the organization",
            who: OPERATOR_OR_IT_ADMIN,
        },
    ),
    (
        Cause::ConsoleRefused,
        Told {
            status: 403,
            title: "Nobody whom the console lets in",
            person: "but this console does not let you in by it",
            fix: "The checks of the trace say which it is",
            who: OPERATOR,
        },
    ),
    (
        Cause::IdpStartedNotAllowed,
        Told {
            status: 200,
            title: "Started at the provider",
            person: "One more step",
            fix: "the person is offered a normal sign-in",
            who: PERSON,
        },
    ),
    (
        Cause::ConnectionDisabled,
        Told {
            status: 503,
            title: "The connection is off",
            person: "is unavailable at the moment",
            fix: "Turn the connection on.",
            who: OPERATOR,
        },
    ),
    (
        Cause::ConnectionDraft,
        Told {
            status: 503,
            title: "The connection is not set up yet",
            person: "is not ready yet",
            fix: "Finish the set-up",
            who: OPERATOR_OR_IT_ADMIN,
        },
    ),
    (
        Cause::ProviderUnreachable,
        Told {
            status: 503,
            title: "The provider's token or keys address did not answer",
            person: "is unavailable at the moment. Try again later.",
            fix: "Check that the provider's addresses can be reached",
            who: OPERATOR_OR_IT_ADMIN,
        },
    ),
    (
        Cause::NonceMismatch,
        Told {
            status: 400,
            title: "The ID token's nonce is not ours",
            person: "The answer belongs to another sign-in. Start again.",
            fix: "does not return the nonce it was sent",
            who: PERSON_OR_DEVELOPER,
        },
    ),
    (
        Cause::StateMismatch,
        Told {
            status: 400,
            title: "The state is not ours",
            person: "The answer belongs to another sign-in. Start again.",
            fix: "does not return the state it was sent",
            who: PERSON_OR_DEVELOPER,
        },
    ),
    (
        Cause::TokenInvalid,
        Told {
            status: 400,
            title: "The provider's ID token is not valid",
            person: "if it fails again, tell your IT team",
            fix: "Compare issuer, client ID and keys of the connection",
            who: PERSON_OR_DEVELOPER,
        },
    ),
    (
        Cause::BreakGlassRefused,
        Told {
            status: 403,
            title: "The break-glass code cannot be used",
            person: "This code was used before or is no longer good",
            fix: "A code is used once, by an exempt owner",
            who: OPERATOR_OR_IT_ADMIN,
        },
    ),
    (
        Cause::AppRedirectInvalid,
        Told {
            status: 400,
            title: "The redirect address is not registered",
            person: "The app is misconfigured",
            fix: "Register the redirect address for the application",
            who: "By the app's developers.",
        },
    ),
];

/// What this cause has to tell.
pub(super) fn told(cause: Cause) -> &'static Told {
    let found = ALL.iter().find(|(of, _)| *of == cause);
    &found.unwrap_or_else(|| panic!("nothing is said of what {cause} tells")).1
}
