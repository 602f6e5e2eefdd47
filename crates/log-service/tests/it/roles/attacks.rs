//! Somebody has the writer's password, and wants to change a row.

use sea_orm::ConnectionTrait;

use super::{Site, quoted};
use crate::fixture::payment;

/// O is the owner, W the writer, D the database.
const ATTACKS: [&str; 40] = [
    "UPDATE p_payment_log SET method = 'other'",
    "UPDATE p_payment_log_2025_12 SET method = 'other'",
    "DELETE FROM p_payment_log",
    "DELETE FROM p_payment_log_2025_12",
    "TRUNCATE p_payment_log",
    "TRUNCATE p_payment_log_2025_12",
    "INSERT INTO p_payment_log SELECT * FROM p_payment_log ON CONFLICT (id, occurred_at) DO UPDATE SET method = 'other'",
    "MERGE INTO p_payment_log USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
    "SELECT * FROM p_payment_log FOR UPDATE",
    "DROP TABLE p_payment_log",
    "DROP TABLE p_payment_log_2025_12",
    "DROP SCHEMA audit CASCADE",
    "DROP OWNED BY O",
    "REASSIGN OWNED BY O TO W",
    "ALTER SCHEMA audit RENAME TO other",
    "ALTER DATABASE D RENAME TO other",
    "ALTER TABLE p_payment_log DETACH PARTITION p_payment_log_2025_12",
    "ALTER TABLE p_payment_log DISABLE TRIGGER append_only",
    "ALTER TABLE p_payment_log RENAME TO other",
    "ALTER TABLE p_payment_log ALTER COLUMN method SET DEFAULT 'other'",
    "ALTER TABLE p_payment_log OWNER TO W",
    "DROP TRIGGER append_only ON p_payment_log_2025_12",
    "CREATE TRIGGER other BEFORE INSERT ON p_payment_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change()",
    "CREATE RULE other AS ON INSERT TO p_payment_log DO INSTEAD NOTHING",
    "CREATE POLICY other ON p_payment_log USING (false)",
    "CREATE OR REPLACE FUNCTION refuse_log_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "CREATE FUNCTION audit.other() RETURNS void LANGUAGE sql AS ''",
    "DROP FUNCTION refuse_log_change CASCADE",
    "ALTER FUNCTION ensure_log_partition SET search_path TO pg_temp",
    "SET session_replication_role TO replica",
    "SET ROLE O",
    "SET SESSION AUTHORIZATION O",
    "GRANT O TO W",
    "ALTER ROLE O PASSWORD 'known'",
    "ALTER ROLE W SUPERUSER",
    "ALTER DEFAULT PRIVILEGES FOR ROLE O GRANT UPDATE ON TABLES TO W",
    "INSERT INTO seaql_migrations VALUES ('m20990101_000001_from_the_future', 0)",
    "SELECT setval('p_payment_log_seq', 1)",
    "UPDATE pg_trigger SET tgenabled = 'D'",
    "COPY (SELECT 1) TO PROGRAM 'true'",
];

#[tokio::test]
async fn the_writer_can_change_nothing() {
    let site = Site::new();
    let service = site.serve(&[]);
    site.place.publish_payments(&[payment()]).await;
    site.place.wait_for_rows("p_payment_log", 1).await;
    service.stop().expect_success();
    let row = site.place.payments().await;
    let names = |sql: &str| {
        let words = sql.split(' ').map(|word| match word {
            "W" => quoted(&site.writer),
            "O" => quoted(&site.owner),
            "D" => site.database().to_owned(),
            word => word.to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    };
    let writer = site.connect_as(&site.writer).await;
    for attack in ATTACKS {
        let attack = names(attack);
        let error = writer.execute_unprepared(&attack).await.expect_err(&attack).to_string();
        let refused = [
            "permission denied",
            "must be owner",
            "must be superuser",
            "must be member",
            "must have admin option",
        ];
        assert!(refused.iter().any(|refused| error.contains(refused)), "{attack}: {error}");
    }
    assert_eq!(site.place.payments().await, row);
}

/// A table of the writer's own, with an index whose function would run with the owner's rights when the index is copied:
/// PostgreSQL calls it to plan, as its argument is known.
#[tokio::test]
async fn the_function_that_makes_partitions_touches_no_table_of_the_callers() {
    let site = Site::new();
    let writer = site.connect_as(&site.writer).await;
    writer
        .execute_unprepared(&format!(
            "CREATE TEMP TABLE trap (x text, occurred_at timestamptz) PARTITION BY RANGE (occurred_at);
            CREATE FUNCTION pg_temp.spring(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $f$
            BEGIN
                IF current_user <> session_user THEN
                    RAISE EXCEPTION 'it runs as %', current_user;
                END IF;
                RETURN $1;
            END $f$;
            CREATE FUNCTION pg_temp.quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
            CREATE INDEX ON trap ((x || pg_temp.spring('known')));
            CREATE TRIGGER append_only BEFORE UPDATE ON trap FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.quiet();
            GRANT ALL ON trap TO {}",
            quoted(&site.owner)
        ))
        .await
        .unwrap();
    let error =
        writer.execute_unprepared("SELECT ensure_log_partition('trap', '2025-12-01')").await.unwrap_err();
    assert!(error.to_string().contains("trap is not a log table"), "{error}");
}
