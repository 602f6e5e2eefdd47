use super::{replaced, with_code};

#[test]
fn a_domain_that_knows_another() {
    assert_eq!(
        replaced(
            "crates/ticket-log/Cargo.toml",
            "[dependencies]\n",
            "[dependencies]\nuser-log.workspace = true\n"
        ),
        ["ticket-log depends on user-log: no domain crate knows another one; take it out"]
    );
}

#[test]
fn a_dependency_that_the_design_does_not_have() {
    assert_eq!(
        replaced(
            "crates/audit-query/Cargo.toml",
            "[dependencies]\n",
            "[dependencies]\naudit-ingest.workspace = true\n"
        ),
        [
            "audit-query depends on audit-ingest, which docs/architecture.md (Crates) does not allow: take it out, or \
          change the table with its reason"
        ]
    );
}

#[test]
fn a_crate_that_the_design_does_not_name() {
    let said = replaced("docs/architecture.md", "| `audit-query` | ", "| `audit-queries` | ");
    assert_eq!(said[0], "audit-query is not in the table of docs/architecture.md (Crates): add a row for it");
}

#[test]
fn a_library_that_configures_itself() {
    let figment = "[dependencies]\nfigment.workspace = true\n";
    assert_eq!(
        replaced("crates/audit-web/Cargo.toml", "[dependencies]\n", figment),
        [
            "crates/audit-web/Cargo.toml brings figment, which is log-service's alone: libraries are given their \
          configuration"
        ]
    );
    assert_eq!(
        with_code("crates/audit-web/src/lib.rs", "fn port() { std::env::var(\"PORT\"); }"),
        [
            "crates/audit-web/src/lib.rs:1 reads the environment: only log-service does; let it be given instead"
        ]
    );
}

#[test]
fn a_library_that_picks_a_driver() {
    let driver = "[dependencies]\nsea-orm = { workspace = true, features = [\"sqlx-postgres\"] }\n";
    assert_eq!(
        replaced("crates/audit-dead-letters/Cargo.toml", "[dependencies]\n", driver),
        [
            "crates/audit-dead-letters/Cargo.toml switches on sqlx-postgres of sea-orm: only log-service picks database \
          drivers; take it out"
        ]
    );
}

#[test]
fn a_domain_with_other_features() {
    let said =
        ["crates/ticket-log/Cargo.toml has other features than every domain: [features] must be default, \
                 publish, schema and store, as in crates/ticket-log/Cargo.toml"];
    let manifest = "crates/ticket-log/Cargo.toml";
    assert_eq!(replaced(manifest, "default = []", "default = [\"store\"]"), said);
    assert_eq!(replaced(manifest, "default = []\n", "default = []\nfull = []\n"), said);
}

#[test]
fn a_statement_that_changes_rows() {
    let path = "crates/audit-ingest/src/store/postgres.rs";
    for (code, change) in [
        ("const CORRECT: &str = \"UPDATE p_payment_log SET method = NULL\";", "UPDATE"),
        ("const FORGET: &str = \"DELETE FROM p_payment_log\";", "DELETE FROM"),
        ("fn forget() { Entity::delete_many(); }", "Entity::delete"),
    ] {
        assert_eq!(
            with_code(path, code),
            [format!("{path}:1 has `{change}`: rows of the log are only ever added; find a way without it")]
        );
    }
    assert!(with_code(path, "// UPDATE is never needed, nor DELETE FROM").is_empty());
}

#[test]
fn a_manifest_that_is_none() {
    let said = replaced("crates/audit-query/Cargo.toml", "[dependencies]", "[dependencies");
    assert!(
        said.iter().any(|said| said.starts_with("crates/audit-query/Cargo.toml can't be read")),
        "{said:?}"
    );
}
