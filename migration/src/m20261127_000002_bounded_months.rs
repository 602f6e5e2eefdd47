//! On PostgreSQL, only who writes makes partitions, and of a month that is near.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            let connection = manager.get_connection();
            connection.execute_unprepared(ENSURE_LOG_PARTITION).await?;
            connection.execute_unprepared(FOR_WRITERS_ALONE).await?;
        }
        Ok(())
    }
}

/// Makes the partition that an event of this day belongs to, unless it is there. From the first month on, that is the
/// partition of its month. All that happened before shares one: `p_payment_log_before_2020_01`. The first month is the
/// setting `log_service.first_month` of the session.
///
/// Whoever may call it can't make many: months begin 240 months ago at the earliest, and this month at the latest; and
/// they end with the 25th after this one. That is one more than `database.months_ahead` allows, as the service's clock
/// may be ahead of the server's.
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
/// It runs with the rights of the tables' owner, so that the service itself can do with fewer. So it takes the caller's
/// word for nothing: functions are named with their schema, so that nobody can put another in their place, and the table
/// is one of this schema. A temporary table of the caller's could have an index or a default with a function of the
/// caller's, which would then run with the owner's rights. Months are cut in UTC, whatever zone the
/// session has.
const ENSURE_LOG_PARTITION: &str = r#"
CREATE OR REPLACE FUNCTION ensure_log_partition(log_table text, month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
SET timezone TO 'UTC' SET datestyle TO 'ISO' SET lock_timeout TO '1s' AS $$
DECLARE
    day timestamptz := month;
    parent regclass := (
        SELECT pg_class.oid FROM pg_catalog.pg_class
        JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
        JOIN pg_catalog.pg_trigger ON tgrelid = pg_class.oid AND tgname = 'append_only'
        WHERE relname = log_table AND nspname = pg_catalog.current_schema() AND relkind = 'p'
    );
    this_month timestamptz := pg_catalog.date_trunc('month', pg_catalog.now());
    first_month timestamptz := pg_catalog.concat(coalesce(
        nullif(pg_catalog.current_setting('log_service.first_month', true), ''), '2020-01'), '-01')::timestamptz;
    from_time timestamptz := pg_catalog.date_trunc('month', day);
    to_time timestamptz := from_time + interval '1 month';
    partition text := log_table || pg_catalog.to_char(day, '_YYYY_MM');
    detached regclass;
BEGIN
    IF parent IS NULL THEN
        RAISE EXCEPTION '% is not a log table', log_table;
    END IF;
    IF day IS NULL OR day >= this_month + interval '26 months' THEN
        RAISE EXCEPTION 'the log has no partition for %: it is too far ahead of the server''s clock', month
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF EXISTS (SELECT FROM log_partitions(log_table) WHERE period @> day) THEN
        RETURN;
    END IF;
    EXECUTE pg_catalog.format('LOCK TABLE ONLY %I IN SHARE UPDATE EXCLUSIVE MODE', log_table);
    IF EXISTS (SELECT FROM log_partitions(log_table) WHERE period @> day) THEN
        RETURN;
    END IF;
    first_month := least(greatest(first_month, this_month - interval '240 months'), this_month);
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

/// Whoever may add rows keeps the right to make their partitions, which everybody had before. The versions of the schema
/// are the owner's: a right to add rows that was given for all tables of the schema would be one to add versions, too.
const FOR_WRITERS_ALONE: &str = r"
REVOKE EXECUTE ON FUNCTION ensure_log_partition(text, date) FROM PUBLIC;
DO $$
DECLARE
    writer text;
BEGIN
    FOR writer IN
        SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(rolname) END
        FROM pg_catalog.pg_class
        CROSS JOIN LATERAL pg_catalog.aclexplode(relacl)
        LEFT JOIN pg_catalog.pg_roles ON pg_roles.oid = grantee
        WHERE pg_class.oid = 'p_access_log'::regclass AND privilege_type = 'INSERT' AND grantee <> relowner
    LOOP
        EXECUTE 'GRANT EXECUTE ON FUNCTION ensure_log_partition(text, date) TO ' || writer;
        EXECUTE 'REVOKE INSERT ON seaql_migrations FROM ' || writer;
    END LOOP;
END
$$";
