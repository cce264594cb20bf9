//! How a connection's settings are described.

use super::words;
use utoipa::ToSchema;

/// How a connection works. A patch changes what it names; `null` brings the default back.
#[derive(ToSchema)]
#[schema(as = ConnectionSettings)]
#[expect(
    dead_code,
    clippy::struct_excessive_bools,
    reason = "describes the store's Settings; a test compares the two"
)]
pub struct SettingsSchema {
    /// Sign the requests that are sent to the identity provider.
    #[schema(default = false, required = false)]
    sign_requests: bool,
    /// How requests are sent; `null` leaves the choice to what the identity provider offers.
    #[schema(schema_with = words::binding_or_none, required = false)]
    request_binding: Option<String>,
    /// The name ID format to ask for; `null` asks for none.
    #[schema(example = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")]
    name_id_format: Option<String>,
    /// Ask the identity provider to have people sign in anew each time.
    #[schema(default = false, required = false)]
    force_authn: bool,
    /// By how many seconds the identity provider's clock may differ; `null`: as the installation is set
    /// (`sign_in.clock_skew`).
    #[schema(minimum = 0, maximum = 180)]
    clock_skew: Option<u32>,
    /// Accept signatures with SHA-1, which can be forged. Needs `sha1_reason`.
    #[schema(default = false, required = false)]
    allow_sha1: bool,
    /// Why there is no other way.
    sha1_reason: Option<String>,
    /// Accept encryption with AES-CBC.
    #[schema(default = false, required = false)]
    allow_cbc: bool,
    /// Accept sign-ins that start at the identity provider.
    #[schema(default = false, required = false)]
    idp_started: bool,
    /// The certificate, PEM or base64 alone, by which the identity provider's metadata must be signed; `null` takes it
    /// unsigned, and signed by anybody.
    metadata_certificate: Option<String>,
    /// The application that such a sign-in leads to.
    default_application: Option<String>,
    #[schema(required = false)]
    attributes: MappingSchema,
}

/// Under which attribute names the identity provider sends each value. An empty list stands for the usual names.
#[derive(ToSchema)]
#[schema(as = AttributeMapping)]
#[expect(dead_code, reason = "describes Mapping; a test compares the two")]
pub struct MappingSchema {
    #[schema(required = false)]
    email: Vec<String>,
    #[schema(required = false)]
    given_name: Vec<String>,
    #[schema(required = false)]
    family_name: Vec<String>,
    #[schema(required = false)]
    name: Vec<String>,
    #[schema(required = false)]
    groups: Vec<String>,
}
