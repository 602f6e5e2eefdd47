use audit_auth::Permission;
use audit_web::{
    AppState, Caller, Params, RequestError,
    queries::{PAGING, page_request},
};
use axum::{extract::State, response::Response};

use crate::{json::json, logs::LogPage};

/// Who has read what.
///
/// Every read of the log is an event itself: `action_type` is what was done, `reader` and `address` who did it, `extra`
/// what was asked, and `rows_read` how many events were answered. `REFUSED` is a request that was not answered, with its
/// `status`; of many from one address, a `count` stands for those of a minute. `CUT_OFF` is an answer that was not sent to its
/// end, and what ends in `_END` says how it did.
#[utoipa::path(
    get,
    path = "/api/v1/access",
    tag = "Reading",
    operation_id = "searchAccess",
    params(
        ("order" = Option<audit_query::Order>, Query, description = "Which reads come first: `newest` (default) or `oldest`."),
        ("cursor" = Option<String>, Query, description = "Where to go on: the `next_cursor` or `previous_cursor` of an answer, unchanged.", max_length = 1_400, pattern = "^[A-Za-z0-9_-]*$"),
    ),
    responses((status = 200, description = "A page of reads.", body = LogPage)),
)]
pub(super) async fn search(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
) -> Result<Response, RequestError> {
    caller.require(Permission::ReadAccessLog)?;
    let zone = params.zone(chrono_tz::UTC)?;
    let filter = params.filter(state.accesses(), &PAGING, zone)?;
    let memory = state.reserve_memory(&caller).await?;
    let page = state.accesses().search(&filter, &page_request(&params)?).await?;
    let page = state.release(&caller, page, Some(params.query())).await?;
    json(memory, LogPage::from(page)).await
}
