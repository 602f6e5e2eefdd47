use std::collections::BTreeMap;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{app::App, vitals::Part};

/// How the service is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    status: Status,
    /// What it needs, by name: `broker`, `database`, and `consumer-…` for each domain.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    components: BTreeMap<String, Component>,
}

/// How one thing is that the service needs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Component {
    status: Status,
    /// For how many seconds.
    seconds: u64,
}

/// Whether something works. The words are those of Spring's health endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    /// It does.
    Up,
    /// It does not.
    Down,
}

impl Status {
    fn of(up: bool) -> Self {
        if up { Self::Up } else { Self::Down }
    }
}

/// Whether the process answers.
///
/// If it does not, restart it. Also at `/actuator/health/liveness`. Open to everybody; not recorded.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "Operating",
    operation_id = "getLiveness",
    security(()),
    responses((status = 200, description = "It answers.", body = Health)),
)]
pub(super) async fn live() -> Json<Health> {
    Json(Health { status: Status::Up, components: BTreeMap::new() })
}

/// Whether events are stored: the broker is connected, every queue is consumed, and the database takes them.
///
/// A restart mends none of these: the service waits for them by itself. Also at `/actuator/health` and
/// `/actuator/health/readiness`. Open to everybody; not recorded.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "Operating",
    operation_id = "getReadiness",
    security(()),
    responses(
        (status = 200, description = "Everything is there.", body = Health),
        (status = 503, description = "Something is not: `components` says what, and for how long.", body = Health),
    ),
)]
pub(super) async fn ready(State(app): State<App>) -> (StatusCode, Json<Health>) {
    let parts = app.vitals().parts();
    let all = parts.iter().all(|part| part.up);
    let status = if all { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let component =
        |Part { name, up, since }| (name, Component { status: Status::of(up), seconds: since.as_secs() });
    let components = parts.into_iter().map(component).collect();
    (status, Json(Health { status: Status::of(all), components }))
}
