use std::{
    fs::File,
    io::{self, Read},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use audit_config::Config;

use super::{checker::Checker, report::Report};
use crate::{
    exit::CommandResult,
    publish::{Exchanges, Lines, read_message},
};

/// Why a file was not checked to its end.
#[derive(Debug, thiserror::Error)]
#[error("can't read {file}: {source}")]
struct ReadError {
    file: String,
    source: io::Error,
}

/// Checks the messages of files.
pub(super) fn check(
    config: &Config,
    files: &[PathBuf],
    checker: &Checker,
    mut report: Report,
) -> CommandResult {
    let exchange = config.topology().exchange();
    for file in files {
        if check_file(file, &exchange, checker, &mut report)?.is_break() {
            break;
        }
    }
    Ok(report.finish())
}

fn check_file(
    path: &Path,
    exchange: &str,
    checker: &Checker,
    report: &mut Report,
) -> Result<ControlFlow<()>, Box<dyn std::error::Error>> {
    let file = path.display().to_string();
    let unreadable = |source| ReadError { file: file.clone(), source };
    let exchanges = Exchanges { default: exchange, instead: None };
    let mut lines = Lines::of(open(path).map_err(unreadable)?);
    let mut out = io::stdout();
    loop {
        let window = lines.next_window().map_err(unreadable)?;
        if window.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        for (number, text) in window {
            let place = format!("{file}:{number}");
            let flow = match read_message(&text, &exchanges) {
                Ok(message) => report.print(&place, &checker.check(&message), &mut out)?,
                Err(error) => report.print_no_message(&place, &error.to_string(), &mut out)?,
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
    }
}

fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if path == Path::new("-") { Ok(Box::new(io::stdin())) } else { Ok(Box::new(File::open(path)?)) }
}
