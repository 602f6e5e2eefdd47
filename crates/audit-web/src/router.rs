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
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use tokio::time::{Instant, timeout, timeout_at};
use tower_http::{catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer};
use tracing::error;

use crate::{api, app::App, exchange, page, problem::Problem};

/// Only what this service serves itself, and nothing inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The largest body that is read: forms are all there is.
const MOST_BODY_BYTES: usize = 16 * 1024;

/// Everything that is served.
pub(crate) fn router(app: App) -> Router {
    let router = Router::new().merge(api::routes()).merge(page::routes()).fallback(not_found);
    served(router, app)
}

/// What is served when there is no room for more connections: only how the service is.
pub(crate) fn operating_router(app: App) -> Router {
    served(api::operating_routes().fallback(no_room), app)
}

fn served(router: Router<App>, app: App) -> Router {
    let router = router
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(app.clone())
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .layer(from_fn(with_timeout))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app, exchange::watched));
    headers().into_iter().fold(router, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
    })
}

/// The headers of every answer.
fn headers() -> [(HeaderName, &'static str); 6] {
    [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        // Events are about people: no copy of an answer is kept anywhere.
        (header::CACHE_CONTROL, "no-store"),
    ]
}

async fn not_found() -> Problem {
    Problem::not_found("there is nothing at this address; the API is described at /api")
}

async fn no_room() -> Problem {
    Problem::unavailable("too many connections are open; try again later")
}

async fn method_not_allowed(method: Method) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("{method} is not possible here"))
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    error!("a request's handler panicked");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "something is wrong with this service").into_response()
}

/// The longest that a request's body may take. Whoever sends it slower than that only holds a connection.
const LONGEST_BODY: Duration = Duration::from_secs(15);
/// The longest that making an answer may take; bodies that are streamed have limits of their own.
const LONGEST_ANSWER: Duration = Duration::from_mins(2);

async fn with_timeout(request: Request, next: Next) -> Response {
    let is_read = Arc::new(AtomicBool::new(request.body().is_end_stream()));
    let request = request.map(|body| arriving_by(Instant::now() + LONGEST_BODY, body, Arc::clone(&is_read)));
    let answer = timeout(LONGEST_ANSWER, next.run(request)).await;
    let mut answer =
        answer.unwrap_or_else(|_| Problem::unavailable("the answer took too long").into_response());
    if !is_read.load(Relaxed) {
        // What is left of it ends the connection. Whoever does not hear of that asks on it again, and gets no answer.
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// The same body, which fails when it is not there by then. At its end, it is read.
fn arriving_by(deadline: Instant, body: Body, is_read: Arc<AtomicBool>) -> Body {
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
    use axum::{body::to_bytes, routing::post};
    use tower::Service;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_slowly_is_not_waited_for() {
        let read = async |request: Request| match to_bytes(request.into_body(), MOST_BODY_BYTES).await {
            Ok(_) => StatusCode::OK,
            Err(_) => StatusCode::REQUEST_TIMEOUT,
        };
        let mut router: Router = Router::new().route("/", post(read)).layer(from_fn(with_timeout));
        let slow = stream::unfold((), async |()| {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Some((Ok::<_, io::Error>("x"), ()))
        });
        let request = Request::post("/").body(Body::from_stream(slow)).unwrap();
        let asked = Instant::now();
        let answer = router.call(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(asked.elapsed(), LONGEST_BODY);
        assert_eq!(answer.headers()[header::CONNECTION], "close", "what is left of it can't be read over");
    }
}
