//! The page: what people see. A page is one file, or a folder when it has parts; [`visit`] is what all of them begin
//! and end with, [`frame`] what is around them.
//!
//! Everything works without a script and without a style; addresses hold the whole question, so that they can be
//! passed on. No page names a domain: colours and words for the known ones are in `style.css` and [`texts`], and one
//! without them is shown plainly.

mod access_log;
mod address;
mod api_page;
mod assets;
mod cookie;
mod dead_letters;
mod event;
mod failure;
mod flash;
mod frame;
mod language;
mod overview;
mod parts;
mod search;
mod sign_in;
mod texts;
mod timeline;
mod trouble;
mod visit;

use axum::{
    Router,
    response::Redirect,
    routing::{get, post},
};

use self::{frame::Place, visit::Visit};
use crate::app::App;

/// The pages.
pub(crate) fn routes() -> Router<App> {
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
        .route("/api", get(api_page::show))
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/sign-out", post(sign_in::leave))
        .route("/language/{code}", get(language::choose))
        .route("/style.css", get(assets::style))
        .route("/page.js", get(assets::script))
}

/// The first page that the reader may see.
async fn home(visit: Visit) -> Redirect {
    Redirect::to(Place::of(&visit.asking.reader).next().unwrap_or(Place::Api).path())
}
