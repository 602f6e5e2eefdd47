use audit_auth::Permission;
use audit_web::{
    AppState, Caller, NotFound, Params, Problem, RequestError,
    queries::{EventById, find_event},
};
use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::Response,
};

use crate::json::json;

/// One event, whole.
///
/// Should its id name several, the one that was stored first, with the others beside it.
#[utoipa::path(
    get,
    path = "/api/v1/logs/{domain}/{id}",
    tag = "Reading",
    operation_id = "getEvent",
    params(
        ("domain" = String, Path, description = "The domain, such as `payment`."),
        ("id" = Uuid, Path, description = "The event's id."),
    ),
    responses(
        (status = 200, description = "The event.", body = EventById),
        (status = 404, description = "There is no such domain or event.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn event(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, RequestError> {
    caller.require(Permission::Read)?;
    params.require_only(&[])?;
    let Path((domain, id)) = path.map_err(|_| NotFound::Event)?;
    let memory = state.reserve_memory(&caller).await?;
    json(memory, find_event(&state, &caller, &domain, &id).await?).await
}
