use std::{process::ExitCode, sync::Arc, time::Duration};

use audit_core::store::{DomainLog, Table};
use audit_ingest::{Ingest, Store};
use audit_query::AccessLog;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{CommandResult, EX_CONFIG, complain};
use crate::{
    config::{Config, DatabaseConfig},
    database,
    domains::all,
    health::{Databases, ServiceHealth},
    metrics::Metrics,
    powerful_role::RoleWatch,
    shutdown::Signals,
    traces::Traces,
    web::{Bound, Credentials, Web},
};

/// They are made months ahead, so that one failure matters little.
const PARTITIONS_EVERY: Duration = Duration::from_hours(1);

pub(super) async fn serve(config: &Config) -> CommandResult {
    let credentials = match Credentials::of(&config.web) {
        Ok(credentials) => credentials,
        Err(error) => {
            complain(&error);
            return Ok(ExitCode::from(EX_CONFIG));
        }
    };
    let stop = CancellationToken::new();
    let signals = Signals::listen()?;
    tokio::select! {
        second_signal = signals.watch(&stop) => Ok(second_signal),
        served = serve_until(config, credentials, &stop) => served.map(|()| ExitCode::SUCCESS),
    }
}

async fn serve_until(
    config: &Config,
    credentials: Option<Credentials>,
    stop: &CancellationToken,
) -> Result<(), Box<dyn std::error::Error>> {
    // Both may be refused; nothing is made before.
    let (bound, traces) = (Bound::take(config)?, Traces::export(&config.telemetry)?);
    let opening = database::open_when_there(&config.database);
    let Some(db) = stop.run_until_cancelled(opening).await.transpose()? else { return Ok(()) };
    info!(database = %config.database.url, broker = config.broker().address(), "storing events");

    let metrics = Metrics::collect()?;
    let role = RoleWatch::begin(&db, &config.database).await?;
    let store = Store::new(db.clone(), config.database.timeout());
    let domains = all();
    let mut tables: Vec<_> = domains.iter().map(DomainLog::table).cloned().collect();
    tables.push(AccessLog::table().table);
    let ingest = Ingest::new(config.ingest_settings(), &store, domains);
    let counts = ingest.counts();
    let databases = Databases {
        main: db.clone(),
        replica: database::watched_replica(&config.database),
        refuse_unrecorded: config.reading.refuse_unrecorded,
    };
    let health = Arc::new(ServiceHealth::new(
        ingest.state(),
        databases,
        role.as_ref().map(RoleWatch::is_harmless),
        metrics,
    ));

    prepare_partitions(&store, &tables, &config.database).await;
    let web = match bound.zip(credentials) {
        Some((bound, credentials)) => {
            Some(Web::listen(bound, config, credentials, db.clone(), Arc::clone(&health), stop).await?)
        }
        None => None,
    };
    let partitions = look_after_partitions(&store, &tables, &config.database);
    let watching_role = async {
        match role {
            Some(role) => role.watch().await,
            None => std::future::pending().await,
        }
    };
    let storing = async {
        let ended = ingest.run(stop.clone()).await;
        // Without ingest the service is of no use: whatever ended it, readers see it too.
        stop.cancel();
        ended
    };
    let serving = async {
        if let Some(web) = web {
            web.serve().await;
        }
    };
    let in_time = async {
        stop.cancelled().await;
        tokio::time::sleep(config.ingest.shutdown_time()).await;
    };
    tokio::select! {
        (ended, ()) = async { tokio::join!(storing, serving) } => ended?,
        () = partitions => {}
        () = health.watch() => {}
        () = watching_role => {}
        () = in_time => warn!("not everything could be stored in time: the rest stays in its queues"),
    }
    for (domain, counts) in counts {
        let counted = counts.now();
        info!(
            %domain,
            stored = counted.stored,
            duplicates = counted.duplicates,
            reads = counted.reads,
            dead_letters = counted.dead_letters,
            "stopped",
        );
    }
    if let Some(traces) = traces {
        traces.finish().await;
    }
    // The connections end with the process in any case.
    let _ = tokio::time::timeout(Duration::from_secs(1), db.close()).await;
    Ok(())
}

/// Looks after the partitions from time to time. Never returns.
async fn look_after_partitions(store: &Store, tables: &[Table], config: &DatabaseConfig) {
    loop {
        tokio::time::sleep(PARTITIONS_EVERY).await;
        prepare_partitions(store, tables, config).await;
    }
}

/// Makes the partitions of this and the next months. If that fails, they are made when an event needs them.
async fn prepare_partitions(store: &Store, tables: &[Table], config: &DatabaseConfig) {
    let tables: Vec<_> = tables.iter().collect();
    if let Err(error) = store.prepare_months(&tables, config.months_ahead()).await {
        warn!(%error, "the partitions of the next months can't be made: the next try is in an hour");
    }
}
