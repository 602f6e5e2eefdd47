//! What the command writes.

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    domain: NewDomain,
}

fn parsed(arguments: &[&str]) -> Result<NewDomain, String> {
    let arguments = Arguments::try_parse_from([&["new-domain"], arguments].concat());
    arguments.map(|arguments| arguments.domain).map_err(|error| error.to_string())
}

fn changes(arguments: &[&str]) -> Result<Changes, NewDomainError> {
    parsed(arguments).unwrap().changes(&Repository::here(), NaiveDate::MIN)
}

#[test]
fn an_invalid_name_is_refused() {
    for name in ["Refund", "refund_log", "re fund", "refund-", "re--fund", "2nd", "환불", "../refund", ""] {
        assert!(parsed(&[name]).unwrap_err().contains("use lowercase letters, digits and -"), "{name}");
    }
}

#[test]
fn an_invalid_field_is_refused() {
    for field in ["amount", "retry_count:i32", "Amount:i32", ":i32", "amount:float", "amount:indexed_i64"] {
        assert!(parsed(&["lost-thing", "--own", field]).unwrap_err().contains("write name:type"), "{field}");
    }
    assert!(parsed(&["lost-thing", "--own", "reason:text=0"]).is_err());
    assert!(parsed(&["lost-thing", "--own", "reason:text?,amount:i64=0, paymentId:indexed_uuid"]).is_ok());
}

#[test]
fn a_domain_that_exists_is_refused() {
    let error = changes(&["payment"]).unwrap_err().to_string();
    assert_eq!(error, "there is a domain of this name: its crate is crates/payment-log");
}

#[test]
fn a_new_line_is_beside_those_of_the_other_domains() {
    let changes = changes(&["lost-thing"]).unwrap();
    let lines = |file: &str| changes[file].lines().map(str::to_owned).collect::<Vec<_>>();
    let list = lines("crates/log-service/src/domains.rs");
    let at = list.iter().position(|line| line.contains("<lost_thing_log::LostThingLog>(),")).unwrap();
    assert!(list[at - 1].contains("<auth_log::AuthLog>(),") && list[at + 1].contains("<payment_log::"));
    let readme = lines("README.ko.md");
    let at = readme.iter().position(|line| line.starts_with("lost-thing  ")).unwrap();
    let columns = |line: &str| ["p_", "tickatch."].map(|start| line.find(start));
    assert_eq!(columns(&readme[at]), columns(&readme[at + 1]));
    assert_eq!(readme[at].len(), readme[at + 1].len());
    let migrations = lines("migration/src/lib.rs");
    let newest = migrations.iter().filter(|line| line.starts_with("mod m2")).max().unwrap();
    assert!(newest.ends_with("_lost_thing_log;"), "{newest}");
}

/// The guide's domain under another name of the same length, so that it may be added to the repository.
fn renamed(text: &str) -> String {
    text.replace("refund", "recall").replace("Refund", "Recall")
}

/// Without what `cargo fmt` decides.
fn normalized(text: &str) -> String {
    text.split_whitespace().collect()
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
