use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use audit_core::contract::EventContract;
use clap::{ArgGroup, Args};

use crate::{context::Context, exit::CommandResult, terminal::print};

/// Write the JSON Schema of each domain's events to a folder, or print that of one domain.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("where").required(true).args(["to", "domain"])))]
pub(super) struct SchemasArgs {
    /// Write `<domain>.schema.json` of every domain to this folder.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Print the schema of this domain.
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,
}

/// Why a schema was not written.
#[derive(Debug, thiserror::Error)]
#[error("can't write {path}: {source}")]
struct WriteError {
    path: PathBuf,
    source: io::Error,
}

pub(super) fn schemas(context: &Context<'_>, args: &SchemasArgs) -> CommandResult {
    let contracts: Vec<_> = context.domains.iter().map(|domain| domain.contract).collect();
    if let Some(name) = &args.domain {
        let domain = context.domain_named(name)?;
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
