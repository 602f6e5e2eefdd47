use std::{
    fmt::Write as _,
    io::{self, Write},
    ops::ControlFlow,
    process::ExitCode,
};

use audit_core::terminal::visible;

use super::checker::{Outcome, Stored};
use crate::terminal::{note, write};

/// Prints the outcome of each message, and counts them.
pub(super) struct Report {
    verbose: bool,
    strict: bool,
    stored: u64,
    unknown: u64,
    reads: u64,
    refused: u64,
}

impl Report {
    pub(super) fn new(verbose: bool, strict: bool) -> Self {
        Self { verbose, strict, stored: 0, unknown: 0, reads: 0, refused: 0 }
    }

    /// Prints what would become of the message at `place`.
    pub(super) fn print(
        &mut self,
        place: &str,
        outcome: &Outcome,
        out: &mut dyn Write,
    ) -> io::Result<ControlFlow<()>> {
        let text = match outcome {
            Outcome::Several(outcomes) => {
                for (number, outcome) in (1..).zip(outcomes) {
                    let flow = self.print(&format!("{place}, event {number}"), outcome, out)?;
                    if flow.is_break() {
                        return Ok(flow);
                    }
                }
                return Ok(ControlFlow::Continue(()));
            }
            Outcome::Stored(stored) => {
                self.stored += 1;
                self.unknown += u64::from(!stored.is_known());
                stored_as(stored, self.verbose)
            }
            Outcome::ReadAction => {
                self.reads += 1;
                "not stored: its action is one of ingest.read_actions".to_owned()
            }
            Outcome::Unroutable => {
                self.refused += 1;
                "refused: unroutable, no queue is bound by its routing key".to_owned()
            }
            Outcome::Refused(malformed) => {
                self.refused += 1;
                let mut text = format!("refused: {}", malformed.reason());
                if let Some(field) = malformed.field() {
                    let _ = write!(text, ", field `{}`", visible(field));
                }
                // A decoder's message quotes what it could not read.
                if self.verbose {
                    let _ = write!(text, "\n    {}", visible(&malformed.to_string()));
                }
                text
            }
        };
        write(out, format!("{}: {text}\n", visible(place)).as_bytes())
    }

    /// Prints why a line is no message.
    pub(super) fn print_no_message(
        &mut self,
        place: &str,
        reason: &str,
        out: &mut dyn Write,
    ) -> io::Result<ControlFlow<()>> {
        self.refused += 1;
        let text = format!("{}: no message: {}\n", visible(place), visible(reason));
        write(out, text.as_bytes())
    }

    /// The number of messages so far.
    pub(super) fn seen(&self) -> u64 {
        self.stored + self.reads + self.refused
    }

    /// Prints the sums, and returns the exit status.
    pub(super) fn finish(&self) -> ExitCode {
        let Self { stored, unknown, reads, refused, .. } = self;
        note(&format!(
            "{stored} would be stored ({unknown} with something unknown), {refused} refused, {reads} only read"
        ));
        if *refused > 0 || self.strict && (*unknown > 0 || *reads > 0) {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }
}

fn stored_as(stored: &Stored, verbose: bool) -> String {
    let mut text = format!("stored in {}, event {} of {}", stored.table, stored.id, stored.time);
    if let Some(zone) = stored.assumed_zone {
        let _ = write!(text, " (names no zone, read as {zone})");
    }
    if stored.is_ahead {
        text.push_str("; its time is later than now");
    }
    if let Some(action) = &stored.unknown_action {
        let _ = write!(text, "; unknown action `{}`", visible(action));
    }
    for (what, fields) in
        [("unknown field", &stored.unknown_fields), ("field in another spelling", &stored.respelled_fields)]
    {
        let names: Vec<_> = fields.iter().map(|name| format!("`{}`", visible(name))).collect();
        if !names.is_empty() {
            let _ = write!(text, "; {what} {}", names.join(", "));
        }
    }
    if verbose {
        for (column, value) in &stored.columns {
            let _ = write!(text, "\n    {column} = {}", visible(&value.to_string()));
        }
    }
    text
}
