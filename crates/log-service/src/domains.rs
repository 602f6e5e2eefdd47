use audit_core::{
    contract::{Described, EventContract},
    store::{AuditLog, DomainLog},
};

/// A domain: how its events are stored, and what is promised about them.
#[derive(Debug)]
pub struct Served {
    /// From body to row.
    pub log: DomainLog,
    /// Schema and samples.
    pub contract: EventContract,
}

/// The domains whose events are stored. A new domain is one more line here.
#[must_use]
pub fn served() -> Vec<Served> {
    vec![
        Served::of::<arthall_log::ArtHallLog>(),
        Served::of::<auth_log::AuthLog>(),
        Served::of::<payment_log::PaymentLog>(),
        Served::of::<product_log::ProductLog>(),
        Served::of::<reservation_log::ReservationLog>(),
        Served::of::<reservation_seat_log::ReservationSeatLog>(),
        Served::of::<ticket_log::TicketLog>(),
        Served::of::<user_log::UserLog>(),
    ]
}

/// How their events are stored.
#[must_use]
pub fn all() -> Vec<DomainLog> {
    served().into_iter().map(|served| served.log).collect()
}

impl Served {
    fn of<L: AuditLog<Event: Described>>() -> Self {
        Self { log: DomainLog::of::<L>(), contract: EventContract::of::<L::Event>() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use audit_core::store::{OwnKind, Table};
    use audit_query::AccessLog;
    use migration::OtherLogs;
    use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};
    use test_servers::PostgreSql;

    use super::*;

    fn tables() -> impl Iterator<Item = Table> {
        all().into_iter().map(|log| log.table().clone()).chain([AccessLog::table().table])
    }

    /// A table's columns as the migrations make them: name, type, and whether an index begins with it.
    async fn columns(db: &DatabaseConnection, sql: &str, table: &str) -> BTreeMap<String, (String, bool)> {
        let sql = sql.replace("$table", table);
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
        let column = |row: &sea_orm::QueryResult| {
            let (name, kind, indexed) = row.try_get_many_by_index::<(String, String, bool)>().unwrap();
            (name, (kind, indexed))
        };
        rows.iter().map(column).collect()
    }

    async fn compare(url: &str, sql: &str, type_of: fn(OwnKind) -> &'static str) {
        // One connection: a database in memory is gone with it.
        let db = Database::connect(ConnectOptions::new(url).max_connections(1).to_owned()).await.unwrap();
        migration::up(&db, "public", OtherLogs::Refused).await.unwrap();
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
        compare("sqlite::memory:", COLUMNS, type_of).await;
    }

    #[tokio::test]
    async fn postgresql_has_the_columns_of_every_entity() {
        const COLUMNS: &str = "SELECT attname::text, format_type(atttypid, NULL), EXISTS (
                SELECT FROM pg_index WHERE indrelid = attrelid AND indkey[0] = attnum
            ) FROM pg_attribute WHERE attrelid = '$table'::regclass AND attnum > 0 AND NOT attisdropped";
        let server = PostgreSql::start();
        let type_of = |kind| match kind {
            OwnKind::Text => "character varying",
            OwnKind::Integer => "integer",
            OwnKind::BigInteger => "bigint",
        };
        compare(&server.url("postgres"), COLUMNS, type_of).await;
    }

    /// A search reads all tables in one statement.
    #[test]
    fn columns_of_one_name_have_one_type() {
        let mut kinds = BTreeMap::new();
        for Table { name: table, own, .. } in tables() {
            for column in own {
                let (kind, other) = *kinds.entry(column.name).or_insert((column.kind, table));
                assert_eq!(
                    kind, column.kind,
                    "{} is of another type in {table} than in {other}",
                    column.name
                );
            }
        }
    }
}
