//! Streams an export in chunks. What is exported is an [`ExportSource`]: events, or dead letters.

use std::time::Duration;

use audit_dead_letters::DeadLetterError;
use audit_query::{AccessAction, QueryError};
use audit_web::{AppState, Caller, MemoryExhausted, RequestError, dead_letters};
use axum::body::{Body, Bytes};
use futures::{StreamExt, stream};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::timeout,
};
use tracing::{info, warn};

use crate::stream_limit::{EndReason, StreamLimit};

/// A client that takes nothing for this long has gone.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// What an export sends.
pub(crate) trait ExportSource: Send + 'static {
    /// How many chunks may wait until the client takes them.
    const CHUNKS_AHEAD: usize;
    /// The action in the access log that ends the export.
    const END_ACTION: AccessAction;
    /// Logged when the export is complete.
    const COMPLETE: &'static str;
    /// Logged when the export was cut off.
    const CUT_OFF: &'static str;

    /// Sends everything.
    fn send_all(&mut self, output: &mut ExportOutput)
    -> impl Future<Output = Result<(), ExportError>> + Send;
}

/// Why an export ends early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    DeadLetters(#[from] DeadLetterError),
    #[error(transparent)]
    MemoryExhausted(#[from] MemoryExhausted),
    #[error("the export has more than {0} rows: ask for less time")]
    TooManyRows(u64),
    #[error("the export took too long: ask for less time")]
    TimedOut,
    #[error("it was ended: {}", .0.code())]
    LimitReached(EndReason),
    #[error("the reader takes no more")]
    ReaderGone,
}

impl ExportError {
    fn reason(&self) -> EndReason {
        match self {
            Self::Query(_) | Self::DeadLetters(_) | Self::MemoryExhausted(_) => EndReason::Failed,
            Self::TooManyRows(_) => EndReason::TooMuch,
            Self::TimedOut => EndReason::TooSlow,
            Self::LimitReached(reason) => *reason,
            Self::ReaderGone => EndReason::ReaderGone,
        }
    }

    /// The response, if nothing was sent yet.
    fn into_request_error(self) -> RequestError {
        match self {
            Self::Query(error) => error.into(),
            Self::DeadLetters(error) => dead_letters::logged(&error, 0).into(),
            other => RequestError::ExportFailed(other.to_string()),
        }
    }
}

/// A chunk of an export. `None` marks the end of a complete one.
type Chunk = Result<Option<Bytes>, ExportError>;

/// Where an export sends its chunks.
pub(crate) struct ExportOutput {
    chunks: Sender<Chunk>,
    /// How many rows were sent.
    pub(crate) rows: u64,
}

impl ExportOutput {
    /// Sends a chunk. Waits while too many others wait to be taken.
    pub(crate) async fn send(&self, chunk: Bytes) -> Result<(), ExportError> {
        let sent = timeout(SEND_TIMEOUT, self.chunks.send(Ok(Some(chunk)))).await;
        if matches!(sent, Ok(Ok(()))) { Ok(()) } else { Err(ExportError::ReaderGone) }
    }

    /// Waits until the last chunk was taken: only then is the export complete.
    async fn complete(&self) -> Result<(), ExportError> {
        let taken = timeout(SEND_TIMEOUT, self.chunks.reserve_many(self.chunks.max_capacity())).await;
        let Ok(Ok(mut permits)) = taken else { return Err(ExportError::ReaderGone) };
        permits.next().ok_or(ExportError::ReaderGone)?.send(Ok(None));
        Ok(())
    }

    /// Reports why the export is cut off, if no chunk waits. That is so before the first one, when there is still a proper
    /// response to give. Later the body is cut off because its end is missing.
    fn cut_off(&self, error: ExportError) {
        let _ = self.chunks.try_send(Err(error));
    }
}

/// An export that is running.
pub(crate) struct ExportStream {
    first: Bytes,
    rest: Receiver<Chunk>,
}

impl ExportStream {
    /// Starts an export, and waits for its first chunk: most of what can go wrong does so before.
    pub(crate) async fn start(source: impl ExportSource, limit: StreamLimit) -> Result<Self, RequestError> {
        let (state, caller) = (limit.state.clone(), limit.caller.clone());
        let (chunks, mut rest) = channel(ahead(&source));
        let output = ExportOutput { chunks, rows: 0 };
        state.tasks().spawn(run(source, output, state.clone(), caller, limit));
        match rest.recv().await {
            Some(Ok(Some(first))) => Ok(Self { first, rest }),
            Some(Err(error)) => Err(error.into_request_error()),
            Some(Ok(None)) | None => Err(RequestError::Stopping),
        }
    }

    /// The body of the response. It ends in order only if the export is complete. Otherwise the connection is cut, or what
    /// was sent would look complete.
    pub(crate) fn into_body(self) -> Body {
        let next = async |mut chunks: Receiver<Chunk>| match chunks.recv().await {
            Some(Ok(Some(chunk))) => Some((Ok(chunk), Some(chunks))),
            Some(Ok(None)) => None,
            Some(Err(error)) => Some((Err(error), None)),
            None => Some((Err(ExportError::ReaderGone), None)),
        };
        let Self { first, rest } = self;
        let rest = stream::unfold(Some(rest), move |chunks| async move { next(chunks?).await });
        Body::from_stream(stream::once(async { Ok(first) }).chain(rest))
    }
}

fn ahead<S: ExportSource>(_: &S) -> usize {
    S::CHUNKS_AHEAD
}

/// Sends everything, and records how it ended.
async fn run<S: ExportSource>(
    mut source: S,
    mut output: ExportOutput,
    state: AppState,
    caller: Caller,
    limit: StreamLimit,
) {
    let sending = async {
        source.send_all(&mut output).await?;
        output.complete().await
    };
    let outcome = tokio::select! {
        outcome = sending => outcome,
        reason = limit.reached() => Err(ExportError::LimitReached(reason)),
    };
    let rows = output.rows;
    let reason = outcome.as_ref().map_or_else(ExportError::reason, |()| EndReason::Complete);
    match outcome {
        Ok(()) => info!(rows, "{}", S::COMPLETE),
        Err(error) => {
            warn!(cut = %error, rows, "{}", S::CUT_OFF);
            output.cut_off(error);
        }
    }
    // What was sent can't be taken back. If this can't be recorded, that is in the log.
    let _ = state.record_end(&caller, S::END_ACTION, rows, reason.code()).await;
}
