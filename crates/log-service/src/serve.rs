use std::{error::Error, process::ExitCode, sync::Arc, time::Duration};

use audit_commands::{CommandResult, Misconfigured, Signals};
use audit_config::Config;
use audit_core::store::DomainLog;
use audit_ingest::Ingest;
use audit_query::AccessLog;
use audit_store::Store;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    domains::logs,
    health::{Databases, ServiceHealth},
    metrics::Metrics,
    partitions::Partitions,
    role_watch::{RoleRejection, RoleWatch},
    shutdown,
    traces::Traces,
    web::{Bound, Credentials, Web},
};

/// The longest that the end waits for the database's connections.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Stores events and answers readers, until a signal ends it.
pub async fn serve(config: &Config) -> CommandResult {
    let credentials = Credentials::of(&config.web).map_err(Misconfigured::new)?;
    let stop = CancellationToken::new();
    let signals = Signals::listen()?;
    tokio::select! {
        second_signal = shutdown::watch(signals, &stop) => Ok(second_signal),
        served = serve_until(config, credentials, &stop) => served.map(|()| ExitCode::SUCCESS),
    }
}

async fn serve_until(
    config: &Config,
    credentials: Option<Credentials>,
    stop: &CancellationToken,
) -> Result<(), Box<dyn Error>> {
    // Both may be refused, so they come before anything else is made.
    let (bound, traces) = (Bound::take(config)?, Traces::export(&config.telemetry)?);
    let database = config.database();
    let opening = database.open_or_wait();
    let Some(db) = stop.run_until_cancelled(opening).await.transpose()? else { return Ok(()) };
    info!(database = %config.database.url, broker = config.broker().address(), "storing events");

    let metrics = Metrics::collect()?;
    let domains = logs();
    let mut tables: Vec<_> = domains.iter().map(DomainLog::table).cloned().collect();
    tables.push(AccessLog::table().table);
    let names = tables.iter().map(|table| table.name).collect();
    let role = RoleWatch::start(&db, database.clone(), names, &config.database).await.map_err(refused)?;
    let store = Store::new(db.clone(), config.database.timeout());
    let ingest = Ingest::new(config.ingest_settings(), &store, domains);
    let counters = ingest.counters();
    let databases = Databases {
        main: db.clone(),
        replica: database.replica_probe(),
        refuse_unrecorded: config.reading.refuse_unrecorded,
    };
    let is_harmless = role.as_ref().map(RoleWatch::is_harmless);
    let health = Arc::new(ServiceHealth::new(ingest.state(), databases, is_harmless, metrics));

    let partitions = Partitions::new(&store, tables, config.database.months_ahead());
    partitions.prepare().await;
    let web = match bound.zip(credentials) {
        Some((bound, credentials)) => {
            Some(Web::listen(bound, config, credentials, db.clone(), Arc::clone(&health), stop).await?)
        }
        None => None,
    };
    let ended = tokio::select! {
        ended = run(ingest, web, stop) => ended,
        () = partitions.keep_prepared() => Ok(()),
        () = health.watch() => Ok(()),
        () = watch_role(role) => Ok(()),
        () = shutdown::time_out(stop, config.ingest.shutdown_time()) => {
            warn!("not everything could be stored in time: the rest stays in its queues");
            Ok(())
        }
    };
    ended?;
    for (domain, counters) in counters {
        let counts = counters.now();
        info!(
            %domain,
            stored = counts.stored,
            duplicates = counts.duplicates,
            reads = counts.dropped_reads,
            dead_letters = counts.dead_letters,
            "stopped",
        );
    }
    if let Some(traces) = traces {
        traces.finish().await;
    }
    // The connections end with the process in any case.
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, db.close()).await;
    Ok(())
}

/// Stores events and answers readers, until both have ended.
async fn run(ingest: Ingest, web: Option<Web>, stop: &CancellationToken) -> Result<(), Box<dyn Error>> {
    let storing = async {
        let ended = ingest.run(stop.clone()).await;
        // Without ingest the service is of no use: whatever ended it ends the web too.
        stop.cancel();
        ended
    };
    let serving = async {
        if let Some(web) = web {
            web.serve().await;
        }
    };
    let (ended, ()) = tokio::join!(storing, serving);
    Ok(ended?)
}

/// Never returns.
async fn watch_role(role: Option<RoleWatch<'_>>) {
    match role {
        Some(role) => role.watch().await,
        None => std::future::pending().await,
    }
}

/// A role that the configuration refuses is an error of the configuration.
fn refused(rejection: RoleRejection) -> Box<dyn Error> {
    match rejection {
        RoleRejection::Powerful(_) => Misconfigured::new(rejection).into(),
        RoleRejection::Unknown(_) => rejection.into(),
    }
}
