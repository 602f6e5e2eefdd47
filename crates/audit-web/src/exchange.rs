//! A request and its answer, from its first byte to its last.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use audit_query::Access;
use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::{Method, StatusCode, request::Parts},
    middleware::Next,
    response::Response,
};
use hyper::body::{Frame, SizeHint};
use uuid::Uuid;

use crate::{
    app::App,
    asking::address,
    auth::{Reader, Refusal},
    budget::Allowance,
    places::Place,
    refusals::Refused,
};

/// So much of an answer is handed on at a time. The connection asks for more when that has gone out, so that it is known
/// how much has.
const PIECE: usize = 64 * 1024;

/// What is known of a request while it is answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    /// What was recorded as answered.
    reads: Vec<Access>,
    allowance: Option<Allowance>,
    place: Option<Place>,
    reader: Option<Reader>,
    refusal: Option<Refusal>,
}

impl Exchange {
    /// That of a request.
    pub(crate) fn of(parts: &Parts) -> Self {
        parts.extensions.get::<Self>().cloned().unwrap_or_default()
    }

    /// Notes what is recorded as answered: should it not be, that is recorded as well.
    pub(crate) fn answers(&self, read: Access) {
        self.noted().reads.push(read);
    }

    /// Takes back a read that could not be recorded.
    pub(crate) fn forget(&self, id: Uuid) {
        self.noted().reads.retain(|read| read.id != id);
    }

    /// Notes who asks.
    pub(crate) fn is_of(&self, reader: &Reader) {
        self.noted().reader = Some(reader.clone());
    }

    /// Notes that nobody is known to ask.
    pub(crate) fn refused(&self, refusal: Refusal) {
        self.noted().refusal = Some(refusal);
    }

    /// Keeps the reader's place until all of the answer has gone out.
    pub(crate) fn takes(&self, place: Place) {
        self.noted().place = Some(place);
    }

    /// Notes what the reader is left with, which the answer tells.
    pub(crate) fn leaves(&self, allowance: Allowance) {
        self.noted().allowance = Some(allowance);
    }

    pub(crate) fn allowance(&self) -> Option<Allowance> {
        self.noted().allowance
    }

    /// The status to record, if this is a refusal. Who only did not sign in yet is not refused, but asked to; and so is
    /// whoever has followed a link.
    fn refusal(&self, answered: StatusCode) -> Option<StatusCode> {
        match self.noted().refusal {
            Some(Refusal::Missing | Refusal::Unavailable) => None,
            Some(Refusal::CrossSite) if answered.is_success() => None,
            Some(refusal) => Some(refusal.status()),
            None => {
                matches!(answered, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS).then_some(answered)
            }
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        // Every change is whole: a thread that panicked has left nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks after a request until the last byte of its answer has gone out.
pub(crate) async fn watched(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let exchange = Exchange::default();
    request.extensions_mut().insert(exchange.clone());
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let is_head = method == Method::HEAD;
    let address = address(request.extensions());
    let mut answering = Answering { app, exchange, sent: 0, is_whole: false };
    let mut response = next.run(request).await;
    if let Some(allowance) = answering.exchange.allowance() {
        response.headers_mut().extend(allowance.headers());
    }
    if let Some(status) = answering.exchange.refusal(response.status()) {
        let reader = answering.exchange.noted().reader.clone();
        answering.app.refused(Refused { status, method, uri, address, reader });
    }
    if response.status().is_server_error() {
        // Whatever was recorded before, this is not its answer.
        return response;
    }
    // The body of an answer to HEAD is taken away from here on.
    answering.is_whole = is_head || response.body().is_end_stream();
    if answering.is_whole {
        return response;
    }
    response.map(|body| Body::new(Answer { body, rest: Bytes::new(), answering }))
}

/// An answer on its way. Wherever it ends before its end (the reader has gone, the time is over, the service stops) it is
/// dropped, and then that is recorded.
struct Answering {
    app: App,
    exchange: Exchange,
    sent: u64,
    is_whole: bool,
}

impl Drop for Answering {
    fn drop(&mut self) {
        if self.is_whole {
            return;
        }
        let reads = std::mem::take(&mut self.exchange.noted().reads);
        if !reads.is_empty() {
            self.app.record_cut_off(reads, self.sent);
        }
    }
}

/// The body of an answer, in pieces.
struct Answer {
    body: Body,
    rest: Bytes,
    answering: Answering,
}

impl Answer {
    fn next_piece(&mut self) -> Bytes {
        let piece = self.rest.split_to(self.rest.len().min(PIECE));
        self.answering.sent += piece.len() as u64;
        self.answering.is_whole = self.is_end_stream();
        piece
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(self.next_piece()))));
        }
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(match frame.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(data))) => {
                self.rest = data;
                Some(Ok(Frame::data(self.next_piece())))
            }
            Some(Ok(Err(frame))) => Some(Ok(frame)),
            Some(Err(error)) => Some(Err(error)),
            None => {
                self.answering.is_whole = true;
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper + rest);
        }
        whole
    }
}
