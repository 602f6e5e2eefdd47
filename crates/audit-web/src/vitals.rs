use std::{fmt::Debug, time::Duration};

/// How the service is. Whoever runs it knows; here it is only told to those who ask.
pub trait Vitals: Debug + Send + Sync + 'static {
    /// What questions are answered with.
    fn reading(&self) -> Vec<Part>;

    /// What events are stored with: broker and database, and each domain by its name.
    fn ingest(&self) -> Vec<Part>;

    /// All metrics, in the text form of Prometheus.
    fn metrics(&self) -> String;
}

/// A part that the service needs, such as the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is called. Everybody may read it: no address, nothing of an event.
    pub name: String,
    /// Why it is not at work, in words for operators that everybody may read as well. `None`: it is.
    pub trouble: Option<String>,
    /// What is wrong with it although it is at work, in such words too.
    pub warning: Option<String>,
    /// For how long that has been so.
    pub since: Duration,
}
