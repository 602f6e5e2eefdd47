use std::{
    io::{BufRead, BufReader},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde_json::Value;
use ureq::Agent;

/// The service's API over HTTP, on connections that stay open.
#[derive(Clone)]
pub(crate) struct Api {
    agent: Agent,
    address: String,
}

impl Api {
    pub(crate) fn new(address: &str) -> Self {
        Self { agent: Agent::new_with_defaults(), address: address.to_owned() }
    }

    /// Asks, and reads the whole answer.
    pub(crate) fn get(&self, path: &str) -> String {
        let mut answer = self.agent.get(format!("{}{path}", self.address)).call().expect("an answer");
        answer.body_mut().read_to_string().expect("its body")
    }

    /// How many lines an answer has.
    pub(crate) fn lines(&self, path: &str) -> usize {
        let answer = self.agent.get(format!("{}{path}", self.address)).call().expect("an answer");
        let mut lines = BufReader::with_capacity(1 << 20, answer.into_body().into_reader());
        let (mut count, mut line) = (0, Vec::new());
        while lines.read_until(b'\n', &mut line).expect("a line") > 0 {
            count += 1;
            line.clear();
        }
        count
    }

    /// The cursor after so many events.
    pub(crate) fn cursor_after(&self, question: &str, events: usize) -> String {
        let mut cursor = String::new();
        let mut left = events;
        while left > 0 {
            let limit = left.min(500);
            let page = self.get(&format!("/api/v1/logs?limit={limit}&{question}&cursor={cursor}"));
            let page: Value = serde_json::from_str(&page).expect("JSON");
            page["next_cursor"].as_str().expect("more events").clone_into(&mut cursor);
            left -= limit;
        }
        cursor
    }

    /// Asks so many times a second, until the answer is dropped.
    pub(crate) fn at_rate(self, per_second: u32, path: impl Fn(u64) -> String + Send + 'static) -> Asking {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            for number in 0.. {
                if stopped.load(Relaxed) {
                    break;
                }
                self.get(&path(number));
                thread::sleep(Duration::from_secs(1) / per_second);
            }
        });
        Asking { stop, thread: Some(thread) }
    }
}

/// Somebody who asks again and again.
pub(crate) struct Asking {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("answers to the end");
        }
    }
}

/// Percentiles of the milliseconds that something takes.
pub(crate) struct Percentiles {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

impl Percentiles {
    /// The first tenth is for warming up.
    pub(crate) fn of(count: u64, ask: impl Fn(u64) -> String) -> Self {
        for number in 0..count / 10 {
            ask(number + count);
        }
        let mut times: Vec<_> = (0..count)
            .map(|number| {
                let start = Instant::now();
                ask(number);
                start.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        times.sort_by(f64::total_cmp);
        Self { p50: times[times.len() / 2], p99: times[times.len() * 99 / 100] }
    }
}

/// The 99th percentile alone.
pub(crate) fn p99(count: u64, ask: impl Fn(u64) -> String) -> f64 {
    Percentiles::of(count, ask).p99
}
