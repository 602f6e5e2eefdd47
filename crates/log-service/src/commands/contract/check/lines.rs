use std::{
    fs::File,
    io::{self, Read},
    ops::ControlFlow,
    path::Path,
};

use super::{report::Report, verdict::Judge};
use crate::{
    cli::CheckArgs,
    commands::{
        CommandResult,
        publish::{
            Lines,
            line::{self, Exchanges},
        },
    },
};
use audit_config::Config;

/// Why a file was not checked to its end.
#[derive(Debug, thiserror::Error)]
#[error("can't read {file}: {source}")]
struct ReadError {
    file: String,
    source: io::Error,
}

/// Checks the messages of files.
pub(in crate::commands::contract) fn files(config: &Config, args: &CheckArgs) -> CommandResult {
    let judge = Judge::new(config);
    let mut report = Report::new(args);
    for file in &args.files {
        if check_file(file, &judge, &mut report, config)?.is_break() {
            break;
        }
    }
    Ok(report.end())
}

fn check_file(
    path: &Path,
    judge: &Judge,
    report: &mut Report,
    config: &Config,
) -> Result<ControlFlow<()>, Box<dyn std::error::Error>> {
    let file = path.display().to_string();
    let unreadable = |source| ReadError { file: file.clone(), source };
    let exchange = config.topology().exchange();
    let exchanges = Exchanges { default: &exchange, instead: None };
    let mut lines = Lines::of(open(path).map_err(unreadable)?);
    let mut out = io::stdout();
    loop {
        let window = lines.next_window().map_err(unreadable)?;
        if window.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        for (number, text) in window {
            let place = format!("{file}:{number}");
            let said = match line::read(&text, &exchanges) {
                Ok(message) => report.verdict(&place, &judge.judge(&message), &mut out)?,
                Err(error) => report.no_message(&place, &error.to_string(), &mut out)?,
            };
            if said.is_break() {
                return Ok(said);
            }
        }
    }
}

fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if path == Path::new("-") { Ok(Box::new(io::stdin())) } else { Ok(Box::new(File::open(path)?)) }
}
