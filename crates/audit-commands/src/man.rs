use std::{fs, io, path::PathBuf, process::ExitCode};

use clap::Args;

use crate::exit::CommandResult;

/// Write man pages to a folder: one for the program, and one for each command.
///
/// Installed: log-service man /usr/share/man/man1
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder. It is created if it does not exist.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Why the pages were not written.
#[derive(Debug, thiserror::Error)]
#[error("can't write man pages to {folder}: {source}")]
struct WriteError {
    folder: String,
    source: io::Error,
}

pub(crate) fn man(program: clap::Command, args: &ManArgs) -> CommandResult {
    let written =
        fs::create_dir_all(&args.folder).and_then(|()| clap_mangen::generate_to(program, &args.folder));
    written.map_err(|source| WriteError { folder: args.folder.display().to_string(), source })?;
    Ok(ExitCode::SUCCESS)
}
