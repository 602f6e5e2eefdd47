//! The memory that the answers of all readers take together.

use std::{sync::Arc, time::Duration};

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

use crate::problem::Problem;

/// The longest wait for room.
const WAIT: Duration = Duration::from_secs(5);

/// So many bytes of answers at the same time, from before they are read until they have been sent.
#[derive(Debug)]
pub(crate) struct AnswerBudget {
    free: Arc<Semaphore>,
    /// What one answer needs that is yet to be read: its events, and the same once more as it is sent.
    each: u32,
}

/// No answer has ended in time.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "the answers that are on their way to readers take all the memory that they may (reading.max_answer_bytes); \
     try again later"
)]
pub(crate) struct Crowded;

/// The room of one answer, which is given back with it.
#[derive(Debug)]
pub(crate) struct Room(OwnedSemaphorePermit);

impl AnswerBudget {
    /// `all` bytes, for answers that have up to `events` bytes of events.
    pub(crate) fn new(all: usize, events: usize) -> Self {
        let all = u32::try_from(all).unwrap_or(u32::MAX);
        let each = u32::try_from(events.saturating_mul(2)).unwrap_or(u32::MAX).min(all);
        Self { free: Arc::new(Semaphore::new(all as usize)), each }
    }

    /// Room for an answer, if there will be some soon.
    pub(crate) async fn room(&self) -> Result<Room, Crowded> {
        timeout(WAIT, self.wait_for_room()).await.unwrap_or(Err(Crowded))
    }

    /// Room for a piece of an answer that has begun, however long it takes.
    pub(crate) async fn wait_for_room(&self) -> Result<Room, Crowded> {
        // It is never closed.
        let permit = Arc::clone(&self.free).acquire_many_owned(self.each).await;
        permit.map(Room).map_err(|_| Crowded)
    }
}

impl Room {
    /// Gives back what is not needed, now that it is known how much is.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        let unneeded = self.0.num_permits().saturating_sub(bytes);
        drop(self.0.split(unneeded));
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

    #[tokio::test(start_paused = true)]
    async fn room_is_given_back_with_the_last_byte() {
        let budget = AnswerBudget::new(100, 25);
        let answered = budget.room().await.unwrap().body(vec![0; 30]);
        let room = Arc::new(budget.room().await.unwrap());
        let chunks = [Arc::clone(&room).chunk(vec![0; 10]), room.chunk(vec![0; 10])];
        assert!(budget.room().await.is_err(), "20 are left");
        drop(answered);
        let [first, last] = chunks;
        let more = budget.room().await.unwrap();
        drop(first);
        assert!(budget.room().await.is_err(), "the other chunk is on its way");
        drop(last);
        assert!(budget.room().await.is_ok());
        drop(more);
    }
}
