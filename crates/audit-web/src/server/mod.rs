//! The HTTP server: connections and their limits.
//!
//! A client that opens all connections locks out other readers, with requests that never end or responses that it never
//! takes. It must not lock out health checks: a platform would restart the service, and with it the storing of events. So
//! connections beyond the limit are still accepted, but serve only the operating routes. They have two seconds, and the
//! oldest is closed to make room for the next. A health check is sent in one piece and answered at once: by the time its
//! connection would be the oldest, it has ended.

mod router;
mod send_timeout;
mod tls;
mod transport;

use std::{collections::VecDeque, convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, HttpBody},
    response::Response,
};
use futures::StreamExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulConnection, GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};
use tower::Service;
use tracing::{debug, warn};

use audit_auth::{ClientAddress, TrustedProxies};

use self::{
    send_timeout::{SendDeadline, SendTimeout},
    transport::Transport,
};
use crate::{
    concurrency::{ConcurrencyLimit, Limits},
    state::AppState,
};

pub use router::ErrorRenderer;
pub use tls::{Tls, TlsError};

/// Connections that serve everything. The limit for one address does not apply to proxies and gateways.
const MAX_CONNECTIONS: Limits = Limits { all: 512, reader: 512, address: 128 };
/// Further connections that serve only the operating routes, and how long each of them lasts.
const MAX_OPERATING_CONNECTIONS: usize = 256;
const OPERATING_TIMEOUT: Duration = Duration::from_secs(2);
/// The time limit for a request's headers, including the TLS handshake before the first, and for an idle connection.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);
/// How long responses may continue after the stop…
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);
/// …and how long it may take to record what was cut off.
const RECORD_TIMEOUT: Duration = Duration::from_secs(1);

/// What is served.
pub struct Routes {
    /// Everything, with a fallback for unknown addresses.
    pub all: Router<AppState>,
    /// What is still served while too many connections are open: the health of the service.
    pub operating: Router<AppState>,
    /// Renders errors that no handler can, because it has panicked or takes too long.
    pub render_error: ErrorRenderer,
}

/// Serves the routes until the token that the state was created with is cancelled. Then ends whatever is still running
/// within seconds.
pub async fn serve(listener: TcpListener, state: AppState, routes: Routes, tls: Option<Tls>) {
    let stop = state.stop().clone();
    let tasks = state.tasks().clone();
    tasks.spawn(state.clone().record_counted_rejections());
    let mut connections = Connections::new(state, routes, tls);
    let mut accepting = true;
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.open.join_next() => {}
            accepted = listener.accept(), if connections.have_room() => match accepted {
                Ok((stream, peer)) => {
                    accepting = true;
                    connections.add(stream, peer);
                }
                // Most likely, there are no descriptors left.
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
    let ended = timeout(SHUTDOWN_TIMEOUT, async {
        connections.graceful.shutdown().await;
        tasks.wait().await;
    });
    if ended.await.is_err() {
        warn!("connections of readers were cut");
    }
    connections.open.shutdown().await;
    // Responses that were cut off are still to be recorded.
    let _ = timeout(RECORD_TIMEOUT, tasks.wait()).await;
}

/// All open connections.
struct Connections {
    open: JoinSet<()>,
    limit: Arc<ConcurrencyLimit>,
    /// Those beyond the limit, the oldest first.
    beyond: VecDeque<AbortHandle>,
    all_routes: Router,
    operating_routes: Router,
    state: AppState,
    tls: Option<Tls>,
    graceful: GracefulShutdown,
}

impl Connections {
    fn new(state: AppState, routes: Routes, tls: Option<Tls>) -> Self {
        Self {
            open: JoinSet::new(),
            limit: ConcurrencyLimit::new("connections", MAX_CONNECTIONS),
            beyond: VecDeque::with_capacity(MAX_OPERATING_CONNECTIONS),
            all_routes: router::with_layers(routes.all, state.clone(), Arc::clone(&routes.render_error)),
            operating_routes: router::operating(routes.operating, state.clone(), routes.render_error),
            state,
            tls,
            graceful: GracefulShutdown::new(),
        }
    }

    /// Whether another connection can be accepted. One that is being closed still counts, so that accepting is never faster
    /// than serving.
    fn have_room(&self) -> bool {
        self.open.len() < MAX_CONNECTIONS.all + MAX_OPERATING_CONNECTIONS
    }

    fn add(&mut self, stream: TcpStream, peer: SocketAddr) {
        // Without it the connection is slower, but it works.
        let _ = stream.set_nodelay(true);
        let auth = self.state.auth();
        let address = auth.own_address(ClientAddress::direct(peer.ip()));
        let deadline = SendDeadline::new(self.state.settings().answer_time);
        let transport = Transport::new(SendTimeout::new(stream, deadline.clone()), self.tls.as_ref());
        let client = Client { peer, proxies: auth.proxies().clone(), deadline };
        if let Ok(slot) = self.limit.take(None, address) {
            let connection = connection(self.all_routes.clone(), transport, client, true);
            let connection = self.graceful.watch(connection);
            self.open.spawn(async move {
                let _slot = slot;
                log_end(connection.await);
            });
        } else {
            let connection = connection(self.operating_routes.clone(), transport, client, false);
            self.add_beyond_limit(connection);
        }
    }

    fn add_beyond_limit(&mut self, connection: impl Future<Output = hyper::Result<()>> + Send + 'static) {
        self.beyond.push_back(self.open.spawn(async move {
            if let Ok(ended) = timeout(OPERATING_TIMEOUT, connection).await {
                log_end(ended);
            }
        }));
        self.beyond.retain(|connection| !connection.is_finished());
        if !self.have_room()
            && let Some(oldest) = self.beyond.pop_front()
        {
            oldest.abort();
        }
    }
}

fn log_end(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        debug!(%error, "a connection ended");
    }
}

/// The other end of a connection.
struct Client {
    peer: SocketAddr,
    proxies: TrustedProxies,
    deadline: SendDeadline,
}

fn connection(
    router: Router,
    transport: Transport,
    client: Client,
    keep_alive: bool,
) -> impl GracefulConnection<Error = hyper::Error> + Send + use<> {
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        let address = ClientAddress::of(request.headers(), client.peer.ip(), &client.proxies);
        request.extensions_mut().insert(address);
        respond(router.clone(), request, client.deadline.clone())
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .keep_alive(keep_alive)
        .max_headers(64)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(transport), service)
}

async fn respond(
    mut router: Router,
    request: hyper::Request<Incoming>,
    deadline: SendDeadline,
) -> Result<Response, Infallible> {
    deadline.restart();
    let response = Service::call(&mut router, request.map(Body::new)).await?;
    if response.body().size_hint().exact().is_some() {
        return Ok(response);
    }
    // A stream has a time limit of its own as a whole, and this one for each chunk.
    Ok(response.map(|body| Body::from_stream(body.into_data_stream().inspect(move |_| deadline.restart()))))
}
