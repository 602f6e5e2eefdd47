//! The headers of dead letters. Those that begin with `x-exception` and `x-original` are the ones that Spring uses.

/// Why the message can't be stored: the code of a [`DeadLetterReason`](super::DeadLetterReason).
pub const REASON: &str = "x-audit-reason";
/// The field to blame, if there is one.
pub const FIELD: &str = "x-audit-field";
/// When it was dead-lettered: RFC 3339, in UTC.
pub const TIME: &str = "x-audit-time";
/// How often it was replayed.
pub const REPLAYS: &str = "x-audit-replays";
/// Present if the original's headers were removed.
pub const HEADERS_LEFT_OUT: &str = "x-audit-headers";
/// The reason in prose.
pub const EXCEPTION_MESSAGE: &str = "x-exception-message";
/// The exchange that the original was published to.
pub const ORIGINAL_EXCHANGE: &str = "x-original-exchange";
/// The key that the original was published with.
pub const ORIGINAL_ROUTING_KEY: &str = "x-original-routingKey";
/// The original's property `user-id`.
pub const ORIGINAL_USER_ID: &str = "x-original-user-id";
/// The original's property `expiration`.
pub const ORIGINAL_EXPIRATION: &str = "x-original-expiration";

/// If properties or headers could not be read: all of them as the publisher wrote them (AMQP 0-9-1, content header, from the
/// flags on), or empty if there was no room for them. The readable part is kept as well.
pub const ORIGINAL_PROPERTIES: &str = "x-original-properties";

/// The prefixes of their names. A replayed message has none of these headers.
pub const PREFIXES: [&str; 3] = ["x-audit-", "x-exception-", "x-original-"];
