//! What the server says of itself (RFC 7643, 5 to 7; RFC 7644, 4), made of what it does.

use super::{Attribute, Kind, Schema, Type};
use crate::scim::{bulk, query};
use serde_json::{Map, Value, json};

const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// `ServiceProviderConfig` (RFC 7643, 5; RFC 9865, 4), always with every block: some clients give up what is missing.
#[must_use]
pub fn service_provider_config(base: &str) -> Value {
    json!({
        "schemas": [CONFIG],
        "patch": { "supported": true },
        "bulk": {
            "supported": true,
            "maxOperations": bulk::MOST_OPERATIONS,
            "maxPayloadSize": bulk::LARGEST,
        },
        "filter": { "supported": true, "maxResults": query::MOST },
        "changePassword": { "supported": false },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": query::DEFAULT_COUNT,
            "maxPageSize": query::MOST,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "The token of the connection, in the header Authorization: Bearer scim_….",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base}/ServiceProviderConfig"),
        },
    })
}

/// One resource type (RFC 7643, 6).
#[must_use]
pub fn resource_type(kind: Kind, base: &str) -> Value {
    let extensions: Vec<Value> = kind
        .extensions()
        .iter()
        .map(|schema| json!({ "schema": schema.id, "required": false }))
        .collect();
    json!({
        "schemas": [RESOURCE_TYPE],
        "id": kind.as_str(),
        "name": kind.as_str(),
        "description": kind.core().description,
        "endpoint": kind.endpoint(),
        "schema": kind.core().id,
        "schemaExtensions": extensions,
        "meta": {
            "resourceType": "ResourceType",
            "location": format!("{base}/ResourceTypes/{}", kind.as_str()),
        },
    })
}

/// Every resource type.
#[must_use]
pub fn resource_types(base: &str) -> Vec<Value> {
    Kind::ALL.into_iter().map(|kind| resource_type(kind, base)).collect()
}

/// One schema (RFC 7643, 7).
#[must_use]
pub fn schema(schema: &Schema, base: &str) -> Value {
    json!({
        "schemas": [SCHEMA],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": schema.attributes.iter().map(attribute).collect::<Vec<_>>(),
        "meta": {
            "resourceType": "Schema",
            "location": format!("{base}/Schemas/{}", schema.id),
        },
    })
}

/// Every schema.
#[must_use]
pub fn schemas(base: &str) -> Vec<Value> {
    Kind::ALL.into_iter().flat_map(Kind::schemas).map(|one| schema(one, base)).collect()
}

fn attribute(attribute: &Attribute) -> Value {
    let mut said = Map::new();
    let mut say = |name: &str, value: Value| said.insert(name.to_owned(), value);
    say("name", attribute.name.into());
    say("type", attribute.kind.as_str().into());
    say("multiValued", attribute.multi.into());
    say("description", attribute.description.into());
    say("required", attribute.required.into());
    say("mutability", attribute.mutability.as_str().into());
    say("returned", attribute.returned.as_str().into());
    say("uniqueness", if attribute.unique { "server" } else { "none" }.into());
    match attribute.kind {
        Type::Complex => {
            let sub: Vec<Value> = attribute.sub.iter().map(self::attribute).collect();
            say("subAttributes", sub.into());
        }
        Type::Boolean | Type::DateTime => {}
        Type::String | Type::Binary | Type::Reference => {
            say("caseExact", attribute.case_exact.into());
        }
    }
    if !attribute.canonical.is_empty() {
        say("canonicalValues", attribute.canonical.into());
    }
    if !attribute.references.is_empty() {
        say("referenceTypes", attribute.references.into());
    }
    Value::Object(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authentik_finds_the_whole_block_of_bulk() {
        let config = service_provider_config("https://x.example/scim/v2/con_1");
        assert!(
            config["bulk"]["maxOperations"].is_u64() && config["bulk"]["maxPayloadSize"].is_u64()
        );
        for block in ["patch", "filter", "changePassword", "sort", "etag", "authenticationSchemes"]
        {
            assert!(config.get(block).is_some(), "{block}");
        }
    }

    #[test]
    fn every_schema_of_a_resource_type_is_described() {
        let known: Vec<Value> = schemas("b").iter().map(|one| one["id"].clone()).collect();
        for kind in resource_types("b") {
            assert!(known.contains(&kind["schema"]));
            for extension in kind["schemaExtensions"].as_array().unwrap() {
                assert!(known.contains(&extension["schema"]));
            }
        }
    }

    #[test]
    fn a_user_schema_says_what_the_server_does() {
        let user = schema(Kind::User.core(), "b");
        let find = |name: &str| {
            let all = user["attributes"].as_array().unwrap();
            all.iter().find(|one| one["name"] == name).unwrap().clone()
        };
        assert_eq!(find("userName")["uniqueness"], "server");
        assert_eq!(find("password")["returned"], "never");
        assert_eq!(find("groups")["mutability"], "readOnly");
        assert!(find("active").get("caseExact").is_none());
    }
}
