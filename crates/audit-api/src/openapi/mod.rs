//! The `OpenAPI` document.

mod parameters;

use audit_query::{Bucket, LogReader, Order, PAGE_SIZE, TIMELINE_SIZE};
use audit_web::Problem;
use serde_json::Value as Json;
use utoipa::{
    OpenApi as _,
    openapi::{
        OpenApi, RefOr,
        content::ContentBuilder,
        header::HeaderBuilder,
        path::Operation,
        response::ResponseBuilder,
        schema::{ObjectBuilder, Ref, Type},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use crate::{export::Format, operations};

/// The document without what depends on the domains.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Tickatch audit log",
        description = "Which action happened, when, and by whom: the business audit log of the Tickatch platform.\n\nTimes are RFC 3339 in UTC. An empty parameter counts as not given, one that is not known is refused. Every read of the log or of dead letters is recorded before it is answered. Nothing of the log can be changed; what is posted repairs dead letters. Other methods get 405.",
    ),
    tags(
        (name = "Reading", description = "Questions to the log"),
        (name = "Operating", description = "How the service is, and messages that could not be stored"),
    ),
    components(schemas(Problem, Order, Bucket, Format)),
)]
struct Document;

/// The `OpenAPI` document of the API, with the domains' own columns as parameters and the errors of every operation.
#[must_use]
pub fn openapi(log: &LogReader, accesses: &LogReader) -> Json {
    // It has nothing that can't be serialized.
    serde_json::to_value(document(log, accesses)).unwrap_or_default()
}

fn document(log: &LogReader, accesses: &LogReader) -> OpenApi {
    let routes =
        utoipa_axum::router::OpenApiRouter::with_openapi(Document::openapi()).merge(operations::all());
    let mut document = routes.split_for_parts().1;
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    for (path, item) in &mut document.paths.paths {
        let is_post = item.post.is_some();
        let Some(operation) = item.get.as_mut().or(item.post.as_mut()) else { continue };
        match path.as_str() {
            "/api/v1/logs" | "/api/v1/logs/export" | "/api/v1/logs/tail" | "/api/v1/stats" => {
                parameters::add_filter(operation, log);
            }
            "/api/v1/access" => parameters::add_filter(operation, accesses),
            "/api/v1/timeline" => parameters::add_time(operation, log),
            "/api/v1/dead-letters" | "/api/v1/dead-letters/export" => {
                parameters::add_selection(operation, log);
            }
            _ => {}
        }
        match path.as_str() {
            "/api/v1/logs" | "/api/v1/access" => parameters::add_limit(operation, PAGE_SIZE),
            "/api/v1/timeline" => parameters::add_limit(operation, TIMELINE_SIZE),
            "/api/v1/stats" => parameters::add_dimensions(operation, log),
            "/api/v1/dead-letters" => parameters::add_listing_limit(operation),
            _ => {}
        }
        if EVENT_PATHS.contains(&path.as_str()) {
            add_budget_headers(operation);
        }
        let role = match path.as_str() {
            // Open to everybody, without parameters.
            path if path.starts_with("/health") => continue,
            "/metrics" => "`ops` or `auditor`",
            "/api/v1/logs/export" | "/api/v1/access" => "`auditor`",
            path if path.starts_with("/api/v1/dead-letters") => "`ops` or `auditor`",
            _ => "`support` or `auditor`",
        };
        add_errors(operation, role);
        if is_post {
            add_body_errors(operation);
        }
    }
    let components = document.components.get_or_insert_default();
    components.schemas.insert("LetterChoice".to_owned(), RefOr::T(parameters::repair_request(log)));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let session = ApiKey::Cookie(ApiKeyValue::new("__Host-session"));
    components.add_security_scheme("session", SecurityScheme::ApiKey(session));
    document.security = Some(vec![
        SecurityRequirement::new::<_, [&str; 0], _>("bearer", []),
        SecurityRequirement::new::<_, [&str; 0], _>("session", []),
    ]);
    document
}

/// The paths that return events, which count for the row budget.
const EVENT_PATHS: [&str; 4] =
    ["/api/v1/logs", "/api/v1/logs/{domain}/{id}", "/api/v1/logs/tail", "/api/v1/timeline"];

/// Adds the headers that tell what is left of the row budget.
fn add_budget_headers(operation: &mut Operation) {
    let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") else { return };
    for (name, meaning) in [
        (
            "RateLimit-Policy",
            "For the role `support`: how many rows of events it is given (`q`) in a day (`w`, seconds).",
        ),
        (
            "RateLimit",
            "For the role `support`: how many rows are left (`r`), and after how many seconds all are there again (`t`).",
        ),
    ] {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let header = HeaderBuilder::new().schema(Some(text)).description(Some(meaning)).build();
        response.headers.insert(name.to_owned(), RefOr::T(header));
    }
}

/// Adds the errors that every operation has.
fn add_errors(operation: &mut Operation, role: &str) {
    let forbidden = format!("The reader's roles do not permit this: it needs {role}.");
    let retry = Some(("Retry-After", "After how many seconds to try again."));
    for (status, description, header) in [
        ("400", "A parameter can't be understood: `errors` names it and what it takes.", None),
        (
            "401",
            "Nobody is known by the token, or there is none.",
            Some(("WWW-Authenticate", "How to sign in.")),
        ),
        ("403", &forbidden, None),
        (
            "429",
            "Too many wrong tokens came from this address; or the reader asks too much at the same time, or has used up the \
             rows that the role `support` is given in a day.",
            retry,
        ),
        ("503", "It can't be answered or recorded at the moment, or takes too long.", retry),
    ] {
        let mut response = problem(description);
        if let Some((name, meaning)) = header {
            let text = ObjectBuilder::new().schema_type(Type::String);
            let header = HeaderBuilder::new().schema(Some(text)).description(Some(meaning)).build();
            response = response.header(name, header);
        }
        operation.responses.responses.insert(status.to_owned(), RefOr::T(response.build()));
    }
}

/// Adds the errors of operations with a body.
fn add_body_errors(operation: &mut Operation) {
    for (status, description) in
        [("413", "The body is too large."), ("415", "The body is neither JSON nor a form.")]
    {
        operation.responses.responses.insert(status.to_owned(), RefOr::T(problem(description).build()));
    }
}

fn problem(description: &str) -> ResponseBuilder {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(description).content("application/problem+json", problem)
}
