use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::Accept;

use super::{send_timeout::SendTimeout, tls::Tls};

/// A connection, with or without TLS. The handshake is part of the first read, so that it counts towards the time limit of
/// the request's headers and blocks no other connection.
pub(crate) enum Transport {
    Handshake(Box<Accept<SendTimeout>>),
    Open(Box<dyn Stream>),
    Failed,
}

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Transport {
    pub(crate) fn new(stream: SendTimeout, tls: Option<&Tls>) -> Self {
        match tls {
            Some(tls) => Self::Handshake(Box::new(tls.acceptor().accept(stream))),
            None => Self::Open(Box::new(stream)),
        }
    }

    fn poll_open(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Pin<&mut dyn Stream>>> {
        if let Self::Handshake(handshake) = self {
            let ended = ready!(Pin::new(&mut **handshake).poll(context));
            *self = Self::Failed;
            *self = Self::Open(Box::new(ended?));
        }
        Poll::Ready(match self {
            Self::Open(stream) => Ok(Pin::new(&mut **stream)),
            Self::Handshake(_) | Self::Failed => Err(io::ErrorKind::NotConnected.into()),
        })
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_open(context))?.poll_read(context, buffer)
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(context))?.poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(context))?.poll_write_vectored(context, pieces)
    }

    /// True for both kinds of streams. Hyper asks before the handshake.
    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Open(stream) => Pin::new(&mut **stream).poll_flush(context),
            Self::Handshake(_) | Self::Failed => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Open(stream) => Pin::new(&mut **stream).poll_shutdown(context),
            // Dropping the stream ends it.
            Self::Handshake(_) | Self::Failed => Poll::Ready(Ok(())),
        }
    }
}
