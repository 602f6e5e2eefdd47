use audit_query::{Entry, InvalidParam, Range, Timeline, TimelineRequest, Via};
use axum::{extract::State, response::Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{app::App, asking::Asking, auth::Permission, params::Params, problem::Problem, read::Read};

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
    via: Via,
    #[serde(flatten)]
    entry: Entry,
}

impl From<Timeline> for Story {
    fn from(Timeline { found, range, is_cut }: Timeline) -> Self {
        let items = found.into_iter().map(|found| StoryItem { via: found.via, entry: found.entry }).collect();
        Self { items, is_cut, range }
    }
}

const KNOWN: [&str; 6] = ["q", "widen", "from", "to", "limit", "tz"];

/// The story that the parameters ask for; none without `q`.
pub(crate) fn timeline_request(
    app: &App,
    params: &Params,
    zone: chrono_tz::Tz,
) -> Result<Option<TimelineRequest>, Problem> {
    let range = params.filter(app.queries(), &["q", "widen", "limit", "tz"], zone)?.range;
    let Some(key) = params.one("q")? else { return Ok(None) };
    if !audit_query::can_be_kept(key.trim()) {
        return Err(InvalidParam::new("q", audit_query::TEXT).into());
    }
    let limit = params.number("limit", 1..=1000, 500)?;
    Ok(Some(TimelineRequest { key: key.to_owned(), widen: params.flag("widen")?, range, limit }))
}

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
        ("limit" = Option<u16>, Query, description = "The most events, 500 by default; of more, or of large ones, the last.", minimum = 1, maximum = 1000),
    ),
    responses((status = 200, description = "The story.", body = Story)),
)]
pub(super) async fn timeline(
    State(app): State<App>,
    asking: Asking,
    params: Params,
) -> Result<Response, Problem> {
    asking.must(Permission::Read)?;
    params.only(&KNOWN)?;
    let zone = params.zone(chrono_tz::UTC)?;
    let request = timeline_request(&app, &params, zone)?;
    let request = request.ok_or_else(|| InvalidParam::new("q", "what the story is about"))?;
    let room = app.room(&asking).await?;
    let timeline = app.queries().timeline(&request).await?;
    let read = Read::events("TIMELINE", timeline.found.len()).asked(params.question());
    app.record(&asking, read.of(request.key.trim().to_owned())).await?;
    Ok(room.json(Story::from(timeline)).await)
}
