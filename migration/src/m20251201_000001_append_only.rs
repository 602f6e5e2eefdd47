//! What PostgreSQL needs once for all log tables: the trigger's function, and the one that makes partitions.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            let connection = manager.get_connection();
            connection.execute_unprepared(REFUSE_LOG_CHANGE).await?;
            connection.execute_unprepared(ENSURE_LOG_PARTITION).await?;
        }
        Ok(())
    }
}

const REFUSE_LOG_CHANGE: &str = "
CREATE FUNCTION refuse_log_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log table % is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$";

/// The body of the triggers' function, as PostgreSQL keeps it.
pub(crate) fn refuse_log_change_body() -> &'static str {
    REFUSE_LOG_CHANGE.split("$$").nth(1).unwrap_or_default()
}

/// Makes the partition of a month, unless it is there. One that an operator has detached is not attached again:
/// that is an error, and the events of that month are held until somebody decides.
///
/// The partition is made apart and then attached: that lets readers and writers of the log table go on, where
/// `CREATE TABLE … PARTITION OF` would wait for all of them. One is made at a time; the lock ends with the
/// caller's transaction. It runs with the rights of the tables' owner, so that the service itself can do with
/// fewer; functions are named with their schema, so that nobody can put another in their place. Months are cut in UTC, whatever zone the session has.
const ENSURE_LOG_PARTITION: &str = "
CREATE FUNCTION ensure_log_partition(log_table text, month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    from_day date := pg_catalog.date_trunc('month', month::timestamp)::date;
    to_day date := (from_day + interval '1 month')::date;
    partition text := log_table || pg_catalog.to_char(month::timestamp, '_YYYY_MM');
    parent regclass := pg_catalog.to_regclass(pg_catalog.quote_ident(log_table));
    child regclass;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('log-service partition'));
    child := pg_catalog.to_regclass(pg_catalog.quote_ident(partition));
    IF EXISTS (SELECT FROM pg_inherits WHERE inhparent = parent AND inhrelid = child) THEN
        RETURN;
    END IF;
    IF child IS NOT NULL THEN
        RAISE EXCEPTION 'the partition % is detached: attach it, or rename it so that a new one can be made',
            partition USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'append_only' AND tgrelid = parent) THEN
        RAISE EXCEPTION '% is not a log table', log_table;
    END IF;
    EXECUTE pg_catalog.format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)',
        partition, log_table);
    EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I '
        'FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change()', partition);
    EXECUTE pg_catalog.format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only', partition);
    EXECUTE pg_catalog.format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        log_table, partition, from_day || ' 00:00:00+00', to_day || ' 00:00:00+00');
END
$$";
