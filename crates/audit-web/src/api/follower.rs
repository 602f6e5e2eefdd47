use std::{collections::VecDeque, pin::Pin, time::Duration};

use audit_query::{Entry, Filter, Position};
use axum::{http::HeaderMap, response::sse::Event};
use chrono::{DateTime, Utc};
use futures::{Stream, stream};
use tokio::{
    select,
    time::{Instant, Interval, MissedTickBehavior, interval},
};
use tracing::warn;

use crate::{
    answers::Room,
    app::App,
    asking::Asking,
    auth::Permission,
    places::Place,
    read::Read,
    stay::{self, End},
};

/// How often a follower looks for more.
const EVERY: Duration = Duration::from_millis(500);
/// How often it is recorded how much he was given.
const RECORD_EVERY: Duration = Duration::from_mins(1);

/// Somebody who follows: asks again and again, for as long as he may.
pub(super) struct Follower {
    looking: Looking,
    stay: Pin<Box<dyn Future<Output = End> + Send>>,
}

/// What a follower looks for, and what he was given.
struct Looking {
    app: App,
    asking: Asking,
    filter: Filter,
    position: Position,
    /// What was stored before is not for him.
    oldest: Option<DateTime<Utc>>,
    found: VecDeque<Entry>,
    found_at: Instant,
    /// Of what was found.
    room: Option<Room>,
    ticks: Interval,
    /// Given, but not recorded yet.
    given: u64,
    recorded: Instant,
    end: End,
    _place: Place,
}

impl Follower {
    pub(super) fn new(
        app: App,
        asking: Asking,
        headers: HeaderMap,
        filter: Filter,
        position: Position,
        oldest: Option<DateTime<Utc>>,
        place: Place,
    ) -> Self {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stay = Box::pin(stay::end(app.clone(), asking.clone(), headers, Permission::Read));
        let looking = Looking {
            app,
            asking,
            filter,
            position,
            oldest,
            found: VecDeque::new(),
            found_at: Instant::now(),
            room: None,
            ticks,
            given: 0,
            recorded: Instant::now(),
            end: End::ReaderGone,
            _place: place,
        };
        Self { looking, stay }
    }

    pub(super) fn events(self) -> impl Stream<Item = Result<Event, axum::Error>> {
        stream::unfold(self, |mut follower| async move {
            let entry = follower.next().await?;
            let looking = &follower.looking;
            let mut position = looking.position.clone();
            // The others that were found with it are still to come.
            position.go_back_before(&looking.found);
            let event = Event::default().id(position.to_string()).event("log").json_data(&entry);
            Some((event, follower))
        })
    }

    /// The next event. None: the follower may not go on, or something failed; browsers come again.
    async fn next(&mut self) -> Option<Entry> {
        let found = select! {
            biased;
            end = &mut self.stay => Err(end),
            found = self.looking.next() => found,
        };
        found.map_err(|end| self.looking.end = end).ok()
    }
}

impl Looking {
    async fn next(&mut self) -> Result<Entry, End> {
        loop {
            if !self.found.is_empty() {
                // Who takes what was found too slowly keeps the memory that others wait for.
                if self.found_at.elapsed() > self.app.settings().answer_time {
                    return Err(End::TooSlow);
                }
                // Why not is in the log, and told when he comes again.
                let taken = self.app.take_rows(&self.asking, 1).await;
                taken.map_err(|why| if why.spent().is_some() { End::NoRowsLeft } else { End::Failed })?;
                self.given += 1;
            }
            if let Some(entry) = self.found.pop_front() {
                return Ok(entry);
            }
            self.room = None;
            self.ticks.tick().await;
            self.record_from_time_to_time().await?;
            self.look().await?;
        }
    }

    async fn look(&mut self) -> Result<(), End> {
        let room = self.app.answers().wait_for_room(&self.asking.reader).await;
        let mut room = room.map_err(|_| End::Failed)?;
        let tailed = self.app.queries().tail(&self.filter, &self.position).await;
        let tailed = tailed.map_err(|error| {
            warn!(%error, "a follower was ended");
            End::Failed
        })?;
        self.position = tailed.position;
        let oldest = self.oldest;
        let is_his = |entry: &Entry| oldest.is_none_or(|oldest| entry.recorded_at >= oldest);
        self.found.extend(tailed.entries.into_iter().filter(is_his));
        self.found_at = Instant::now();
        room.shrink_to(2 * self.found.iter().map(Entry::size).sum::<usize>());
        self.room = Some(room);
        if tailed.is_more {
            self.ticks.reset_immediately();
        }
        Ok(())
    }

    /// Whatever becomes of this process, no more than a minute is missing in the log of reading.
    async fn record_from_time_to_time(&mut self) -> Result<(), End> {
        if self.given > 0 && self.recorded.elapsed() >= RECORD_EVERY {
            let read = Read::going_on("TAIL_ROWS", self.given);
            self.app.record(&self.asking, read).await.map_err(|_| End::Failed)?;
            (self.given, self.recorded) = (0, Instant::now());
        }
        Ok(())
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        let (app, asking) = (self.app.clone(), self.asking.clone());
        let read = Read::ended("TAIL_END", self.given, self.end.code());
        let task = async move {
            // Nobody is left who could be refused; the failure is in the log.
            let _ = app.record(&asking, read).await;
        };
        self.app.tasks().spawn(task);
    }
}
