use std::sync::Arc;

use audit_auth::Permission;
use audit_query::{
    AccessAction, Entry, Export, InvalidParam, Order,
    format::{CsvFor, CsvWriter, EventWriter},
};
use audit_web::{AppState, Caller, MemoryPermit, Params, RequestError, Slot};
use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::{
    export_stream::{ExportError, ExportOutput, ExportSource, ExportStream},
    stream_limit::StreamLimit,
};

/// The size of a chunk.
const CHUNK_BYTES: usize = 64 * 1024;

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// A table for programs: every text as it is.
    Csv,
    /// A table for spreadsheets: CSV in which no text is a formula, and none becomes a number or a date.
    Spreadsheet,
    /// One event a line, as in a search.
    Ndjson,
}

const FORMATS: [(&str, Format); 3] =
    [("csv", Format::Csv), ("spreadsheet", Format::Spreadsheet), ("ndjson", Format::Ndjson)];

/// Take events away in bulk.
///
/// Streamed, in the order asked for. Should something go wrong on the way, or the export have more rows than the
/// service allows, the connection is cut: an export that ends in order is complete.
#[utoipa::path(
    get,
    path = "/api/v1/logs/export",
    tag = "Reading",
    operation_id = "exportLogs",
    params(
        ("format" = Format, Query, description = "`csv` and `ndjson` have every text as it is. `spreadsheet` is CSV in which an apostrophe stands before text that a spreadsheet would take for a formula, a number or a date."),
        ("order" = Option<Order>, Query, description = "Which events come first: `newest` (default) or `oldest`."),
        ("bom" = Option<bool>, Query, description = "Whether `csv` begins with a byte order mark, as `spreadsheet` does: spreadsheets know UTF-8 by it."),
    ),
    responses((
        status = 200,
        description = "The events.",
        content((String = "text/csv"), (String = "application/x-ndjson")),
        headers(("Content-Disposition" = String, description = "An attachment, with the name of a file.")),
    )),
)]
pub(super) async fn export(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, RequestError> {
    caller.require(Permission::Export)?;
    let zone = params.zone(chrono_tz::UTC)?;
    let filter = params.filter(state.log(), &["format", "order", "bom", "tz"], zone)?;
    let format = params.word("format", &FORMATS)?;
    let format = format.ok_or_else(|| InvalidParam::new("format", "csv, spreadsheet or ndjson"))?;
    let order = params.word("order", &Order::NAMES)?.unwrap_or_default();
    let slot = state.slot(state.exports(), &caller.reader, caller.address)?;
    let csv = |csv_for, has_bom| {
        let own = state.log().own_columns_of(&filter);
        EventWriter::Csv(CsvWriter::new(own, zone, csv_for).with_bom(has_bom))
    };
    let has_bom = params.flag("bom")?;
    let writer = match format {
        Format::Csv => csv(CsvFor::Programs, has_bom),
        Format::Spreadsheet => csv(CsvFor::Spreadsheets, has_bom),
        Format::Ndjson => EventWriter::Ndjson,
    };
    let memory = state.reserve_memory(&caller).await?;
    // One more row than allowed shows whether there are more.
    let max_rows = state.settings().export_rows.saturating_add(1);
    let events = state.log().export(filter, order, max_rows);
    let events = state.release(&caller, events, Some(params.query())).await?;
    let source = EventExport {
        state: state.clone(),
        caller: caller.clone(),
        events,
        writer,
        memory: Some(memory),
        _slot: slot,
    };
    let limit = StreamLimit { state, caller, headers, permission: Permission::Export };
    let stream = ExportStream::start(source, limit).await?;
    let (content_type, name) = match format {
        Format::Csv | Format::Spreadsheet => ("text/csv; charset=utf-8", "audit-log.csv"),
        Format::Ndjson => ("application/x-ndjson", "audit-log.ndjson"),
    };
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers =
        [(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, stream.into_body()).into_response())
}

/// An export of events.
struct EventExport {
    state: AppState,
    caller: Caller,
    events: Export,
    writer: EventWriter,
    /// The memory of the first events.
    memory: Option<MemoryPermit>,
    _slot: Slot,
}

impl ExportSource for EventExport {
    const CHUNKS_AHEAD: usize = 2;
    const END_ACTION: AccessAction = AccessAction::ExportEnd;
    const COMPLETE: &'static str = "exported";
    const CUT_OFF: &'static str = "an export was cut off";

    async fn send_all(&mut self, output: &mut ExportOutput) -> Result<(), ExportError> {
        let time_limit = self.state.settings().export_time;
        timeout(time_limit, self.send_events(output)).await.unwrap_or(Err(ExportError::TimedOut))
    }
}

impl EventExport {
    /// The events of each query have memory of their own. It is reserved before they are read, when those before are on their
    /// way: so the export of a slow reader holds little.
    async fn send_events(&mut self, output: &mut ExportOutput) -> Result<(), ExportError> {
        let max_rows = self.state.settings().export_rows;
        let mut buffer = Vec::with_capacity(2 * CHUNK_BYTES);
        self.writer.header(&mut buffer);
        loop {
            let mut memory = match self.memory.take() {
                Some(memory) => memory,
                None => self.state.response_memory().wait(&self.caller.reader).await?,
            };
            let Some(entries) = self.events.next().await? else { break };
            memory.shrink_to(2 * entries.iter().map(Entry::size).sum::<usize>().max(CHUNK_BYTES));
            let memory = Arc::new(memory);
            for entry in entries {
                if output.rows == max_rows {
                    return Err(ExportError::TooManyRows(max_rows));
                }
                output.rows += 1;
                self.writer.entry(&entry, &mut buffer);
                if buffer.len() >= CHUNK_BYTES {
                    let chunk = std::mem::replace(&mut buffer, Vec::with_capacity(2 * CHUNK_BYTES));
                    output.send(Arc::clone(&memory).chunk(chunk)).await?;
                }
            }
        }
        output.send(buffer.into()).await
    }
}
