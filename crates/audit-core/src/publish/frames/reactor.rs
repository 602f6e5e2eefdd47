//! A runtime for lapin whose connections use our stream.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use async_rs::{Runtime, util::RuntimeParts};
pub(super) use async_rs::{Tokio, traits::Reactor};
use futures::{
    Stream,
    io::{AsyncRead, AsyncWrite},
};
use tokio::net::TcpStream;

use super::ReadableFrames;
use crate::publish::tls::{self, BrokerStream};

pub(super) type Sleep = <Tokio as Reactor>::Sleep;

/// Tokio's reactor, except for the stream.
#[derive(Clone, Debug)]
pub(in crate::publish) struct FrameReactor(Tokio);

/// The runtime for lapin. It uses the current tokio runtime.
pub(in crate::publish) fn runtime() -> Runtime<RuntimeParts<Tokio, FrameReactor>> {
    let tokio = Tokio::current();
    Runtime::new(RuntimeParts::new(tokio.clone(), FrameReactor(tokio)))
}

impl Reactor for FrameReactor {
    /// The stream, with TLS inside if it is used.
    type TcpStream = ReadableFrames<BrokerStream>;
    type Sleep = Sleep;

    /// For sockets of other kinds, which lapin does not use.
    fn register<H: Send + 'static>(
        &self,
        _: H,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static> {
        Err::<Self::TcpStream, _>(io::ErrorKind::Unsupported.into())
    }

    fn sleep(&self, time: Duration) -> Self::Sleep {
        self.0.sleep(time)
    }

    fn interval(&self, time: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(time)
    }

    fn tcp_connect_addr(
        &self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::TcpStream>> + Send + 'static {
        connect(address)
    }
}

async fn connect(address: SocketAddr) -> io::Result<ReadableFrames<BrokerStream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let stream = tls::secured(stream, None, "").await?;
    Ok(ReadableFrames::over(stream, None))
}
