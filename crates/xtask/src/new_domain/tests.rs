//! What the command writes, and what it refuses.

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    domain: NewDomain,
}

fn changes(arguments: &[&str]) -> Result<Changes, NewDomainError> {
    let arguments = Arguments::try_parse_from([&["new-domain"], arguments].concat()).unwrap();
    arguments.domain.changes(&Repository::here(), NaiveDate::MIN)
}

fn refused(arguments: &[&str]) -> Vec<String> {
    match changes(arguments) {
        Err(NewDomainError::Refused(refusals)) => refusals,
        other => panic!("{other:?}"),
    }
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
        ["there is a domain `payment`: its crate is crates/payment-log"]
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
        [
            "`method` has another type in crates/payment-log/src/entity.rs, and one search reads both: take that type, or \
          another name"
        ]
    );
    changes(&["lost-thing", "--own", "method:text,retryCount:i32?"]).unwrap();
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
fn a_new_line_is_beside_those_of_the_other_domains() {
    let changes = changes(&["lost-thing"]).unwrap();
    let lines = |file: &str| changes[file].lines().map(str::to_owned).collect::<Vec<_>>();
    let list = lines("crates/log-service/src/domains.rs");
    let at = list.iter().position(|line| line.contains("<lost_thing_log::LostThingLog>(),")).unwrap();
    assert!(list[at - 1].contains("<auth_log::AuthLog>(),") && list[at + 1].contains("<payment_log::"));
    let readme = lines("README.ko.md");
    assert!(readme.contains(
        &"lost-thing        p_lost_thing_log        tickatch.lost-thing.log.queue        lost-thing.log           2"
            .to_owned()
    ));
    let migrations = lines("migration/src/lib.rs");
    let newest = migrations.iter().filter(|line| line.starts_with("mod m2")).max().unwrap();
    assert!(newest.ends_with("_lost_thing_log;"), "{newest}");
}

/// The guide's domain under another name of the same length, so that it may be added to the repository.
fn renamed(text: &str) -> String {
    text.replace("refund", "recall").replace("Refund", "Recall")
}

/// Without what differs each time, and what `cargo fmt` decides.
fn normalized(text: &str) -> String {
    let is_own = |part: &str| part.parse::<uuid::Uuid>().is_ok();
    let parts = text.split('"').map(|part| if is_own(part) { "id" } else { part });
    parts.collect::<Vec<_>>().join("\"").split_whitespace().collect()
}

#[test]
fn the_guide_shows_what_the_command_writes() {
    let guide = renamed(&Repository::here().text("docs/adding-a-domain.md").unwrap());
    let command = guide.lines().find_map(|line| line.strip_prefix("just new-domain ")).unwrap();
    let arguments: Vec<_> = command.split_whitespace().map(|word| word.trim_matches('"')).collect();
    let written = changes(&arguments).unwrap();
    let written: String = written.values().map(|text| normalized(text)).collect();
    let (_, by_hand) = guide.split_once("\n## By hand\n").unwrap();
    let (by_hand, _) = by_hand.split_once("\n## ").unwrap();
    let blocks: Vec<_> = by_hand.split("\n```").skip(1).step_by(2).collect();
    assert!(blocks.len() > 5);
    for block in blocks.iter().filter(|block| !block.starts_with("text\n")) {
        let (_, code) = block.split_once('\n').unwrap();
        assert!(written.contains(&normalized(code)), "the command does not write\n{code}");
    }
}
