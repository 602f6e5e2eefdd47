use audit_auth::Permission;
use audit_query::{Bucket, ColumnValue, Count, Details, Dimension, ResolvedRange, StatsRequest};
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

/// How many events have these in common. Besides `bucket` and `count`, there is a field for each value of `by`, with its
/// name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Number {
    /// When the minute, hour, day or month begins, with the zone's offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket: Option<DateTime<FixedOffset>>,
    /// What the events have in common; `null` where they have none.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, ColumnValue>)]
    group: Details,
    /// How many.
    count: u64,
}

impl From<Count> for Number {
    fn from(Count { bucket, group, count }: Count) -> Self {
        Self { bucket: bucket.map(|start| start.fixed_offset()), group, count }
    }
}

/// Count events.
///
/// By domain, action, kind of actor, actor, a domain's own columns, and stretches of time, as `by` and `bucket` say; the
/// filter is that of the search.
#[utoipa::path(
    get,
    path = "/api/v1/stats",
    tag = "Reading",
    operation_id = "getStats",
    params(
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
    let mut by = params.words("by", &state.log().dimensions())?;
    if by.is_empty() {
        by.insert(Dimension::Domain);
    }
    let request = StatsRequest { filter, by, bucket: params.word("bucket", &Bucket::NAMES)?, zone };
    let counted = state.log().stats(&request).await?;
    let counted = state.release(&caller, counted, Some(params.query())).await?;
    Ok(Json(Numbers { items: counted.counts.into_iter().map(Number::from).collect(), range: counted.range }))
}
