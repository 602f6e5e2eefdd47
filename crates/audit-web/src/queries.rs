//! What both the API and the page can be asked: the parameters of a page and of a timeline, and one event.

use audit_query::{
    Certainty, Entry, InvalidParam, Order, PAGE_SIZE, PageRequest, TIMELINE_SIZE, TimelineRequest,
};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    caller::Caller,
    error::{NotFound, RequestError},
    params::Params,
    state::AppState,
};

/// The parameters of a page of results, besides the filter.
pub const PAGING: [&str; 4] = ["order", "limit", "cursor", "tz"];

/// The page that the parameters ask for.
pub fn page_request(params: &Params) -> Result<PageRequest, RequestError> {
    Ok(PageRequest {
        order: params.word("order", &Order::NAMES)?.unwrap_or_default(),
        limit: params.limit(PAGE_SIZE)?,
        cursor: params.parsed("cursor", "the `next_cursor` or `previous_cursor` of an answer, unchanged")?,
    })
}

/// The parameters of a timeline. `widen` is what programs sent when the whole story was not yet the default.
pub const TIMELINE_PARAMS: [&str; 6] = ["q", "only_key", "certainty", "widen", "limit", "tz"];

/// The timeline that the parameters ask for. `None` without `q`.
pub fn timeline_request(
    state: &AppState,
    params: &Params,
    zone: Tz,
) -> Result<Option<TimelineRequest>, RequestError> {
    let range = params.filter(state.log(), &TIMELINE_PARAMS, zone)?.range;
    let Some(key) = params.one("q")? else { return Ok(None) };
    if !audit_query::fits_column(key.trim()) {
        return Err(InvalidParam::new("q", audit_query::TEXT).into());
    }
    let limit = params.limit(TIMELINE_SIZE)?;
    let certainty = params.word("certainty", &Certainty::NAMES)?.unwrap_or_default();
    let only_key = params.flag("only_key")?;
    // It changes nothing, but must be a word that it may have.
    params.flag("widen")?;
    Ok(Some(TimelineRequest { key: key.to_owned(), only_key, certainty, range, limit }))
}

/// What an id names.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventById {
    /// The event that was stored first.
    #[serde(flatten)]
    pub entry: Entry,
    /// Further events with this id, in the order of storing, if there are any: a publisher has used it again. There are
    /// nine at most; `/api/v1/logs?id=…` has all of them, a page at a time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Entry>,
}

/// Finds the event with an id, and records the access.
pub async fn find_event(
    state: &AppState,
    caller: &Caller,
    domain: &str,
    id: &str,
) -> Result<EventById, RequestError> {
    let domain = state.log().domain(domain).ok_or(NotFound::Domain)?;
    let id: Uuid = id.trim().parse().map_err(|_| NotFound::Event)?;
    let events = state.log().events(domain, id).await?;
    let mut events = state.release(caller, events, None).await?.into_iter();
    let entry = events.next().ok_or(NotFound::Event)?;
    Ok(EventById { entry, others: events.collect() })
}
