use std::{collections::VecDeque, pin::Pin, time::Duration};

use audit_query::{AccessAction, Entry, TAIL_INTERVAL, Tail};
use audit_web::{AppState, Caller, MemoryPermit, RequestError, Slot};
use axum::response::sse::Event;
use futures::{Stream, stream};
use tokio::{
    select,
    time::{Instant, Interval, MissedTickBehavior, interval},
};
use tracing::warn;

use crate::stream_limit::{EndReason, StreamLimit};

/// How often the number of events is recorded.
const RECORD_INTERVAL: Duration = Duration::from_mins(1);

/// Streams events as they are stored, for as long as the reader may follow.
pub(super) struct TailStream {
    events: NewEvents,
    limit: Pin<Box<dyn Future<Output = EndReason> + Send>>,
}

impl TailStream {
    pub(super) fn new(tail: Tail, limit: StreamLimit, slot: Slot) -> Self {
        let mut ticks = interval(TAIL_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let events = NewEvents {
            state: limit.state.clone(),
            caller: limit.caller.clone(),
            tail,
            found: VecDeque::new(),
            found_at: Instant::now(),
            memory: None,
            ticks,
            unrecorded: 0,
            recorded_at: Instant::now(),
            end: EndReason::ReaderGone,
            _slot: slot,
        };
        Self { events, limit: Box::pin(limit.reached()) }
    }

    pub(super) fn events(self) -> impl Stream<Item = Result<Event, axum::Error>> {
        stream::unfold(self, |mut tail| async move {
            let entry = tail.next().await?;
            let mut position = tail.events.tail.position().clone();
            // The events that were found with this one are still to come.
            position.go_back_before(&tail.events.found);
            let event = Event::default().id(position.to_string()).event("log").json_data(&entry);
            Some((event, tail))
        })
    }

    /// The next event. `None`: the reader may no longer follow, or something has failed. Browsers reconnect.
    async fn next(&mut self) -> Option<Entry> {
        let next = select! {
            biased;
            end = &mut self.limit => Err(end),
            next = self.events.next() => next,
        };
        next.map_err(|end| self.events.end = end).ok()
    }
}

/// Finds new events, and counts them. Records how many there were when it is dropped.
struct NewEvents {
    state: AppState,
    caller: Caller,
    tail: Tail,
    found: VecDeque<Entry>,
    found_at: Instant,
    /// The memory of `found`.
    memory: Option<MemoryPermit>,
    ticks: Interval,
    /// How many events were sent since the last record.
    unrecorded: u64,
    recorded_at: Instant,
    end: EndReason,
    _slot: Slot,
}

impl NewEvents {
    async fn next(&mut self) -> Result<Entry, EndReason> {
        loop {
            if !self.found.is_empty() {
                self.take_row().await?;
            }
            if let Some(entry) = self.found.pop_front() {
                return Ok(entry);
            }
            self.memory = None;
            self.ticks.tick().await;
            self.record_progress().await?;
            self.query().await?;
        }
    }

    async fn take_row(&mut self) -> Result<(), EndReason> {
        // A reader who takes events too slowly holds memory that others wait for.
        if self.found_at.elapsed() > self.state.settings().answer_time {
            return Err(EndReason::TooSlow);
        }
        // The reason is in the log, and the reader gets it when he reconnects.
        self.state.take_rows(&self.caller, 1).await.map_err(|error| match error {
            RequestError::BudgetExceeded(_) => EndReason::NoRowsLeft,
            _ => EndReason::Failed,
        })?;
        self.unrecorded += 1;
        Ok(())
    }

    async fn query(&mut self) -> Result<(), EndReason> {
        let memory = self.state.response_memory().wait(&self.caller.reader).await;
        let mut memory = memory.map_err(|_| EndReason::Failed)?;
        let batch = self.tail.next().await.map_err(|error| {
            warn!(%error, "a follower was ended");
            EndReason::Failed
        })?;
        self.found.extend(batch.entries);
        self.found_at = Instant::now();
        memory.shrink_to(2 * self.found.iter().map(Entry::size).sum::<usize>());
        self.memory = Some(memory);
        if batch.is_more {
            self.ticks.reset_immediately();
        }
        Ok(())
    }

    /// Records the events of the last minute. So at most one minute is missing from the access log if the process dies.
    async fn record_progress(&mut self) -> Result<(), EndReason> {
        if self.unrecorded > 0 && self.recorded_at.elapsed() >= RECORD_INTERVAL {
            let recorded =
                self.state.record(&self.caller, AccessAction::TailRows, self.unrecorded, None).await;
            recorded.map_err(|_| EndReason::Failed)?;
            (self.unrecorded, self.recorded_at) = (0, Instant::now());
        }
        Ok(())
    }
}

impl Drop for NewEvents {
    fn drop(&mut self) {
        let (state, caller) = (self.state.clone(), self.caller.clone());
        let (rows, end) = (self.unrecorded, self.end.code());
        self.state.tasks().spawn(async move {
            // The events were sent already. If they can't be recorded, that is in the log.
            let _ = state.record_end(&caller, AccessAction::TailEnd, rows, end).await;
        });
    }
}
