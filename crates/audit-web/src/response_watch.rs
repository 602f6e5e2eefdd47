//! Watches a request until the last byte of its response has been sent, and records what was rejected or cut off.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use audit_query::AccessRecord;
use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use hyper::body::{Frame, SizeHint};
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use crate::{
    caller::client_address, rejection_log::RejectedRequest, request_context::RequestContext, state::AppState,
};

/// Responses are passed on in chunks of this size. The connection asks for the next one when it has sent the last, so that
/// we know how much was sent.
const CHUNK_BYTES: usize = 64 * 1024;

/// How often counted rejections are recorded.
const RECORD_INTERVAL: Duration = Duration::from_mins(1);

/// Watches a request until the last byte of its response has been sent.
pub(crate) async fn watch(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let context = RequestContext::default();
    request.extensions_mut().insert(context.clone());
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let is_head = method == Method::HEAD;
    let address = client_address(request.extensions());
    let mut progress = Progress { state, context, sent: 0, is_complete: false };
    let mut response = next.run(request).await;
    if let Some(allowance) = progress.context.allowance() {
        response.headers_mut().extend(allowance.headers());
    }
    if let Some(status) = progress.context.rejected_status(response.status()) {
        let reader = progress.context.reader();
        progress.state.record_rejection(RejectedRequest { status, method, uri, address, reader });
    }
    if response.status().is_server_error() {
        // A server error is not the answer that was recorded, so it is not watched.
        return response;
    }
    // The body of a response to HEAD is removed further on.
    progress.is_complete = is_head || response.body().is_end_stream();
    if progress.is_complete {
        return response;
    }
    response.map(|body| Body::new(WatchedBody { body, rest: Bytes::new(), progress }))
}

/// How much of a response was sent. If it is dropped before the end (the reader has disconnected, the time is over, the
/// service stops), that is recorded.
struct Progress {
    state: AppState,
    context: RequestContext,
    sent: u64,
    is_complete: bool,
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_complete {
            return;
        }
        let accesses = self.context.take_accesses();
        if !accesses.is_empty() {
            self.state.record_cut_off(accesses, self.sent);
        }
    }
}

/// The body of a response, in chunks.
struct WatchedBody {
    body: Body,
    rest: Bytes,
    progress: Progress,
}

impl WatchedBody {
    fn next_chunk(&mut self) -> Bytes {
        let chunk = self.rest.split_to(self.rest.len().min(CHUNK_BYTES));
        self.progress.sent += chunk.len() as u64;
        self.progress.is_complete = self.is_end_stream();
        chunk
    }
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(self.next_chunk()))));
        }
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(match frame.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(data))) => {
                self.rest = data;
                Some(Ok(Frame::data(self.next_chunk())))
            }
            Some(Ok(Err(frame))) => Some(Ok(frame)),
            Some(Err(error)) => Some(Err(error)),
            None => {
                self.progress.is_complete = true;
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut total = SizeHint::new();
        total.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            total.set_upper(upper + rest);
        }
        total
    }
}

impl AppState {
    /// Records a rejected request, or counts it.
    fn record_rejection(&self, request: RejectedRequest) {
        if self.rejection_log().admits(request.address, request.status) {
            let state = self.clone();
            self.tasks().spawn(async move {
                let own_columns = state.log().own_columns();
                let own_columns: Vec<_> = own_columns.iter().map(|column| column.name).collect();
                state.write_rejection(request.access(&own_columns)).await;
            });
        }
    }

    /// Records the counted rejections at the end of each minute, until the service stops.
    pub(crate) async fn record_counted_rejections(self) {
        let mut minutes = interval(RECORD_INTERVAL);
        minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stopping = false;
        while !stopping {
            stopping = self.stop().run_until_cancelled(minutes.tick()).await.is_none();
            for access in self.rejection_log().end_minute() {
                self.write_rejection(access).await;
            }
        }
    }

    async fn write_rejection(&self, access: AccessRecord) {
        // The request is rejected in any case.
        if let Err(error) = self.access_log().record(access).await {
            warn!(%error, "a refusal was not recorded");
        }
    }
}
