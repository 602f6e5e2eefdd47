use audit_web::{AppState, Caller, RequestError};
use axum::{
    Router,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access, dead_letters, domains, event, export, health, logs, metrics, openapi::openapi, stats, tail,
    timeline,
};

/// All addresses of the API.
#[must_use]
pub fn routes() -> Router<AppState> {
    let router = documented().split_for_parts().0;
    with_spring_addresses(router.route("/api/v1/openapi.json", get(document)))
}

/// The addresses that report the health of the service.
#[must_use]
pub fn operating_routes() -> Router<AppState> {
    with_spring_addresses(operating().split_for_parts().0)
}

/// The routes with what their handlers say for the OpenAPI document.
pub(crate) fn documented() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(logs::search))
        .routes(routes!(event::event))
        .routes(routes!(timeline::timeline))
        .routes(routes!(stats::stats))
        .routes(routes!(domains::domains))
        .routes(routes!(export::export))
        .routes(routes!(tail::tail))
        .routes(routes!(access::search))
        .routes(routes!(dead_letters::dead_letters))
        .routes(routes!(dead_letters::dead_letter))
        .routes(routes!(dead_letters::export))
        .routes(routes!(dead_letters::replay))
        .routes(routes!(dead_letters::discard))
        .merge(operating())
}

fn operating() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::ingest))
        .routes(routes!(health::whole))
        .routes(routes!(metrics::metrics))
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
    let document = openapi(state.queries(), state.accesses());
    // It is made of nothing that can't be serialized.
    let text = document.to_json().map_err(|_| RequestError::Internal)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}
