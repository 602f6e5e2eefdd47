use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use audit_core::contract::EventContract;

use super::{CommandResult, print};
use crate::{cli::SchemasArgs, domains::served};

/// Why a schema was not written.
#[derive(Debug, thiserror::Error)]
#[error("can't write {path}: {source}")]
struct WriteError {
    path: PathBuf,
    source: io::Error,
}

pub(super) fn schemas(args: &SchemasArgs) -> CommandResult {
    let contracts: Vec<_> = served().into_iter().map(|served| served.contract).collect();
    if let Some(domain) = args.domain {
        let texts = contracts.iter().filter(|contract| contract.domain == domain).map(text);
        return print(texts.collect::<String>());
    }
    if let Some(folder) = &args.to {
        write(folder, &contracts)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write(folder: &Path, contracts: &[EventContract]) -> Result<(), WriteError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| WriteError { path, source }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    for contract in contracts {
        let path = folder.join(format!("{}.schema.json", contract.domain));
        fs::write(&path, text(contract)).map_err(failed(&path))?;
    }
    Ok(())
}

fn text(contract: &EventContract) -> String {
    format!("{:#}\n", contract.schema().to_value())
}
