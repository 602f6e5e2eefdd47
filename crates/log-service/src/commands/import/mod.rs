//! Moving over from the original: the crate `audit-import` does it, this shows it.

mod told;

use std::process::ExitCode;

use audit_core::{Domain, store::DomainLog};
use audit_import::{Import, ImportError, Pass, Report, SourceDatabase, SourceTable};
use secrecy::{ExposeSecret, SecretString};

use super::{
    CommandResult, print,
    progress::Progress,
    reading::{UsageError, note, wrong},
};
use crate::{
    cli::ImportArgs,
    config::Config,
    database::{self, DatabaseUrl, DatabaseUrlError},
    domains::all,
    shutdown::Signals,
};

pub(super) async fn import(config: &Config, args: &ImportArgs) -> CommandResult {
    let mut signals = Signals::listen()?;
    let chosen = chosen(args)?;
    let theirs = database::open_original(&config.database, &original_url(&args.from)?).await?;
    let ours = database::open_migrated(&config.database).await?;
    let original = SourceDatabase::new(&theirs, args.schema.clone());
    let tables = original.tables(chosen).await?;
    let import = Import::new(ours, config.database.timeout(), config.database.months_ahead());
    let outcome = tokio::select! {
        outcome = import_all(config, args, &import, &tables) => outcome,
        (signal, number) = signals.next() => {
            note(&format!("{signal}: ended; {GO_ON}"));
            return Ok(ExitCode::from(128 + number));
        }
    };
    let reports = outcome.inspect_err(|_| note(GO_ON))?;
    told::tell_troubles(&reports);
    print(told::table(&reports))?;
    let is_whole = reports.iter().all(|(_, report)| report.is_whole());
    note(told::verdict(is_whole));
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

const GO_ON: &str = "what was copied stays; the same command goes on where it was";

async fn import_all<'t>(
    config: &Config,
    args: &ImportArgs,
    import: &Import,
    tables: &'t [SourceTable<'_>],
) -> Result<Vec<(&'t str, Report)>, ImportError> {
    let mut reports = Vec::new();
    for table in tables {
        let zone = args.time_zone.unwrap_or_else(|| config.ingest.zones().of(table.log().domain()));
        let progress = Progress::new();
        progress.says(&format!("{}: reading", table.name()));
        let watch = |now| show(&progress, table.name(), now);
        let report = if args.verify_only {
            import.compare(table, zone, watch).await?
        } else {
            import.copy(table, zone, watch).await?
        };
        reports.push((table.name(), report));
    }
    Ok(reports)
}

fn show(progress: &Progress, table: &str, now: audit_import::Progress) {
    let does = match now.pass {
        Pass::Copying => "copying",
        Pass::Comparing => "comparing",
    };
    progress.says(&format!("{table}: {does}"));
    progress.at(now.rows, now.total);
}

/// What can't be read is not repeated: it may hold a password.
fn original_url(url: &SecretString) -> Result<DatabaseUrl, UsageError> {
    let expected = "postgres://USER@HOST:PORT/DATABASE, or jdbc:postgresql://…";
    match url.expose_secret().parse() {
        Ok(url @ DatabaseUrl::Postgres(_)) => Ok(url),
        Ok(DatabaseUrl::Sqlite(_)) | Err(DatabaseUrlError::Scheme) => Err(wrong("from", expected)),
        Err(error) => Err(wrong("from", format!("{expected}; {error}"))),
    }
}

/// The domains whose tables are read.
fn chosen(args: &ImportArgs) -> Result<Vec<DomainLog>, UsageError> {
    let mut known = all();
    known.retain(SourceDatabase::has);
    let is_known = |domain: &Domain| known.iter().any(|log| log.domain() == *domain);
    if !args.domain.iter().all(is_known) {
        let names: Vec<_> = known.iter().map(|log| log.domain().name()).collect();
        return Err(wrong("domain", format!("those that the original has: {}", names.join(", "))));
    }
    known.retain(|log| args.domain.is_empty() || args.domain.contains(&log.domain()));
    Ok(known)
}
