use std::{
    io::{self, IsTerminal, Write},
    ops::ControlFlow,
    path::PathBuf,
    process::ExitCode,
};

use audit_query::{
    AccessAction, Entry, Export, Filter, Order, QueryError,
    format::{CsvWriter, EventWriter},
};
use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::{
    context::Context,
    exit::CommandResult,
    reading::{FilterArgs, Session, one_of, optional_path_as_text, recorded_arguments},
    signals::Signals,
    terminal::{Unopened, create_private, csv_target, csv_target_on_stdout, note, write},
};

/// Export all matching events as CSV, for a spreadsheet, or as NDJSON. If the file is incomplete, the exit status is 1.
#[derive(Debug, Args, Serialize)]
pub struct ExportArgs {
    /// Sort order.
    #[arg(long, default_value = "newest", value_parser = one_of(&Order::NAMES))]
    order: Order,
    /// Output format.
    #[arg(long, value_enum)]
    format: ExportFormat,
    /// The output file, instead of standard output. Only its owner can read it.
    #[arg(long, short, value_name = "FILE")]
    #[serde(serialize_with = "optional_path_as_text")]
    output: Option<PathBuf>,
    /// Maximum number of events, up to `reading.export_rows`.
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Start CSV with a byte order mark, which some programs need to read Korean. `spreadsheet` always has it.
    #[arg(long)]
    bom: bool,
    #[command(flatten)]
    #[serde(flatten)]
    filter: FilterArgs,
}

/// What is exported.
#[derive(Clone, Copy, Debug, ValueEnum, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum ExportFormat {
    /// For programs: every text exactly as stored.
    Csv,
    /// CSV for spreadsheets: no text becomes a formula, a number or a date.
    Spreadsheet,
    /// One object per line.
    Ndjson,
}

/// The number of bytes that are written at a time.
const PIECE_SIZE: usize = 64 * 1024;

/// Why a file is not complete.
#[derive(Debug, thiserror::Error)]
enum Incomplete {
    #[error(
        "incomplete: there are more than {0} events; narrow the time range, or raise reading.export_rows"
    )]
    TooMany(u64),
    #[error("incomplete: it took longer than reading.export_seconds allows")]
    TooLong,
    #[error("incomplete: stopped by {0}")]
    Interrupted(&'static str),
    #[error(transparent)]
    Unopened(#[from] Unopened),
    #[error("incomplete: {0}")]
    Unwritten(#[from] io::Error),
    #[error("incomplete: {0}")]
    Unanswered(#[from] QueryError),
}

pub(crate) async fn export(context: &Context<'_>, args: &ExportArgs) -> CommandResult {
    let session = Session::open(context).await?;
    let mut filter = session.filter(&args.filter.events, &args.filter.time)?;
    let arguments = recorded_arguments(args)?;
    let range = session.log.range(&filter);
    filter.range.from = range.from;
    // One more than is allowed shows whether that is all.
    let limit = args.limit.unwrap_or(u64::MAX).min(session.config.reading.export_rows.get() + 1);
    let export = session.log.export(filter.clone(), args.order, limit);
    let export = session.release(export, arguments.clone()).await?;

    session.note_assumed_range(range, filter.range.to.is_some());
    let mut rows = 0;
    let outcome = write_all(&session, args, &filter, export, &mut rows).await;
    session.record(AccessAction::ExportEnd, arguments, rows).await?;
    if args.output.is_some() {
        note(&format!("{rows} events"));
    }
    outcome?;
    Ok(ExitCode::SUCCESS)
}

/// Writes all events; `rows` is the number of those written so far.
async fn write_all(
    session: &Session<'_>,
    args: &ExportArgs,
    filter: &Filter,
    mut export: Export,
    rows: &mut u64,
) -> Result<(), Incomplete> {
    let mut signals = Signals::listen()?;
    let mut sink = Sink::open(session, args, filter)?;
    let allowed = session.config.reading.export_rows.get();
    let exporting = async {
        while let Some(entries) = export.next().await? {
            for entry in &entries {
                if *rows == allowed {
                    return Err(Incomplete::TooMany(allowed));
                }
                *rows += 1;
                if sink.take(entry)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    };
    let exported = tokio::select! {
        exported = tokio::time::timeout(session.config.reading.export_time(), exporting) => {
            exported.unwrap_or(Err(Incomplete::TooLong))
        }
        (name, _) = signals.next() => Err(Incomplete::Interrupted(name)),
    };
    // What was read so far is written in any case.
    let finished = sink.finish().map_err(Incomplete::from);
    exported.and(finished)
}

/// Where the events go.
struct Sink {
    out: Box<dyn Write>,
    writer: EventWriter,
    piece: Vec<u8>,
    progress: ProgressBar,
}

impl Sink {
    fn open(session: &Session<'_>, args: &ExportArgs, filter: &Filter) -> Result<Self, Incomplete> {
        let (out, progress): (Box<dyn Write>, _) = match &args.output {
            Some(path) => (Box::new(create_private(path)?), progress()),
            None => (Box::new(io::stdout()), ProgressBar::hidden()),
        };
        let mut piece = Vec::with_capacity(PIECE_SIZE);
        let writer = match args.format {
            ExportFormat::Csv | ExportFormat::Spreadsheet => {
                let own = session.log.own_columns_of(filter);
                let zone = args.filter.time.time_zone.unwrap_or(Tz::UTC);
                let is_for_spreadsheets = args.format == ExportFormat::Spreadsheet;
                let csv_for = if args.output.is_some() {
                    csv_target(is_for_spreadsheets)
                } else {
                    csv_target_on_stdout(is_for_spreadsheets)
                };
                EventWriter::Csv(CsvWriter::new(own, zone, csv_for).with_bom(args.bom))
            }
            ExportFormat::Ndjson => EventWriter::Ndjson,
        };
        writer.header(&mut piece);
        Ok(Self { out, writer, piece, progress })
    }

    fn take(&mut self, entry: &Entry) -> io::Result<ControlFlow<()>> {
        self.writer.entry(entry, &mut self.piece);
        self.progress.inc(1);
        if self.piece.len() < PIECE_SIZE { Ok(ControlFlow::Continue(())) } else { self.write() }
    }

    fn write(&mut self) -> io::Result<ControlFlow<()>> {
        let written = write(&mut self.out, &self.piece);
        self.piece.clear();
        written
    }

    fn finish(mut self) -> io::Result<()> {
        self.progress.finish_and_clear();
        self.write().map(|_| ())
    }
}

/// A count of events, drawn on a terminal only.
fn progress() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let progress = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} events, {per_sec}, {elapsed}") {
        progress.set_style(style);
    }
    progress
}
