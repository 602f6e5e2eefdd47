//! The layers around all routes.

use std::{
    io,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderName, HeaderValue, Method, header, request::Parts},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use futures::{FutureExt, StreamExt, stream};
use tokio::time::{Instant, timeout, timeout_at};
use tower_http::set_header::SetResponseHeaderLayer;
use tracing::error;

use crate::{error::RequestError, response_watch, state::AppState};

/// Only resources of this service, and nothing inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Requests have no other bodies than small forms and choices of dead letters.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// Completes the routes that are served while too many connections are open.
pub(super) fn operating(routes: Router<AppState>, state: AppState, render: ErrorRenderer) -> Router {
    with_layers(routes.fallback(async || RequestError::TooManyConnections), state, render)
}

/// Adds to routes what every response needs: limits, headers, and records of rejected and cut-off requests.
pub(super) fn with_layers(routes: Router<AppState>, state: AppState, render: ErrorRenderer) -> Router {
    let layered = routes
        .method_not_allowed_fallback(async |method: Method| RequestError::MethodNotAllowed(method))
        .with_state(state.clone())
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(render, supervise))
        .layer(from_fn_with_state(state, response_watch::watch));
    headers().into_iter().fold(layered, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
    })
}

/// The headers of every response.
fn headers() -> [(HeaderName, &'static str); 6] {
    [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        // Events are about people: no response may be stored anywhere.
        (header::CACHE_CONTROL, "no-store"),
    ]
}

/// The time limit for a request's body. A slower client only holds a connection.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// The time limit for a handler. Streams have limits of their own.
const HANDLER_TIMEOUT: Duration = Duration::from_mins(2);

/// Renders an error for the client that sent the request: a page for browsers, a problem for programs.
pub type ErrorRenderer = Arc<dyn Fn(&Parts, RequestError) -> Response + Send + Sync>;

/// Runs a handler. One that panics or takes too long has an error as its response.
async fn supervise(State(render): State<ErrorRenderer>, request: Request, next: Next) -> Response {
    let is_read = Arc::new(AtomicBool::new(request.body().is_end_stream()));
    let deadline = Instant::now() + BODY_TIMEOUT;
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts.clone(), with_deadline(deadline, body, Arc::clone(&is_read)));
    let response = AssertUnwindSafe(timeout(HANDLER_TIMEOUT, next.run(request))).catch_unwind().await;
    let mut response = match response {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => render(&parts, RequestError::TimedOut),
        Err(_) => {
            error!("a request's handler panicked");
            render(&parts, RequestError::Internal)
        }
    };
    if !is_read.load(Relaxed) {
        // The unread rest of the body ends the connection. Without this header, the client would send its next request on
        // it and get no response.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Returns a body that fails at the deadline. At its end, `is_read` is set.
fn with_deadline(deadline: Instant, body: Body, is_read: Arc<AtomicBool>) -> Body {
    let parts = stream::unfold((body.into_data_stream(), is_read), move |(mut parts, is_read)| async move {
        match timeout_at(deadline, parts.next()).await {
            Ok(Some(part)) => Some((part.map_err(io::Error::other), (parts, is_read))),
            Ok(None) => {
                is_read.store(true, Relaxed);
                None
            }
            Err(late) => Some((Err(late.into()), (parts, is_read))),
        }
    });
    Body::from_stream(parts)
}

#[cfg(test)]
mod tests {
    use axum::{
        body::to_bytes,
        http::StatusCode,
        response::IntoResponse,
        routing::{get, post},
    };
    use tower::Service;

    use super::*;

    /// Errors are the status, and the path that was asked for.
    fn supervised(router: Router) -> Router {
        let render = |parts: &Parts, error: RequestError| {
            (error.status(), parts.uri.path().to_owned()).into_response()
        };
        router.layer(from_fn_with_state(Arc::new(render) as ErrorRenderer, supervise))
    }

    async fn get_page(router: Router) -> (StatusCode, String) {
        let request = Request::get("/page").body(Body::empty()).unwrap();
        let response = supervised(router).call(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), MAX_BODY_BYTES).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn the_renderer_renders_what_no_handler_can() {
        async fn panics() -> Response {
            panic!("a mistake")
        }
        let response = get_page(Router::new().route("/page", get(panics))).await;
        assert_eq!(response, (StatusCode::INTERNAL_SERVER_ERROR, "/page".to_owned()));
        let response = get_page(Router::new().route("/page", get(std::future::pending::<()>))).await;
        assert_eq!(response, (StatusCode::SERVICE_UNAVAILABLE, "/page".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_slowly_is_not_waited_for() {
        let read = async |request: Request| match to_bytes(request.into_body(), MAX_BODY_BYTES).await {
            Ok(_) => StatusCode::OK,
            Err(_) => StatusCode::REQUEST_TIMEOUT,
        };
        let mut router = supervised(Router::new().route("/", post(read)));
        let slow = stream::unfold((), async |()| {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Some((Ok::<_, io::Error>("x"), ()))
        });
        let request = Request::post("/").body(Body::from_stream(slow)).unwrap();
        let asked = Instant::now();
        let answer = router.call(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(asked.elapsed(), BODY_TIMEOUT);
        assert_eq!(answer.headers()[header::CONNECTION], "close", "what is left of it can't be read over");
    }
}
