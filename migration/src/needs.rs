//! What the service needs of a migrated database beyond its schema. PostgreSQL only.

use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, Value};

const RIGHTS: &str = "
    WITH log_table AS (SELECT unnest(string_to_array($1, ',')) AS name)
    SELECT 'the table ' || name FROM log_table WHERE to_regclass(name) IS NULL
    UNION ALL
    SELECT 'GRANT ' || wanted || ' ON ' || name FROM log_table CROSS JOIN (VALUES ('SELECT'), ('INSERT')) AS rights (wanted)
    WHERE to_regclass(name) IS NOT NULL AND NOT has_table_privilege(to_regclass(name), wanted)
    UNION ALL
    SELECT 'GRANT USAGE ON SEQUENCE ' || name || '_seq' FROM log_table
    WHERE to_regclass(name || '_seq') IS NOT NULL AND NOT has_sequence_privilege(to_regclass(name || '_seq'), 'USAGE')
    UNION ALL
    SELECT 'GRANT EXECUTE ON FUNCTION ensure_log_partition' WHERE NOT coalesce(
        has_function_privilege(to_regprocedure('ensure_log_partition(text, date)'), 'EXECUTE'), false)
    ORDER BY 1";

const PARTITIONS: &str = "
    SELECT name || to_char(month, '_YYYY_MM')
    FROM unnest(string_to_array($1, ',')) AS name
    CROSS JOIN generate_series(date_trunc('month', now() AT TIME ZONE 'UTC'),
        date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => $2), interval '1 month') AS month
    WHERE NOT EXISTS (SELECT FROM log_partitions(name) WHERE period @> (month AT TIME ZONE 'UTC'))
    ORDER BY 1";

/// Returns the tables that are missing, and the rights that the connection's role lacks to store events in these tables,
/// as what grants them.
pub async fn missing_rights(db: &DatabaseConnection, tables: &[&str]) -> Result<Vec<String>, DbErr> {
    names(db, RIGHTS, [tables.join(",").into()]).await
}

/// Returns the partitions of these tables that are missing, of this month and the next ones.
pub async fn missing_partitions(
    db: &DatabaseConnection,
    tables: &[&str],
    months_ahead: u32,
) -> Result<Vec<String>, DbErr> {
    // The configuration allows 24 at most.
    let months = i32::try_from(months_ahead).unwrap_or(i32::MAX);
    names(db, PARTITIONS, [tables.join(",").into(), months.into()]).await
}

async fn names<const N: usize>(
    db: &DatabaseConnection,
    sql: &str,
    values: [Value; N],
) -> Result<Vec<String>, DbErr> {
    let found = db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    found.iter().map(|row| row.try_get_by_index(0)).collect()
}
