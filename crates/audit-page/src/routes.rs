use std::sync::Arc;

use audit_web::AppState;
use axum::{
    Router,
    response::Redirect,
    routing::{get, post},
};
use serde_json::Value as Json;

use crate::{
    access_log, api, assets, context::PageContext, dead_letters, error_page, event, nav_item::NavItem,
    overview, preferences, search, sign_in, timeline,
};

/// All addresses of the page, and the answer to unknown ones. `openapi` is the document that the page about the API shows.
pub fn routes(openapi: Json) -> Router<AppState> {
    let openapi = Arc::new(openapi);
    Router::new()
        .route("/", get(home))
        .route("/overview", get(overview::show))
        .route("/search", get(search::show))
        .route("/timeline", get(timeline::show))
        .route("/events/{domain}/{id}", get(event::show))
        .route("/dead-letters", get(dead_letters::show))
        .route("/dead-letters/{domain}/{id}", get(dead_letters::show_one))
        .route("/dead-letters/replay", get(dead_letters::confirm_replay).post(dead_letters::replay))
        .route("/dead-letters/discard", get(dead_letters::confirm_discard).post(dead_letters::discard))
        .route("/access-log", get(access_log::show))
        .route("/api", get(async move |context: PageContext| api::show(&context, &openapi)))
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/sign-out", post(sign_in::leave))
        .route("/language/{code}", get(preferences::choose_language))
        .route("/style.css", get(assets::style))
        .route("/page.js", get(assets::script))
        .method_not_allowed_fallback(error_page::method_not_allowed)
        .fallback(error_page::unknown_address)
}

/// The first page that the reader may see.
async fn home(context: PageContext) -> Redirect {
    Redirect::to(NavItem::of(&context.caller.reader).next().unwrap_or(NavItem::Api).path())
}
