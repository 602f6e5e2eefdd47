//! The memory that the answers of all readers take together.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tracing::error;

use crate::{
    auth::{KnownAs, Reader},
    problem::Problem,
};

/// The longest wait for room.
const WAIT: Duration = Duration::from_secs(5);

/// So many bytes of answers at the same time, from before they are read until they have been sent; of one reader, half of
/// them.
#[derive(Debug)]
pub(crate) struct AnswerBudget {
    free: Arc<Semaphore>,
    /// What is free of each reader's half. As many are remembered as have or want room.
    halves: Mutex<HashMap<KnownAs, Weak<Semaphore>>>,
    half: usize,
    /// What one answer needs that is yet to be read: its events, and the same once more as it is sent.
    each: u32,
}

/// No answer has ended in time.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "the answers that are on their way to readers, or to this one, take all the memory that they may \
     (reading.max_answer_bytes); try again later"
)]
pub(crate) struct Crowded;

/// The room of one answer, which is given back with it.
#[derive(Debug)]
pub(crate) struct Room {
    all: OwnedSemaphorePermit,
    of_reader: Option<OwnedSemaphorePermit>,
}

impl AnswerBudget {
    /// `all` bytes, for answers that have up to `events` bytes of events.
    pub(crate) fn new(all: usize, events: usize) -> Self {
        let all = u32::try_from(all).unwrap_or(u32::MAX);
        let each = u32::try_from(events.saturating_mul(2)).unwrap_or(u32::MAX).min(all);
        let half = (all / 2).max(each) as usize;
        Self { free: Arc::new(Semaphore::new(all as usize)), halves: Mutex::default(), half, each }
    }

    /// Room for an answer, if there will be some soon.
    pub(crate) async fn room(&self, reader: &Reader) -> Result<Room, Crowded> {
        timeout(WAIT, self.wait_for_room(reader)).await.unwrap_or(Err(Crowded))
    }

    /// Room for a piece of an answer that has begun, however long it takes.
    pub(crate) async fn wait_for_room(&self, reader: &Reader) -> Result<Room, Crowded> {
        // Neither is ever closed. Whoever waits for his own half stands in nobody's way.
        let of_reader = match reader.known_as() {
            Some(reader) => {
                Some(self.half_of(reader).acquire_many_owned(self.each).await.map_err(|_| Crowded)?)
            }
            None => None,
        };
        let all = Arc::clone(&self.free).acquire_many_owned(self.each).await.map_err(|_| Crowded)?;
        Ok(Room { all, of_reader })
    }

    fn half_of(&self, reader: KnownAs) -> Arc<Semaphore> {
        // Every change is whole: a thread that panicked has left nothing half done.
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

impl Room {
    /// Gives back what is not needed, now that it is known how much is.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        for permit in std::iter::once(&mut self.all).chain(&mut self.of_reader) {
            let unneeded = permit.num_permits().saturating_sub(bytes);
            drop(permit.split(unneeded));
        }
    }

    /// The whole of an answer. The connection holds it, and with it its room, until the last byte has gone out.
    pub(crate) fn body(mut self, mut answer: Vec<u8>) -> Body {
        answer.shrink_to_fit();
        self.shrink_to(answer.len());
        Body::from(Arc::new(self).chunk(answer))
    }

    /// An answer as JSON. It is written where it keeps nobody waiting.
    pub(crate) async fn json(self, answer: impl Serialize + Send + 'static) -> Response {
        let written = tokio::task::spawn_blocking(move || serde_json::to_vec(&answer)).await;
        match written.map_err(serde::ser::Error::custom).flatten() {
            Ok(json) => {
                let json_type = HeaderValue::from_static("application/json");
                ([(header::CONTENT_TYPE, json_type)], self.body(json)).into_response()
            }
            Err(error) => {
                error!(%error, "an answer can't be written");
                Problem::unavailable("the service is stopping").into_response()
            }
        }
    }

    /// A piece of an answer. The room is given back when all pieces that share it have gone out.
    pub(crate) fn chunk(self: Arc<Self>, bytes: Vec<u8>) -> Bytes {
        Bytes::from_owner(Chunk { bytes, _room: self })
    }
}

struct Chunk {
    bytes: Vec<u8>,
    _room: Arc<Room>,
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<Crowded> for Problem {
    fn from(crowded: Crowded) -> Self {
        Self::unavailable(crowded.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{Roles, Via};

    #[tokio::test(start_paused = true)]
    async fn room_is_given_back_with_the_last_byte() {
        let budget = AnswerBudget::new(100, 25);
        let answered = budget.room(&Reader::local()).await.unwrap().body(vec![0; 30]);
        let room = Arc::new(budget.room(&Reader::local()).await.unwrap());
        let chunks = [Arc::clone(&room).chunk(vec![0; 10]), room.chunk(vec![0; 10])];
        assert!(budget.room(&Reader::local()).await.is_err(), "20 are left");
        drop(answered);
        let [first, last] = chunks;
        let more = budget.room(&Reader::local()).await.unwrap();
        drop(first);
        assert!(budget.room(&Reader::local()).await.is_err(), "the other chunk is on its way");
        drop(last);
        assert!(budget.room(&Reader::local()).await.is_ok());
        drop(more);
    }

    #[tokio::test(start_paused = true)]
    async fn one_reader_leaves_half_of_it_to_others() {
        let reader = |name| Reader::new(name, None, Roles::all(), Via::Token).unwrap();
        let budget = AnswerBudget::new(100, 12);
        let [one, other] = [reader("one"), reader("other")];
        let mut rooms = vec![budget.room(&one).await.unwrap(), budget.room(&one).await.unwrap()];
        assert!(budget.room(&one).await.is_err(), "2 are left of 50");
        rooms.push(budget.room(&other).await.unwrap());
        rooms[0].shrink_to(2);
        assert!(budget.room(&one).await.is_ok());
        drop(rooms);
        assert!(budget.room(&one).await.is_ok());
        assert_eq!(budget.halves.lock().unwrap().len(), 1, "who has none is forgotten");
    }
}
