//! Typed IDs: a prefix for each noun, and 26 characters that sort by time.

use crate::clock::Time;

/// Crockford's base 32 in lower case: no i, l, o, u, and it sorts as the number does.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new time-sortable ID: `prefix`, an underscore, and a `UUIDv7` in 26 characters.
pub(super) fn new_id(prefix: &str) -> String {
    id_of(prefix, uuid::Uuid::now_v7().as_u128())
}

/// What all IDs made since `at` are greater than, and all made before it less: a `UUIDv7` begins with milliseconds.
pub(super) fn first_id(prefix: &str, at: Time) -> String {
    let millis = u128::try_from(at.to_utc().timestamp_millis()).unwrap_or_default();
    id_of(prefix, millis << 80)
}

fn id_of(prefix: &str, number: u128) -> String {
    let mut id = String::with_capacity(prefix.len() + 27);
    id.push_str(prefix);
    id.push('_');
    for place in (0..26).rev() {
        let digit = usize::try_from((number >> (5 * place)) & 31).unwrap_or_default();
        id.push(char::from(ALPHABET.get(digit).copied().unwrap_or(b'0')));
    }
    id
}

/// Whether `text` has the form that [`new_id`] gives.
pub(super) fn is_id(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .is_some_and(|digits| digits.len() == 26 && digits.bytes().all(is_digit))
}

const fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'z') && !matches!(byte, b'i' | b'l' | b'o' | b'u')
}

/// A typed ID: `id!(UserId, "usr", "user")`.
macro_rules! id {
    ($(#[$meta:meta])* $name:ident, $prefix:literal, $noun:literal) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize,
            ::diesel::expression::AsExpression, ::diesel::deserialize::FromSqlRow,
        )]
        #[serde(transparent)]
        #[diesel(sql_type = ::diesel::sql_types::Text)]
        pub struct $name(String);

        impl $name {
            /// What the ID begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new one that sorts after all before it.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "a default would look like a constant")]
            pub fn new() -> Self {
                Self($crate::store::ids::new_id($prefix))
            }

            /// The ID as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::error::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                if $crate::store::ids::is_id($prefix, text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err($crate::error::Error::not_found($noun, text))
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                text.parse().map_err(|_| {
                    serde::de::Error::custom(format!(
                        "expected the ID of a {}: {}_ and 26 characters", $noun, $prefix
                    ))
                })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        $crate::store::types::text_column!($name);
    };
}

id!(/// ID of an organization.
    OrganizationId, "org", "organization");
id!(/// ID of a domain.
    DomainId, "dom", "domain");
id!(/// ID of a connection.
    ConnectionId, "con", "connection");
id!(/// ID of an alias: an address of another product that leads to a connection.
    AliasId, "als", "alias");
id!(/// ID of a user.
    UserId, "usr", "user");
id!(/// ID of an application, which is also its OAuth client ID.
    ApplicationId, "app", "application");
id!(/// ID of an application's secret.
    SecretId, "sec", "secret");
id!(/// ID of a sign-in trace, which is also the relay state.
    TraceId, "trc", "trace");
id!(/// ID of a session.
    SessionId, "ses", "session");
id!(/// ID of a sign-out that goes on at the provider, which is also the relay state.
    LogoutId, "lgo", "sign-out");
id!(/// ID of what an application is to be told about a session's end.
    NoticeId, "lgn", "logout notice");
id!(/// ID of a grant.
    GrantId, "gra", "grant");
id!(/// ID of a key that signs or decrypts.
    KeyId, "kid", "signing key");
id!(/// ID of an API key.
    ApiKeyId, "key", "API key");
id!(/// ID of a person's exemption from single sign-on.
    ExemptOwnerId, "own", "exempt owner");
id!(/// ID of a break-glass code.
    BreakGlassCodeId, "bgc", "break-glass code");
id!(/// ID of a group that a directory pushed.
    GroupId, "grp", "group");
id!(/// ID of a directory's token.
    ScimTokenId, "sct", "SCIM token");
id!(/// ID of a request of a directory.
    ScimRequestId, "scr", "SCIM request");
id!(/// ID of an entity: a place in an application.
    EntityId, "ent", "entity");
id!(/// ID of a mapping.
    MappingId, "map", "mapping");
id!(/// ID of a mapping rule.
    RuleId, "rul", "mapping rule");
id!(/// ID of a conflict between two mappings about a person.
    ConflictId, "cfl", "conflict");
id!(/// ID of an alert.
    AlertId, "alr", "alert");
id!(/// ID of an event.
    EventId, "evt", "event");
id!(/// ID of an address of an app that is told of events.
    WebhookEndpointId, "whe", "webhook endpoint");
id!(/// ID of what became of telling one event to one endpoint.
    DeliveryId, "whd", "delivery");
id!(/// ID of a link into the portal, or of one visit there.
    SetupLinkId, "lnk", "setup link");
id!(
    /// Names a preview that is worked on.
    PreviewId, "prv", "preview");
id!(/// ID of a member: one of the operator's people at the console.
    MemberId, "mem", "member");
id!(/// ID of a browser in which a member is signed in.
    MemberSessionId, "mes", "member session");
id!(/// ID of a link by which a member chooses a password, or signs in once.
    MemberLinkId, "mel", "member link");
id!(/// ID of a passkey of a member.
    MemberPasskeyId, "mpk", "passkey");
id!(/// ID of a mail.
    MailId, "mai", "mail");
id!(/// ID of a request to this gateway, by which its log lines are found.
    RequestId, "req", "request");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let ids: Vec<String> = (0..1000).map(|_| new_id("usr")).collect();
        assert!(ids.is_sorted());
        assert!(ids.iter().all(|id| is_id("usr", id) && id.len() == 30));
    }

    #[test]
    fn the_first_id_of_a_moment_divides_the_ids_made_before_and_after_it() {
        #[expect(clippy::disallowed_methods, reason = "IDs are made by the machine's time")]
        let now = Time::from(chrono::Utc::now());
        let id = new_id("usr");
        assert!(first_id("usr", now.minus(chrono::TimeDelta::seconds(1))) < id);
        assert!(id < first_id("usr", now.plus(chrono::TimeDelta::seconds(1))));
    }

    #[test]
    fn the_digits_of_an_id_are_those_of_the_alphabet() {
        assert!((0..=u8::MAX).all(|byte| is_digit(byte) == ALPHABET.contains(&byte)));
    }

    #[test]
    fn an_id_of_another_noun_is_not_found() {
        assert!(new_id("usr").parse::<ConnectionId>().is_err());
    }
}
