//! How long somebody may stay who follows or exports.

use std::time::Duration;

use axum::http::HeaderMap;
use tokio::{
    select,
    time::{interval, sleep},
};
use tracing::info;

use crate::{app::App, asking::Asking, auth::Permission};

/// How often it is asked whether a reader still may. With the time that a changed file of tokens takes to be seen, it is
/// less than a second until he may not.
const ASK_EVERY: Duration = Duration::from_millis(300);
/// As long as a browser stays signed in: a session that has ended is not gone on with by what it has left open.
const LONGEST: Duration = Duration::from_hours(8);

/// Why something ended that goes on for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All that was asked for was sent.
    Complete,
    /// The reader has gone, or takes no more.
    ReaderGone,
    /// His token is no longer good, or his roles have changed.
    NotAllowed,
    /// He was here for as long as a session lasts.
    SessionOver,
    /// The rows of his day are used up.
    NoRowsLeft,
    /// There was more than may be sent at once.
    TooMuch,
    /// It took too long.
    TooSlow,
    /// The service stops.
    Stopping,
    /// The database or the broker failed, or the read could not be recorded.
    Failed,
}

impl End {
    /// How the log of reading has it.
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

/// Waits for the end of a reader's stay who came with these headers.
pub(crate) async fn end(app: App, asking: Asking, headers: HeaderMap, needed: Permission) -> End {
    let withdrawn = async {
        let mut ticks = interval(ASK_EVERY);
        loop {
            ticks.tick().await;
            let known = app.auth().identify(&headers, asking.address).await;
            // With other roles, other bounds hold for him as well.
            if !known.is_ok_and(|reader| reader == asking.reader && reader.may(needed)) {
                info!(
                    reader = asking.reader.name(),
                    "a reader who was following or exporting may no longer do so"
                );
                break;
            }
        }
    };
    select! {
        () = app.stop().cancelled() => End::Stopping,
        () = sleep(LONGEST) => End::SessionOver,
        () = withdrawn => End::NotAllowed,
    }
}
