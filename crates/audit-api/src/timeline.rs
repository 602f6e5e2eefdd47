use audit_auth::Permission;
use audit_query::{
    Certainty, Entry, InvalidParam, Missing, ResolvedRange, Scope, Thing, Timeline, TimelineEvent,
};
use audit_web::{
    AppState, Caller, Params, RequestError,
    queries::{TIMELINE_PARAMS, timeline_request},
};
use axum::{extract::State, response::Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::json;

/// The story of one case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Story {
    /// Its events, in the order in which they happened.
    items: Vec<StoryItem>,
    /// The things that they are about, in the order of their first events.
    things: Vec<Thing>,
    /// What should be there and was not found.
    missing: Vec<Missing>,
    /// Whether there are more, which happened before.
    is_cut: bool,
    /// The time that was looked at.
    range: ResolvedRange,
}

/// An event of a story.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoryItem {
    /// Why it belongs to the story: it has the `key`, is about the same `resource`, is `named` by an event or names one,
    /// shares a `trace`, or the same `actor` did it at about the same time.
    #[schema(pattern = "^(key|resource|named|trace|actor)$")]
    via: &'static str,
    /// How many seconds apart the same actor did both.
    seconds: Option<u32>,
    /// How sure it is that it belongs to the story.
    certainty: Certainty,
    /// Whether it belongs to the case itself, or to the same order.
    scope: Scope,
    #[serde(flatten)]
    entry: Entry,
}

impl From<Timeline> for Story {
    fn from(Timeline { events, things, missing, range, is_cut }: Timeline) -> Self {
        let item = |TimelineEvent { entry, matched_by, certainty, scope }| StoryItem {
            via: matched_by.code(),
            seconds: matched_by.seconds(),
            certainty,
            scope,
            entry,
        };
        let items = events.into_iter().map(item).collect();
        Self { items, things, missing, is_cut, range }
    }
}

/// The story of one case.
///
/// Give anything at hand: the id of a user, a resource (payment, reservation, ticket, seat, …), an event or a trace, or
/// a reservation's number. The answer has what happened to it and to all that belongs to it, over all domains, with the
/// reason for each event.
#[utoipa::path(
    get,
    path = "/api/v1/timeline",
    tag = "Reading",
    operation_id = "getTimeline",
    params(
        ("q" = String, Query, description = "What is at hand.", min_length = 1, max_length = 255, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$"),
        ("only_key" = Option<bool>, Query, description = "Only the events that have this id or number themselves."),
        ("certainty" = Option<Certainty>, Query, description = "Leaves out what belongs to the story less surely."),
    ),
    responses((status = 200, description = "The story.", body = Story)),
)]
pub(super) async fn timeline(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
) -> Result<Response, RequestError> {
    caller.require(Permission::Read)?;
    params.require_only(&[&TIMELINE_PARAMS[..], &["from", "to"]].concat())?;
    let zone = params.zone(chrono_tz::UTC)?;
    let request = timeline_request(&state, &params, zone)?;
    let request = request.ok_or_else(|| InvalidParam::new("q", "what the story is about"))?;
    let memory = state.reserve_memory(&caller).await?;
    let timeline = state.log().timeline(&request).await?;
    let timeline = state.release(&caller, timeline, Some(params.query())).await?;
    json(memory, Story::from(timeline)).await
}
