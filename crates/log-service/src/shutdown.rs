use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// SIGTERM and Ctrl-C.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on, these signals no longer end the process by themselves.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The first signal cancels `stop`; returns with the second, which ends the process at once.
    pub async fn watch(mut self, stop: &CancellationToken) -> ExitCode {
        let name = self.next().await.0;
        info!("{name}: storing what has arrived, then stopping; a second signal stops at once");
        stop.cancel();
        let (name, number) = self.next().await;
        warn!("{name} again: stopping at once; what was not acknowledged comes again");
        // As a shell reports a process that a signal ended.
        ExitCode::from(128 + number)
    }

    /// Returns with the next signal's name and number.
    pub async fn next(&mut self) -> (&'static str, u8) {
        tokio::select! {
            _ = self.terminate.recv() => ("SIGTERM", 15),
            _ = self.interrupt.recv() => ("SIGINT", 2),
        }
    }
}
