//! The memory that the responses to all readers may take together.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use audit_auth::{Reader, ReaderKey};
use axum::body::{Body, Bytes};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// How long a response waits for memory before it fails.
const RESERVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Limits the memory of responses, from before they are read until they have been sent. One reader may use half of it.
#[derive(Debug)]
pub struct ResponseMemory {
    free: Arc<Semaphore>,
    /// What is free of each reader's half, for readers who use or wait for memory.
    halves: Mutex<HashMap<ReaderKey, Weak<Semaphore>>>,
    half: usize,
    /// What one response needs before it is read: its events, and the same again as they are sent.
    per_response: u32,
}

/// No memory became free in time.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "the answers that are on their way to readers, or to this one, take all the memory that they may \
     (reading.max_answer_bytes); try again later"
)]
pub struct MemoryExhausted;

/// The memory of one response, which is free again when this is dropped.
#[derive(Debug)]
pub struct MemoryPermit {
    all: OwnedSemaphorePermit,
    of_reader: Option<OwnedSemaphorePermit>,
}

impl ResponseMemory {
    /// `total` bytes, for responses with up to `events` bytes of events each.
    pub(crate) fn new(total: usize, events: usize) -> Self {
        let total = u32::try_from(total).unwrap_or(u32::MAX);
        let per_response = u32::try_from(events.saturating_mul(2)).unwrap_or(u32::MAX).min(total);
        let half = (total / 2).max(per_response) as usize;
        Self { free: Arc::new(Semaphore::new(total as usize)), halves: Mutex::default(), half, per_response }
    }

    /// Reserves memory for a response. Fails if none becomes free soon.
    pub(crate) async fn reserve(&self, reader: &Reader) -> Result<MemoryPermit, MemoryExhausted> {
        timeout(RESERVE_TIMEOUT, self.wait(reader)).await.unwrap_or(Err(MemoryExhausted))
    }

    /// Waits for memory for the next chunk of a stream, however long it takes.
    pub async fn wait(&self, reader: &Reader) -> Result<MemoryPermit, MemoryExhausted> {
        // The semaphores are never closed. A reader first waits for his own half, so that he blocks nobody else.
        let of_reader = match reader.key() {
            Some(reader) => {
                let half = self.half_of(reader).acquire_many_owned(self.per_response);
                Some(half.await.map_err(|_| MemoryExhausted)?)
            }
            None => None,
        };
        let all = Arc::clone(&self.free).acquire_many_owned(self.per_response);
        Ok(MemoryPermit { all: all.await.map_err(|_| MemoryExhausted)?, of_reader })
    }

    fn half_of(&self, reader: ReaderKey) -> Arc<Semaphore> {
        // Each update is complete on its own, so a poisoned lock is harmless.
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(half) = halves.get(&reader).and_then(Weak::upgrade) {
            return half;
        }
        halves.retain(|_, half| half.strong_count() > 0);
        let half = Arc::new(Semaphore::new(self.half));
        halves.insert(reader, Arc::downgrade(&half));
        half
    }
}

impl MemoryPermit {
    /// Frees what is not needed, once the size is known.
    pub fn shrink_to(&mut self, bytes: usize) {
        for permit in std::iter::once(&mut self.all).chain(&mut self.of_reader) {
            let unneeded = permit.num_permits().saturating_sub(bytes);
            drop(permit.split(unneeded));
        }
    }

    /// A complete body. Its memory is free again when the connection has sent the last byte.
    pub fn body(mut self, mut answer: Vec<u8>) -> Body {
        answer.shrink_to_fit();
        self.shrink_to(answer.len());
        Body::from(Arc::new(self).chunk(answer))
    }

    /// A chunk of a stream. The memory is free again when all chunks that share it have been sent.
    #[must_use]
    pub fn chunk(self: Arc<Self>, bytes: Vec<u8>) -> Bytes {
        Bytes::from_owner(Chunk { bytes, _memory: self })
    }
}

struct Chunk {
    bytes: Vec<u8>,
    _memory: Arc<MemoryPermit>,
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use audit_auth::{AuthMethod, Roles};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn memory_is_free_again_after_the_last_byte() {
        let memory = ResponseMemory::new(100, 25);
        let answered = memory.reserve(&Reader::local()).await.unwrap().body(vec![0; 30]);
        let permit = Arc::new(memory.reserve(&Reader::local()).await.unwrap());
        let chunks = [Arc::clone(&permit).chunk(vec![0; 10]), permit.chunk(vec![0; 10])];
        assert!(memory.reserve(&Reader::local()).await.is_err(), "20 are left");
        drop(answered);
        let [first, last] = chunks;
        let more = memory.reserve(&Reader::local()).await.unwrap();
        drop(first);
        assert!(memory.reserve(&Reader::local()).await.is_err(), "the other chunk is on its way");
        drop(last);
        assert!(memory.reserve(&Reader::local()).await.is_ok());
        drop(more);
    }

    #[tokio::test(start_paused = true)]
    async fn one_reader_leaves_half_of_it_to_others() {
        let reader = |name| Reader::new(name, None, Roles::all(), AuthMethod::Token).unwrap();
        let memory = ResponseMemory::new(100, 12);
        let [one, other] = [reader("one"), reader("other")];
        let mut permits = vec![memory.reserve(&one).await.unwrap(), memory.reserve(&one).await.unwrap()];
        assert!(memory.reserve(&one).await.is_err(), "2 are left of 50");
        permits.push(memory.reserve(&other).await.unwrap());
        permits[0].shrink_to(2);
        assert!(memory.reserve(&one).await.is_ok());
        drop(permits);
        assert!(memory.reserve(&one).await.is_ok());
        assert_eq!(memory.halves.lock().unwrap().len(), 1, "readers without memory are forgotten");
    }
}
