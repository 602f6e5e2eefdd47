use audit_auth::Permission;
use audit_dead_letters::{Count, DeadLetter, Listing, Overview, Summary};
use audit_web::{AppState, Caller, NotFound, Params, Problem, RequestError, dead_letters::selection};
use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::json::json;

/// How many dead letters there are, and the first ones.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetterList {
    /// How many there are in all.
    total: u64,
    /// How many there are of each domain and reason.
    counts: Vec<DeadLetterCount>,
    /// The oldest of each domain, as many as were asked for.
    items: Vec<DeadLetterItem>,
}

/// How many dead letters there are of one domain for one reason.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetterCount {
    /// The domain.
    domain: &'static str,
    /// The reason.
    reason: String,
    /// How many.
    letters: u64,
    /// How many of them were put back before.
    replayed: u64,
}

/// A dead letter without its content.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetterItem {
    /// Whose queue it is in.
    domain: &'static str,
    /// What it is called; messages of a domain with the same body share it.
    id: String,
    /// Why it is there: a code.
    reason: String,
    /// The field that is to blame, where there is one.
    field: Option<String>,
    /// Since when it is there, if that is known.
    time: Option<DateTime<Utc>>,
    /// How often it was put back before.
    replays: u32,
    /// How many bytes its body has.
    bytes: usize,
}

/// A dead letter, whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetterDetail {
    /// What a list has of it.
    #[serde(flatten)]
    item: DeadLetterItem,
    /// The reason in prose, where somebody gave it.
    error: Option<String>,
    /// The exchange that it was published to.
    exchange: String,
    /// The key that it was published with.
    routing_key: String,
    /// Its headers, as they are in the queue.
    #[schema(value_type = Object)]
    headers: Map<String, Value>,
    /// Its body, if that is UTF-8.
    body: Option<String>,
    /// Its body in base64, if it is not.
    body_base64: Option<String>,
    /// How many dead letters of the domain are the same.
    same: u64,
}

impl From<Overview> for DeadLetterList {
    fn from(overview: Overview) -> Self {
        let count = |Count { domain, reason, letters, replayed }| DeadLetterCount {
            domain: domain.name(),
            reason: reason.to_string(),
            letters,
            replayed,
        };
        Self {
            total: overview.total(),
            counts: overview.counts.into_iter().map(count).collect(),
            items: overview.letters.into_iter().map(DeadLetterItem::from).collect(),
        }
    }
}

impl From<Summary> for DeadLetterItem {
    fn from(Summary { domain, id, reason, field, time, replays, bytes, .. }: Summary) -> Self {
        Self {
            domain: domain.name(),
            id: id.to_string(),
            reason: reason.to_string(),
            field,
            time,
            replays,
            bytes,
        }
    }
}

impl DeadLetterDetail {
    fn of(letter: DeadLetter, same: u64) -> Self {
        let (item, headers) = (Summary::from(&letter).into(), letter.headers());
        let DeadLetter { error, exchange, routing_key, body, .. } = letter;
        let (body, body_base64) = match String::from_utf8(body) {
            Ok(text) => (Some(text), None),
            Err(error) => (None, Some(STANDARD.encode(error.as_bytes()))),
        };
        Self { item, error, exchange, routing_key, headers, body, body_base64, same }
    }
}

/// Messages that could not be stored.
///
/// Counts of all, and the oldest ones. A dead letter that somebody else holds at the moment, with another look or on
/// the command line, is left out.
#[utoipa::path(
    get,
    path = "/api/v1/dead-letters",
    tag = "Operating",
    operation_id = "listDeadLetters",
    responses((status = 200, description = "Counts and list.", body = DeadLetterList)),
)]
pub(crate) async fn dead_letters(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
) -> Result<Json<DeadLetterList>, RequestError> {
    caller.require(Permission::Operate)?;
    params.require_only(&["domain", "reason", "id", "limit"])?;
    let limit = params.number("limit", 0..=Listing::MAX, Listing::DEFAULT)?;
    let selection = selection(state.dead_letters(), &params)?;
    Ok(Json(state.dead_letter_overview(&caller, &selection, limit, params.query()).await?.into()))
}

/// One dead letter, whole.
#[utoipa::path(
    get,
    path = "/api/v1/dead-letters/{domain}/{id}",
    tag = "Operating",
    operation_id = "getDeadLetter",
    params(
        ("domain" = String, Path, description = "The domain, such as `payment`."),
        ("id" = String, Path, description = "The dead letter's id, as a list has it."),
    ),
    responses(
        (status = 200, description = "The dead letter.", body = DeadLetterDetail),
        (status = 404, description = "There is no such dead letter, or somebody else holds it at the moment.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It is too large for an answer; an export has it.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn dead_letter(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, RequestError> {
    caller.require(Permission::Operate)?;
    params.require_only(&[])?;
    let Path((domain, id)) = path.map_err(|_| NotFound::DeadLetter)?;
    let memory = state.reserve_memory(&caller).await?;
    let (letter, same) = state.dead_letter(&caller, &domain, &id).await?;
    let (bytes, max) = (letter.body.len(), state.log().limits().max_bytes);
    if bytes > max {
        return Err(RequestError::LetterTooLarge { bytes, max });
    }
    json(memory, DeadLetterDetail::of(letter, same)).await
}
