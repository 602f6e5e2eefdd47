use audit_auth::Permission;
use audit_web::{
    AppState, Caller, Params, RequestError,
    dead_letters::{Repair, RepairRequest, RepairResult},
};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

/// What became of dead letters.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RepairAnswer {
    /// How many were put back, or discarded.
    done: u64,
    /// How many were left alone, as they were put back before.
    skipped: u64,
    /// How many the broker did not take: they stay.
    refused: u64,
    /// Whether all were looked at; if not, the time was not enough, and the same request goes on.
    complete: bool,
    /// The name of the file on the server that keeps what was discarded.
    file: Option<String>,
}

impl From<RepairResult> for RepairAnswer {
    fn from(RepairResult { tally, complete, file }: RepairResult) -> Self {
        Self { done: tally.done, skipped: tally.skipped, refused: tally.refused, complete, file }
    }
}

/// Put dead letters back.
///
/// Each is published as it was before, and removed when the broker has confirmed that. Those that were put back before
/// and have come back are left alone, unless `again` is set. The body is JSON, or a form with the same names.
#[utoipa::path(
    post,
    path = "/api/v1/dead-letters/replay",
    tag = "Operating",
    operation_id = "replayDeadLetters",
    request_body(content = RepairRequest, description = "Which dead letters."),
    responses((status = 200, description = "What was done.", body = RepairAnswer)),
)]
pub(crate) async fn replay(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
    request: RepairRequest,
) -> Result<Json<RepairAnswer>, RequestError> {
    let repair = Repair::Replay { again: request.again() };
    answer(&state, &caller, &params, &request, repair).await
}

/// Take dead letters away.
///
/// Each is written to a file on the server, and removed when it is there. The body is JSON, or a form with the same
/// names.
#[utoipa::path(
    post,
    path = "/api/v1/dead-letters/discard",
    tag = "Operating",
    operation_id = "discardDeadLetters",
    request_body(content = RepairRequest, description = "Which dead letters; `again` says nothing here."),
    responses((status = 200, description = "What was done.", body = RepairAnswer)),
)]
pub(crate) async fn discard(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
    request: RepairRequest,
) -> Result<Json<RepairAnswer>, RequestError> {
    answer(&state, &caller, &params, &request, Repair::Discard).await
}

async fn answer(
    state: &AppState,
    caller: &Caller,
    params: &Params,
    request: &RepairRequest,
    repair: Repair,
) -> Result<Json<RepairAnswer>, RequestError> {
    caller.require(Permission::Operate)?;
    params.require_only(&[])?;
    let selection = request.selection(state.dead_letters())?;
    Ok(Json(state.repair(caller, repair, selection, request.query()).await?.into()))
}
