mod line;
mod lines;

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use audit_core::publish::{ConfirmedChannel, Message, PublishError};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{context::Context, exit::CommandResult, terminal::note};

pub(crate) use line::{Exchanges, read_message};
pub(crate) use lines::Lines;

/// Publish events from files, confirmed by the broker.
///
/// A file holds one event a line (NDJSON): an object with `exchange`, `routing_key`, `properties` and
/// `body`, as in the `samples.ndjson` of each domain's crate. `exchange` and `properties` are optional. A body that is
/// not JSON goes into `body_text` or `body_base64` instead. Exported dead letters have this form.
/// Lines that can't be sent are reported on standard error with number and reason, and the exit status is 1.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// Files to read, one event a line; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Publish everything to this exchange, whatever the lines say.
    #[arg(long, value_name = "NAME")]
    exchange: Option<String>,
}

/// Why the publishing of a file was given up.
#[derive(Debug, thiserror::Error)]
enum PublishFileError {
    #[error("can't read {file}: {source}")]
    Read { file: String, source: io::Error },
    #[error("{file}: given up at line {line}, which was not confirmed, as were perhaps later ones: {source}")]
    Unconfirmed { file: String, line: usize, source: PublishError },
}

/// The counts of all files.
#[derive(Debug, Default)]
struct Tally {
    published: usize,
    refused: usize,
}

pub(crate) async fn publish(context: &Context<'_>, args: &PublishArgs) -> CommandResult {
    let mut channel = ConfirmedChannel::open(&context.config.broker()).await?;
    let exchange = context.config.topology().exchange();
    let exchanges = Exchanges { default: &exchange, instead: args.exchange.as_deref() };
    let mut tally = Tally::default();
    let mut outcome = Ok(());
    for file in &args.files {
        outcome = publish_file(file, &exchanges, &mut channel, &mut tally).await;
        if outcome.is_err() {
            break;
        }
    }
    channel.close().await;
    let Tally { published, refused } = tally;
    note(&format!("{published} published and confirmed, {refused} failed"));
    outcome?;
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn publish_file(
    path: &Path,
    exchanges: &Exchanges<'_>,
    channel: &mut ConfirmedChannel,
    tally: &mut Tally,
) -> Result<(), PublishFileError> {
    let file = path.display().to_string();
    let unreadable = |source| PublishFileError::Read { file: file.clone(), source };
    let (input, progress) = open(path).map_err(unreadable)?;
    let mut lines = Lines::of(progress.wrap_read(input));
    loop {
        let window = lines.next_window().map_err(unreadable)?;
        if window.is_empty() {
            break;
        }
        let mut refused: Vec<(usize, String)> = Vec::new();
        let (mut numbers, mut messages) = (Vec::new(), Vec::new());
        for (number, text) in window {
            match read_message(&text, exchanges) {
                Ok(message) => {
                    numbers.push(number);
                    messages.push(message);
                }
                Err(error) => refused.push((number, error.to_string())),
            }
        }
        let unconfirmed = send(channel, &numbers, &messages, &mut refused, tally).await;
        refused.sort_unstable();
        for (number, reason) in &refused {
            progress.suspend(|| note(&format!("{file}:{number}: {reason}")));
        }
        tally.refused += refused.len();
        if let Some((line, source)) = unconfirmed {
            return Err(PublishFileError::Unconfirmed { file, line, source });
        }
    }
    progress.finish_and_clear();
    Ok(())
}

/// Sends a window of messages. What the broker refuses is added to `refused`; any other error ends the
/// publishing, and is returned with its line.
async fn send(
    channel: &mut ConfirmedChannel,
    numbers: &[usize],
    messages: &[Message],
    refused: &mut Vec<(usize, String)>,
    tally: &mut Tally,
) -> Option<(usize, PublishError)> {
    let mut first = None;
    for (number, outcome) in numbers.iter().zip(channel.publish_all(messages).await) {
        match outcome {
            Ok(()) => tally.published += 1,
            Err(
                error @ (PublishError::Unroutable { .. }
                | PublishError::Refused
                | PublishError::NameTooLong(_)),
            ) => {
                refused.push((*number, error.to_string()));
            }
            Err(error) => {
                tally.refused += 1;
                first.get_or_insert((*number, error));
            }
        }
    }
    first
}

/// A file or standard input, and a progress bar that is drawn on a terminal only.
fn open(path: &Path) -> io::Result<(Box<dyn io::Read + Send>, ProgressBar)> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin()), ProgressBar::new_spinner()));
    }
    let file = File::open(path)?;
    let progress = ProgressBar::new(file.metadata()?.len());
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}");
    if let Ok(style) = style {
        progress.set_style(style);
    }
    Ok((Box::new(file), progress))
}
