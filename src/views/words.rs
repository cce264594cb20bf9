//! Words with their choices, as the `OpenAPI` document describes them.

use crate::check::DifferenceKind;
use crate::oidc::provider::AuthMethod;
use crate::store::access::alerts::AlertKind;
use crate::store::access::explain::Hold;
use crate::store::access::mappings::{Flag, GroupMapping, MappingState};
use crate::store::api_keys::Scope;
use crate::store::applications::{ApplicationKind, IdTokenAlg, NoConnection};
use crate::store::connections::certificates::{CertificateSource, CertificateState, ENDED};
use crate::store::connections::{ConnectionState, Protocol};
use crate::store::domains::DomainState;
use crate::store::organizations::{Admission, Enforcement};
use crate::store::setup_links::{Cover, State as LinkState, Step};
use crate::store::traces::{Outcome, Step as TraceStep, TraceKind};
use crate::store::users::{Source, UserState};
use crate::store::webhooks::Because;
use crate::store::webhooks::deliveries::State;
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{Array, ArrayBuilder, Object, ObjectBuilder, Type};

macro_rules! words {
    ($($name:ident = $word:ident,)*) => {
        $(
            /// The words of this type, as a schema.
            #[must_use]
            pub fn $name() -> Object {
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some($word::WORDS.iter().copied())).build()
            }
        )*
    };
}

words! {
    mapping_state = MappingState,
    mapping_flag = Flag,
    group_mapping = GroupMapping,
    alert_kind = AlertKind,
    hold = Hold,
    admission = Admission,
    enforcement = Enforcement,
    domain_state = DomainState,
    connection_state = ConnectionState,
    protocol = Protocol,
    auth_method = AuthMethod,
    certificate_source = CertificateSource,
    application_kind = ApplicationKind,
    id_token_alg = IdTokenAlg,
    no_connection = NoConnection,
    user_state = UserState,
    user_source = Source,
    trace_kind = TraceKind,
    outcome = Outcome,
    step = TraceStep,
    delivery_state = State,
    setup_link_state = LinkState,
}

/// What differs between two texts.
#[must_use]
pub fn difference() -> Object {
    let words = DifferenceKind::ALL.iter().map(|kind| kind.key());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}

/// Why an endpoint is told nothing, or that it is told.
#[must_use]
pub fn disabled_because() -> Object {
    let words = Because::WORDS.iter().copied().map(Some).chain([None]);
    let types = SchemaType::from_iter([Type::String, Type::Null]);
    ObjectBuilder::new().schema_type(types).enum_values(Some(words)).build()
}

/// Where a certificate is in its life.
#[must_use]
pub fn certificate_state() -> Object {
    let words = CertificateState::WORDS.iter().copied().chain([ENDED]);
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}

/// A list of scopes.
#[must_use]
pub fn scopes() -> Array {
    let word = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(Scope::WORDS.iter().copied()));
    ArrayBuilder::new().items(word).build()
}

/// How messages travel through the browser.
#[must_use]
pub fn binding() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["redirect", "post"])).build()
}

/// The same, or no choice.
#[must_use]
pub fn binding_or_none() -> Object {
    let words = [Some("redirect"), Some("post"), None];
    let types = SchemaType::from_iter([Type::String, Type::Null]);
    ObjectBuilder::new().schema_type(types).enum_values(Some(words)).build()
}

/// A list of what a setup link covers.
#[must_use]
pub fn covers() -> Array {
    let word = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(Cover::WORDS.iter().copied()));
    ArrayBuilder::new().items(word).build()
}

/// A step of a setup, or none.
#[must_use]
pub fn step_or_none() -> Object {
    let words = Step::WORDS.iter().copied().map(Some).chain([None]);
    let types = SchemaType::from_iter([Type::String, Type::Null]);
    ObjectBuilder::new().schema_type(types).enum_values(Some(words)).build()
}
