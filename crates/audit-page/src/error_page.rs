//! A page with nothing but an error.

use audit_web::{AppState, Caller, NotFound, Params, RequestError};
use axum::{
    extract::State,
    http::{HeaderMap, Method, header, request::Parts, uri::PathAndQuery},
    response::{IntoResponse, Response},
};
use maud::html;

use crate::{
    error::{error_notice, message},
    frame,
    local_url::{LocalUrl, local},
    page::Page,
    view::ViewContext,
};

/// Responds with an error as a page.
pub(crate) fn error_page(
    view: ViewContext,
    error: &RequestError,
    caller: Option<&Caller>,
    here: &LocalUrl,
) -> Response {
    error.log();
    let (title, _) = message(view, error);
    let body = html! {
        h1.vh { (title) }
        (error_notice(view, error, here))
    };
    frame::respond(view, caller, here, Page::new(title, body).with_error(Some(error)))
}

/// The answer to a request for an address that does not exist. Nothing is read, so nobody has to sign in.
pub(crate) async fn unknown_address(State(state): State<AppState>, parts: Parts) -> Response {
    render_error(&state, &parts, NotFound::Address.into())
}

/// The answer to a request for a page with a method that it does not have.
pub(crate) async fn method_not_allowed(
    State(state): State<AppState>,
    method: Method,
    parts: Parts,
) -> Response {
    render_error(&state, &parts, RequestError::MethodNotAllowed(method))
}

/// Renders an error as a page for browsers, and as a problem for programs.
pub fn render_error(state: &AppState, parts: &Parts, error: RequestError) -> Response {
    if !accepts_html(&parts.headers) {
        return error.into_response();
    }
    let params = Params::parse(parts.uri.query().unwrap_or_default());
    let view = ViewContext::of(&parts.headers, &params, state);
    let here = local(parts.uri.path_and_query().map(PathAndQuery::as_str));
    error_page(view, &error, None, &LocalUrl::new(here))
}

/// Whether HTML is asked for by name, as browsers do when they navigate.
fn accepts_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).into_iter().filter_map(|line| line.to_str().ok());
    let mut ranges = accepted.flat_map(|line| line.split(','));
    ranges.any(|range| {
        range.split(';').next().is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("text/html"))
    })
}
