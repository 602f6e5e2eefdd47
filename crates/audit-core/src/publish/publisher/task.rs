use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep},
};
use tracing::{debug, info, warn};

use super::{Job, counts::Counts, pipeline::ConfirmWindow};
use crate::publish::{Backoff, Broker, PublishError};

/// The longest delay between two attempts to connect.
const MAX_DELAY: Duration = Duration::from_secs(5);

/// Sends what is handed over, on one connection that it makes anew whenever it is lost.
pub(super) struct Task {
    broker: Broker,
    waiting: mpsc::Receiver<Job>,
    /// What was sent without a confirm comes first.
    again: VecDeque<Job>,
    close: watch::Receiver<bool>,
    counts: Arc<Counts>,
}

/// How sending on one connection ended.
enum Ended {
    /// Nothing is left, and nothing will come.
    Done,
    Lost(PublishError),
}

impl Task {
    pub(super) fn new(
        broker: Broker,
        waiting: mpsc::Receiver<Job>,
        close: watch::Receiver<bool>,
        counts: Arc<Counts>,
    ) -> Self {
        Self { broker, waiting, again: VecDeque::new(), close, counts }
    }

    pub(super) async fn run(mut self) {
        let mut backoff = Backoff::up_to(MAX_DELAY);
        let mut is_away = false;
        while let Some(job) = self.next().await {
            self.again.push_front(job);
            let lost = match ConfirmWindow::open(&self.broker).await {
                Ok(pipeline) => {
                    if is_away {
                        info!("events are published again");
                        is_away = false;
                    }
                    let connected = Instant::now();
                    match self.send_all(pipeline).await {
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

    /// The next event that is worth sending; none when the publisher was closed and nothing is left.
    async fn next(&mut self) -> Option<Job> {
        loop {
            let job = match self.again.pop_front() {
                Some(job) => job,
                None => self.next_waiting().await?,
            };
            if job.is_worth_sending() {
                return Some(job);
            }
            job.settle(Err(PublishError::TooLate), &self.counts);
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

    /// Sends until the end of all events, or of the connection.
    async fn send_all(&mut self, mut pipeline: ConfirmWindow) -> Ended {
        let counts = Arc::clone(&self.counts);
        let mut is_done = false;
        loop {
            if is_done && pipeline.is_empty() {
                pipeline.close().await;
                return Ended::Done;
            }
            let step = tokio::select! {
                settled = pipeline.settle(&counts), if !pipeline.is_empty() => settled,
                job = self.next(), if !is_done && !pipeline.is_full() => {
                    is_done = job.is_none();
                    if let Some(job) = job {
                        self.send_available(job, &mut pipeline);
                    }
                    Ok(())
                }
            };
            if let Err(lost) = step {
                // What was not confirmed goes before what was taken out meanwhile.
                let mut open = pipeline.give_up().await;
                open.append(&mut self.again);
                self.again = open;
                return Ended::Lost(lost);
            }
        }
    }

    /// Sends an event, and those behind it that wait already.
    fn send_available(&mut self, first: Job, pipeline: &mut ConfirmWindow) {
        let mut next = Some(first);
        while let Some(job) = next {
            if job.is_worth_sending() {
                pipeline.send(job, &self.counts);
            } else {
                job.settle(Err(PublishError::TooLate), &self.counts);
            }
            next = if pipeline.is_full() { None } else { self.next_available() };
        }
    }

    fn next_available(&mut self) -> Option<Job> {
        self.again.pop_front().or_else(|| self.waiting.try_recv().ok())
    }
}

impl Job {
    fn is_worth_sending(&self) -> bool {
        Instant::now() < self.give_up && self.reply.as_ref().is_none_or(|reply| !reply.is_closed())
    }

    /// Counts the outcome, and returns it to the caller if one waits. A failure that nobody waits for is logged.
    pub(super) fn settle(self, outcome: Result<(), PublishError>, counts: &Counts) {
        match &outcome {
            Ok(()) => counts.confirmed(),
            Err(error) => {
                counts.failed();
                let id = self.message.properties.message_id().as_ref().map(ToString::to_string);
                if self.reply.is_none() {
                    warn!(event = id, %error, "an event was given up");
                } else {
                    debug!(event = id, %error, "an event was given up");
                }
            }
        }
        if let Some(reply) = self.reply {
            // The caller may have given up.
            let _ = reply.send(outcome);
        }
    }
}
