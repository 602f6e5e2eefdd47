//! The layers around all routes.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use tokio::time::{Instant, timeout, timeout_at};
use tower_http::{catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer};
use tracing::error;

use crate::{error::RequestError, response_watch, state::AppState};

/// Only resources of this service, and nothing inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Requests have no other bodies than small forms and choices of dead letters.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// Completes the routes that are served while too many connections are open.
pub(super) fn operating(routes: Router<AppState>, state: AppState) -> Router {
    with_layers(routes.fallback(async || RequestError::TooManyConnections), state)
}

/// Adds to routes what every response needs: limits, headers, and records of rejected and cut-off requests.
pub(super) fn with_layers(routes: Router<AppState>, state: AppState) -> Router {
    let layered = routes
        .method_not_allowed_fallback(async |method: Method| RequestError::MethodNotAllowed(method))
        .with_state(state.clone())
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(with_timeouts))
        .layer(CatchPanicLayer::custom(panicked))
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

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    error!("a request's handler panicked");
    RequestError::Internal.into_response()
}

/// The time limit for a request's body. A slower client only holds a connection.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// The time limit for a handler. Streams have limits of their own.
const HANDLER_TIMEOUT: Duration = Duration::from_mins(2);

async fn with_timeouts(request: Request, next: Next) -> Response {
    let is_read = Arc::new(AtomicBool::new(request.body().is_end_stream()));
    let deadline = Instant::now() + BODY_TIMEOUT;
    let request = request.map(|body| with_deadline(deadline, body, Arc::clone(&is_read)));
    let response = timeout(HANDLER_TIMEOUT, next.run(request)).await;
    let mut response = response.unwrap_or_else(|_| RequestError::TimedOut.into_response());
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
    use axum::{body::to_bytes, http::StatusCode, routing::post};
    use tower::Service;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_slowly_is_not_waited_for() {
        let read = async |request: Request| match to_bytes(request.into_body(), MAX_BODY_BYTES).await {
            Ok(_) => StatusCode::OK,
            Err(_) => StatusCode::REQUEST_TIMEOUT,
        };
        let mut router: Router = Router::new().route("/", post(read)).layer(from_fn(with_timeouts));
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
