//! Parts of the `OpenAPI` document that several handlers share: path parameters, and words with their choices.

use serde::Deserialize;
use utoipa::IntoParams;

pub(super) use crate::views::words::*;

/// What an act was previewed on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes a header")]
pub(super) struct PreviewedHeader {
    /// The version of a preview, or the `ETag` of the rules.
    #[serde(rename = "If-Match")]
    if_match: Option<String>,
}

macro_rules! path_params {
    ($($(#[$doc:meta])* $name:ident { $field:ident = $example:literal })*) => {
        $(
            $(#[$doc])*
            #[derive(Deserialize, IntoParams)]
            #[into_params(parameter_in = Path)]
            #[expect(dead_code, reason = "describes a part of a path")]
            pub(super) struct $name {
                $(#[$doc])*
                #[param(example = $example)]
                $field: String,
            }
        )*
    };
}

path_params! {
    /// An organization's ID, or `external:` and your own ID of it.
    OrganizationPath { organization = "external:globex-17" }
    /// A domain's name or ID.
    DomainPath { domain = "globex.example" }
    /// A connection's ID.
    ConnectionPath { connection = "con_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// SHA-256 of a certificate, in hexadecimal, with or without colons.
    FingerprintPath { fingerprint = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" }
    /// The ID of an exemption, or the owner's email address.
    ExemptOwnerPath { exempt_owner = "own_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// A break-glass code's ID.
    BreakGlassCodePath { code = "bgc_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// An application's ID.
    ApplicationPath { application = "app_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// A secret's ID.
    SecretPath { secret = "sec_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// A user's ID.
    UserPath { user = "usr_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// A trace's ID.
    TracePath { trace = "trc_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// A SCIM token's ID.
    ScimTokenPath { scim_token = "sct_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// A group's ID.
    GroupPath { group = "grp_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// A SCIM request's ID.
    ScimRequestPath { scim_request = "scr_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// An event's ID.
    AuditEventPath { audit_event = "evt_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// A webhook endpoint's ID.
    WebhookEndpointPath { webhook_endpoint = "whe_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// A delivery's ID.
    DeliveryPath { delivery = "whd_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// An entity's key, which is yours: 1 to 128 visible ASCII characters.
    EntityPath { entity = "payments" }
    /// A mapping's ID.
    MappingPath { mapping = "map_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// A conflict's ID.
    ConflictPath { conflict = "cfl_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// An alert's ID.
    AlertPath { alert = "alr_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// A setup link's ID.
    SetupLinkPath { setup_link = "lnk_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// The ID of a visit in the portal.
    PortalSessionPath { portal_session = "lnk_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// A preview's ID.
    PreviewPath { preview = "prv_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// An API key's ID.
    ApiKeyPath { api_key = "key_01kampz3y7f4m8t2v6c9d0e1hj" }
}
