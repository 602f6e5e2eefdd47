//! A ninth domain, made by its command on a copy of the workspace. What comes out is formatted and without a warning,
//! passes its tests, is stored by the program on both databases, and lacks nothing.
#![expect(clippy::unwrap_used, reason = "tests: what goes wrong fails the test")]

mod builds;
mod copy;

use workspace::{Files, check};

use copy::Copy;

/// The tests of the service that take each domain in, and those that write the documents.
const OF_THE_SERVICE: [&str; 7] = [
    "contract::every_sample_is_stored",
    "promises::documents",
    "promises::schemas",
    "promises::checking",
    "web::document",
    "migrations::status",
    "command_line::domains",
];

const OF_THE_DOMAIN: [&str; 4] = [
    "an_event_is_written_as_its_sample",
    "the_action_of_every_sample_is_known",
    "a_row_holds_every_field_of_its_sample",
    "the_table_has_the_common_columns",
];

#[test]
fn a_ninth_domain_is_clean_passes_its_tests_and_is_stored() {
    let copy = Copy::of_the_workspace();
    let asked = ["lost-thing", "--table", "p_lost_thing_log", "--own", "reason:text?,amount:i64"];
    let said = copy.run(env!("CARGO_BIN_EXE_new-domain"), &asked);
    assert!(said.contains("made    crates/lost-thing-log/src/event.rs\n"), "{said}");
    assert!(said.contains("changed Cargo.lock\n"), "{said}");

    // With everything and a test selected, dependencies have the features that they were built with before.
    let all = ["--workspace", "--all-features", "--locked", "--offline"];
    copy.cargo(&["fmt", "--all", "--check"], &[]);
    copy.cargo(&["clippy"], &[&all, &["--lib", "--bins", "--test", "contract", "--", "-D", "warnings"][..]]);
    let tests = [&["--test", "contract", "--test", "it", "--"][..], &OF_THE_DOMAIN, &OF_THE_SERVICE].concat();
    let said = copy.cargo(&["test"], &[&all, &tests]);
    for test in
        ["contract::every_sample_is_stored_on_sqlite", "contract::every_sample_is_stored_on_postgresql"]
    {
        assert!(said.contains(&format!("test {test} ... ok")), "{said}");
    }

    let found = check::all(&Files::read(copy.root()).unwrap());
    assert!(found.is_empty(), "{}", found.join("\n"));
    let schema =
        Files::read(copy.root()).unwrap().text("docs/contract/schemas/lost-thing.schema.json").to_owned();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert!(schema["required"].as_array().unwrap().contains(&"amount".into()), "{schema}");
}
