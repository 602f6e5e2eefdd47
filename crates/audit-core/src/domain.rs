use std::fmt;

/// The name of a domain in queue names and routing keys, such as `payment` or `reservation-seat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain(&'static str);

impl Domain {
    /// A domain by its name on the wire.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }

    /// The key that publishers give to the exchange: `<domain>.log`.
    #[must_use]
    pub fn routing_key(self) -> String {
        format!("{self}.log")
    }

    /// The key under which the domain's dead letters are routed: `dlq.<domain>.log`.
    #[must_use]
    pub fn dead_letter_routing_key(self) -> String {
        format!("dlq.{self}.log")
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
