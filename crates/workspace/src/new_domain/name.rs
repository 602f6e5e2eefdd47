//! Names as they are written in different places.

/// What PostgreSQL, SQLite or Rust takes for something else, where a column's name stands without quotes.
const RESERVED: [&str; 63] = [
    "abstract",
    "all",
    "and",
    "any",
    "as",
    "asc",
    "async",
    "await",
    "between",
    "box",
    "break",
    "case",
    "check",
    "column",
    "const",
    "constraint",
    "continue",
    "crate",
    "create",
    "default",
    "delete",
    "desc",
    "distinct",
    "do",
    "drop",
    "dyn",
    "else",
    "end",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "foreign",
    "grant",
    "group",
    "having",
    "if",
    "impl",
    "in",
    "index",
    "insert",
    "into",
    "is",
    "join",
    "like",
    "match",
    "mod",
    "move",
    "not",
    "null",
    "offset",
    "on",
    "or",
    "primary",
    "references",
    "select",
    "table",
    "then",
    "true",
    "union",
    "unique",
];

const RESERVED_TOO: [&str; 22] = [
    "let", "loop", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "try", "type", "typeof", "unsafe", "update", "use", "user", "when", "where",
];

/// Columns of every log table, and what questions say of other things.
const TAKEN: [&str; 26] = [
    "id",
    "seq",
    "action_type",
    "actor_id",
    "actor_type",
    "resource_id",
    "occurred_at",
    "recorded_at",
    "trace_id",
    "extra",
    "domain",
    "from",
    "to",
    "order",
    "limit",
    "cursor",
    "tz",
    "format",
    "bom",
    "q",
    "widen",
    "by",
    "bucket",
    "key",
    "number",
    "event_id",
];

/// `reservation-seat`: words of small letters and digits.
pub(super) fn is_kebab(name: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    name.split('-').all(is_word)
}

/// `seatNumber`: as fields are called on the wire.
pub(super) fn is_camel(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// `CANCELED_BY_USER`.
pub(super) fn is_action(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
}

/// Why a column can't have this name, if so.
pub(super) fn objection(column: &str) -> Option<&'static str> {
    if TAKEN.contains(&column) {
        Some("is what every log table or every search calls something else")
    } else if RESERVED.contains(&column) || RESERVED_TOO.contains(&column) {
        Some("is a word of Rust or SQL")
    } else {
        None
    }
}

/// `seatNumber` as `seat_number`.
pub(super) fn snake(camel: &str) -> String {
    let mut snake = String::new();
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// `reservation-seat` as `ReservationSeat`.
pub(super) fn pascal(kebab: &str) -> String {
    kebab.split('-').map(capital).collect()
}

/// `reservation-seat` as `reservationSeat`.
pub(super) fn camel(kebab: &str) -> String {
    let pascal = pascal(kebab);
    pascal[..1].to_lowercase() + &pascal[1..]
}

/// `seatNumber` as `seat number`.
pub(super) fn words(camel: &str) -> String {
    snake(camel).replace('_', " ")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
