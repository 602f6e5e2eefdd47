use std::{process::ExitCode, time::Duration};

use audit_commands::Signals;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// The first signal cancels `stop`. Returns with the second, which ends the process at once.
pub async fn watch(mut signals: Signals, stop: &CancellationToken) -> ExitCode {
    let (name, _) = signals.next().await;
    info!("{name}: storing what has arrived, then stopping; a second signal stops at once");
    stop.cancel();
    let (name, number) = signals.next().await;
    warn!("{name} again: stopping at once; what was not acknowledged comes again");
    // As a shell reports a process that a signal ended.
    ExitCode::from(128 + number)
}

/// Returns when stopping has taken longer than it may.
pub async fn time_out(stop: &CancellationToken, after: Duration) {
    stop.cancelled().await;
    tokio::time::sleep(after).await;
}
