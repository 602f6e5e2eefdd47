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

/// The time by which a connection must have sent its current response.
#[derive(Clone, Debug)]
pub(crate) struct SendDeadline {
    timeout: Duration,
    deadline: Arc<Mutex<Instant>>,
}

impl SendDeadline {
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { timeout, deadline: Arc::new(Mutex::new(Instant::now() + timeout)) }
    }

    /// Restarts the time limit, for the next response or the next chunk of a stream.
    pub(crate) fn restart(&self) {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + self.timeout;
    }

    fn get(&self) -> Instant {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that fails when the client has not taken a response in time, whether it takes nothing or a little now and
/// then: the response uses memory that others wait for.
#[derive(Debug)]
pub(crate) struct SendTimeout {
    stream: TcpStream,
    deadline: SendDeadline,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl SendTimeout {
    pub(crate) fn new(stream: TcpStream, deadline: SendDeadline) -> Self {
        Self { stream, deadline, stalled: None }
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
        let deadline = self.deadline.get();
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
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

    /// Otherwise hyper would copy each response into its own buffer.
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

    /// More than the system buffers.
    const MUCH: usize = 64 * 1024 * 1024;
    const TIME: Duration = Duration::from_millis(300);

    async fn pair() -> (TcpStream, SendTimeout) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let reader = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        (reader, SendTimeout::new(stream, SendDeadline::new(TIME)))
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
