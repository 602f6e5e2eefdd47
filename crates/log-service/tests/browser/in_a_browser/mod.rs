mod accessibility;
mod choices;
mod dead_letters;
mod narrow;
mod pictures;
mod search;
mod signing_in;
mod timeline;
mod without_script;

/// From before the first of the sample events.
const FROM: &str = "from=2025-12-01";

/// The reservation that the samples tell of.
const NUMBER: &str = "R20251206-000017";

/// The dead letter that is there from the beginning.
const LETTER: &str = "d3522fcd08900a60";

/// Every page, with something to see on it.
fn pages() -> [(&'static str, String); 9] {
    [
        ("overview", "/overview?range=30d".to_owned()),
        ("search", format!("/search?{FROM}")),
        ("timeline", format!("/timeline?q={NUMBER}&{FROM}")),
        ("event", "/events/payment/8bf33b16-3615-476a-91b2-90683a88164d".to_owned()),
        ("dead letters", "/dead-letters".to_owned()),
        ("dead letter", format!("/dead-letters/payment/{LETTER}")),
        ("discarding", "/dead-letters/discard?all=true".to_owned()),
        ("access log", "/access-log".to_owned()),
        ("api", "/api".to_owned()),
    ]
}
