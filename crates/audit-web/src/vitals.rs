use std::{fmt::Debug, time::Duration};

/// How the service is. Whoever runs it knows; here it is only told to those who ask.
pub trait Vitals: Debug + Send + Sync + 'static {
    /// The parts without which nothing is stored.
    fn parts(&self) -> Vec<Part>;

    /// All metrics, in the text form of Prometheus.
    fn metrics(&self) -> String;
}

/// A part that the service needs, such as the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is called. Everybody may read it: no address, nothing of an event.
    pub name: String,
    /// Whether it is there and at work.
    pub up: bool,
    /// For how long that has been so.
    pub since: Duration,
}
