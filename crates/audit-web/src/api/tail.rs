use std::{collections::VecDeque, time::Duration};

use audit_query::{Entry, Filter, InvalidParam, Position};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderName},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, StreamExt, stream};
use serde::Serialize;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, Interval, MissedTickBehavior, interval},
};
use tracing::warn;
use utoipa::ToSchema;

use crate::{
    answers::Room,
    app::{App, Read},
    asking::Asking,
    auth::Permission,
    params::Params,
    problem::Problem,
};

/// How often a follower looks for more.
const EVERY: Duration = Duration::from_millis(500);
/// How often a follower must show again that he may read.
const ADMIT_EVERY: Duration = Duration::from_mins(1);

/// A server-sent event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TailEvent {
    /// The position after this event: `Last-Event-ID` or `since` goes on from there.
    id: String,
    /// `log`.
    event: String,
    /// The event, as in a search.
    data: Entry,
}

/// Follow what is stored.
///
/// Server-sent events, from now on or after a position. A filter's time is not looked at.
#[utoipa::path(
    get,
    path = "/api/v1/logs/tail",
    tag = "Reading",
    operation_id = "tailLogs",
    params(
        ("since" = Option<String>, Query, description = "The position to go on after, such as `payment:12,user:3`; `start` for the first event of all; without it, from now on.", max_length = 2_000, pattern = "^(start|[a-z0-9-]+:[0-9]{1,18}(,[a-z0-9-]+:[0-9]{1,18})*)?$"),
        ("Last-Event-ID" = Option<String>, Header, description = "The same, as browsers send it; it counts before `since`.", max_length = 2_000, pattern = "^(start|[a-z0-9-]+:[0-9]{1,18}(,[a-z0-9-]+:[0-9]{1,18})*)?$"),
    ),
    responses((status = 200, description = "The events as they are stored.", body = TailEvent, content_type = "text/event-stream")),
)]
pub(super) async fn tail(
    State(app): State<App>,
    asking: Asking,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    asking.must(Permission::Read)?;
    let zone = params.zone(chrono_tz::UTC)?;
    let filter = params.filter(app.queries(), &["since", "tz"], zone)?;
    let position = match position(&headers, &params)? {
        Some(position) => position,
        None => app.queries().tail_end().await?,
    };
    let slot = app.followers().clone().try_acquire_owned();
    let slot = slot.map_err(|_| Problem::unavailable("too many are following; try again later"))?;
    app.record(&asking, Read::new("TAIL", params.question(), 0)).await?;
    let stop = app.stop().clone();
    let follower = Follower::new(app, asking, headers, filter, position, slot);
    let events = follower.events().take_until(async move { stop.cancelled().await });
    // Proxies that collect answers before they pass them on would hold the events back.
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((unbuffered, Sse::new(events).keep_alive(KeepAlive::default())).into_response())
}

fn position(headers: &HeaderMap, params: &Params) -> Result<Option<Position>, InvalidParam> {
    let expected = "a position such as payment:12,user:3, or start";
    let header = match headers.get("last-event-id") {
        Some(value) => Some(value.to_str().map_err(|_| InvalidParam::new("Last-Event-ID", expected))?),
        None => None,
    };
    match header.map(Some).map_or_else(|| params.one("since"), Ok)? {
        None => Ok(None),
        Some("start") => Ok(Some(Position::default())),
        Some(text) => text.parse().map(Some).map_err(|_| InvalidParam::new("since", expected)),
    }
}

/// Somebody who follows: asks again and again, for as long as he may.
struct Follower {
    app: App,
    asking: Asking,
    headers: HeaderMap,
    filter: Filter,
    position: Position,
    found: VecDeque<Entry>,
    found_at: Instant,
    /// Of what was found.
    room: Option<Room>,
    given: u64,
    admitted: Instant,
    ticks: Interval,
    _slot: OwnedSemaphorePermit,
}

impl Follower {
    fn new(
        app: App,
        asking: Asking,
        headers: HeaderMap,
        filter: Filter,
        position: Position,
        slot: OwnedSemaphorePermit,
    ) -> Self {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (found, now) = (VecDeque::new(), Instant::now());
        Self {
            app,
            asking,
            headers,
            filter,
            position,
            found,
            found_at: now,
            room: None,
            given: 0,
            admitted: now,
            ticks,
            _slot: slot,
        }
    }

    fn events(self) -> impl Stream<Item = Result<Event, axum::Error>> {
        stream::unfold(self, |mut follower| async move {
            let entry = follower.next().await?;
            follower.given += 1;
            let mut position = follower.position.clone();
            // The others that were found with it are still to come.
            position.go_back_before(&follower.found);
            let event = Event::default().id(position.to_string()).event("log").json_data(&entry);
            Some((event, follower))
        })
    }

    /// The next event. None: the follower may not go on, or the database is away; browsers come again.
    async fn next(&mut self) -> Option<Entry> {
        loop {
            if let Some(entry) = self.found.pop_front() {
                // Who takes what was found too slowly keeps the memory that others wait for.
                return (self.found_at.elapsed() <= self.app.settings().answer_time).then_some(entry);
            }
            self.room = None;
            self.ticks.tick().await;
            if self.admitted.elapsed() > ADMIT_EVERY {
                self.app.auth().identify(&self.headers, self.asking.address).await.ok()?;
                self.admitted = Instant::now();
            }
            let mut room = self.app.answers().wait_for_room().await.ok()?;
            match self.app.queries().tail(&self.filter, &self.position).await {
                Ok(tailed) => {
                    self.position = tailed.position;
                    self.found.extend(tailed.entries);
                    self.found_at = Instant::now();
                    room.shrink_to(2 * self.found.iter().map(Entry::size).sum::<usize>());
                    self.room = Some(room);
                    if tailed.is_more {
                        self.ticks.reset_immediately();
                    }
                }
                Err(error) => {
                    warn!(%error, "a follower was ended");
                    return None;
                }
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let (app, asking, rows) = (self.app.clone(), self.asking.clone(), self.given);
        let task = async move {
            // Nobody is left who could be refused; the failure is in the log.
            let _ = app.record(&asking, Read { action: "TAIL_END", rows, ..Read::default() }).await;
        };
        self.app.tasks().spawn(task);
    }
}
