//! Connections of readers, of which there are only so many.
//!
//! Whoever opens all of them keeps other readers out, be it with requests that never end or answers that nobody takes.
//! He must not keep those out who ask how the service is: a platform would restart it, and storing with it. So beyond
//! the limit, a connection is still accepted, and answered only that. It has two seconds, and the oldest of these makes
//! room for the next. A request for health comes in one piece and is answered at once; by the time that its connection
//! would be the oldest, it has ended.

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

use crate::{
    app::App,
    auth::{ClientAddress, TrustedProxies},
    places::{Bounds, Places},
    router::{operating_router, router},
    send_timeout::{SendBy, SendTimeout},
    tls::Tls,
    transport::Transport,
};

/// So many connections at the same time are for everything that is served, and so many of them for one address, unless
/// it is a proxy's or a gateway's.
const CONNECTIONS: Bounds = Bounds { all: 512, reader: 512, address: 128 };
/// So many more are only for asking how the service is, and so long.
const SPARE_CONNECTIONS: usize = 256;
const SPARE: Duration = Duration::from_secs(2);
/// The longest that a request's headers may take, with the handshake of TLS before the first, and that a connection may
/// be idle.
const HEADERS: Duration = Duration::from_secs(15);
/// After `stop`: how long answers may go on.
const GRACE: Duration = Duration::from_secs(5);

/// And what came of them may be recorded.
const LAST_RECORDS: Duration = Duration::from_secs(1);

/// Serves the page and the API, until the token that the app was made with is cancelled; then ends what is going on
/// within seconds.
pub async fn serve(listener: TcpListener, app: App, tls: Option<Tls>) {
    let stop = app.stop().clone();
    let tasks = app.tasks().clone();
    tasks.spawn(app.clone().record_counted_refusals());
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
    // That answers were cut off is still to be recorded.
    let _ = timeout(LAST_RECORDS, tasks.wait()).await;
}

/// All connections that are open.
struct Connections {
    open: JoinSet<()>,
    places: Arc<Places>,
    /// Those beyond the places, the oldest first.
    spare: VecDeque<AbortHandle>,
    everything: Router,
    operating: Router,
    app: App,
    tls: Option<Tls>,
    graceful: GracefulShutdown,
}

impl Connections {
    fn new(app: App, tls: Option<Tls>) -> Self {
        Self {
            open: JoinSet::new(),
            places: Places::new("connections", CONNECTIONS),
            spare: VecDeque::with_capacity(SPARE_CONNECTIONS),
            everything: router(app.clone()),
            operating: operating_router(app.clone()),
            app,
            tls,
            graceful: GracefulShutdown::new(),
        }
    }

    /// One that has to go keeps its place until it is gone: accepting must not be faster than answering.
    fn have_room(&self) -> bool {
        self.open.len() < CONNECTIONS.all + SPARE_CONNECTIONS
    }

    fn add(&mut self, stream: TcpStream, peer: SocketAddr) {
        // Slower without it, but no reason to go without the connection.
        let _ = stream.set_nodelay(true);
        let auth = self.app.auth();
        let address = auth.own_address(ClientAddress::direct(peer.ip()));
        let proxies = auth.proxies().clone();
        let by = SendBy::new(self.app.settings().answer_time);
        let transport = Transport::new(SendTimeout::new(stream, by.clone()), self.tls.as_ref());
        if let Ok(place) = self.places.take(None, address) {
            let connection = connection(self.everything.clone(), proxies, transport, peer, by, true);
            let connection = self.graceful.watch(connection);
            self.open.spawn(async move {
                let _place = place;
                told(connection.await);
            });
        } else {
            let connection = connection(self.operating.clone(), proxies, transport, peer, by, false);
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
    by: SendBy,
    keep_alive: bool,
) -> impl GracefulConnection<Error = hyper::Error> + Send + use<> {
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        let address = ClientAddress::of(request.headers(), peer.ip(), &proxies);
        request.extensions_mut().insert(address);
        answer(router.clone(), request, by.clone())
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .keep_alive(keep_alive)
        .max_headers(64)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(transport), service)
}

async fn answer(
    mut router: Router,
    request: hyper::Request<Incoming>,
    by: SendBy,
) -> Result<Response, Infallible> {
    by.begin();
    let answer = Service::call(&mut router, request.map(Body::new)).await?;
    if answer.body().size_hint().exact().is_some() {
        return Ok(answer);
    }
    // What goes on for as long as it has to has a time of its own as a whole, and this time for each part.
    Ok(answer.map(|body| Body::from_stream(body.into_data_stream().inspect(move |_| by.begin()))))
}
