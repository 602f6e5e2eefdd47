use lapin::types::AMQPValue;

/// An argument of an existing queue or exchange that differs from the declared one. The broker names one for each refusal
/// (406).
#[derive(Debug, PartialEq)]
pub(super) struct InequivalentArgument<'r> {
    /// Its name, such as `x-message-ttl` or `durable`.
    pub(super) name: &'r str,
    pub(super) current: CurrentValue,
}

/// Its current value.
#[derive(Debug, PartialEq)]
pub(super) enum CurrentValue {
    Absent,
    Is(AMQPValue),
    /// Cut off: the broker truncates its texts after 255 bytes.
    Truncated,
}

impl<'r> InequivalentArgument<'r> {
    /// Parses `… inequivalent arg 'x-message-ttl' for queue 'q' in vhost '/': received none but current is the value '1000'
    /// of type 'signedint'`.
    pub(super) fn parse(refusal: &'r str) -> Option<Self> {
        let (_, rest) = refusal.split_once("inequivalent arg '")?;
        let (name, rest) = rest.split_once('\'')?;
        let current =
            rest.rsplit_once(" but current is ").and_then(|(_, current)| CurrentValue::parse(current));
        Some(Self { name, current: current.unwrap_or(CurrentValue::Truncated) })
    }
}

impl CurrentValue {
    fn parse(text: &str) -> Option<Self> {
        if text == "none" {
            return Some(Self::Absent);
        }
        let text = text.strip_prefix("the value ").unwrap_or(text);
        let (value, kind) = match text.rsplit_once("' of type '") {
            Some((value, kind)) => (value, Some(kind.strip_suffix('\'')?)),
            None => (text.strip_suffix('\'')?, None),
        };
        let value = value.strip_prefix('\'')?;
        let is_text = kind == Some("longstr");
        Some(Self::Is(match (value.parse(), value.parse()) {
            (Ok(number), _) if !is_text => AMQPValue::LongLongInt(number),
            (_, Ok(boolean)) if !is_text => AMQPValue::Boolean(boolean),
            _ => AMQPValue::LongString(value.into()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_the_broker_are_read() {
        let refusal = |rest: &str| format!("PRECONDITION_FAILED - inequivalent arg {rest}");
        let text = |text: &str| CurrentValue::Is(AMQPValue::LongString(text.into()));
        for (rest, name, current) in [
            (
                "'x-message-ttl' for queue 'q' in vhost '/': received none but current is the value '1000' of type 'signedint'",
                "x-message-ttl",
                CurrentValue::Is(AMQPValue::LongLongInt(1000)),
            ),
            (
                "'x-dead-letter-exchange' for queue 'q' in vhost '/': received the value 'a' of type 'longstr' but current is none",
                "x-dead-letter-exchange",
                CurrentValue::Absent,
            ),
            (
                "'x-dead-letter-exchange' for queue 'q' in vhost '/': received 'a' but current is '1000'",
                "x-dead-letter-exchange",
                CurrentValue::Is(AMQPValue::LongLongInt(1000)),
            ),
            (
                "'x-overflow' for queue 'q but current is none' in vhost '/': received none but current is the value 'reject-publish' of type 'longstr'",
                "x-overflow",
                text("reject-publish"),
            ),
            (
                "'x-dead-letter-exchange' for queue 'q' in vhost '/': received none but current is the value '7' of type 'longstr'",
                "x-dead-letter-exchange",
                text("7"),
            ),
            (
                "'durable' for queue 'q' in vhost '/': received 'true' but current is 'false'",
                "durable",
                CurrentValue::Is(AMQPValue::Boolean(false)),
            ),
            (
                "'type' for exchange 'e' in vhost '/': received 'topic' but current is 'fanout'",
                "type",
                text("fanout"),
            ),
            (
                "'x-dead-letter-exchange' for queue 'q' in vhost '/': received none but current is the value 'a.very.long...",
                "x-dead-letter-exchange",
                CurrentValue::Truncated,
            ),
            ("'x-message-ttl' for queue 'a.very.long...", "x-message-ttl", CurrentValue::Truncated),
        ] {
            let argument = InequivalentArgument { name, current };
            assert_eq!(InequivalentArgument::parse(&refusal(rest)), Some(argument), "{rest}");
        }
        assert_eq!(InequivalentArgument::parse("PRECONDITION_FAILED - something else"), None);
    }
}
