//! Connections of readers, of which there are only so many.
//!
//! Whoever opens all of them keeps other readers out, be it with requests that never end or answers that nobody takes.
//! He must not keep those out who ask how the service is: a platform would restart it, and storing with it. So beyond
//! the limit, a connection is still accepted, and answered only that. It has two seconds, and the oldest of these makes
//! room for the next. A request for health comes in one piece and is answered at once; by the time that its connection
//! would be the oldest, it has ended.

use std::{collections::VecDeque, convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulConnection, GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};
use tower::Service;
use tracing::{debug, warn};

use crate::{
    app::App,
    auth::{ClientAddress, TrustedProxies},
    router::{operating_router, router},
    send_timeout::SendTimeout,
    tls::Tls,
    transport::Transport,
};

/// So many connections at the same time are for everything that is served.
const CONNECTIONS: usize = 512;
/// So many more are only for asking how the service is, and so long.
const SPARE_CONNECTIONS: usize = 256;
const SPARE: Duration = Duration::from_secs(2);
/// The longest that a request's headers may take, with the handshake of TLS before the first, and that a connection may
/// be idle.
const HEADERS: Duration = Duration::from_secs(15);
/// Whoever takes nothing of an answer for so long has gone.
const PATIENCE: Duration = Duration::from_secs(30);
/// After `stop`: how long answers may go on.
const GRACE: Duration = Duration::from_secs(5);

/// Serves the page and the API, until the token that the app was made with is cancelled; then ends what is going on
/// within seconds.
pub async fn serve(listener: TcpListener, app: App, tls: Option<Tls>) {
    let stop = app.stop().clone();
    let tasks = app.tasks().clone();
    let mut connections = Connections::new(app, tls);
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
        connections.graceful.shutdown().await;
        tasks.wait().await;
    });
    if ended.await.is_err() {
        warn!("connections of readers were cut");
    }
    connections.open.shutdown().await;
}

/// All connections that are open.
struct Connections {
    open: JoinSet<()>,
    slots: Arc<Semaphore>,
    /// Those beyond the slots, the oldest first.
    spare: VecDeque<AbortHandle>,
    everything: Router,
    operating: Router,
    proxies: TrustedProxies,
    tls: Option<Tls>,
    graceful: GracefulShutdown,
}

impl Connections {
    fn new(app: App, tls: Option<Tls>) -> Self {
        Self {
            open: JoinSet::new(),
            slots: Arc::new(Semaphore::new(CONNECTIONS)),
            spare: VecDeque::with_capacity(SPARE_CONNECTIONS),
            proxies: app.auth().proxies().clone(),
            everything: router(app.clone()),
            operating: operating_router(app),
            tls,
            graceful: GracefulShutdown::new(),
        }
    }

    /// One that has to go keeps its place until it is gone: accepting must not be faster than answering.
    fn have_room(&self) -> bool {
        self.open.len() < CONNECTIONS + SPARE_CONNECTIONS
    }

    fn add(&mut self, stream: TcpStream, peer: SocketAddr) {
        // Slower without it, but no reason to go without the connection.
        let _ = stream.set_nodelay(true);
        let transport = Transport::new(SendTimeout::new(stream, PATIENCE), self.tls.as_ref());
        if let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            let connection = connection(self.everything.clone(), self.proxies.clone(), transport, peer, true);
            let connection = self.graceful.watch(connection);
            self.open.spawn(async move {
                let _slot = slot;
                told(connection.await);
            });
        } else {
            let connection = connection(self.operating.clone(), self.proxies.clone(), transport, peer, false);
            self.add_spare(connection);
        }
    }

    fn add_spare(&mut self, connection: impl Future<Output = hyper::Result<()>> + Send + 'static) {
        self.spare.push_back(self.open.spawn(async move {
            if let Ok(ended) = timeout(SPARE, connection).await {
                told(ended);
            }
        }));
        self.spare.retain(|connection| !connection.is_finished());
        if !self.have_room()
            && let Some(oldest) = self.spare.pop_front()
        {
            oldest.abort();
        }
    }
}

fn told(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        debug!(%error, "a connection ended");
    }
}

fn connection(
    router: Router,
    proxies: TrustedProxies,
    transport: Transport,
    peer: SocketAddr,
    keep_alive: bool,
) -> impl GracefulConnection<Error = hyper::Error> + Send + use<> {
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        let address = ClientAddress::of(request.headers(), peer.ip(), &proxies);
        request.extensions_mut().insert(address);
        answer(router.clone(), request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .keep_alive(keep_alive)
        .max_headers(64)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(transport), service)
}

async fn answer(mut router: Router, request: hyper::Request<Incoming>) -> Result<Response, Infallible> {
    Service::call(&mut router, request.map(Body::new)).await
}
