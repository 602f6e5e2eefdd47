use audit_web::{AppState, Caller};
use axum::{Router, body::Bytes, http::header, routing::get};
use serde_json::Value as Json;

use crate::{health, metrics, operations};

/// All addresses of the API. `openapi` is the document that describes them.
pub fn routes(openapi: &Json) -> Router<AppState> {
    let router = operations::all().split_for_parts().0;
    let document = Bytes::from(openapi.to_string());
    let document = async move |_: Caller| ([(header::CONTENT_TYPE, "application/json")], document.clone());
    with_spring_addresses(router.route("/api/v1/openapi.json", get(document)))
}

/// The addresses that report the health of the service.
pub fn operating_routes() -> Router<AppState> {
    with_spring_addresses(operations::operating().split_for_parts().0)
}

/// Adds the addresses that Spring Boot's actuator has, so that existing checks keep working.
fn with_spring_addresses(router: Router<AppState>) -> Router<AppState> {
    router
        .route("/actuator/health", get(health::whole))
        .route("/actuator/health/ingest", get(health::ingest))
        .route("/actuator/health/liveness", get(health::live))
        .route("/actuator/health/readiness", get(health::ready))
        .route("/actuator/prometheus", get(metrics::metrics))
}
