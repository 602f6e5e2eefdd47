use audit_auth::Permission;
use audit_query::{Entry, InvalidParam, Position};
use audit_web::{AppState, Caller, Params, RequestError, has_row_budget};
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

use crate::{stream_limit::StreamLimit, tail_stream::TailStream};

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
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, RequestError> {
    caller.require(Permission::Read)?;
    let zone = params.zone(chrono_tz::UTC)?;
    let filter = params.filter(state.log(), &["since", "tz"], zone)?;
    state.require_rows_left(&caller).await?;
    let slot = state.slot(state.tails(), &caller.reader, caller.address)?;
    let since = position(&headers, &params)?;
    let mut query = params.query();
    if let (Some(asked), Some(header)) = (query.as_object_mut(), headers.get(LAST_EVENT_ID)) {
        asked.insert(LAST_EVENT_ID.to_owned(), json!([header.to_str().unwrap_or_default()]));
    }
    // A reader who may not export must not follow the log from its beginning, either.
    let oldest = has_row_budget(&caller.reader).then(|| Utc::now() - state.settings().support_tail);
    let tail = state.log().tail(filter, since, oldest).await?;
    let tail = state.release(&caller, tail, Some(query)).await?;
    let limit = StreamLimit { state, caller, headers, permission: Permission::Read };
    let stream = TailStream::new(tail, limit, slot);
    // Otherwise proxies that buffer responses would hold the events back.
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((unbuffered, Sse::new(stream.events()).keep_alive(KeepAlive::default())).into_response())
}

/// The header that browsers send when they reconnect.
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
