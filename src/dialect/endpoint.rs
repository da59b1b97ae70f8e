//! Endpoints: what can be asked, kept as a table, so that the server, its 405s and the tests read the same list.

use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use actix_web::{Resource, Route, web};
use schemars::SchemaGenerator;

use super::operation::Operation;

/// A method, a path, and what answers it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The method; HEAD is not implied by GET.
    pub method: Method,
    /// The whole path, with `{name}` for a segment that varies.
    pub path: &'static str,
    /// Makes the route that answers.
    pub route: fn() -> Route,
    /// Describes it; the schemas of bodies are added to those that are given.
    pub operation: fn(&mut SchemaGenerator) -> Operation,
}

/// Makes a route that answers.
type MakeRoute = fn() -> Route;
/// Describes an endpoint.
type Describe = fn(&mut SchemaGenerator) -> Operation;

impl Endpoint {
    /// Answers GET.
    #[must_use]
    pub const fn get(path: &'static str, route: MakeRoute, operation: Describe) -> Self {
        Self { method: Method::GET, path, route, operation }
    }

    /// Answers POST.
    #[must_use]
    pub const fn post(path: &'static str, route: MakeRoute, operation: Describe) -> Self {
        Self { method: Method::POST, path, route, operation }
    }

    /// Answers PUT.
    #[must_use]
    pub const fn put(path: &'static str, route: MakeRoute, operation: Describe) -> Self {
        Self { method: Method::PUT, path, route, operation }
    }

    /// Answers PATCH.
    #[must_use]
    pub const fn patch(path: &'static str, route: MakeRoute, operation: Describe) -> Self {
        Self { method: Method::PATCH, path, route, operation }
    }

    /// Answers DELETE.
    #[must_use]
    pub const fn delete(path: &'static str, route: MakeRoute, operation: Describe) -> Self {
        Self { method: Method::DELETE, path, route, operation }
    }
}

/// Adds endpoints to a server, one resource a path; `not_allowed` answers the methods that a path does not have,
/// given the value of the `Allow` header (RFC 9110, 15.5.6).
pub fn resources(
    config: &mut ServiceConfig,
    endpoints: &'static [Endpoint],
    prefix: &str,
    not_allowed: fn(&str) -> actix_web::HttpResponse,
) {
    for (at, endpoint) in endpoints.iter().enumerate() {
        if endpoints[..at].iter().any(|earlier| earlier.path == endpoint.path) {
            continue;
        }
        let mut allow = Vec::new();
        let mut resource: Resource = web::resource(endpoint.path.strip_prefix(prefix).unwrap_or(endpoint.path));
        for same in endpoints.iter().filter(|other| other.path == endpoint.path) {
            resource = resource.route((same.route)().method(same.method.clone()));
            allow.push(same.method.as_str());
        }
        let allow = allow.join(", ");
        config.service(resource.default_service(web::to(move || {
            let answer = not_allowed(&allow);
            async move { answer }
        })));
    }
}
