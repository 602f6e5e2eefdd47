use super::{replaced, without};

const GUIDE: &str = "docs/adding-a-domain.md";

#[test]
fn a_domain_that_is_not_wired() {
    assert_eq!(
        replaced(
            "crates/log-service/src/domains.rs",
            "        DomainRegistration::of::<ticket_log::TicketLog>(),\n",
            ""
        ),
        [format!(
            "ticket is not wired: add `DomainRegistration::of::<ticket_log::TicketLog>(),` to crates/log-service/src/domains.rs \
             ({GUIDE}, The wiring)"
        )]
    );
}

#[test]
fn a_crate_that_nobody_depends_on() {
    let line = "ticket-log = { workspace = true, features = [\"schema\", \"store\"] }";
    assert_eq!(
        replaced("crates/log-service/Cargo.toml", line, ""),
        [format!(
            "ticket is no dependency of the program: add `{line}` to crates/log-service/Cargo.toml ({GUIDE}, The wiring)"
        )]
    );
    let line = "ticket-log = { path = \"crates/ticket-log\" }";
    assert_eq!(
        replaced("Cargo.toml", line, ""),
        [format!(
            "ticket is no dependency of the workspace: add `{line}` to Cargo.toml ({GUIDE}, The wiring)"
        )]
    );
}

#[test]
fn a_domain_without_a_table() {
    assert_eq!(
        without("migration/src/m20251201_000008_ticket_log.rs"),
        [format!(
            "ticket has no table: add a migration with `LogTable::new(\"p_ticket_log\")` to migration/src ({GUIDE}, \
             The migration)"
        )]
    );
}

#[test]
fn a_migration_that_is_never_run() {
    let said = format!(
        "the migration m20251201_000008_ticket_log is never run: add `mod m20251201_000008_ticket_log;` and \
         `Box::new(m20251201_000008_ticket_log::Migration),` to migration/src/lib.rs ({GUIDE}, The migration)"
    );
    let made = "            Box::new(m20251201_000008_ticket_log::Migration),\n";
    assert_eq!(replaced("migration/src/lib.rs", made, ""), [said.as_str()]);
    assert_eq!(replaced("migration/src/lib.rs", "mod m20251201_000008_ticket_log;\n", ""), [said]);
}

#[test]
fn a_domain_that_is_not_promised() {
    let said = format!("ticket is not in docs/contract: run `just documents` ({GUIDE}, The documents)");
    assert_eq!(without("docs/contract/schemas/ticket.schema.json"), [said.as_str()]);
    assert_eq!(replaced("docs/contract/asyncapi.json", "\"address\": \"ticket.log\"", ""), [said]);
}

#[test]
fn a_domain_that_is_not_documented() {
    let said = replaced("docs/domains.md", "| [`ticket`]", "| [`tickets`]");
    assert!(
        said[0].starts_with("ticket is not in the list of domains: add `| [`ticket`](../crates"),
        "{said:?}"
    );
    let said = replaced("README.md", " tickatch.ticket.log.queue ", "");
    assert!(
        said[0].starts_with("ticket is not in README.md: add its line to what `log-service domains`"),
        "{said:?}"
    );
}

#[test]
fn a_domain_without_samples_a_test_or_an_event() {
    let said = without("crates/ticket-log/samples.ndjson");
    assert_eq!(
        said,
        [format!("ticket has no samples: write crates/ticket-log/samples.ndjson ({GUIDE}, The crate)")]
    );
    let said = without("crates/ticket-log/tests/contract.rs");
    assert!(
        said[0].starts_with("ticket has no test of its samples: write crates/ticket-log/tests/contract.rs")
    );
    let said = without("crates/ticket-log/src/entity.rs");
    assert!(said[0].starts_with("crates/ticket-log has no event or no table: write"), "{said:?}");
}

#[test]
fn common_columns_that_differ() {
    let entity = "crates/ticket-log/src/entity.rs";
    assert_eq!(
        replaced(entity, "pub trace_id: Option<String>,", "pub trace_id: String,"),
        [format!(
            "{entity} has `pub trace_id: String`, and the other log tables `pub trace_id: Option<String>`: the common \
             columns must not differ"
        )]
    );
    let said = replaced(entity, "    pub seq: i64,\n", "");
    assert_eq!(said, [format!("{entity} lacks the column seq: every log table has it; add `pub seq: i64`")]);
    let said =
        replaced(entity, "    #[sea_orm(primary_key, auto_increment = false)]\n    pub id", "    pub id");
    assert!(
        said[0].starts_with(&format!(
            "{entity} has `pub id: Uuid`, and the other log tables `#[sea_orm(primary"
        ))
    );
}

#[test]
fn own_columns_that_are_not_made_as_they_are_read() {
    let entity = "crates/payment-log/src/entity.rs";
    let migration = "migration/src/m20251201_000004_payment_log.rs";
    assert_eq!(
        replaced(entity, "pub retry_count: i32", "pub retry_count: Option<i64>"),
        [format!(
            "the column retry_count of p_payment_log is not as it is made: the entity says a 64-bit number, may be \
             NULL; {migration} says a 32-bit number, is never NULL"
        )]
    );
    assert_eq!(
        replaced(migration, ".text(\"method\")", ""),
        [format!(
            "{entity} has the column method, which no migration makes: add it to {migration}, or, if that was \
             released, to a new migration"
        )]
    );
    assert_eq!(
        replaced(entity, "    pub method: Option<String>,\n", ""),
        [format!("{entity} lacks the column method, which {migration} makes")]
    );
    let said = replaced("crates/reservation-log/src/entity.rs", "    #[sea_orm(indexed)]\n", "");
    assert!(said[0].ends_with("says text, may be NULL, has an index"), "{said:?}");
}

#[test]
fn one_name_for_columns_of_two_types() {
    let mut said = replaced(
        "crates/user-log/src/entity.rs",
        "pub user_type: Option<String>",
        "pub user_type: Option<i32>",
    );
    assert_eq!(
        said.pop().unwrap(),
        "the column user_type is a 32-bit number in p_user_log and text in p_auth_log: a search looks at both; give \
         one another name"
    );
}
