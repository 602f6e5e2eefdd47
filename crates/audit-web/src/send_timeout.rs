use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

/// By when the answer must have gone out that a connection is sending.
#[derive(Clone, Debug)]
pub(crate) struct SendBy {
    within: Duration,
    by: Arc<Mutex<Instant>>,
}

impl SendBy {
    pub(crate) fn new(within: Duration) -> Self {
        Self { within, by: Arc::new(Mutex::new(Instant::now() + within)) }
    }

    /// A question has come, or a part of an answer that goes on for longer: there is as much time again.
    pub(crate) fn begin(&self) {
        *self.by.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + self.within;
    }

    fn get(&self) -> Instant {
        *self.by.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that ends when the other side has not taken an answer in time, be it that it takes nothing or a little
/// now and then: the answer takes memory that others wait for.
#[derive(Debug)]
pub(crate) struct SendTimeout {
    stream: TcpStream,
    by: SendBy,
    /// Runs while the other side takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl SendTimeout {
    pub(crate) fn new(stream: TcpStream, by: SendBy) -> Self {
        Self { stream, by, stalled: None }
    }

    fn with_timeout<T>(
        &mut self,
        context: &mut Context<'_>,
        sent: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if sent.is_ready() {
            self.stalled = None;
            return sent;
        }
        let by = self.by.get();
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep_until(by)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the reader takes the answer too slowly")))
    }
}

impl AsyncRead for SendTimeout {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for SendTimeout {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.with_timeout(context, sent)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.with_timeout(context, sent)
    }

    /// Hyper would copy each answer into its own buffer otherwise.
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        time::sleep,
    };

    use super::*;

    /// More than the system keeps for a reader.
    const MUCH: usize = 64 * 1024 * 1024;
    const TIME: Duration = Duration::from_millis(300);

    async fn pair() -> (TcpStream, SendTimeout) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let reader = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        (reader, SendTimeout::new(stream, SendBy::new(TIME)))
    }

    #[tokio::test]
    async fn who_takes_nothing_is_given_up() {
        let (_reader, mut stream) = pair().await;
        let sent = stream.write_all(&vec![0; MUCH]).await;
        assert_eq!(sent.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn who_takes_a_little_now_and_then_is_given_up_as_well() {
        let (mut reader, mut stream) = pair().await;
        let taking = async {
            loop {
                sleep(TIME / 20).await;
                reader.read_exact(&mut [0; 4096]).await.unwrap();
            }
        };
        let much = vec![0; MUCH];
        tokio::select! {
            sent = stream.write_all(&much) => assert_eq!(sent.unwrap_err().kind(), io::ErrorKind::TimedOut),
            () = taking => unreachable!(),
        }
    }
}
