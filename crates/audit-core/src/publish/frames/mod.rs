//! Makes everything that the broker sends readable for lapin.
//!
//! RabbitMQ passes on properties and headers as the publisher wrote them, and lapin can't read all of them. Text that is
//! not UTF-8 ends the connection; deeply nested headers overflow the stack of its thread, which ends the process. The
//! message would stay in its queue, and the same would happen at each start. So all frames pass through here first, and
//! what lapin can't read is replaced; see [`content_header`].
//!
//! Memory is bounded here, too: a connection reads no further messages while its [`MessageBudget`] is used up.

mod budget;
mod bytes;
mod content_header;
mod field_table;
mod method;
mod reactor;
#[cfg(test)]
mod tests;

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::io::{AsyncRead, AsyncWrite};

pub use budget::{BudgetUsage, MessageBudget};
pub(super) use reactor::runtime;
use reactor::{Reactor, Sleep, Tokio};

/// Types of frames (AMQP 0-9-1, 4.2.3).
const METHOD: u8 = 1;
const HEADER: u8 = 2;
const HEARTBEAT: [u8; 8] = [8, 0, 0, 0, 0, 0, 0, FRAME_END];
const FRAME_END: u8 = 0xCE;
/// A frame's payload follows its type, channel and size, and is followed by the end mark.
const BEFORE_PAYLOAD: usize = 7;
const AROUND_PAYLOAD: usize = BEFORE_PAYLOAD + 1;
/// The first byte of `AMQP0091`: the broker demands another protocol version, and ends the connection.
const PROTOCOL_HEADER: u8 = b'A';

/// The largest frame that is buffered and checked. The broker's own limit is 128 KiB by default.
const MAX_CHECKED_FRAME: usize = 16 * 1024 * 1024;
/// Enough for a frame of the usual size.
const BUFFER_SIZE: usize = 128 * 1024;
/// The limit for frames before the broker has negotiated its own.
const INITIAL_FRAME_MAX: usize = 128 * 1024;

/// Filters what is read from the broker. Writes pass through.
pub(super) struct ReadableFrames<S> {
    stream: S,
    buffer: Vec<u8>,
    /// Where in `buffer` the bytes begin that were not yet passed on.
    start: usize,
    end: usize,
    /// How many bytes from `start` on may be passed on.
    checked_bytes: usize,
    /// How many bytes after those need no check: the rest of a frame.
    passing: usize,
    /// The largest frame that lapin accepts.
    frame_max: usize,
    /// Channels on which a delivery has begun whose content header is still to come.
    announced: Vec<u16>,
    budget: Option<Budgeted>,
}

/// A budget, and the state for waiting until it has room.
pub(super) struct Budgeted {
    budget: Arc<MessageBudget>,
    /// lapin closes a connection on which it has read nothing for twice the heartbeat interval. While there is no room, it
    /// is given a heartbeat in that time. If the broker is gone, the socket fails by itself.
    heartbeat: Duration,
    clock: Tokio,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Budgeted {
    pub(super) fn new(budget: Arc<MessageBudget>, heartbeat: Duration) -> Self {
        Self { budget, heartbeat, clock: Tokio::current(), timer: None }
    }
}

/// The result of checking the next frame.
enum Checked {
    /// There are more bytes to pass on.
    Passed,
    /// This many bytes are needed to continue.
    Incomplete(usize),
    /// A message begins for which the budget has no room.
    NoRoom,
}

impl<S> ReadableFrames<S> {
    pub(super) fn over(stream: S, budget: Option<Budgeted>) -> Self {
        Self {
            stream,
            buffer: vec![0; BUFFER_SIZE],
            start: 0,
            end: 0,
            checked_bytes: 0,
            passing: 0,
            frame_max: INITIAL_FRAME_MAX,
            announced: Vec::new(),
            budget,
        }
    }

