use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use lapin::{
    BasicProperties,
    types::{AMQPValue, ShortString},
};

/// The publishers seen so far. They are values of a metric's label, so their number is bounded.
#[derive(Debug, Default)]
pub(crate) struct PublisherNames(Mutex<BTreeSet<String>>);

impl PublisherNames {
    const MAX_NAMES: usize = 50;
    const OTHER: &str = "other";

    /// A message's publisher: the class named by its headers, without the package; otherwise the application's name.
    pub(crate) fn name<'m>(&self, properties: &'m BasicProperties) -> &'m str {
        let Some(name) = class(properties).or_else(|| properties.app_id().as_ref().map(ShortString::as_str))
        else {
            return "unknown";
        };
        if is_name(name) && self.has_room_for(name) { name } else { Self::OTHER }
    }

    fn has_room_for(&self, name: &str) -> bool {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.contains(name) || (names.len() < Self::MAX_NAMES && names.insert(name.to_owned()))
    }
}

/// `AuthLogEvent` of Spring's header `__TypeId__: com.tickatch.auth.AuthLogEvent`.
fn class(properties: &BasicProperties) -> Option<&str> {
    let AMQPValue::LongString(class) = properties.headers().as_ref()?.inner().get("__TypeId__")? else {
        return None;
    };
    std::str::from_utf8(class.as_bytes()).ok()?.rsplit(['.', '$']).next()
}

/// Whether a text can only be a program's name.
fn is_name(text: &str) -> bool {
    const MAX_LENGTH: usize = 60;
    let mut bytes = text.bytes();
    (1..=MAX_LENGTH).contains(&text.len())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use lapin::types::FieldTable;

    use super::*;

    fn with_class(class: &str) -> BasicProperties {
        let mut headers = FieldTable::default();
        headers.insert("__TypeId__".into(), AMQPValue::LongString(class.into()));
        BasicProperties::default().with_headers(headers)
    }

    #[test]
    fn a_publisher_is_known_by_its_class_or_application() {
        let publishers = PublisherNames::default();
        assert_eq!(publishers.name(&with_class("com.tickatch.auth.AuthLogEvent")), "AuthLogEvent");
        assert_eq!(publishers.name(&with_class("com.tickatch.Outer$Inner")), "Inner");
        assert_eq!(publishers.name(&BasicProperties::default().with_app_id("seats".into())), "seats");
        assert_eq!(publishers.name(&BasicProperties::default()), "unknown");
    }

    #[test]
    fn what_is_no_name_and_whoever_comes_late_is_other() {
        let publishers = PublisherNames::default();
        for class in ["", "a.b.", "kim@example.com,x", &"x".repeat(61), "결제"] {
            assert_eq!(publishers.name(&with_class(class)), "other", "{class}");
        }
        for number in 0..50 {
            let name = format!("Event{number}");
            assert_eq!(publishers.name(&with_class(&name)), name);
        }
        assert_eq!(publishers.name(&with_class("Event50")), "other");
        assert_eq!(publishers.name(&with_class("Event7")), "Event7");
    }
}
