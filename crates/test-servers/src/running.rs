use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde_json::Value;

/// Longer than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// So much of the log is shown when a test fails.
const LAST_LINES: usize = 50;

/// A log-service that runs, its log being read.
#[derive(Debug)]
pub struct Running {
    process: Child,
    log: Arc<Log>,
    /// Reads the log to its end.
    reader: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Log {
    lines: Mutex<Vec<Value>>,
    more: Condvar,
}

/// The program at a path, without any configuration of this machine.
#[must_use]
pub fn unconfigured(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    let ours = |name: &str| {
        ["DB_", "RABBITMQ_", "LOG_SERVICE__"].iter().any(|prefix| name.starts_with(prefix))
            || name == "SERVER_PORT"
    };
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command.args(args);
    command
}

impl Running {
    /// Starts the command.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        command.env("LOG_SERVICE__TELEMETRY__FORMAT", "json");
        let mut process = command.stderr(Stdio::piped()).spawn().expect("log-service");
        let stderr = BufReader::new(process.stderr.take().expect("its standard error"));
        let log = Arc::new(Log::default());
        let for_reader = Arc::clone(&log);
        let reader = thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                for_reader.lines.lock().expect("the log").push(line);
                for_reader.more.notify_all();
            }
        });
        Self { process, log, reader: Some(reader) }
    }

    /// Waits until a message that contains `text` has been logged `times` times.
    pub fn wait_for_log(&self, text: &str, times: usize) {
        let deadline = Instant::now() + PATIENCE;
        let mut lines = self.log.lines.lock().expect("the log");
        while lines.iter().filter(|line| line.to_string().contains(text)).count() < times {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{text:?} was not logged {times} times: {lines:#?}");
            lines = self.log.more.wait_timeout(lines, left).expect("the log").0;
        }
    }

    /// Waits until events are taken from all queues.
    pub fn wait_until_consuming(&self) {
        self.wait_for_log("domains are consuming", 1);
    }

    /// What it has logged, one object a line.
    #[must_use]
    pub fn log(&self) -> Vec<Value> {
        self.log.lines.lock().expect("the log").clone()
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().expect("kill").success());
    }

    /// Ends it by `kill -9`.
    pub fn kill(self) {
        // The end of this value is its end.
    }

    /// The most memory that it has had so far, in MiB.
    #[must_use]
    pub fn peak_memory_mib(&self) -> u64 {
        self.peak_memory_mib_while_it_runs().expect("a service that runs")
    }

    fn peak_memory_mib_while_it_runs(&self) -> Option<u64> {
        let kib = self.proc_status("VmHWM:")?;
        Some(kib.trim_end_matches("kB").trim().parse::<u64>().expect("kB") / 1024)
    }

    /// How many threads it has.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.proc_status("Threads:").and_then(|number| number.parse().ok()).expect("a number")
    }

    fn proc_status(&self, name: &str) -> Option<String> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        status.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
    }

    /// Asks for an orderly end and waits for it.
    #[expect(clippy::must_use_candidate, reason = "mostly called for what it does")]
    pub fn stop(self) -> Stopped {
        self.signal("TERM");
        self.wait()
    }

    /// Waits for its end.
    #[expect(clippy::must_use_candidate, reason = "mostly called for what it does")]
    pub fn wait(mut self) -> Stopped {
        let deadline = Instant::now() + PATIENCE;
        let mut peak_memory_mib = 0;
        loop {
            peak_memory_mib = self.peak_memory_mib_while_it_runs().unwrap_or(peak_memory_mib);
            if let Some(status) = self.process.try_wait().expect("its status") {
                // Its last lines may still be on their way.
                if let Some(reader) = self.reader.take() {
                    reader.join().expect("a log that can be read");
                }
                return Stopped { status, peak_memory_mib, log: self.log() };
            }
            assert!(Instant::now() < deadline, "log-service did not end: {:#?}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            // What it said last tells most about why a test failed.
            let log = self.log();
            for line in &log[log.len().saturating_sub(LAST_LINES)..] {
                eprintln!("{line}");
            }
        }
    }
}

/// A log-service that has ended.
#[derive(Debug)]
pub struct Stopped {
    /// How it ended.
    pub status: ExitStatus,
    /// The most memory that it had, as far as that was seen before its end.
    pub peak_memory_mib: u64,
    log: Vec<Value>,
}

impl Stopped {
    /// Panics with what it logged if it did not end as it should.
    pub fn expect_success(&self) {
        assert!(self.status.success(), "{}: {:#?}", self.status, self.log);
    }

    /// Everything that it logged.
    #[must_use]
    pub fn log(&self) -> &[Value] {
        &self.log
    }

    /// Whether a message contained `text`.
    #[must_use]
    pub fn logged(&self, text: &str) -> bool {
        self.log.iter().any(|line| line.to_string().contains(text))
    }

    /// What it counted for a domain: `stored`, `duplicates`, `reads` or `dead_letters`.
    #[must_use]
    pub fn counted(&self, domain: &str, what: &str) -> u64 {
        let line = self.log.iter().find(|line| line["message"] == "stopped" && line["domain"] == domain);
        line.unwrap_or_else(|| panic!("no counts of {domain}: {:#?}", self.log))[what]
            .as_u64()
            .expect("a number")
    }
}