    fn check(&mut self) -> io::Result<Checked> {
        let at = self.start + self.checked_bytes;
        let unread = self.end - at;
        if self.passing > 0 {
            let passed = self.passing.min(unread);
            self.passing -= passed;
            self.checked_bytes += passed;
            return Ok(if passed > 0 { Checked::Passed } else { Checked::Incomplete(1) });
        }
        let Some([kind, c, d, sizes @ ..]) = self.buffer[at..self.end].first_chunk::<BEFORE_PAYLOAD>() else {
            // The protocol header is one byte longer than this, so it is safe to wait for as many bytes.
            return Ok(Checked::Incomplete(BEFORE_PAYLOAD));
        };
        let (kind, channel) = (*kind, u16::from_be_bytes([*c, *d]));
        let length = AROUND_PAYLOAD.saturating_add(u32::from_be_bytes(*sizes) as usize);
        match kind {
            PROTOCOL_HEADER => self.passing = usize::MAX,
            METHOD | HEADER if length > MAX_CHECKED_FRAME => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the broker sent a frame of over 16 MiB",
                ));
            }
            METHOD | HEADER if unread < length => return Ok(Checked::Incomplete(length)),
            METHOD => {
                self.method(channel, at..at + length);
                self.checked_bytes += length;
            }
            HEADER => {
                let is_delivery = self.announced.contains(&channel);
                if is_delivery && self.budget.as_ref().is_some_and(|limited| !limited.budget.has_room()) {
                    return Ok(Checked::NoRoom);
                }
                self.checked_bytes += self.header(channel, is_delivery, at..at + length)?;
            }
            _ => self.passing = length,
        }
        Ok(Checked::Passed)
    }

    fn method(&mut self, channel: u16, frame: std::ops::Range<usize>) {
        let payload = &mut self.buffer[frame.start + BEFORE_PAYLOAD..frame.end - 1];
        if let Some(limit) = method::frame_max(payload) {
            self.frame_max = limit;
        } else if method::make_names_readable(payload) == method::Announces::Delivery {
            self.announced.push(channel);
        }
    }

    /// Returns the length of the frame that lapin gets.
    fn header(
        &mut self,
        channel: u16,
        is_delivery: bool,
        frame: std::ops::Range<usize>,
    ) -> io::Result<usize> {
        let payload = &self.buffer[frame.start + BEFORE_PAYLOAD..frame.end - 1];
        let header = content_header::ContentHeader::of(payload).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "the broker sent a broken content header")
        })?;
        if is_delivery {
            self.announced.retain(|announced| *announced != channel);
            if let Some(limited) = &self.budget {
                limited.budget.take(header.message_bytes());
            }
        }
        let Some(readable) = header.replaced(self.frame_max - AROUND_PAYLOAD) else { return Ok(frame.len()) };
        let size = u32::try_from(readable.len()).unwrap_or(u32::MAX);
        let [c, d] = channel.to_be_bytes();
        let mut replaced = vec![HEADER, c, d];
        replaced.extend(size.to_be_bytes());
        replaced.extend(readable);
        replaced.push(FRAME_END);
        let length = replaced.len();
        self.end = self.end - frame.len() + length;
        self.buffer.splice(frame, replaced);
        Ok(length)
    }

    /// Makes room for the missing part of this many bytes, counted from the next frame.
    fn make_room(&mut self, wanted: usize) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        // Large frames are rare, so their memory is released.
        let needed = (self.checked_bytes + wanted).max(BUFFER_SIZE);
        if self.buffer.len() != needed && self.end <= needed {
            self.buffer.resize(needed, 0);
            self.buffer.shrink_to_fit();
        }
    }

    fn hand_on(&mut self, out: &mut [u8]) -> usize {
        let count = self.checked_bytes.min(out.len());
        out[..count].copy_from_slice(&self.buffer[self.start..self.start + count]);
        self.start += count;
        self.checked_bytes -= count;
        count
    }
}

impl<S: AsyncRead + Unpin> ReadableFrames<S> {
    fn poll_frames(&mut self, context: &mut Context<'_>, out: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            // All available frames at once, because each read costs lapin much more than the reading.
            let mut checked = Checked::Passed;
            while matches!(checked, Checked::Passed) {
                checked = self.check()?;
            }
            if self.checked_bytes > 0 || out.is_empty() {
                return Poll::Ready(Ok(self.hand_on(out)));
            }
            match checked {
                Checked::Passed => {}
                Checked::Incomplete(wanted) => {
                    self.make_room(wanted);
                    let room = &mut self.buffer[self.end..];
                    let count = ready!(Pin::new(&mut self.stream).poll_read(context, room))?;
                    if count == 0 {
                        return Poll::Ready(Ok(0));
                    }
                    self.end += count;
                }
                Checked::NoRoom => {
                    let Some(limited) = &mut self.budget else { continue };
                    if ready!(limited.poll_room(context)) == Waited::TooLong {
                        let count = HEARTBEAT.len().min(out.len());
                        // lapin's buffer has room for at least one frame, so nothing is cut off.
                        out[..count].copy_from_slice(&HEARTBEAT[..count]);
                        return Poll::Ready(Ok(count));
                    }
                }
            }
        }
    }
}

#[derive(PartialEq)]
enum Waited {
    /// There is room.
    Enough,
    /// There is none, and lapin is due a heartbeat.
    TooLong,
}

impl Budgeted {
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<Waited> {
        if self.budget.poll_room(context).is_ready() {
            self.timer = None;
            return Poll::Ready(Waited::Enough);
        }
        let Self { clock, heartbeat, timer, .. } = self;
        let running = timer.get_or_insert_with(|| Box::pin(clock.sleep(*heartbeat)));
        ready!(running.as_mut().poll(context));
        *timer = None;
        Poll::Ready(Waited::TooLong)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ReadableFrames<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut [u8]) -> Poll<io::Result<usize>> {
        self.get_mut().poll_frames(context, out)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ReadableFrames<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(context)
    }
}
