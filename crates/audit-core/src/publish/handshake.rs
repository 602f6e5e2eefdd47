//! Connecting with a timeout that leaves nothing behind.
//!
//! lapin continues to connect when its future is dropped. If a broker accepts connections but never answers, each attempt
//! would leave a thread and a socket behind. So the socket is opened here and shut down after the timeout, which lapin
//! sees as the end of the connection.

use std::{
    io,
    net::Shutdown,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lapin::{AsyncTcpStream, Connection, ConnectionProperties, uri::AMQPUri};
use socket2::{SockRef, Socket, TcpKeepalive};
use tokio::net::TcpStream;

use super::{
    Tls,
    frames::{self, Budgeted, MessageBudget, ReadableFrames},
    tls,
};

/// How to connect.
pub(super) struct ConnectOptions {
    pub(super) tls: Option<Tls>,
    /// How long TCP and TLS alone may take.
    pub(super) timeout: Duration,
    pub(super) heartbeat: Duration,
    pub(super) budget: Option<Arc<MessageBudget>>,
}

/// Connects. Dropping the future ends the attempt for good.
pub(super) async fn connect(
    uri: AMQPUri,
    properties: ConnectionProperties,
    options: ConnectOptions,
) -> lapin::Result<Connection> {
    let ConnectOptions { tls, timeout, heartbeat, budget } = options;
    let handshake = Arc::new(Handshake::default());
    let awaited = Arc::downgrade(&handshake);
    let connection = Connection::connector(
        uri,
        frames::runtime(),
        async move |uri, _| {
            let opening = async {
                let AMQPUri { authority, .. } = uri;
                let stream = TcpStream::connect((authority.host.as_str(), authority.port)).await?;
                // A small frame must not wait for the acknowledgement of the one before it.
                stream.set_nodelay(true)?;
                let socket = SockRef::from(&stream);
                set_keepalive(&socket, timeout)?;
                let handshake = awaited.upgrade().ok_or(io::ErrorKind::TimedOut)?;
                handshake.begins_on(socket.try_clone()?);
                let stream = tls::secured(stream, tls.as_ref(), &authority.host).await?;
                let budget = budget.clone().map(|budget| Budgeted::new(budget, heartbeat));
                Ok(AsyncTcpStream::Plain(ReadableFrames::over(stream, budget)))
            };
            let opened = tokio::time::timeout(timeout, opening).await;
            Ok(opened.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut)))?)
        },
        properties,
    )
    .await?;
    handshake.is_done();
    Ok(connection)
}

/// A connection that is being closed has no heartbeats: if the broker vanishes without a word, lapin would wait for its
/// answer as long as the socket exists.
fn set_keepalive(socket: &Socket, timeout: Duration) -> io::Result<()> {
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(timeout))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(timeout))?;
    Ok(())
}

/// The socket of a connection that is being opened.
#[derive(Default)]
struct Handshake(Mutex<Option<Socket>>);

impl Handshake {
    fn begins_on(&self, socket: Socket) {
        *self.socket() = Some(socket);
    }

    fn is_done(&self) {
        *self.socket() = None;
    }

    fn socket(&self) -> std::sync::MutexGuard<'_, Option<Socket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        if let Some(socket) = &*self.socket() {
            // It may have ended by itself.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}
