use audit_auth::Permission;
use audit_query::{Entry, InvalidParam, MatchedBy, Range, Timeline, TimelineEvent};
use audit_web::{AppState, Caller, Params, RequestError, questions::timeline_request};
use axum::{extract::State, response::Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::json;

/// The story of one case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Story {
    /// Its events, in the order in which they happened.
    items: Vec<StoryItem>,
    /// Whether there are more, which happened before.
    is_cut: bool,
    /// The time that was looked at.
    range: Range,
}

/// An event of a story.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoryItem {
    /// Why it belongs to the story.
    via: MatchedBy,
    #[serde(flatten)]
    entry: Entry,
}

impl From<Timeline> for Story {
    fn from(Timeline { events, range, is_cut }: Timeline) -> Self {
        let item = |TimelineEvent { entry, matched_by }| StoryItem { via: matched_by, entry };
        let items = events.into_iter().map(item).collect();
        Self { items, is_cut, range }
    }
}

const PARAMS: [&str; 6] = ["q", "widen", "from", "to", "limit", "tz"];

/// The story of one case.
///
/// Give anything at hand: the id of a user, a resource (payment, reservation, ticket, seat, …), an event or a trace, or
/// a reservation's number. The answer has what happened to it, over all domains.
#[utoipa::path(
    get,
    path = "/api/v1/timeline",
    tag = "Reading",
    operation_id = "getTimeline",
    params(
        ("q" = String, Query, description = "What is at hand.", min_length = 1, max_length = 255, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$"),
        ("widen" = Option<bool>, Query, description = "Also what the story's actors did meanwhile, and what else belongs to its traces."),
    ),
    responses((status = 200, description = "The story.", body = Story)),
)]
pub(super) async fn timeline(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
) -> Result<Response, RequestError> {
    caller.require(Permission::Read)?;
    params.require_only(&PARAMS)?;
    let zone = params.zone(chrono_tz::UTC)?;
    let request = timeline_request(&state, &params, zone)?;
    let request = request.ok_or_else(|| InvalidParam::new("q", "what the story is about"))?;
    let memory = state.reserve_memory(&caller).await?;
    let timeline = state.log().timeline(&request).await?;
    let timeline = state.release(&caller, timeline, Some(params.question())).await?;
    json(memory, Story::from(timeline)).await
}
