//! What `deploy/monitoring` has, held against a real Prometheus that scrapes a running service.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::Value;
use test_servers::{Prometheus, promtool};

use super::{Answer, Site, escaped, metrics::publish_every_kind};
use crate::fixture::{Fixture, eventually};

fn repository() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn monitoring(file: &str) -> String {
    repository().join("deploy/monitoring").join(file).display().to_string()
}

/// All values of a key, however deep.
fn all<'v>(key: &str, value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(key).and_then(Value::as_str));
            fields.values().for_each(|value| all(key, value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| all(key, value, found)),
        _ => {}
    }
}

/// The names of the service's own metrics in a text.
fn names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("log_service_") || word.starts_with("process_")).collect()
}

/// A Prometheus, and the service that it scrapes.
struct Watched {
    site: Site,
    prometheus: Prometheus,
}

impl Watched {
    async fn with_every_kind_of_event() -> Self {
        let place = Fixture::postgresql();
        let site = Site::of(&place);
        publish_every_kind(&place).await;
        let prometheus = Prometheus::of(site.address.trim_start_matches("http://"));
        let watched = Self { site: site.keeping(place), prometheus };
        // Rates need two values.
        let scraped = "count_over_time(log_service_unknown_fields_total[1m]) >= 2 \
                       and on () log_service_dead_letter_queue_messages{domain=\"payment\"} == 1";
        eventually("two scrapes of everything", async || !watched.query(scraped).is_empty()).await;
        watched
    }

    fn ask(&self, path: &str) -> Value {
        let answer =
            Answer::of(self.site.agent.get(format!("{}{path}", self.prometheus.url())).call().unwrap());
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()["data"].clone()
    }

    fn query(&self, query: &str) -> Vec<Value> {
        let answer = self.ask(&format!("/api/v1/query?query={}", escaped(query)));
        answer["result"].as_array().unwrap().clone()
    }

    fn shown(&self) -> BTreeSet<String> {
        let shown = self.ask("/api/v1/label/__name__/values");
        shown.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn configuration_and_alerts_are_what_prometheus_takes() {
    promtool(&["check", "config", &monitoring("prometheus.yml")]);
    promtool(&["check", "rules", &monitoring("alerts.yml")]);
}

#[test]
fn every_alert_is_raised_when_it_must_be_and_not_before() {
    promtool(&["test", "rules", &monitoring("alerts_test.yml")]);
    let tests = fs::read_to_string(monitoring("alerts_test.yml")).unwrap();
    let alerts = fs::read_to_string(monitoring("alerts.yml")).unwrap();
    for alert in alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(tests.contains(&format!("alertname: {alert}\n")), "{alert} is not tested");
    }
}

#[tokio::test]
async fn every_panel_of_the_dashboard_shows_something() {
    let watched = Watched::with_every_kind_of_event().await;
    let dashboard = fs::read_to_string(monitoring("grafana-dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let mut queries = Vec::new();
    all("expr", &dashboard["panels"], &mut queries);
    assert!(queries.len() > 25, "{}", queries.len());
    for query in queries {
        let asked = query.replace("$__rate_interval", "1m").replace("$domain", ".*");
        assert!(!watched.query(&asked).is_empty(), "{query}");
    }
}

#[tokio::test]
async fn every_alert_watches_what_the_service_shows_and_none_is_raised_without_reason() {
    let watched = Watched::with_every_kind_of_event().await;
    let shown = watched.shown();
    let rules = watched.ask("/api/v1/rules");
    let mut expressions = Vec::new();
    all("query", &rules, &mut expressions);
    assert!(expressions.len() > 10, "{rules}");
    for expression in expressions {
        for name in names(expression) {
            assert!(shown.contains(name), "{name} of {expression}");
        }
        watched.query(expression);
    }
    let mut healths = Vec::new();
    all("health", &rules, &mut healths);
    assert!(healths.iter().all(|health| matches!(*health, "ok" | "unknown")), "{rules}");
    let alerts = watched.ask("/api/v1/alerts");
    let firing = alerts["alerts"].as_array().unwrap().iter().filter(|alert| alert["state"] == "firing");
    for alert in firing {
        let name = alert["labels"]["alertname"].as_str().unwrap();
        assert!(
            ["LogServiceDeadLetters", "LogServiceUnknownContent", "LogServiceEventsAhead"].contains(&name),
            "{alert}"
        );
    }
}

#[test]
fn every_runbook_is_a_section_of_the_manual() {
    let alerts = fs::read_to_string(monitoring("alerts.yml")).unwrap();
    let links: Vec<_> = alerts.lines().filter_map(|line| line.trim().strip_prefix("runbook: ")).collect();
    assert_eq!(links.len(), alerts.matches("- alert: ").count());
    for link in links {
        let (file, anchor) = link.split_once('#').unwrap();
        let manual = fs::read_to_string(repository().join(file)).unwrap();
        let headings = manual.lines().filter(|line| line.starts_with('#'));
        let mut anchors =
            headings.map(|line| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-"));
        assert!(anchors.any(|found| found == anchor), "{link}");
    }
}
