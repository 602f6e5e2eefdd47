//! A running log-service.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

use serde_json::Value;

/// Longer than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The program, its log being read.
pub struct Running {
    process: Child,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<Value>>,
    more: Condvar,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        command.env("LOG_SERVICE__TELEMETRY__FORMAT", "json");
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        let log = Arc::new(Log::default());
        let for_reader = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                for_reader.lines.lock().unwrap().push(line);
                for_reader.more.notify_all();
            }
        });
        Self { process, log }
    }

    /// Waits until a message that contains `text` has been logged `times` times.
    pub fn wait_for_log(&self, text: &str, times: usize) {
        let deadline = Instant::now() + PATIENCE;
        let mut lines = self.log.lines.lock().unwrap();
        while lines.iter().filter(|line| line.to_string().contains(text)).count() < times {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{text:?} was not logged {times} times: {lines:#?}");
            lines = self.log.more.wait_timeout(lines, left).unwrap().0;
        }
    }

    pub fn wait_until_consuming(&self) {
        self.wait_for_log("domains are consuming", 1);
    }

    pub fn log(&self) -> Vec<Value> {
        self.log.lines.lock().unwrap().clone()
    }

    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Asks for an orderly end and waits for it.
    pub fn stop(self) -> Stopped {
        self.signal("TERM");
        self.wait()
    }

    pub fn wait(mut self) -> Stopped {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return Stopped { status, log: self.log() };
            }
            assert!(Instant::now() < deadline, "log-service did not end: {:#?}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A log-service that has ended.
pub struct Stopped {
    pub status: ExitStatus,
    log: Vec<Value>,
}

impl Stopped {
    pub fn logged(&self, text: &str) -> bool {
        self.log.iter().any(|line| line.to_string().contains(text))
    }

    /// What it counted for a domain: `stored`, `duplicates`, `reads` or `dead_letters`.
    pub fn counted(&self, domain: &str, what: &str) -> u64 {
        let line = self.log.iter().find(|line| line["message"] == "stopped" && line["domain"] == domain);
        line.unwrap_or_else(|| panic!("no counts of {domain}: {:#?}", self.log))[what].as_u64().unwrap()
    }
}
