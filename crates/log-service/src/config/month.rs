use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A month of the calendar, such as 2020-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month(NaiveDate);

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let first_day = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok();
        // What can't be written in the same way again was another form.
        let month = first_day.map(Self).filter(|month| month.to_string() == text);
        let refused = || de::Error::invalid_value(de::Unexpected::Str(&text), &"a month such as 2020-01");
        month.ok_or_else(refused)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}
