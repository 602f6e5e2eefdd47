//! What can't be made is refused politely, and nothing is written.
#![expect(clippy::unwrap_used, reason = "tests: what goes wrong fails the test")]

use std::path::Path;

use chrono::NaiveDate;
use clap::Parser;
use workspace::{Args, Files};

fn repository() -> Files {
    Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap()
}

/// What is said of a command, given these files.
fn refused_in(files: &Files, args: &[&str]) -> Vec<String> {
    let args = Args::try_parse_from([&["new-domain"], args].concat()).unwrap();
    let mut after = files.clone();
    let refusals = args.domain(NaiveDate::MIN).add_to(&mut after).unwrap_err();
    assert!(after == *files, "something was written");
    refusals.iter().map(ToString::to_string).collect()
}

fn refused(args: &[&str]) -> Vec<String> {
    refused_in(&repository(), args)
}

#[test]
fn a_name_that_is_none() {
    for name in ["Refund", "refund_log", "re fund", "refund-", "re--fund", "2nd", "환불", "../refund"] {
        let said = refused(&[name, "--table", "p_lost_thing_log"]);
        assert_eq!(
            said,
            [format!("`{name}` is no name of a domain: use small letters, digits and -, such as gift-card")]
        );
    }
    assert!(refused(&["a-name-that-goes-on-and-on-and-on"])[0].contains("has at most 30 letters"));
}

#[test]
fn a_table_that_is_none() {
    for table in ["refund", "p_Refund_log", "p_refund", "p_refund;drop_log", "p__log"] {
        let said = refused(&["lost-thing", "--table", table]);
        assert_eq!(
            said,
            [format!("`{table}` is no name of a log table: call it p_…_log, such as p_gift_card_log")]
        );
    }
}

#[test]
fn what_is_taken() {
    assert_eq!(
        refused(&["payment", "--table", "p_other_log"]),
        ["there is a domain `payment`: crates/payment-log is there"]
    );
    let said = refused(&["lost-thing", "--table", "p_payment_log"]);
    assert!(
        said[0].starts_with("there is a table `p_payment_log`: migration/src/m20251201_000004"),
        "{said:?}"
    );
    assert!(refused(&["access"])[0].starts_with("there is a table `p_access_log`"));
}

#[test]
fn fields_that_cannot_be() {
    let own = |own: &'static str| refused(&["lost-thing", "--own", own]);
    assert!(own("type:text?")[0].contains("`type` is a word of Rust or SQL"));
    assert!(
        own("order:text?")[0]
            .contains("`order` is what every log table or every search calls something else")
    );
    assert!(own("occurredAt:text?")[0].contains("`occurred_at` is what every log table"));
    assert_eq!(
        own("reason:text,reason:text?"),
        ["`reason` is there twice: every event has it, or it was named before"]
    );
    assert_eq!(
        own("actorUserId:uuid")[0],
        "`actorUserId` is there twice: every event has it, or it was named before"
    );
    assert!(own("aFieldWhoseNameGoesOnAndOnAndOn:text?")[0].contains("has at most 30 letters"));
    assert!(
        own("a1:i64,a2:i64,a3:i64,a4:i64,a5:i64,a6:i64")[0].starts_with("6 required fields are too many")
    );
    assert_eq!(
        refused(&["lost-thing", "--id", "refundNumber:text"]),
        ["`refundNumber`, the id, must be a uuid or an i64; it may always be absent"]
    );
}

#[test]
fn a_field_that_is_something_else_in_another_domain() {
    assert_eq!(
        refused(&["lost-thing", "--own", "method:i64"]),
        ["`method` is text in p_payment_log, and one search looks at both: take that type, or another name"]
    );
    let mut files = repository();
    let same =
        Args::try_parse_from(["new-domain", "lost-thing", "--own", "method:text,retryCount:i32?"]).unwrap();
    same.domain(NaiveDate::MIN).add_to(&mut files).unwrap();
}

#[test]
fn actions_that_cannot_be() {
    let actions = |actions: &'static str| refused(&["lost-thing", "--actions", actions]);
    assert!(actions("created")[0].starts_with("`created` can't be an action: use large letters"));
    assert!(actions("ALL")[0].starts_with("`ALL` can't be an action"));
    assert_eq!(actions("VIEW"), ["`VIEW` is one of ingest.read_actions: such events are not stored"]);
    assert_eq!(actions("DONE,DONE"), ["the action `DONE` is there twice"]);
}

#[test]
fn words_that_would_break_a_line() {
    for about in ["", "two\nlines", "a \"quoted\" word", "a \\"] {
        assert!(
            refused(&["lost-thing", "--about", about])[0].starts_with("--about takes a few words"),
            "{about}"
        );
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    assert_eq!(refused(&["payment", "--own", "type:text", "--actions", "VIEW"]).len(), 4);
}

#[test]
fn a_file_without_a_place_for_the_line_says_which_line() {
    let mut files = repository();
    files.set("crates/log-service/src/domains.rs", "pub fn all() {}\n");
    assert_eq!(
        refused_in(&files, &["lost-thing"]),
        ["crates/log-service/src/domains.rs has no line beside which this one could stand; add it by hand: \
          DomainRegistration::of::<lost_thing_log::LostThingLog>(),"]
    );
}
