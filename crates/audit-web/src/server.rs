use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};
use tower::Service;
use tracing::{debug, warn};

use crate::{app::App, router::router, send_timeout::SendTimeout};

/// So many connections at the same time; others wait until one ends.
const CONNECTIONS: usize = 512;
/// The longest that a request's headers may take, and that a connection may be idle.
const HEADERS: Duration = Duration::from_secs(15);
/// Whoever takes nothing of an answer for so long has gone.
const PATIENCE: Duration = Duration::from_secs(30);
/// After `stop`: how long answers may go on.
const GRACE: Duration = Duration::from_secs(5);

/// Serves the page and the API, until the token that the app was made with is cancelled; then ends what is going on
/// within seconds.
pub async fn serve(listener: TcpListener, app: App) {
    let stop = app.stop().clone();
    let tasks = app.tasks().clone();
    let router = router(app);
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut accepting = true;
    loop {
        let accepted = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, listener.accept().await)
        };
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => {}
            (slot, accepted) = accepted => match accepted {
                Ok((stream, peer)) => {
                    accepting = true;
                    let connection = connection(&graceful, stream, peer, router.clone());
                    connections.spawn(async move {
                        let _slot = slot;
                        if let Err(error) = connection.await {
                            debug!(%error, "a connection ended");
                        }
                    });
                }
                // No descriptors left, most likely.
                Err(error) => {
                    if accepting {
                        warn!(%error, "connections can't be accepted: trying again until they are");
                    }
                    accepting = false;
                    sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    drop(listener);
    tasks.close();
    let ended = timeout(GRACE, async {
        graceful.shutdown().await;
        tasks.wait().await;
    });
    if ended.await.is_err() {
        warn!("connections of readers were cut");
    }
    connections.shutdown().await;
}

/// A connection until its end; `graceful` lets it answer what it is at, and no more.
fn connection(
    graceful: &GracefulShutdown,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
) -> impl Future<Output = hyper::Result<()>> + Send + use<> {
    // Slower without it, but no reason to go without the connection.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(router.clone(), request, peer));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_headers(64)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(SendTimeout::new(stream, PATIENCE)), service);
    graceful.watch(connection)
}

async fn answer(
    mut router: Router,
    mut request: hyper::Request<Incoming>,
    peer: SocketAddr,
) -> Result<Response, Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    Service::call(&mut router, request.map(Body::new)).await
}
