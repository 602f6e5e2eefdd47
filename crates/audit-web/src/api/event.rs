use audit_query::Entry;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::Response,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{app::App, asking::Asking, auth::Permission, params::Params, problem::Problem, read::Read};

/// What an id names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventById {
    /// The event that was stored first.
    #[serde(flatten)]
    pub(crate) entry: Entry,
    /// Further events with this id, in the order of storing, if there are any: a publisher has used it again. There are
    /// nine at most; `/api/v1/logs?id=…` has all of them, a page at a time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) others: Vec<Entry>,
}

/// One event, whole.
///
/// Should its id name several, the one that was stored first, with the others beside it.
#[utoipa::path(
    get,
    path = "/api/v1/logs/{domain}/{id}",
    tag = "Reading",
    operation_id = "getEvent",
    params(
        ("domain" = String, Path, description = "The domain, such as `payment`."),
        ("id" = Uuid, Path, description = "The event's id."),
    ),
    responses(
        (status = 200, description = "The event.", body = EventById),
        (status = 404, description = "There is no such domain or event.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn event(
    State(app): State<App>,
    asking: Asking,
    params: Params,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    asking.must(Permission::Read)?;
    params.only(&[])?;
    let Path((domain, id)) = path.map_err(|_| Problem::not_found("there is no such event"))?;
    let room = app.room(&asking).await?;
    Ok(room.json(find(&app, &asking, &domain, &id).await?).await)
}

/// Finds what an id names and records that it was read.
pub(crate) async fn find(app: &App, asking: &Asking, domain: &str, id: &str) -> Result<EventById, Problem> {
    let known = app.queries().domain(domain).ok_or_else(|| Problem::not_found("there is no such domain"))?;
    let not_found = || Problem::not_found("there is no such event");
    let id: Uuid = id.trim().parse().map_err(|_| not_found())?;
    let events = app.queries().events(known, id).await?;
    app.record(asking, Read::events("EVENT", events.len()).of(format!("{known}/{id}"))).await?;
    let mut events = events.into_iter();
    let entry = events.next().ok_or_else(not_found)?;
    Ok(EventById { entry, others: events.collect() })
}
