//! Parts of the `OpenAPI` document that several handlers share: path parameters, and words with their choices.

use crate::store::api_keys::Scope;
use crate::store::applications::{ApplicationKind, IdTokenAlg, NoConnection};
use crate::store::connections::{ConnectionState, Protocol};
use crate::store::domains::DomainState;
use crate::store::organizations::Admission;
use crate::store::traces::{Outcome, TraceKind};
use crate::store::users::{Source, UserState};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{Array, ArrayBuilder, Object, ObjectBuilder, Type};

macro_rules! words {
    ($($name:ident = $word:ident,)*) => {
        $(
            /// The words of this type, as a schema.
            pub(super) fn $name() -> Object {
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some($word::WORDS.iter().copied())).build()
            }
        )*
    };
}

words! {
    admission = Admission,
    domain_state = DomainState,
    connection_state = ConnectionState,
    protocol = Protocol,
    application_kind = ApplicationKind,
    id_token_alg = IdTokenAlg,
    no_connection = NoConnection,
    user_state = UserState,
    user_source = Source,
    trace_kind = TraceKind,
    outcome = Outcome,
}

/// A list of scopes.
pub(super) fn scopes() -> Array {
    let word = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(Scope::WORDS.iter().copied()));
    ArrayBuilder::new().items(word).build()
}

/// How messages travel through the browser.
pub(super) fn binding() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["redirect", "post"])).build()
}

/// The same, or no choice.
pub(super) fn binding_or_none() -> Object {
    let words = [Some("redirect"), Some("post"), None];
    let types = SchemaType::from_iter([Type::String, Type::Null]);
    ObjectBuilder::new().schema_type(types).enum_values(Some(words)).build()
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
    /// An application's ID.
    ApplicationPath { application = "app_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// A secret's ID.
    SecretPath { secret = "sec_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// A user's ID.
    UserPath { user = "usr_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// A trace's ID.
    TracePath { trace = "trc_01kampz3y7f4m8t2v6c9d0e1hj" }
    /// An API key's ID.
    ApiKeyPath { api_key = "key_01kampz3y7f4m8t2v6c9d0e1hj" }
}
