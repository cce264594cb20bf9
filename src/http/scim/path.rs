//! Addresses as people paste them: with slashes too many, and with `/Users` already in the base URL.

use crate::http::error::ScimError;
use crate::scim::Kind;
use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::http::uri::PathAndQuery;
use actix_web::{HttpRequest, HttpResponse};

/// Where there is SCIM: at our own address of a connection, and at those of other products that lead to one.
pub(super) const BASES: [&str; 3] =
    ["/scim/v2/{connection}", "/api/scim/v2.0/{alias}", "/v1/scim/{alias}"];
/// What there is below the base URL.
pub(super) const ENDPOINTS: &[&str] = &[
    "Users",
    "Groups",
    "Me",
    "Bulk",
    "ServiceProviderConfig",
    "ResourceTypes",
    "Schemas",
    ".search",
];

/// Takes slashes away that mean nothing, so that the routes need to know one way only.
pub(in crate::http) fn straighten(request: &mut ServiceRequest) {
    let path = request.uri().path();
    if !(path.contains("//") || path.ends_with('/')) {
        return;
    }
    let straight = straight(path);
    if parts(&straight).is_none() {
        return;
    }
    let whole = match request.uri().query() {
        Some(query) => format!("{straight}?{query}"),
        None => straight,
    };
    let mut parts = request.uri().clone().into_parts();
    let Ok(whole) = whole.parse::<PathAndQuery>() else { return };
    parts.path_and_query = Some(whole);
    if let Ok(uri) = actix_web::http::Uri::from_parts(parts) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
}

/// A path in two: the base URL's, and what is below it.
pub(in crate::http) fn parts(path: &str) -> Option<(&str, &str)> {
    BASES.iter().find_map(|base| {
        let before = base.split_once('{').map_or(*base, |(before, _)| before);
        let id = path.strip_prefix(before)?.split('/').next().filter(|id| !id.is_empty())?;
        path.split_at_checked(before.len().saturating_add(id.len()))
    })
}

fn straight(path: &str) -> String {
    let mut straight = String::with_capacity(path.len());
    for part in path.split('/').filter(|part| !part.is_empty()) {
        straight.push('/');
        straight.push_str(part);
    }
    straight
}

/// What is at no route. Tells what a base URL must look like if a resource stands in it.
pub(super) async fn nothing(request: HttpRequest) -> Result<HttpResponse, ScimError> {
    let fault = appended(request.path()).unwrap_or_else(|| {
        ScimError::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address.")
    });
    Err(fault)
}

/// A method that an address does not answer.
pub(super) async fn no_method(request: HttpRequest) -> Result<HttpResponse, ScimError> {
    let detail = format!("{} is not answered at this address.", request.method());
    Err(appended(request.path()).unwrap_or_else(|| {
        ScimError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    }))
}

/// The fault of a base URL to which a client appends what is in it already: `…/Users/Users`.
pub(super) fn appended(path: &str) -> Option<ScimError> {
    let (base, below) = parts(path)?;
    let mut inside = below.split('/').skip(1);
    let (first, second) = (inside.next()?, inside.next()?);
    let is_kind =
        |part: &str| Kind::ALL.iter().any(|kind| kind.endpoint().trim_start_matches('/') == part);
    if !is_kind(first) || second == ".search" || !ENDPOINTS.contains(&second) {
        return None;
    }
    let id = if base.starts_with("/scim/") { "the connection, con_…" } else { "the directory" };
    let detail = format!(
        "The base URL ends in /{first}, and the directory appends /{second} to it. Enter the base URL without \
         /{first}: it ends in the ID of {id}."
    );
    Some(ScimError::new(StatusCode::NOT_FOUND, "base_url_too_long", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_too_many_mean_nothing() {
        for (path, is) in [
            ("/scim/v2/con_1/Users/", "/scim/v2/con_1/Users"),
            ("/scim/v2/con_1//Users", "/scim/v2/con_1/Users"),
            ("//scim//v2/con_1/Users//usr_1//", "/scim/v2/con_1/Users/usr_1"),
            ("/api/scim/v2.0/58b5-1//Users/", "/api/scim/v2.0/58b5-1/Users"),
        ] {
            assert_eq!(straight(path), is);
        }
    }

    #[test]
    fn a_resource_in_the_base_url_is_recognised() {
        let told =
            |path: &str| appended(&format!("/scim/v2/con_1{path}")).map(|fault| fault.to_string());
        for path in
            ["/Users/Users", "/Users/Users/usr_1", "/Users/Groups", "/Groups/ServiceProviderConfig"]
        {
            assert!(told(path).unwrap().contains("Enter the base URL without"), "{path}");
        }
        for path in ["/Users", "/Users/usr_1", "/Users/.search", "/Schemas/Users", "/Shoes/Users"] {
            assert!(told(path).is_none(), "{path}");
        }
    }

    #[test]
    fn a_base_url_is_told_from_what_is_below_it() {
        for (path, base, below) in [
            ("/scim/v2/con_1", "/scim/v2/con_1", ""),
            ("/scim/v2/con_1/Users/usr_1", "/scim/v2/con_1", "/Users/usr_1"),
            ("/api/scim/v2.0/v2/Groups", "/api/scim/v2.0/v2", "/Groups"),
            ("/v1/scim/scim_directory_1/Users", "/v1/scim/scim_directory_1", "/Users"),
        ] {
            assert_eq!(parts(path), Some((base, below)), "{path}");
        }
        for path in ["/scim/v2/", "/scim/v2", "/v1/scim", "/api/v1/scim/x", "/login/"] {
            assert!(parts(path).is_none(), "{path}");
        }
    }
}
