use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep},
};
use tracing::{debug, info, warn};

use super::{Job, confirm_window::ConfirmWindow, counts::Counters};
use crate::publish::{Backoff, Broker, PublishError};

/// The longest delay between two attempts to connect.
const MAX_DELAY: Duration = Duration::from_secs(5);

/// Sends queued events on one connection, and reconnects when it is lost.
pub(super) struct Task {
    broker: Broker,
    waiting: mpsc::Receiver<Job>,
    /// Events that were sent but not confirmed. They go first.
    again: VecDeque<Job>,
    close: watch::Receiver<bool>,
    counters: Arc<Counters>,
}

/// How sending on one connection ended.
enum Ended {
    /// All events are settled, and the publisher is closed.
    Done,
    Lost(PublishError),
}

impl Task {
    pub(super) fn new(
        broker: Broker,
        waiting: mpsc::Receiver<Job>,
        close: watch::Receiver<bool>,
        counters: Arc<Counters>,
    ) -> Self {
        Self { broker, waiting, again: VecDeque::new(), close, counters }
    }

    pub(super) async fn run(mut self) {
        let mut backoff = Backoff::up_to(MAX_DELAY);
        let mut is_away = false;
        while let Some(job) = self.next().await {
            self.again.push_front(job);
            let lost = match ConfirmWindow::open(&self.broker).await {
                Ok(window) => {
                    if is_away {
                        info!("events are published again");
                        is_away = false;
                    }
                    let connected = Instant::now();
                    match self.send_all(window).await {
                        Ended::Done => return,
                        Ended::Lost(lost) => {
                            backoff.reset_after(connected.elapsed());
                            lost
                        }
                    }
                }
                Err(error) => error.into(),
            };
            if !is_away {
                warn!(error = %lost, "events can't be published: they wait until the broker is back");
                is_away = true;
            }
            sleep(backoff.next_delay()).await;
        }
    }

    /// The next event to send. `None` when the publisher is closed and no event is left.
    async fn next(&mut self) -> Option<Job> {
        loop {
            let job = match self.again.pop_front() {
                Some(job) => job,
                None => self.next_waiting().await?,
            };
            if job.is_worth_sending() {
                return Some(job);
            }
            job.settle(Err(PublishError::TooLate), &self.counters);
        }
    }

    async fn next_waiting(&mut self) -> Option<Job> {
        loop {
            tokio::select! {
                job = self.waiting.recv() => return job,
                // The sender lives as long as this task.
                Ok(()) = self.close.changed() => self.waiting.close(),
            }
        }
    }

    /// Sends until there are no more events, or the connection is lost.
    async fn send_all(&mut self, mut window: ConfirmWindow) -> Ended {
        let counters = Arc::clone(&self.counters);
        let mut is_done = false;
        loop {
            if is_done && window.is_empty() {
                window.close().await;
                return Ended::Done;
            }
            let step = tokio::select! {
                settled = window.settle(&counters), if !window.is_empty() => settled,
                job = self.next(), if !is_done && !window.is_full() => {
                    is_done = job.is_none();
                    if let Some(job) = job {
                        self.send_available(job, &mut window);
                    }
                    Ok(())
                }
            };
            if let Err(lost) = step {
                // Unconfirmed events go before those that were taken from the queue meanwhile.
                let mut open = window.into_unconfirmed().await;
                open.append(&mut self.again);
                self.again = open;
                return Ended::Lost(lost);
            }
        }
    }

    /// Sends an event, and those that are already waiting behind it.
    fn send_available(&mut self, first: Job, window: &mut ConfirmWindow) {
        let mut next = Some(first);
        while let Some(job) = next {
            if job.is_worth_sending() {
                window.send(job, &self.counters);
            } else {
                job.settle(Err(PublishError::TooLate), &self.counters);
            }
            next = if window.is_full() { None } else { self.next_available() };
        }
    }

    fn next_available(&mut self) -> Option<Job> {
        self.again.pop_front().or_else(|| self.waiting.try_recv().ok())
    }
}

impl Job {
    fn is_worth_sending(&self) -> bool {
        Instant::now() < self.deadline && self.reply.as_ref().is_none_or(|reply| !reply.is_closed())
    }

    /// Counts the outcome, and sends it to the caller if one waits. Other failures are logged.
    pub(super) fn settle(self, outcome: Result<(), PublishError>, counters: &Counters) {
        match &outcome {
            Ok(()) => counters.confirmed(),
            Err(error) => {
                counters.failed();
                let id = self.message.properties.message_id().as_ref().map(ToString::to_string);
                if self.reply.is_none() {
                    warn!(event = id, %error, "an event was given up");
                } else {
                    debug!(event = id, %error, "an event was given up");
                }
            }
        }
        if let Some(reply) = self.reply {
            // The caller may no longer wait.
            let _ = reply.send(outcome);
        }
    }
}
