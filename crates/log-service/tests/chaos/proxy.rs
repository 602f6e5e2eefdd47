use std::{io, time::Duration};

use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
    sync::watch,
    task::{AbortHandle, JoinSet},
};

/// What the network between two servers does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    Passes,
    /// Connections are reset, new ones are refused.
    Cut,
    /// Connections stand, and can be made, but nothing comes through. Later it does.
    Stalled,
    /// The same, but nothing will ever come through on these connections: a firewall has forgotten them. Nobody
    /// is told.
    Forgets,
    /// Everything comes late, and little at a time.
    Slow,
}

/// A network of one's own: a TCP proxy on 127.0.0.1.
pub(crate) struct Proxy {
    port: u16,
    network: watch::Sender<Network>,
    serving: AbortHandle,
}

const LATENCY: Duration = Duration::from_millis(50);
/// Of each connection and direction, when it is slow.
const BYTES_PER_SECOND: f64 = 128.0 * 1024.0;
/// Longer than anybody may wait for it to answer.
const FORGOTTEN_FOR: Duration = Duration::from_secs(40);

impl Proxy {
    /// A network that leads to a port of this machine.
    pub(crate) fn to(server: u16) -> Self {
        let listener = listen();
        let port = listener.local_addr().unwrap().port();
        let (network, watched) = watch::channel(Network::Passes);
        let serving = tokio::spawn(serve(listener, server, watched)).abort_handle();
        Self { port, network, serving }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Passes again after this time.
    pub(crate) async fn be(&self, network: Network, time: Duration) {
        self.network.send_replace(network);
        tokio::time::sleep(time).await;
        self.network.send_replace(Network::Passes);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// On a port below those that the kernel hands out to clients: it must be free again after a cut.
fn listen() -> TcpListener {
    let first = 12_000 + u16::try_from(std::process::id() % 4000).unwrap();
    let mut listeners =
        (first..20_000).filter_map(|port| std::net::TcpListener::bind(("127.0.0.1", port)).ok());
    let listener = listeners.next().unwrap();
    listener.set_nonblocking(true).unwrap();
    TcpListener::from_std(listener).unwrap()
}

async fn serve(mut listener: TcpListener, server: u16, mut network: watch::Receiver<Network>) {
    let address = listener.local_addr().unwrap();
    let mut connections = JoinSet::new();
    loop {
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let (client, _) = accepted.unwrap();
                    connections.spawn(connection(client, server, network.clone()));
                }
                Some(ended) = connections.join_next() => ended.unwrap(),
                () = until_cut(network.clone()) => break,
            }
        }
        // Without a listener, the kernel refuses.
        drop(listener);
        until(&mut network, |network| network != Network::Cut).await;
        listener = TcpListener::bind(address).await.unwrap();
    }
}

async fn connection(client: TcpStream, server: u16, mut network: watch::Receiver<Network>) {
    tokio::select! {
        () = until_cut(network.clone()) => return reset(&client),
        () = until_forgotten(network.clone()) => return tokio::time::sleep(FORGOTTEN_FOR).await,
        () = until(&mut network, passes) => {}
    }
    // A server that is down: the connection ends at once.
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    // Many small answers: without this, two delays would add up.
    let (_, _) = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut client, mut server) = (client, server);
    let is_cut = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let up = pump(from_client, to_server, network.clone());
        let down = pump(from_server, to_client, network.clone());
        tokio::select! {
            // Either end may have gone: that is told to the other one by dropping both.
            _ = async { tokio::try_join!(up, down) } => false,
            () = until_cut(network.clone()) => true,
            () = until_forgotten(network.clone()) => {
                tokio::time::sleep(FORGOTTEN_FOR).await;
                true
            }
        }
    };
    if is_cut {
        reset(&client);
        reset(&server);
    }
}

/// One direction.
async fn pump(
    mut from: tcp::ReadHalf<'_>,
    mut to: tcp::WriteHalf<'_>,
    mut network: watch::Receiver<Network>,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        until(&mut network, passes).await;
        if length == 0 {
            return to.shutdown().await;
        }
        if *network.borrow() == Network::Slow {
            #[expect(clippy::cast_precision_loss, reason = "a length of at most 16 KiB")]
            let time = Duration::from_secs_f64(length as f64 / BYTES_PER_SECOND);
            tokio::time::sleep(LATENCY + time).await;
        }
        to.write_all(&buffer[..length]).await?;
    }
}

fn passes(network: Network) -> bool {
    matches!(network, Network::Passes | Network::Slow)
}

async fn until(network: &mut watch::Receiver<Network>, condition: impl Fn(Network) -> bool) {
    if network.wait_for(|network| condition(*network)).await.is_err() {
        // The end of the test ends this task as well.
        std::future::pending::<()>().await;
    }
}

async fn until_cut(mut network: watch::Receiver<Network>) {
    until(&mut network, |network| network == Network::Cut).await;
}

async fn until_forgotten(mut network: watch::Receiver<Network>) {
    until(&mut network, |network| network == Network::Forgets).await;
}

/// What is dropped now is reset, not closed in order.
fn reset(stream: &TcpStream) {
    // The other side may have closed it meanwhile.
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}
