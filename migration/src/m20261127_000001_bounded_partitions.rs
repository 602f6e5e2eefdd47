//! On PostgreSQL, a log table has few partitions, whatever times events have.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            let connection = manager.get_connection();
            connection.execute_unprepared(LOG_PARTITIONS).await?;
            connection.execute_unprepared(ENSURE_LOG_PARTITION).await?;
        }
        Ok(())
    }
}

/// The partitions of a log table, and the time that each is for. A side without an end is unbounded.
///
/// PostgreSQL tells the bounds as text only, in the session's own way of writing times: so it is fixed.
const LOG_PARTITIONS: &str = r"
CREATE FUNCTION log_partitions(log_table text) RETURNS TABLE (partition regclass, period tstzrange)
LANGUAGE sql STABLE SET search_path FROM CURRENT SET timezone TO 'UTC' SET datestyle TO 'ISO' AS $$
    SELECT inhrelid::regclass, pg_catalog.tstzrange(
        pg_catalog.substring(bound, 'FROM \(''([^'']+)''\)')::timestamptz,
        pg_catalog.substring(bound, 'TO \(''([^'']+)''\)')::timestamptz)
    FROM pg_catalog.pg_inherits
    JOIN pg_catalog.pg_class ON pg_class.oid = inhrelid
    CROSS JOIN LATERAL pg_catalog.pg_get_expr(relpartbound, inhrelid) AS bound
    WHERE inhparent = pg_catalog.to_regclass(pg_catalog.quote_ident(log_table))
$$";

/// Makes the partition that an event of this day belongs to, unless it is there. From the first month on, that is the
/// partition of its month. All that happened before shares one: `p_payment_log_before_2020_01`. The first month is the
/// setting `log_service.first_month` of the session.
///
/// A new partition takes no time that belongs to another one. So partitions that were made earlier, or otherwise, stay
/// as they are, and events between them share one as well. A month that an operator has detached is left alone as long
/// as its table has its name: an event of it is an error, and is held until somebody decides.
///
/// The partition is made apart and then attached: that lets readers and writers of the log table go on, where
/// `CREATE TABLE … PARTITION OF` would wait for all of them. The table is locked first, in the mode that attaching
/// needs anyway, so that one partition of it is made at a time. Who holds it up (`ANALYZE`, `DETACH … CONCURRENTLY`) is
/// not waited for for long: the caller tries again, and its connection is free meanwhile.
///
/// It runs with the rights of the tables' owner, so that the service itself can do with fewer; functions are named with
/// their schema, so that nobody can put another in their place. Months are cut in UTC, whatever zone the session has.
const ENSURE_LOG_PARTITION: &str = r#"
CREATE OR REPLACE FUNCTION ensure_log_partition(log_table text, month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
SET timezone TO 'UTC' SET datestyle TO 'ISO' SET lock_timeout TO '1s' AS $$
DECLARE
    day timestamptz := month;
    parent regclass := pg_catalog.to_regclass(pg_catalog.quote_ident(log_table));
    first_month timestamptz := pg_catalog.concat(coalesce(
        nullif(pg_catalog.current_setting('log_service.first_month', true), ''), '2020-01'), '-01')::timestamptz;
    from_time timestamptz := pg_catalog.date_trunc('month', day);
    to_time timestamptz := from_time + interval '1 month';
    partition text := log_table || pg_catalog.to_char(day, '_YYYY_MM');
    detached regclass;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgname = 'append_only' AND tgrelid = parent) THEN
        RAISE EXCEPTION '% is not a log table', log_table;
    END IF;
    IF EXISTS (SELECT FROM log_partitions(log_table) WHERE period @> day) THEN
        RETURN;
    END IF;
    EXECUTE pg_catalog.format('LOCK TABLE ONLY %I IN SHARE UPDATE EXCLUSIVE MODE', log_table);
    IF EXISTS (SELECT FROM log_partitions(log_table) WHERE period @> day) THEN
        RETURN;
    END IF;
    detached := pg_catalog.to_regclass(pg_catalog.quote_ident(partition));
    IF day < first_month THEN
        from_time := NULL;
        to_time := first_month;
    END IF;
    SELECT greatest(from_time, max(pg_catalog.upper(period)) FILTER (WHERE pg_catalog.upper(period) <= day)),
        least(to_time, min(pg_catalog.lower(period)) FILTER (WHERE pg_catalog.lower(period) > day))
    INTO from_time, to_time
    FROM (
        SELECT period FROM log_partitions(log_table)
        UNION ALL
        -- Months by their tables' names, for those that are detached.
        SELECT pg_catalog.tstzrange(begin, begin + interval '1 month')
        FROM pg_catalog.pg_class
        CROSS JOIN LATERAL pg_catalog.to_timestamp(pg_catalog.right(relname::text, 7), 'YYYY_MM') AS begin
        WHERE relkind = 'r' AND relname ~ ('^' || log_table || '_[0-9]{4}_(0[1-9]|1[0-2])$')
            AND relnamespace = (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid = parent)
    ) AS taken;
    IF day < first_month THEN
        partition := log_table || pg_catalog.to_char(to_time, '_"before"_YYYY_MM');
        detached := coalesce(detached, pg_catalog.to_regclass(pg_catalog.quote_ident(partition)));
    END IF;
    IF detached IS NOT NULL THEN
        RAISE EXCEPTION 'the partition % is detached: attach it, or rename it so that a new one can be made',
            detached USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    EXECUTE pg_catalog.format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)',
        partition, log_table);
    EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I '
        'FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change()', partition);
    EXECUTE pg_catalog.format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only', partition);
    EXECUTE pg_catalog.format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%L)',
        log_table, partition, coalesce(pg_catalog.quote_literal(from_time::text), 'MINVALUE'), to_time);
END
$$"#;
