use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{app::App, asking::Asking, auth::Permission, params::Params, problem::Problem};

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
    State(app): State<App>,
    asking: Asking,
    params: Params,
) -> Result<Response, Problem> {
    asking.must(Permission::Operate)?;
    params.only(&[])?;
    let text = app.vitals().metrics();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
