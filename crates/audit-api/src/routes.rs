use audit_web::{AppState, Caller, RequestError};
use axum::{
    Router,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{health, metrics, openapi::openapi, operations};

/// All addresses of the API.
pub fn routes() -> Router<AppState> {
    let router = operations::all().split_for_parts().0;
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

async fn document(State(state): State<AppState>, _: Caller) -> Result<Response, RequestError> {
    let document = openapi(state.log(), state.accesses());
    // It is made of nothing that can't be serialized.
    let text = document.to_json().map_err(|_| RequestError::Internal)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}
