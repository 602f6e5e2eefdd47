use std::sync::Arc;

use audit_auth::Permission;
use audit_dead_letters::{DeadLetters, Selection};
use audit_query::AccessAction;
use audit_web::{AppState, Caller, MemoryPermit, Params, RequestError, dead_letters::selection};
use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    export_stream::{ExportError, ExportOutput, ExportSource, ExportStream},
    stream_limit::StreamLimit,
};

/// Take dead letters away in copies.
///
/// An object a line: the message as it was before, with its exact body in `body` (JSON), `body_text` or `body_base64`,
/// and in `dead_letter` what is known of it. `log-service publish` takes such lines. They stay where they are. Should
/// something go wrong on the way, the connection is cut: an export that ends in order is complete.
#[utoipa::path(
    get,
    path = "/api/v1/dead-letters/export",
    tag = "Operating",
    operation_id = "exportDeadLetters",
    responses((
        status = 200,
        description = "The dead letters.",
        content((String = "application/x-ndjson")),
        headers(("Content-Disposition" = String, description = "An attachment, with the name of a file.")),
    )),
)]
pub(crate) async fn export(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, RequestError> {
    caller.require(Permission::Operate)?;
    params.require_only(&["domain", "reason", "id"])?;
    let selection = selection(state.dead_letters(), &params)?;
    let lock = state.lock_dead_letters().await?;
    let memory = Arc::new(state.reserve_memory(&caller).await?);
    state.record(&caller, AccessAction::DeadLettersExport, 0, Some(params.query())).await?;
    let source = LetterExport { letters: state.dead_letters_in_time(), selection, memory, _lock: lock };
    let limit = StreamLimit { state, caller, headers, permission: Permission::Operate };
    let stream = ExportStream::start(source, limit).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"dead-letters.ndjson\""),
    ];
    Ok((headers, stream.into_body()).into_response())
}

/// An export of dead letters.
struct LetterExport {
    letters: DeadLetters,
    selection: Selection,
    memory: Arc<MemoryPermit>,
    _lock: OwnedSemaphorePermit,
}

impl ExportSource for LetterExport {
    const CHUNKS_AHEAD: usize = 1;
    const END_ACTION: AccessAction = AccessAction::DeadLettersExportEnd;
    const COMPLETE: &'static str = "exported dead letters";
    const CUT_OFF: &'static str = "an export of dead letters was cut off";

    async fn send_all(&mut self, output: &mut ExportOutput) -> Result<(), ExportError> {
        let mut scan = self.letters.scan(&self.selection).await?;
        // An export without letters has a response, too.
        output.send(self.chunk(Vec::new())).await?;
        while let Some(letters) = scan.next().await? {
            for in_flight in letters {
                output.send(self.chunk(self.letters.line(&in_flight.letter))).await?;
                output.rows += 1;
            }
        }
        Ok(scan.end().await?)
    }
}

impl LetterExport {
    fn chunk(&self, bytes: Vec<u8>) -> axum::body::Bytes {
        Arc::clone(&self.memory).chunk(bytes)
    }
}
