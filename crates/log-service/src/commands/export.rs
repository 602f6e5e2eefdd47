use std::{
    io::{self, IsTerminal, Write},
    ops::ControlFlow,
    process::ExitCode,
};

use audit_query::{
    Entry, Filter,
    format::{CsvWriter, EventWriter},
};
use chrono_tz::Tz;
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    CommandResult,
    reading::{Reading, Unopened, created, form, form_on_stdout, note, question, say_assumed, write},
};
use crate::{
    cli::{ExportArgs, ExportFormat},
    shutdown::Signals,
};
use audit_config::Config;

/// So many bytes are written at a time.
const PIECE: usize = 64 * 1024;

/// Why a file is not complete.
#[derive(Debug, thiserror::Error)]
enum Incomplete {
    #[error("not complete: there are more than {0} events; ask for less time, or raise reading.export_rows")]
    TooMany(u64),
    #[error("not complete: it took longer than reading.export_seconds allows")]
    TooLong,
    #[error("not complete: {0} came")]
    Interrupted(&'static str),
    #[error(transparent)]
    Unopened(#[from] Unopened),
    #[error("not complete: {0}")]
    Unwritten(#[from] io::Error),
    #[error("not complete: {0}")]
    Unanswered(#[from] audit_query::QueryError),
}

pub(super) async fn export(config: &Config, args: &ExportArgs) -> CommandResult {
    let reading = Reading::open(config).await?;
    let mut filter = reading.filter(&args.filter.what, Some(&args.filter.when))?;
    let question = question(args)?;
    reading.record("EXPORT", None, &question, 0).await?;

    let range = reading.queries.range(&filter);
    say_assumed(&reading, range, filter.range.to.is_some());
    filter.range.from = range.from;
    let mut rows = 0;
    let outcome = write_all(&reading, args, &filter, &mut rows).await;
    reading.record("EXPORT_END", None, &question, rows).await?;
    if args.output.is_some() {
        note(&format!("{rows} events"));
    }
    outcome?;
    Ok(ExitCode::SUCCESS)
}

/// Writes everything; `rows` always says how many events were written so far.
async fn write_all(
    reading: &Reading<'_>,
    args: &ExportArgs,
    filter: &Filter,
    rows: &mut u64,
) -> Result<(), Incomplete> {
    let mut signals = Signals::listen()?;
    let mut sink = Sink::open(reading, args, filter)?;
    let allowed = reading.config.reading.export_rows.get();
    let wanted = args.limit.unwrap_or(u64::MAX);
    // One more than is allowed tells whether that is all.
    let limit = wanted.min(allowed + 1);
    let mut export = reading.queries.export(filter.clone(), args.order.into(), limit);
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
        exported = tokio::time::timeout(reading.config.reading.export_time(), exporting) => {
            exported.unwrap_or(Err(Incomplete::TooLong))
        }
        (name, _) = signals.next() => Err(Incomplete::Interrupted(name)),
    };
    // What there is, is written in any case.
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
    fn open(reading: &Reading<'_>, args: &ExportArgs, filter: &Filter) -> Result<Self, Incomplete> {
        let (out, progress): (Box<dyn Write>, _) = match &args.output {
            Some(path) => (Box::new(created(path)?), progress()),
            None => (Box::new(io::stdout()), ProgressBar::hidden()),
        };
        let mut piece = Vec::with_capacity(PIECE);
        let writer = match args.format {
            ExportFormat::Csv | ExportFormat::Spreadsheet => {
                let own = reading.queries.own_columns_of(filter);
                let zone = args.filter.when.time_zone.unwrap_or(Tz::UTC);
                let is_for_spreadsheets = args.format == ExportFormat::Spreadsheet;
                let csv_for = if args.output.is_some() {
                    form(is_for_spreadsheets)
                } else {
                    form_on_stdout(is_for_spreadsheets)
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
        if self.piece.len() < PIECE { Ok(ControlFlow::Continue(())) } else { self.write() }
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

/// Shows itself on a terminal only.
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
