use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, ready},
    stream::FuturesUnordered,
};
use lapin::Confirmation;

/// The outcome of the event with this number.
pub(super) type Outcome = (u64, lapin::Result<Confirmation>);

/// The confirms that are still to come.
#[derive(Default)]
pub(super) struct Confirms(FuturesUnordered<BoxFuture<'static, Outcome>>);

impl Confirms {
    /// Starts a publish, and keeps its future. They are started in the order of the calls.
    pub(super) fn add(
        &mut self,
        number: u64,
        publishing: impl Future<Output = lapin::Result<Confirmation>> + Send + 'static,
    ) {
        let mut publishing = publishing.map(move |outcome| (number, outcome)).boxed();
        // A future starts when it is first polled.
        self.0.push(match (&mut publishing).now_or_never() {
            Some(outcome) => ready(outcome).boxed(),
            None => publishing,
        });
    }

    /// Waits for the next one. `None` if no more are expected.
    pub(super) async fn next(&mut self) -> Option<Outcome> {
        self.0.next().await
    }

    /// Returns all that have arrived. The stream may be pending only to yield to other tasks; then it wakes its caller, so
    /// none is missed.
    pub(super) fn arrived(&mut self) -> Vec<Outcome> {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut outcomes = Vec::new();
        loop {
            match self.0.poll_next_unpin(&mut Context::from_waker(&waker)) {
                Poll::Ready(Some(outcome)) => outcomes.push(outcome),
                Poll::Pending if woken.0.swap(false, SeqCst) => {}
                Poll::Pending | Poll::Ready(None) => return outcomes,
            }
        }
    }
}

/// Whether there is a reason to poll again.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}
