use std::fmt;

/// Why a message can never be stored.
///
/// `docs/operations/dead-letters.md` has a table of them for operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeadLetterReason {
    /// Its routing key belongs to another domain.
    WrongDomain,
    /// AMQP libraries can't read its properties or headers.
    UnreadableProperties,
    /// Its charset or compression is not supported.
    UnknownEncoding,
    /// Its body is in another encoding than its properties say.
    WrongEncoding,
    /// It has several events that can't be split.
    BrokenBatch,
    /// Its format is not supported.
    UnknownFormat,
    /// Its body is not JSON.
    NotJson,
    /// Its body is JSON, but not an object.
    NotAnObject,
    /// A field is missing that every event of the domain has.
    MissingField,
    /// A field's value can't be stored.
    InvalidField,
    /// Its time is too far in the future.
    TooFarAhead,
    /// It is too large.
    TooLarge,
    /// The domain's mapping gives a column no value.
    UnmappedColumn,
    /// Its id is stored with other content.
    Conflict,
    /// The database refuses its row.
    RefusedByDatabase,
}

impl DeadLetterReason {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::WrongDomain,
        Self::UnreadableProperties,
        Self::UnknownEncoding,
        Self::WrongEncoding,
        Self::BrokenBatch,
        Self::UnknownFormat,
        Self::NotJson,
        Self::NotAnObject,
        Self::MissingField,
        Self::InvalidField,
        Self::TooFarAhead,
        Self::TooLarge,
        Self::UnmappedColumn,
        Self::Conflict,
        Self::RefusedByDatabase,
    ];

    /// The code in a dead letter's headers and in metrics.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.texts().0
    }

    /// What it means, for people.
    #[must_use]
    pub const fn description(self) -> &'static str {
        self.texts().1
    }

    /// The reason with this code. Another version of the service may have others.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// Code and description.
    const fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::WrongDomain => ("wrong_domain", "the routing key is another domain's"),
            Self::UnreadableProperties => (
                "unreadable_properties",
                "a property or header name is not UTF-8, or headers have more than 1,000 values or 32 levels",
            ),
            Self::UnknownEncoding => ("unknown_encoding", "unsupported charset or compression"),
            Self::WrongEncoding => {
                ("wrong_encoding", "the body does not match its properties, or is truncated")
            }
            Self::BrokenBatch => {
                ("broken_batch", "a Spring batch with a length that is missing or goes beyond the end")
            }
            Self::UnknownFormat => ("unknown_format", "unsupported format"),
            Self::NotJson => ("not_json", "not JSON in UTF-8, or nested too deeply"),
            Self::NotAnObject => ("not_an_object", "JSON, but a list, text, number or `null`"),
            Self::MissingField => {
                ("missing_field", "`eventId`, `actionType`, `actorType` or `occurredAt` is missing or null")
            }
            Self::InvalidField => ("invalid_field", "a field's value can't be stored"),
            Self::TooFarAhead => ("too_far_ahead", "later than the last month that the log is ready for"),
            Self::TooLarge => ("too_large", "more than `ingest.max_body_bytes`"),
            Self::UnmappedColumn => ("unmapped_column", "a defect in the domain's crate"),
            Self::Conflict => ("conflict", "the id is stored with another time or content"),
            Self::RefusedByDatabase => ("refused_by_database", "the database refuses this row"),
        }
    }
}

impl fmt::Display for DeadLetterReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_has_every_reason_with_its_description() {
        let documentation = include_str!("../../../../docs/operations/dead-letters.md");
        let (_, table) =
            documentation.split_once("| reason | meaning | what to do |\n|---|---|---|\n").unwrap();
        let rows = table.lines().take_while(|line| line.starts_with('|'));
        let rows: Vec<Vec<_>> = rows.map(|row| row.split('|').map(str::trim).collect()).collect();
        let (ours, others) = rows.split_at(DeadLetterReason::ALL.len());
        for (reason, row) in DeadLetterReason::ALL.iter().zip(ours) {
            assert_eq!(row[1], format!("`{reason}`"));
            assert!(row[2].starts_with(reason.description()), "{reason}: {}", row[2]);
        }
        for row in others {
            assert_eq!(DeadLetterReason::from_code(row[1].trim_matches('`')), None, "{}", row[1]);
        }
    }

    #[test]
    fn a_reason_is_known_by_its_code() {
        for reason in DeadLetterReason::ALL {
            assert_eq!(DeadLetterReason::from_code(reason.code()), Some(reason));
        }
        assert_eq!(DeadLetterReason::from_code("of_another_version"), None);
    }
}
