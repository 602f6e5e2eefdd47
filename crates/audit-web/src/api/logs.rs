use audit_query::{Cursor, Entry, Order, Page, PageRequest, Range};
use axum::{extract::State, response::Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{app::App, asking::Asking, auth::Permission, params::Params, problem::Problem, read::Read};

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
    range: Range,
}

impl From<Page> for LogPage {
    fn from(Page { entries, range, next, previous, .. }: Page) -> Self {
        let text = |cursor: Option<Cursor>| cursor.map(|cursor| cursor.to_string());
        Self { items: entries, next_cursor: text(next), previous_cursor: text(previous), range }
    }
}

/// What a page is asked for by, beside the filter.
pub(crate) const PAGING: [&str; 4] = ["order", "limit", "cursor", "tz"];

pub(crate) const ORDERS: [(&str, Order); 2] = [("newest", Order::Newest), ("oldest", Order::Oldest)];

/// The page that the parameters ask for.
pub(crate) fn page_request(params: &Params) -> Result<PageRequest, Problem> {
    Ok(PageRequest {
        order: params.word("order", &ORDERS)?.unwrap_or_default(),
        limit: params.number("limit", 1..=500, 50)?,
        cursor: params.parsed("cursor", "the `next_cursor` or `previous_cursor` of an answer, unchanged")?,
    })
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
        ("limit" = Option<u16>, Query, description = "The most events of a page; 50 by default. A page of large events has fewer, and a cursor to go on.", minimum = 1, maximum = 500),
        ("cursor" = Option<String>, Query, description = "Where to go on: the `next_cursor` or `previous_cursor` of an answer, unchanged.", max_length = 1_400, pattern = "^[A-Za-z0-9_-]*$"),
    ),
    responses((status = 200, description = "A page of events.", body = LogPage)),
)]
pub(super) async fn search(
    State(app): State<App>,
    asking: Asking,
    params: Params,
) -> Result<Response, Problem> {
    asking.must(Permission::Read)?;
    let zone = params.zone(chrono_tz::UTC)?;
    let filter = params.filter(app.queries(), &PAGING, zone)?;
    let room = app.room(&asking).await?;
    let page = app.queries().search(&filter, &page_request(&params)?).await?;
    app.record(&asking, Read::events("SEARCH", page.entries.len()).asked(params.question())).await?;
    Ok(room.json(LogPage::from(page)).await)
}
