use audit_auth::Permission;
use audit_web::{AppState, Caller, Params, RequestError};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

/// The domains that publish.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Domains {
    items: Vec<DomainItem>,
}

/// A domain, and the columns that not every domain has.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DomainItem {
    /// Its name.
    domain: &'static str,
    /// Its table.
    table: &'static str,
    /// Its own columns: each is a parameter of the search.
    details: Vec<OwnColumn>,
}

/// A column that not every domain has.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnColumn {
    /// Its name.
    name: &'static str,
    /// What it holds: `text` or `integer`.
    kind: &'static str,
}

/// The domains, and what can be asked of each.
#[utoipa::path(
    get,
    path = "/api/v1/domains",
    tag = "Reading",
    operation_id = "listDomains",
    responses((status = 200, description = "The domains.", body = Domains)),
)]
pub(super) async fn domains(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
) -> Result<Json<Domains>, RequestError> {
    caller.require(Permission::Read)?;
    params.require_only(&[])?;
    let item = |table: &audit_query::LogTable| DomainItem {
        domain: table.domain.name(),
        table: table.table.name,
        details: table
            .table
            .own
            .iter()
            .map(|column| OwnColumn { name: column.name, kind: column.kind.name() })
            .collect(),
    };
    Ok(Json(Domains { items: state.log().tables().iter().map(item).collect() }))
}
