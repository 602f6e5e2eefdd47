use std::{
    io::{self, Write},
    ops::ControlFlow,
    process::ExitCode,
    time::Duration,
};

use audit_core::terminal::visible;
use audit_query::{Entry, Filter, Position, format::ndjson};
use chrono_tz::Tz;

use super::{
    CommandResult,
    reading::{Look, Reading, actor, details, is_failure, note, question, resource, time, write},
};
use crate::{
    cli::{Since, TailArgs, TailFormat},
    shutdown::Signals,
};
use audit_config::Config;

/// How often the database is asked for more.
const POLL: Duration = Duration::from_millis(500);

pub(super) async fn tail(config: &Config, args: &TailArgs) -> CommandResult {
    // From now on: a signal while the record is written must not leave the end unrecorded.
    let mut signals = Signals::listen()?;
    let reading = Reading::open(config).await?;
    let filter = reading.filter(&args.what, None)?;
    let position = match &args.since {
        Some(Since(position)) => position.clone(),
        None => reading.queries.tail_end().await?,
    };
    let question = question(args)?;
    reading.record("TAIL", None, &question, 0).await?;

    let look = Look::of_stdout();
    let mut follower =
        Follower { reading: &reading, filter, position, zone: reading.zone(args.time_zone), look, rows: 0 };
    let mut out = io::stdout();
    let outcome = tokio::select! {
        outcome = follower.run(args, &mut out) => outcome,
        _ = signals.next() => Ok(()),
    };
    reading.record("TAIL_END", None, &question, follower.rows).await?;
    note(&format!("position: {}", follower.position));
    outcome?;
    Ok(ExitCode::SUCCESS)
}

/// One way through what is stored.
struct Follower<'r> {
    reading: &'r Reading<'r>,
    filter: Filter,
    position: Position,
    zone: Tz,
    look: Look,
    rows: u64,
}

impl Follower<'_> {
    /// Prints step by step. Without `--follow`, up to where there is no more; with it, until its reader goes away.
    async fn run(&mut self, args: &TailArgs, out: &mut dyn Write) -> Result<(), Box<dyn std::error::Error>> {
        loop {
            let tailed = self.reading.queries.tail(&self.filter, &self.position).await?;
            let mut piece = Vec::new();
            for entry in &tailed.entries {
                match args.format {
                    TailFormat::Text => piece.extend(self.line(entry).into_bytes()),
                    TailFormat::Ndjson => ndjson::entry(entry, &mut piece),
                }
            }
            if write(out, &piece)? == ControlFlow::Break(()) {
                return Ok(());
            }
            self.rows += u64::try_from(tailed.entries.len())?;
            self.position = tailed.position;
            if tailed.is_more {
                continue;
            }
            if !args.follow {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
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
        format!("{}\n", self.look.line(is_failure(entry), &visible(&given.join("  "))))
    }
}
