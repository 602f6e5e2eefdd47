mod report;

use std::process::ExitCode;

use audit_core::store::DomainLog;
use audit_database::{DatabaseUrl, DatabaseUrlError};
use audit_import::{Import, ImportError, Pass, Report, SourceDatabase, SourceTable};
use chrono_tz::Tz;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    context::Context,
    exit::CommandResult,
    reading::time_zone,
    signals::Signals,
    terminal::{Progress, note},
    usage::UsageError,
};

/// Import the tables of the original Java service, and compare them.
///
/// Rows that exist already are skipped, so the command can be repeated at any time: after an interruption, or to catch
/// up. Finally each table is read again and compared with the original by counts and checksums. If anything is missing
/// or differs, the exit status is 1. The original is only read. See docs/migrating-from-java.md for the whole migration.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The original's database: `postgres://USER@HOST/DATABASE`, or `jdbc:postgresql://…` as the original has it, with
    /// `?user=…`. Pass the password in `PGPASSWORD` or `~/.pgpass`: other users can see it in the URL.
    #[arg(long, value_name = "URL")]
    from: SecretString,
    /// The schema of the original's tables.
    #[arg(long, value_name = "NAME", default_value = "log_service")]
    schema: String,
    /// Only the table of this domain, such as `payment`. Can be repeated.
    #[arg(long, value_name = "NAME")]
    domain: Vec<String>,
    /// The time zone of the original's times, which have none. Without it, `ingest.naive_time_zone` of the configuration.
    #[arg(long, value_name = "ZONE", value_parser = time_zone)]
    time_zone: Option<Tz>,
    /// Only compare; store nothing.
    #[arg(long)]
    verify_only: bool,
}

pub(crate) async fn import(context: &Context<'_>, args: &ImportArgs) -> CommandResult {
    let mut signals = Signals::listen()?;
    let chosen = chosen(context, args)?;
    let config = context.config;
    let database = config.database();
    let theirs = database.open_original(&original_url(&args.from)?).await?;
    let ours = database.open_migrated().await?;
    let original = SourceDatabase::new(&theirs, args.schema.clone());
    let tables = original.tables(chosen).await?;
    let import = Import::new(ours, config.database.timeout(), config.database.months_ahead());
    let outcome = tokio::select! {
        outcome = import_all(context, args, &import, &tables) => outcome,
        (signal, number) = signals.next() => {
            note(&format!("stopped by {signal}; {GO_ON}"));
            return Ok(ExitCode::from(128 + number));
        }
    };
    let reports = outcome.inspect_err(|_| note(GO_ON))?;
    report::note_differences(&reports);
    report::table(&reports).print()?;
    let is_whole = reports.iter().all(|(_, report)| report.is_whole());
    note(report::verdict(is_whole));
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

const GO_ON: &str = "copied rows are kept; run the same command again to continue";

async fn import_all<'t>(
    context: &Context<'_>,
    args: &ImportArgs,
    import: &Import,
    tables: &'t [SourceTable<'_>],
) -> Result<Vec<(&'t str, Report)>, ImportError> {
    let mut reports = Vec::new();
    for table in tables {
        let zone = args.time_zone.unwrap_or_else(|| context.config.ingest.zones().of(table.log().domain()));
        let progress = Progress::new();
        progress.set_label(&format!("{}: reading", table.name()));
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
    progress.set_label(&format!("{table}: {does}"));
    progress.update(now.rows, now.total);
}

/// Reads the original's URL. One that can't be read is not repeated: it may hold a password.
fn original_url(url: &SecretString) -> Result<DatabaseUrl, UsageError> {
    let expected = "postgres://USER@HOST:PORT/DATABASE, or jdbc:postgresql://…";
    match url.expose_secret().parse() {
        Ok(url @ DatabaseUrl::Postgres(_)) => Ok(url),
        Ok(DatabaseUrl::Sqlite(_)) | Err(DatabaseUrlError::Scheme) => Err(UsageError::new("from", expected)),
        Err(error) => Err(UsageError::new("from", format!("{expected}; {error}"))),
    }
}

/// The domains whose tables are read.
fn chosen(context: &Context<'_>, args: &ImportArgs) -> Result<Vec<DomainLog>, UsageError> {
    let chosen = context.domains_named(&args.domain)?;
    let mut known = context.logs();
    known.retain(SourceDatabase::has);
    if !chosen.iter().all(|domain| known.iter().any(|log| log.domain() == *domain)) {
        let names: Vec<_> = known.iter().map(|log| log.domain().name()).collect();
        return Err(UsageError::new("domain", format!("those that the original has: {}", names.join(", "))));
    }
    known.retain(|log| chosen.is_empty() || chosen.contains(&log.domain()));
    Ok(known)
}
