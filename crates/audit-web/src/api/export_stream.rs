//! What an export is sent through, piece by piece: of events, and of dead letters.

use std::time::Duration;

use audit_dead_letters::DeadLetterError;
use audit_query::QueryError;
use axum::body::{Body, Bytes};
use futures::{StreamExt, stream};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::timeout,
};

use crate::{answers::Crowded, stay::End};

/// Whoever takes nothing for so long has gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why an export ends before its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Cut {
    #[error(transparent)]
    Query(QueryError),
    #[error(transparent)]
    DeadLetters(#[from] DeadLetterError),
    #[error(transparent)]
    Crowded(#[from] Crowded),
    #[error("the export has more than {0} rows: ask for less time")]
    TooLong(u64),
    #[error("the export took too long: ask for less time")]
    TooSlow,
    #[error("it was ended: {}", .0.code())]
    Ended(End),
    #[error("the reader takes no more")]
    ReaderGone,
}

impl Cut {
    /// How the log of reading has it.
    pub(super) fn end(&self) -> End {
        match self {
            Self::Query(_) | Self::DeadLetters(_) | Self::Crowded(_) => End::Failed,
            Self::TooLong(_) => End::TooMuch,
            Self::TooSlow => End::TooSlow,
            Self::Ended(end) => *end,
            Self::ReaderGone => End::ReaderGone,
        }
    }
}

/// A piece of an export. None: that was all.
pub(super) type Chunk = Result<Option<Bytes>, Cut>;

/// The body of an export. It ends in order only where that was all; else the connection is cut, or what was sent would look
/// as if it were.
pub(super) fn body(first: Bytes, chunks: Receiver<Chunk>) -> Body {
    let next = async |mut chunks: Receiver<Chunk>| match chunks.recv().await {
        Some(Ok(Some(chunk))) => Some((Ok(chunk), Some(chunks))),
        Some(Ok(None)) => None,
        Some(Err(cut)) => Some((Err(cut), None)),
        None => Some((Err(Cut::ReaderGone), None)),
    };
    let rest = stream::unfold(Some(chunks), move |chunks| async move { next(chunks?).await });
    Body::from_stream(stream::once(async { Ok(first) }).chain(rest))
}

/// Where an export puts its pieces.
pub(super) struct Pieces(Sender<Chunk>);

/// So many pieces wait until the body takes them.
pub(super) fn pieces(ahead: usize) -> (Pieces, Receiver<Chunk>) {
    let (sender, chunks) = channel(ahead);
    (Pieces(sender), chunks)
}

impl Pieces {
    pub(super) async fn send(&self, chunk: Bytes) -> Result<(), Cut> {
        let sent = timeout(PATIENCE, self.0.send(Ok(Some(chunk)))).await;
        if matches!(sent, Ok(Ok(()))) { Ok(()) } else { Err(Cut::ReaderGone) }
    }

    /// Waits until the last piece was taken, and says that it was: an export is complete only then.
    pub(super) async fn complete(&self) -> Result<(), Cut> {
        let taken = timeout(PATIENCE, self.0.reserve_many(self.0.max_capacity())).await;
        let Ok(Ok(mut room)) = taken else { return Err(Cut::ReaderGone) };
        room.next().ok_or(Cut::ReaderGone)?.send(Ok(None));
        Ok(())
    }

    /// Says why an export is cut off, if there is room for it: before the first piece there is, and an answer to be given.
    /// Later, it is cut off as nobody says that it is complete.
    pub(super) fn cut_off(&self, cut: Cut) {
        let _ = self.0.try_send(Err(cut));
    }
}
