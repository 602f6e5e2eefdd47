use audit_query::Entry;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::Response,
};
use uuid::Uuid;

use crate::{
    app::{App, Read},
    asking::Asking,
    auth::Permission,
    params::Params,
    problem::Problem,
};

/// One event, whole.
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
        (status = 200, description = "The event.", body = Entry),
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
    let room = app.answers().room().await?;
    Ok(room.json(find(&app, &asking, &domain, &id).await?).await)
}

/// Finds an event and records that it was read.
pub(crate) async fn find(app: &App, asking: &Asking, domain: &str, id: &str) -> Result<Entry, Problem> {
    let known = app.queries().domain(domain).ok_or_else(|| Problem::not_found("there is no such domain"))?;
    let not_found = || Problem::not_found("there is no such event");
    let id: Uuid = id.trim().parse().map_err(|_| not_found())?;
    let entry = app.queries().event(known, id).await?;
    let read = Read {
        action: "EVENT",
        resource: Some(format!("{known}/{id}")),
        question: None,
        rows: u64::from(entry.is_some()),
    };
    app.record(asking, read).await?;
    entry.ok_or_else(not_found)
}
