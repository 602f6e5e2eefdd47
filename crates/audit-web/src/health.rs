use std::{fmt::Debug, time::Duration};

/// Reports the health of the service. Implemented by whoever runs it.
pub trait HealthSource: Debug + Send + Sync + 'static {
    /// What answering readers depends on.
    fn reading(&self) -> Vec<Component>;

    /// What storing events depends on: the broker, the database, and each domain by its name.
    fn ingest(&self) -> Vec<Component>;

    /// All metrics, in the text format of Prometheus.
    fn metrics(&self) -> String;
}

/// A component that the service needs, such as the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its name. Like all texts of a component it is public: no address, nothing of an event.
    pub name: String,
    /// Why it doesn't work, for operators. `None`: it works.
    pub problem: Option<String>,
    /// What is wrong with it although it works.
    pub warning: Option<String>,
    /// How long this has been so.
    pub since: Duration,
}
