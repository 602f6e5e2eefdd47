use std::{
    fmt,
    io::{self, Write},
    ops::ControlFlow,
    process::ExitCode,
};

use audit_core::terminal::visible;
use audit_query::{AccessAction, Entry, InvalidPosition, Position, TAIL_INTERVAL, Tail, format::ndjson};
use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::{
    context::Context,
    exit::CommandResult,
    reading::{
        EventArgs, Session, TimeArgs, actor, details, optional_text, recorded_arguments, resource, time,
        time_zone,
    },
    signals::Signals,
    terminal::{TerminalStyle, note, write},
};

/// Print events in the order in which they are stored, from now on or from a position.
///
/// At the end, the position is printed to standard error: pass it to `--since` to continue there, with nothing missed or
/// repeated.
#[derive(Debug, Args, Serialize)]
pub struct TailArgs {
    /// Keep following until Ctrl-C.
    #[arg(long, short)]
    follow: bool,
    /// Where to start: `start`, or the position at which another `tail` with the same filters ended. Without it, now.
    #[arg(long, value_name = "POSITION", value_parser = since)]
    #[serde(serialize_with = "optional_text")]
    since: Option<Since>,
    /// The time zone to use, such as `Asia/Seoul`. Without it, `web.time_zone` of the configuration.
    #[arg(long, value_name = "ZONE", value_parser = time_zone)]
    time_zone: Option<Tz>,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: TailFormat,
    #[command(flatten)]
    #[serde(flatten)]
    events: EventArgs,
}

/// Where a follower begins.
#[derive(Clone, Debug)]
struct Since(Position);

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == Position::default() { f.write_str("start") } else { self.0.fmt(f) }
    }
}

fn since(text: &str) -> Result<Since, InvalidPosition> {
    if text == "start" { Ok(Since(Position::default())) } else { text.parse().map(Since) }
}

/// What a follower prints.
#[derive(Clone, Copy, Debug, Default, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
enum TailFormat {
    /// One line per event, for people.
    #[default]
    Text,
    /// One object per line.
    Ndjson,
}

pub(crate) async fn tail(context: &Context<'_>, args: &TailArgs) -> CommandResult {
    // Before anything is recorded: a signal in between must not leave the end unrecorded.
    let mut signals = Signals::listen()?;
    let session = Session::open(context).await?;
    let filter = session.filter(&args.events, &TimeArgs::default())?;
    let since = args.since.as_ref().map(|Since(position)| position.clone());
    let tail = session.log.tail(filter, since, None).await?;
    let arguments = recorded_arguments(args)?;
    let tail = session.release(tail, arguments.clone()).await?;

    let zone = session.zone(args.time_zone);
    let style = TerminalStyle::of_stdout();
    let position = tail.position().clone();
    let mut follower = Follower { tail, position, zone, style, rows: 0 };
    let mut out = io::stdout();
    let outcome = tokio::select! {
        outcome = follower.run(args, &mut out) => outcome,
        _ = signals.next() => Ok(()),
    };
    session.record(AccessAction::TailEnd, arguments, follower.rows).await?;
    note(&format!("position: {}", follower.position));
    outcome?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the stored events, in the order of storing.
struct Follower {
    tail: Tail,
    /// Where the events that were printed end.
    position: Position,
    zone: Tz,
    style: TerminalStyle,
    rows: u64,
}

impl Follower {
    /// Prints batch by batch: without `--follow` to the end of the log, with it until the output is closed.
    async fn run(&mut self, args: &TailArgs, out: &mut dyn Write) -> Result<(), Box<dyn std::error::Error>> {
        loop {
            let batch = self.tail.next().await?;
            let mut piece = Vec::new();
            for entry in &batch.entries {
                match args.format {
                    TailFormat::Text => piece.extend(self.line(entry).into_bytes()),
                    TailFormat::Ndjson => ndjson::entry(entry, &mut piece),
                }
            }
            if write(out, &piece)? == ControlFlow::Break(()) {
                return Ok(());
            }
            self.rows += u64::try_from(batch.entries.len())?;
            self.position.clone_from(self.tail.position());
            if batch.is_more {
                continue;
            }
            if !args.follow {
                return Ok(());
            }
            tokio::time::sleep(TAIL_INTERVAL).await;
        }
    }

    fn line(&self, entry: &Entry) -> String {
        // As wide as the longest of the domains' names.
        let domain = format!("{:<16}", entry.domain.name());
        let parts = [
            time(entry.occurred_at, self.zone),
            domain,
            entry.action_type.clone(),
            actor(entry),
            resource(entry),
            details(entry),
        ];
        let given: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{}\n", self.style.line(entry.is_failure, &visible(&given.join("  "))))
    }
}
