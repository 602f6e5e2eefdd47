//! How long an export or a follower may go on.

use std::time::Duration;

use audit_auth::Permission;
use audit_web::{AppState, Caller};
use axum::http::HeaderMap;
use tokio::{
    select,
    time::{interval, sleep},
};
use tracing::info;

/// How often the reader is authenticated again. A changed file of tokens is noticed within half a second, so a revoked token
/// ends a stream within a second.
const CHECK_INTERVAL: Duration = Duration::from_millis(300);
/// As long as a browser stays signed in, so that a stream does not outlive its session.
const MAX_DURATION: Duration = Duration::from_hours(8);

/// Why a stream has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// Everything was sent.
    Complete,
    /// The reader has disconnected, or takes no more.
    ReaderGone,
    /// His token is no longer valid, or his roles have changed.
    NotAllowed,
    /// The stream has lasted as long as a session.
    SessionOver,
    /// His row budget is used up.
    NoRowsLeft,
    /// There were more rows than an export may have.
    TooMuch,
    /// It took too long.
    TooSlow,
    /// The service stops.
    Stopping,
    /// The database or the broker has failed, or the access could not be recorded.
    Failed,
}

impl EndReason {
    /// Its code in the access log.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::ReaderGone => "reader_gone",
            Self::NotAllowed => "not_allowed",
            Self::SessionOver => "session_over",
            Self::NoRowsLeft => "no_rows_left",
            Self::TooMuch => "too_much",
            Self::TooSlow => "too_slow",
            Self::Stopping => "stopping",
            Self::Failed => "failed",
        }
    }
}

/// Ends a stream when its reader may no longer read it.
pub(crate) struct StreamLimit {
    pub(crate) state: AppState,
    pub(crate) caller: Caller,
    /// The headers that authenticated the reader.
    pub(crate) headers: HeaderMap,
    /// What the stream requires.
    pub(crate) permission: Permission,
}

impl StreamLimit {
    /// Waits until the stream has to end.
    pub(crate) async fn reached(self) -> EndReason {
        select! {
            () = self.state.stop().cancelled() => EndReason::Stopping,
            () = sleep(MAX_DURATION) => EndReason::SessionOver,
            () = self.no_longer_allowed() => EndReason::NotAllowed,
        }
    }

    async fn no_longer_allowed(&self) {
        let Self { state, caller, headers, permission } = self;
        let mut ticks = interval(CHECK_INTERVAL);
        loop {
            ticks.tick().await;
            let identified = state.auth().identify(headers, caller.address).await;
            // With other roles, he has other limits, too.
            if !identified.is_ok_and(|reader| reader == caller.reader && reader.may(*permission)) {
                let reader = caller.reader.name();
                info!(reader, "a reader who was following or exporting may no longer do so");
                break;
            }
        }
    }
}
