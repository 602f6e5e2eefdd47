use std::collections::BTreeMap;

use audit_web::AppState;
use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// How the service is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    status: Status,
    /// What was asked after, by name: `reading`; `broker`, `database`, and each domain, such as `payment`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    components: BTreeMap<String, Component>,
}

/// How one thing is that the service needs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Component {
    status: Status,
    /// For how many seconds.
    seconds: u64,
    /// Why it is down.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What is wrong with it although it is up.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
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

/// Whether questions are answered: the database that is read answers, and reads can be recorded.
///
/// If not, send readers elsewhere. It says nothing of events being stored. Also at `/actuator/health/readiness`. Open to
/// everybody; not recorded.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "Operating",
    operation_id = "getReadiness",
    security(()),
    responses(
        (status = 200, description = "They are.", body = Health),
        (status = 503, description = "They are not: `components` says why, and for how long.", body = Health),
    ),
)]
pub(super) async fn ready(State(state): State<AppState>) -> (StatusCode, Json<Health>) {
    health(state.health().reading())
}

/// Whether events are stored: broker, database, and each domain by its name.
///
/// A restart mends none of these: the service waits for them by itself. Also at `/actuator/health/ingest`. Open to
/// everybody; not recorded.
#[utoipa::path(
    get,
    path = "/health/ingest",
    tag = "Operating",
    operation_id = "getIngestHealth",
    security(()),
    responses(
        (status = 200, description = "Those of every domain are.", body = Health),
        (status = 503, description = "Some are not: `components` says which, why, and for how long.", body = Health),
    ),
)]
pub(super) async fn ingest(State(state): State<AppState>) -> (StatusCode, Json<Health>) {
    health(state.health().ingest())
}

/// How the whole is: reading, and all that storing needs.
///
/// For people and monitoring; a platform that restarts or withdraws what is down asks one of the others. Also at
/// `/actuator/health`. Open to everybody; not recorded.
#[utoipa::path(
    get,
    path = "/health",
    tag = "Operating",
    operation_id = "getHealth",
    security(()),
    responses(
        (status = 200, description = "Everything is at work.", body = Health),
        (status = 503, description = "Something is not: `components` says what, why, and for how long.", body = Health),
    ),
)]
pub(super) async fn whole(State(state): State<AppState>) -> (StatusCode, Json<Health>) {
    let source = state.health();
    health(source.reading().into_iter().chain(source.ingest()))
}

fn health(components: impl IntoIterator<Item = audit_web::Component>) -> (StatusCode, Json<Health>) {
    let component = |audit_web::Component { name, problem, warning, since }| {
        let status = if problem.is_none() { Status::Up } else { Status::Down };
        (name, Component { status, seconds: since.as_secs(), reason: problem, warning })
    };
    let components: BTreeMap<_, _> = components.into_iter().map(component).collect();
    let is_up = components.values().all(|component| component.status == Status::Up);
    let (code, status) =
        if is_up { (StatusCode::OK, Status::Up) } else { (StatusCode::SERVICE_UNAVAILABLE, Status::Down) };
    (code, Json(Health { status, components }))
}
