//! The operations of the API, with their part of the `OpenAPI` document.

use audit_web::AppState;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{access, dead_letters, domains, event, export, health, logs, metrics, stats, tail, timeline};

/// All operations.
pub(crate) fn all() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(logs::search))
        .routes(routes!(event::event))
        .routes(routes!(timeline::timeline))
        .routes(routes!(stats::stats))
        .routes(routes!(domains::domains))
        .routes(routes!(export::export))
        .routes(routes!(tail::tail))
        .routes(routes!(access::search))
        .routes(routes!(dead_letters::dead_letters))
        .routes(routes!(dead_letters::dead_letter))
        .routes(routes!(dead_letters::export))
        .routes(routes!(dead_letters::replay))
        .routes(routes!(dead_letters::discard))
        .merge(operating())
}

/// The operations that report the health of the service.
pub(crate) fn operating() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::ingest))
        .routes(routes!(health::whole))
        .routes(routes!(metrics::metrics))
}
