use audit_auth::Permission;
use audit_query::{Cursor, Entry, Order, Page, ResolvedRange};
use audit_web::{
    AppState, Caller, Params, RequestError,
    queries::{PAGING, page_request},
};
use axum::{extract::State, response::Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::json;

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogPage {
    /// The events, in order.
    items: Vec<Entry>,
    /// For the page after this one: give it as `cursor`. Null when there is no more.
    next_cursor: Option<String>,
    /// For the page before this one. Null when there is none.
    previous_cursor: Option<String>,
    /// The time that was looked at.
    range: ResolvedRange,
}

impl From<Page> for LogPage {
    fn from(Page { entries, range, next, previous, .. }: Page) -> Self {
        let text = |cursor: Option<Cursor>| cursor.map(|cursor| cursor.to_string());
        Self { items: entries, next_cursor: text(next), previous_cursor: text(previous), range }
    }
}

/// Search the log.
///
/// Several values of one parameter mean any of them; different parameters must all hold. The events of all domains
/// are merged in the order of time. Where no beginning is asked for, one is assumed: `range` says so.
#[utoipa::path(
    get,
    path = "/api/v1/logs",
    tag = "Reading",
    operation_id = "searchLogs",
    params(
        ("order" = Option<Order>, Query, description = "Which events come first: `newest` (default) or `oldest`."),
        ("cursor" = Option<String>, Query, description = "Where to go on: the `next_cursor` or `previous_cursor` of an answer, unchanged.", max_length = 1_400, pattern = "^[A-Za-z0-9_-]*$"),
    ),
    responses((status = 200, description = "A page of events.", body = LogPage)),
)]
pub(super) async fn search(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
) -> Result<Response, RequestError> {
    caller.require(Permission::Read)?;
    let zone = params.zone(chrono_tz::UTC)?;
    let filter = params.filter(state.log(), &PAGING, zone)?;
    let memory = state.reserve_memory(&caller).await?;
    let page = state.log().search(&filter, &page_request(&params)?).await?;
    let page = state.release(&caller, page, Some(params.query())).await?;
    json(memory, LogPage::from(page)).await
}
