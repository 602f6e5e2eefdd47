use audit_auth::Permission;
use audit_web::{AppState, Caller, Params, RequestError};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

/// Counters and gauges of the service, for Prometheus.
///
/// Also at `/actuator/prometheus`. Not recorded.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "Operating",
    operation_id = "getMetrics",
    responses((status = 200, description = "The metrics, as Prometheus reads them.", body = String, content_type = "text/plain")),
)]
pub(super) async fn metrics(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
) -> Result<Response, RequestError> {
    caller.require(Permission::Operate)?;
    params.require_only(&[])?;
    let text = state.health().metrics();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
