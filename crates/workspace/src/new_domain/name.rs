//! Names as they are written in different places.

/// What PostgreSQL, SQLite or Rust takes for something else, where a column's name stands without quotes.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "abstract", "add", "all", "alter", "analyse", "analyze", "and", "any", "array", "as", "asc", "async",
    "autoincrement", "await", "between", "both", "box", "break", "case", "cast", "check", "collate",
    "column", "commit", "const", "constraint", "continue", "crate", "create", "current_date",
    "current_time", "current_timestamp", "current_user", "default", "deferrable", "delete", "desc",
    "distinct", "do", "drop", "dyn", "else", "end", "enum", "escape", "except", "exists", "extern", "false",
    "fetch", "final", "fn", "for", "foreign", "gen", "grant", "group", "having", "if", "impl", "in",
    "index", "initially", "insert", "intersect", "into", "is", "isnull", "join", "lateral", "leading",
    "let", "like", "localtime", "localtimestamp", "loop", "match", "mod", "move", "mut", "not", "notnull",
    "null", "offset", "on", "only", "or", "override", "placing", "primary", "priv", "pub", "raise", "ref",
    "references", "return", "returning", "select", "self", "session_user", "set", "some", "static",
    "struct", "super", "symmetric", "table", "then", "trailing", "trait", "transaction", "true", "try",
    "type", "typeof", "union", "unique", "unsafe", "update", "use", "user", "using", "values", "variadic",
    "when", "where", "window", "with", "yield",
];

/// Columns of every log table, and what questions say of other things.
#[rustfmt::skip]
const TAKEN: &[&str] = &[
    "id", "seq", "action_type", "actor_id", "actor_type", "resource_id", "occurred_at", "recorded_at",
    "trace_id", "extra", "domain", "from", "to", "order", "limit", "cursor", "tz", "format", "bom", "q",
    "widen", "by", "bucket", "key", "number", "event_id",
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
    } else if RESERVED.contains(&column) {
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
    match kebab.split_once('-') {
        Some((first, rest)) => first.to_owned() + &pascal(rest),
        None => kebab.to_owned(),
    }
}

/// `seatNumber` as `seat number`.
pub(super) fn words(camel: &str) -> String {
    snake(camel).replace('_', " ")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
