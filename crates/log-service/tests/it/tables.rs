//! The tables that the migrations make, beside the entities of the domains.

use std::collections::BTreeMap;

use audit_core::store::{OwnKind, Table};
use audit_query::AccessLog;
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult, Statement};

use crate::fixture::Fixture;

#[path = "../../src/domains.rs"]
#[expect(dead_code, reason = "the program uses all of it")]
mod domains;

fn tables() -> impl Iterator<Item = Table> {
    domains::all().into_iter().map(|domain| domain.log.table().clone()).chain([AccessLog::table().table])
}

/// A table's columns as the migrations make them: name, type, and whether an index begins with it.
async fn columns(db: &DatabaseConnection, sql: &str, table: &str) -> BTreeMap<String, (String, bool)> {
    let sql = sql.replace("$table", table);
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    let column = |row: &QueryResult| {
        let (name, kind, indexed) = row.try_get_many_by_index::<(String, String, bool)>().unwrap();
        (name, (kind, indexed))
    };
    rows.iter().map(column).collect()
}

async fn compare(place: Fixture, sql: &str, type_of: fn(OwnKind) -> &'static str) {
    assert!(place.command(&["migrate", "up"]).output().unwrap().status.success());
    let db = place.db().await;
    for Table { name: table, columns: stored, own } in tables() {
        let made = columns(&db, sql, table).await;
        let mut names: Vec<_> = stored.into_iter().chain(["seq", "recorded_at"]).collect();
        names.sort_unstable();
        assert_eq!(made.keys().map(String::as_str).collect::<Vec<_>>(), names, "{table}");
        for column in own {
            let expected = (type_of(column.kind).to_owned(), column.indexed);
            assert_eq!(made[column.name], expected, "{} of {table}", column.name);
        }
    }
}

#[tokio::test]
async fn sqlite_has_the_columns_of_every_entity() {
    const COLUMNS: &str = "SELECT name, type, EXISTS (
            SELECT 1 FROM pragma_index_list('$table') AS list, pragma_index_info(list.name) AS key
            WHERE key.seqno = 0 AND key.name = made.name
        ) FROM pragma_table_info('$table') AS made";
    let type_of = |kind| match kind {
        OwnKind::Text => "TEXT",
        OwnKind::Integer | OwnKind::BigInteger => "INTEGER",
    };
    compare(Fixture::sqlite(), COLUMNS, type_of).await;
}

#[tokio::test]
async fn postgresql_has_the_columns_of_every_entity() {
    const COLUMNS: &str = "SELECT attname::text, format_type(atttypid, NULL), EXISTS (
            SELECT FROM pg_index WHERE indrelid = attrelid AND indkey[0] = attnum
        ) FROM pg_attribute WHERE attrelid = '$table'::regclass AND attnum > 0 AND NOT attisdropped";
    let type_of = |kind| match kind {
        OwnKind::Text => "character varying",
        OwnKind::Integer => "integer",
        OwnKind::BigInteger => "bigint",
    };
    compare(Fixture::postgresql(), COLUMNS, type_of).await;
}

/// A search reads all tables in one statement.
#[test]
fn columns_of_one_name_have_one_type() {
    let mut kinds = BTreeMap::new();
    for Table { name: table, own, .. } in tables() {
        for column in own {
            let (kind, other) = *kinds.entry(column.name).or_insert((column.kind, table));
            assert_eq!(kind, column.kind, "{} is of another type in {table} than in {other}", column.name);
        }
    }
}
