//! Every text that people see, in every language. Each language is a constant of the same struct, so that a missing text
//! does not compile.
//!
//! Codes are never translated: action types, ids, names of time zones, texts of the API.

mod access_log;
mod api;
mod columns;
mod common;
mod dead_letters;
mod error;
mod event;
mod frame;
mod names;
mod overview;
mod search;
mod sign_in;
mod timeline;
mod units;

use crate::language::Language;

/// All texts of one language.
#[derive(Debug)]
pub(crate) struct Texts {
    pub(crate) language: Language,
    pub(crate) access_log: access_log::AccessLog,
    pub(crate) api: api::Api,
    pub(crate) columns: columns::Columns,
    pub(crate) common: common::Common,
    pub(crate) dead_letters: dead_letters::DeadLetters,
    pub(crate) event: event::Event,
    pub(crate) frame: frame::Frame,
    pub(crate) names: names::Names,
    pub(crate) overview: overview::Overview,
    pub(crate) search: search::Search,
    pub(crate) sign_in: sign_in::SignIn,
    pub(crate) timeline: timeline::Timeline,
    pub(crate) error: error::Errors,
    pub(crate) units: units::Units,
}

pub(crate) static ENGLISH: Texts = Texts {
    language: Language::English,
    access_log: access_log::EN,
    api: api::EN,
    columns: columns::EN,
    common: common::EN,
    dead_letters: dead_letters::EN,
    event: event::EN,
    frame: frame::EN,
    names: names::EN,
    overview: overview::EN,
    search: search::EN,
    sign_in: sign_in::EN,
    timeline: timeline::EN,
    error: error::EN,
    units: units::EN,
};

pub(crate) static KOREAN: Texts = Texts {
    language: Language::Korean,
    access_log: access_log::KO,
    api: api::KO,
    columns: columns::KO,
    common: common::KO,
    dead_letters: dead_letters::KO,
    event: event::KO,
    frame: frame::KO,
    names: names::KO,
    overview: overview::KO,
    search: search::KO,
    sign_in: sign_in::KO,
    timeline: timeline::KO,
    error: error::KO,
    units: units::KO,
};

impl Texts {
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::Korean => &KOREAN,
        }
    }
}

/// A number with separators of thousands, as both languages write it.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!((ENGLISH.common.n_events)(1), "1 event");
        assert_eq!((ENGLISH.common.n_events)(1200), "1,200 events");
        assert_eq!((KOREAN.common.n_events)(1), "이벤트 1건");
    }
}
