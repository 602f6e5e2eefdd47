//! What publishers send beyond what is known of them: a new action, a new field. It is stored, and somebody should
//! hear of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use lapin::{
    BasicProperties,
    types::{AMQPValue, ShortString},
};

/// What a batch has of it.
#[derive(Debug, Default)]
pub(crate) struct Unknown {
    /// Events whose action is not in the domain's list.
    pub(crate) actions: u64,
    /// Fields that no column holds, by their publisher.
    pub(crate) fields: BTreeMap<String, u64>,
}

impl Unknown {
    pub(crate) fn add_fields(&mut self, publisher: &str, count: usize) {
        match self.fields.get_mut(publisher) {
            Some(fields) => *fields += count as u64,
            None => {
                self.fields.insert(publisher.to_owned(), count as u64);
            }
        }
    }
}

/// The publishers that were heard of. They become a metric's label, so there can be only some of them.
#[derive(Debug, Default)]
pub(crate) struct Publishers(Mutex<BTreeSet<String>>);

impl Publishers {
    const MOST: usize = 50;
    const OTHER: &str = "other";

    /// A message's publisher: the class that it names, without its package, else the application's name.
    pub(crate) fn name<'m>(&self, properties: &'m BasicProperties) -> &'m str {
        let Some(name) = class(properties).or_else(|| properties.app_id().as_ref().map(ShortString::as_str))
        else {
            return "unknown";
        };
        if is_name(name) && self.has_room_for(name) { name } else { Self::OTHER }
    }

    fn has_room_for(&self, name: &str) -> bool {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.contains(name) || (names.len() < Self::MOST && names.insert(name.to_owned()))
    }
}

/// `AuthLogEvent` of Spring's header `__TypeId__: com.tickatch.auth.AuthLogEvent`.
fn class(properties: &BasicProperties) -> Option<&str> {
    let AMQPValue::LongString(class) = properties.headers().as_ref()?.inner().get("__TypeId__")? else {
        return None;
    };
    std::str::from_utf8(class.as_bytes()).ok()?.rsplit(['.', '$']).next()
}

/// Whether a text is what programs are called, and nothing else.
fn is_name(text: &str) -> bool {
    const LONGEST: usize = 60;
    let mut bytes = text.bytes();
    (1..=LONGEST).contains(&text.len())
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
        let publishers = Publishers::default();
        assert_eq!(publishers.name(&with_class("com.tickatch.auth.AuthLogEvent")), "AuthLogEvent");
        assert_eq!(publishers.name(&with_class("com.tickatch.Outer$Inner")), "Inner");
        assert_eq!(publishers.name(&BasicProperties::default().with_app_id("seats".into())), "seats");
        assert_eq!(publishers.name(&BasicProperties::default()), "unknown");
    }

    #[test]
    fn what_is_no_name_and_whoever_comes_late_is_other() {
        let publishers = Publishers::default();
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
