use std::collections::BTreeSet;

use audit_auth::Permission;
use audit_query::{Bucket, Count, Dimension, InvalidParam, ResolvedRange, StatsRequest};
use audit_web::{AppState, Caller, Params, Problem, RequestError};
use axum::{Json, extract::State};
use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use utoipa::ToSchema;

/// Numbers of events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Numbers {
    /// One for each combination that there is, in order.
    items: Vec<Number>,
    /// The time that was looked at.
    range: ResolvedRange,
}

/// How many events have these in common.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Number {
    /// When the hour, day or month begins, with the zone's offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket: Option<DateTime<FixedOffset>>,
    /// The domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<&'static str>,
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    action_type: Option<String>,
    /// What kind of actor did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_type: Option<String>,
    /// How many.
    count: u64,
}

impl From<Count> for Number {
    fn from(Count { bucket, domain, action_type, actor_type, count }: Count) -> Self {
        Self {
            bucket: bucket.map(|start| start.fixed_offset()),
            domain: domain.map(audit_query::Domain::name),
            action_type,
            actor_type,
            count,
        }
    }
}

/// Count events.
///
/// By domain, action type, actor type and stretches of time, as `by` and `bucket` say; the filter is that of the
/// search.
#[utoipa::path(
    get,
    path = "/api/v1/stats",
    tag = "Reading",
    operation_id = "getStats",
    params(
        ("by" = Option<Vec<Dimension>>, Query, description = "What events are told apart by; by domain if not given."),
        ("bucket" = Option<Bucket>, Query, description = "Stretches of time that they are told apart by as well."),
    ),
    responses(
        (status = 200, description = "The numbers.", body = Numbers),
        (status = 422, description = "The answer would have too many lines.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn stats(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
) -> Result<Json<Numbers>, RequestError> {
    caller.require(Permission::Read)?;
    let zone = params.zone(chrono_tz::UTC)?;
    let filter = params.filter(state.log(), &["by", "bucket", "tz"], zone)?;
    let mut by: BTreeSet<Dimension> = params.all("by").map(dimension).collect::<Result<_, _>>()?;
    if by.is_empty() {
        by.insert(Dimension::Domain);
    }
    let request = StatsRequest { filter, by, bucket: params.word("bucket", &Bucket::NAMES)?, zone };
    let counted = state.log().stats(&request).await?;
    let counted = state.release(&caller, counted, Some(params.query())).await?;
    Ok(Json(Numbers { items: counted.counts.into_iter().map(Number::from).collect(), range: counted.range }))
}

fn dimension(text: &str) -> Result<Dimension, InvalidParam> {
    let found = Dimension::NAMES.iter().find(|(name, _)| *name == text).map(|(_, dimension)| *dimension);
    found.ok_or_else(|| InvalidParam::new("by", "one of domain, action_type, actor_type"))
}
