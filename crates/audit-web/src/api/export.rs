use std::sync::Arc;

use audit_query::{
    Entry, Export, Order,
    format::{CsvFor, CsvWriter, EventWriter},
};
use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tokio::time::timeout;
use tracing::{info, warn};
use utoipa::ToSchema;

use super::{
    export_stream::{Cut, Pieces, body, pieces},
    logs::ORDERS,
};
use crate::{
    answers::Room,
    app::App,
    asking::Asking,
    auth::Permission,
    params::Params,
    places::Place,
    problem::Problem,
    read::Read,
    stay::{self, End},
};

/// So much is sent at a time.
const CHUNK: usize = 64 * 1024;
/// So many pieces wait until they are taken.
const AHEAD: usize = 2;
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
    State(app): State<App>,
    asking: Asking,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    asking.must(Permission::Export)?;
    let zone = params.zone(chrono_tz::UTC)?;
    let filter = params.filter(app.queries(), &["format", "order", "bom", "tz"], zone)?;
    let format = params.word("format", &FORMATS)?;
    let format =
        format.ok_or_else(|| audit_query::InvalidParam::new("format", "csv, spreadsheet or ndjson"))?;
    let order = params.word("order", &ORDERS)?.unwrap_or_default();
    let place = app.place(app.exports(), &asking)?;
    let csv = |csv_for, has_bom| {
        let own = app.queries().own_columns_of(&filter);
        EventWriter::Csv(CsvWriter::new(own, zone, csv_for).with_bom(has_bom))
    };
    let has_bom = params.flag("bom")?;
    let writer = match format {
        Format::Csv => csv(CsvFor::Programs, has_bom),
        Format::Spreadsheet => csv(CsvFor::Spreadsheets, has_bom),
        Format::Ndjson => EventWriter::Ndjson,
    };
    let room = app.room(&asking).await?;
    app.record(&asking, Read::begun("EXPORT").asked(params.question())).await?;

    let stay = stay::end(app.clone(), asking.clone(), headers, Permission::Export);
    let (pieces, mut chunks) = pieces(AHEAD);
    // One more than is allowed: so it is known whether there were more.
    let events = app.queries().export(filter, order, app.settings().export_rows.saturating_add(1));
    let delivery = Delivery { app: app.clone(), asking, events, writer, pieces, rows: 0, _place: place };
    app.tasks().spawn(delivery.run(room, stay));
    // Most of what can go wrong does so before the first chunk: then there is still a proper answer to give.
    let first = match chunks.recv().await {
        Some(Ok(Some(chunk))) => chunk,
        Some(Err(Cut::Query(error))) => return Err(error.into()),
        Some(Err(cut)) => return Err(Problem::unavailable(cut.to_string())),
        Some(Ok(None)) | None => return Err(Problem::unavailable("the service is stopping")),
    };
    let (content_type, name) = match format {
        Format::Csv | Format::Spreadsheet => ("text/csv; charset=utf-8", "audit-log.csv"),
        Format::Ndjson => ("application/x-ndjson", "audit-log.ndjson"),
    };
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers =
        [(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, body(first, chunks)).into_response())
}

/// An export on its way to whoever asked for it.
struct Delivery {
    app: App,
    asking: Asking,
    events: Export,
    writer: EventWriter,
    pieces: Pieces,
    rows: u64,
    _place: Place,
}

impl Delivery {
    async fn run(mut self, room: Room, stay: impl Future<Output = End>) {
        let time = self.app.settings().export_time;
        let outcome = tokio::select! {
            outcome = timeout(time, self.write(room)) => outcome.unwrap_or(Err(Cut::TooSlow)),
            end = stay => Err(Cut::Ended(end)),
        };
        let rows = self.rows;
        let end = outcome.as_ref().map_or_else(Cut::end, |()| End::Complete);
        match outcome {
            Ok(()) => info!(rows, "exported"),
            Err(cut) => {
                warn!(%cut, rows, "an export was cut off");
                self.pieces.cut_off(cut);
            }
        }
        // The failure is in the log; what was sent can't be taken back.
        let _ = self.app.record(&self.asking, Read::ended("EXPORT_END", rows, end.code())).await;
    }

    /// Each piece of events has room of its own, which the next one gets only when it is there: an export whose reader
    /// is slow keeps no more than a piece.
    async fn write(&mut self, mut room: Room) -> Result<(), Cut> {
        let most = self.app.settings().export_rows;
        let mut buffer = Vec::with_capacity(2 * CHUNK);
        self.writer.header(&mut buffer);
        while let Some(entries) = self.events.next().await.map_err(Cut::Query)? {
            room.shrink_to(2 * entries.iter().map(Entry::size).sum::<usize>().max(CHUNK));
            let shared = Arc::new(room);
            for entry in entries {
                if self.rows == most {
                    return Err(Cut::TooLong(most));
                }
                self.rows += 1;
                self.writer.entry(&entry, &mut buffer);
                if buffer.len() >= CHUNK {
                    let chunk = std::mem::replace(&mut buffer, Vec::with_capacity(2 * CHUNK));
                    self.pieces.send(Arc::clone(&shared).chunk(chunk)).await?;
                }
            }
            drop(shared);
            room = self.app.answers().wait_for_room(&self.asking.reader).await?;
        }
        self.pieces.send(buffer.into()).await?;
        self.pieces.complete().await
    }
}
