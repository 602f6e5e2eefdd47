use std::{fs::File, io, path::Path, process::ExitCode};

use audit_core::publish::{ConfirmedChannel, Message, PublishError};
use indicatif::{ProgressBar, ProgressStyle};

use super::{CommandResult, reading::note};
use audit_config::Config;

use crate::cli::PublishArgs;

pub(super) mod line;
mod lines;

pub(super) use lines::Lines;

/// Why the publishing of a file was given up.
#[derive(Debug, thiserror::Error)]
enum PublishFileError {
    #[error("can't read {file}: {source}")]
    Read { file: String, source: io::Error },
    #[error("{file}: given up at line {line}, which was not confirmed, as were perhaps later ones: {source}")]
    Unconfirmed { file: String, line: usize, source: PublishError },
}

/// What came of all files.
#[derive(Debug, Default)]
struct Tally {
    published: usize,
    refused: usize,
}

pub(super) async fn publish(config: &Config, args: &PublishArgs) -> CommandResult {
    let mut channel = ConfirmedChannel::open(&config.broker()).await?;
    let exchange = config.topology().exchange();
    let exchanges = line::Exchanges { default: &exchange, instead: args.exchange.as_deref() };
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
    note(&format!("{published} published and confirmed, {refused} not"));
    outcome?;
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn publish_file(
    path: &Path,
    exchanges: &line::Exchanges<'_>,
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
            match line::read(&text, exchanges) {
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

/// A file or standard input, and a progress bar that shows itself on a terminal only.
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
