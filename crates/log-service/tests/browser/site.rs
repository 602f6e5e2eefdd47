//! A service with the sample events.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_servers::{PATIENCE, RabbitMq, Running, unconfigured};
use uuid::Uuid;

static RABBITMQ: LazyLock<RabbitMq> = LazyLock::new(RabbitMq::start);

/// A running service on a database of its own.
pub struct Site {
    address: String,
    service: Option<Running>,
    prefix: String,
    folder: TempDir,
}

impl Site {
    /// Open to everybody on this machine.
    pub fn open() -> Self {
        Self::start(&[])
    }

    /// Open to those who have a token.
    pub fn with_tokens() -> Self {
        Self::start(&[("LOG_SERVICE__WEB__TOKENS_FILE", "tokens.toml")])
    }

    fn start(variables: &[(&str, &str)]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let prefix = format!("browser{}", NUMBER.fetch_add(1, Relaxed));
        let folder = tempfile::tempdir().unwrap();
        private_files::create(&folder.path().join("tokens.toml")).unwrap();
        let mut site = Self { address: String::new(), service: None, prefix, folder };
        let mut command = site.command(&["serve"]);
        command.envs(variables.iter().copied());
        let service = Running::start(command);
        service.wait_until_consuming();
        site.address = address(&service);
        site.service = Some(service);
        site.publish(&samples());
        site.lay("<b>no JSON</b>");
        site
    }

    /// Publishes what can't be stored, and waits until it is a dead letter.
    fn lay(&self, body: &str) {
        let line = json!({ "routing_key": "payment.log", "body_text": body });
        fs::write(self.folder.path().join("letter.ndjson"), line.to_string()).unwrap();
        answer(&mut self.command(&["publish", "letter.ndjson"]));
        self.wait_for_a_dead_letter();
    }

    pub fn wait_for_a_dead_letter(&self) {
        let deadline = Instant::now() + PATIENCE;
        while self.dead_letters() == 0 {
            assert!(Instant::now() < deadline, "waited in vain for a dead letter");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn dead_letters(&self) -> u64 {
        let list = answer(&mut self.command(&["dead-letters", "list", "--format", "json"]));
        let list: Value = serde_json::from_str(&list).unwrap();
        list["counts"].as_array().unwrap().iter().map(|count| count["letters"].as_u64().unwrap()).sum()
    }

    /// The address of a page.
    pub fn at(&self, page: &str) -> String {
        format!("{}{page}", self.address)
    }

    /// Makes a token.
    pub fn token(&self, name: &str, role: &str) -> String {
        let mut command = self.command(&["token", "new", "--name", name, "--role", role]);
        answer(command.args(["--file", "tokens.toml"])).trim().to_owned()
    }

    /// Publishes events, and waits until they are stored.
    pub fn publish(&self, events: &[Value]) {
        let expected = self.stored() + u64::try_from(events.len()).unwrap();
        let lines: Vec<_> = events.iter().map(Value::to_string).collect();
        fs::write(self.folder.path().join("events.ndjson"), lines.join("\n")).unwrap();
        answer(&mut self.command(&[
            "publish",
            "--exchange",
            &format!("{}.log", self.prefix),
            "events.ndjson",
        ]));
        let deadline = Instant::now() + PATIENCE;
        while self.stored() < expected {
            assert!(Instant::now() < deadline, "waited in vain for {expected} events");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn stored(&self) -> u64 {
        let domains: Value =
            serde_json::from_str(&answer(&mut self.command(&["domains", "--json"]))).unwrap();
        domains.as_array().unwrap().iter().map(|domain| domain["rows"].as_u64().unwrap()).sum()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = unconfigured(env!("CARGO_BIN_EXE_log-service"), args);
        command
            .current_dir(self.folder.path())
            .env("RABBITMQ_HOST", "127.0.0.1")
            .env("RABBITMQ_PORT", RABBITMQ.port().to_string())
            .env("LOG_SERVICE__RABBITMQ__PREFIX", &self.prefix)
            .env("LOG_SERVICE__WEB__BIND", "127.0.0.1:0");
        command
    }
}

/// Where the service says that it is.
fn address(service: &Running) -> String {
    const WORDS: &str = "the page and the API are at ";
    service.wait_for_log(WORDS, 1);
    let log = service.log();
    let message = log.iter().filter_map(|line| line["message"].as_str()).find(|text| text.contains(WORDS));
    message.unwrap().replace(WORDS, "")
}

fn answer(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The sample events of all domains, to any exchange.
pub fn samples() -> Vec<Value> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let files = fs::read_dir(crates).unwrap().map(|folder| folder.unwrap().path().join("samples.ndjson"));
    let mut files: Vec<PathBuf> = files.filter(|file| file.exists()).collect();
    files.sort();
    let texts = files.iter().map(|file| fs::read_to_string(file).unwrap());
    let lines = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
    let mut events: Vec<Value> = lines.map(|line| serde_json::from_str(&line).unwrap()).collect();
    for event in &mut events {
        event.as_object_mut().unwrap().remove("exchange");
    }
    events
}

/// The same event once more, at another time.
pub fn again(event: &Value, at: DateTime<Utc>) -> Value {
    let mut event = event.clone();
    event["body"]["eventId"] = Uuid::new_v4().to_string().into();
    event["body"]["occurredAt"] = at.to_rfc3339().into();
    event
}
