use lapin::types::AMQPValue;

/// An argument in which what exists differs from what was asked for. The broker names one in each refusal (406).
#[derive(Debug, PartialEq)]
pub(crate) struct Difference<'r> {
    /// Its name, such as `x-message-ttl` or `durable`.
    pub(crate) argument: &'r str,
    pub(crate) current: Current,
}

/// What the argument is.
#[derive(Debug, PartialEq)]
pub(crate) enum Current {
    Absent,
    Is(AMQPValue),
    /// The broker's texts end after 255 bytes.
    CutOff,
}

impl<'r> Difference<'r> {
    /// Reads `… inequivalent arg 'x-message-ttl' for queue 'q' in vhost '/': received none but current is the value '1000'
    /// of type 'signedint'`.
    pub(crate) fn read(refusal: &'r str) -> Option<Self> {
        let (_, told) = refusal.split_once("inequivalent arg '")?;
        let (argument, told) = told.split_once('\'')?;
        let current = told.rsplit_once(" but current is ").and_then(|(_, current)| read_current(current));
        Some(Self { argument, current: current.unwrap_or(Current::CutOff) })
    }
}

fn read_current(told: &str) -> Option<Current> {
    if told == "none" {
        return Some(Current::Absent);
    }
    let told = told.strip_prefix("the value ").unwrap_or(told);
    let (text, kind) = match told.rsplit_once("' of type '") {
        Some((text, kind)) => (text, Some(kind.strip_suffix('\'')?)),
        None => (told.strip_suffix('\'')?, None),
    };
    let text = text.strip_prefix('\'')?;
    let is_text = kind == Some("longstr");
    let value = match (text.parse(), text.parse()) {
        (Ok(number), _) if !is_text => AMQPValue::LongLongInt(number),
        (_, Ok(boolean)) if !is_text => AMQPValue::Boolean(boolean),
        _ => AMQPValue::LongString(text.into()),
    };
    Some(Current::Is(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_the_broker_are_read() {
        let refusal = |told: &str| format!("PRECONDITION_FAILED - inequivalent arg {told}");
        let text = |text: &str| Current::Is(AMQPValue::LongString(text.into()));
        for (told, argument, current) in [
            (
                "'x-message-ttl' for queue 'q' in vhost '/': received none but current is the value '1000' of type 'signedint'",
                "x-message-ttl",
                Current::Is(AMQPValue::LongLongInt(1000)),
            ),
            (
                "'x-dead-letter-exchange' for queue 'q' in vhost '/': received the value 'a' of type 'longstr' but current is none",
                "x-dead-letter-exchange",
                Current::Absent,
            ),
            (
                "'x-dead-letter-exchange' for queue 'q' in vhost '/': received 'a' but current is '1000'",
                "x-dead-letter-exchange",
                Current::Is(AMQPValue::LongLongInt(1000)),
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
                Current::Is(AMQPValue::Boolean(false)),
            ),
            (
                "'type' for exchange 'e' in vhost '/': received 'topic' but current is 'fanout'",
                "type",
                text("fanout"),
            ),
            (
                "'x-dead-letter-exchange' for queue 'q' in vhost '/': received none but current is the value 'a.very.long...",
                "x-dead-letter-exchange",
                Current::CutOff,
            ),
            ("'x-message-ttl' for queue 'a.very.long...", "x-message-ttl", Current::CutOff),
        ] {
            assert_eq!(Difference::read(&refusal(told)), Some(Difference { argument, current }), "{told}");
        }
        assert_eq!(Difference::read("PRECONDITION_FAILED - something else"), None);
    }
}
