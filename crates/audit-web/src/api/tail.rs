use audit_query::{Entry, InvalidParam, Position};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderName},
    response::{
        IntoResponse, Response,
        sse::{KeepAlive, Sse},
    },
};
use chrono::Utc;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::follower::Follower;
use crate::{
    app::App, asking::Asking, auth::Permission, budget::is_bounded, params::Params, problem::Problem,
    read::Read,
};

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
/// Server-sent events, from now on or after a position. A filter's time is not looked at. The role `support` is given what
/// was stored in the last minutes, however old its position is. The stream ends when its reader may no longer read, and
/// when the rows of his day are used up.
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
    app.must_have_rows_left(&asking).await?;
    let slot = app.place(app.followers(), &asking)?;
    let since = position(&headers, &params)?;
    let mut question = params.question();
    if let (Some(asked), Some(header)) = (question.as_object_mut(), headers.get(LAST_EVENT_ID)) {
        asked.insert(LAST_EVENT_ID.to_owned(), json!([header.to_str().unwrap_or_default()]));
    }
    let queries = app.queries();
    // Whose role is not to take the log away does not follow it from its beginning.
    let oldest = is_bounded(&asking.reader).then(|| Utc::now() - app.settings().support_tail);
    let position = match (since, oldest) {
        (None, _) => queries.tail_end().await?,
        (Some(position), None) => position,
        (Some(position), Some(oldest)) => queries.tail_from(&filter, &position, oldest).await?,
    };
    app.record(&asking, Read::begun("TAIL").asked(question)).await?;
    let follower = Follower::new(app, asking, headers, filter, position, oldest, slot);
    // Proxies that collect answers before they pass them on would hold the events back.
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((unbuffered, Sse::new(follower.events()).keep_alive(KeepAlive::default())).into_response())
}

/// What a browser sends that comes back.
const LAST_EVENT_ID: &str = "last-event-id";

fn position(headers: &HeaderMap, params: &Params) -> Result<Option<Position>, InvalidParam> {
    let expected = "a position such as payment:12,user:3, or start";
    let header = match headers.get(LAST_EVENT_ID) {
        Some(value) => Some(value.to_str().map_err(|_| InvalidParam::new("Last-Event-ID", expected))?),
        None => None,
    };
    match header.map(Some).map_or_else(|| params.one("since"), Ok)? {
        None => Ok(None),
        Some("start") => Ok(Some(Position::default())),
        Some(text) => text.parse().map(Some).map_err(|_| InvalidParam::new("since", expected)),
    }
}
