//! What a role could do to the log is found, each power by itself.

use super::{Site, quoted};
use crate::fixture::{payment, unique_name};

/// What the check finds, a line each.
fn found(site: &Site, role: &str) -> Vec<String> {
    let output = site.command(role, &["migrate", "roles", "--check"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let powers: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("- ")).map(str::to_owned).collect();
    assert_eq!(output.status.success(), powers.is_empty(), "{text}{}", super::stderr(&output));
    powers
}

/// (how it is given, what is told, how it is taken away): W is the writer, O the owner, G another role that the writer is
/// a member of without inheriting from it.
const POWERS: [(&str, &str, &str); 34] = [
    ("ALTER ROLE W SUPERUSER", "is a superuser", "ALTER ROLE W NOSUPERUSER"),
    ("ALTER ROLE G SUPERUSER", "is a superuser (as a member of", "ALTER ROLE G NOSUPERUSER"),
    ("ALTER ROLE W CREATEROLE", "CREATEROLE", "ALTER ROLE W NOCREATEROLE"),
    ("ALTER ROLE G CREATEROLE", "CREATEROLE", "ALTER ROLE G NOCREATEROLE"),
    ("GRANT pg_write_all_data TO W", "REVOKE pg_write_all_data FROM", "REVOKE pg_write_all_data FROM W"),
    ("GRANT pg_write_all_data TO G", "may change every table", "REVOKE pg_write_all_data FROM G"),
    ("GRANT pg_execute_server_program TO W", "may run programs", "REVOKE pg_execute_server_program FROM W"),
    ("GRANT pg_write_server_files TO W", "may write the server's files", "REVOKE pg_write_server_files FROM W"),
    ("ALTER TABLE p_payment_log OWNER TO W", "owns p_payment_log", "ALTER TABLE p_payment_log OWNER TO O"),
    ("ALTER TABLE p_payment_log_2025_12 OWNER TO W", "owns p_payment_log_2025_12", "ALTER TABLE p_payment_log_2025_12 OWNER TO O"),
    ("ALTER TABLE p_payment_log_2025_12 OWNER TO G", "owns p_payment_log_2025_12 (as a member of", "ALTER TABLE p_payment_log_2025_12 OWNER TO O"),
    ("ALTER SEQUENCE p_payment_log_seq OWNER TO W", "owns p_payment_log_seq", "ALTER SEQUENCE p_payment_log_seq OWNER TO O"),
    ("GRANT O TO W", "(as a member of", "REVOKE O FROM W"),
    ("GRANT O TO G", "more (as a member of", "REVOKE O FROM G"),
    ("ALTER SCHEMA audit OWNER TO W", "owns the schema audit", "ALTER SCHEMA audit OWNER TO O; GRANT USAGE ON SCHEMA audit TO W"),
    ("ALTER DATABASE D OWNER TO W", "owns the database", "ALTER DATABASE D OWNER TO postgres"),
    ("ALTER FUNCTION refuse_log_change OWNER TO W", "owns refuse_log_change()", "ALTER FUNCTION refuse_log_change OWNER TO O"),
    ("GRANT CREATE ON SCHEMA audit TO W", "may make things in the schema audit", "REVOKE CREATE ON SCHEMA audit FROM W"),
    ("GRANT CREATE ON SCHEMA audit TO PUBLIC", "may make things in the schema audit", "REVOKE CREATE ON SCHEMA audit FROM PUBLIC"),
    ("GRANT UPDATE ON p_payment_log TO W", "has the right to UPDATE p_payment_log", "REVOKE UPDATE ON p_payment_log FROM W"),
    ("GRANT UPDATE (method) ON p_payment_log TO W", "UPDATE p_payment_log (method)", "REVOKE UPDATE (method) ON p_payment_log FROM W"),
    ("GRANT DELETE ON p_access_log TO PUBLIC", "has the right to DELETE p_access_log", "REVOKE DELETE ON p_access_log FROM PUBLIC"),
    ("GRANT TRUNCATE ON p_payment_log_2025_12 TO G", "has the right to TRUNCATE p_payment_log_2025_12 (as a member of", "REVOKE TRUNCATE ON p_payment_log_2025_12 FROM G"),
    ("GRANT TRIGGER ON p_payment_log TO W", "may add triggers to p_payment_log", "REVOKE TRIGGER ON p_payment_log FROM W"),
    ("GRANT UPDATE ON p_payment_log_seq TO W", "has the right to UPDATE p_payment_log_seq", "REVOKE UPDATE ON p_payment_log_seq FROM W"),
    ("GRANT SET ON PARAMETER session_replication_role TO W", "may set session_replication_role", "REVOKE SET ON PARAMETER session_replication_role FROM W"),
    ("GRANT ALTER SYSTEM ON PARAMETER archive_command TO G", "configuration of archive_command", "REVOKE ALTER SYSTEM ON PARAMETER archive_command FROM G"),
    (
        "CREATE FUNCTION public.helper() RETURNS void LANGUAGE sql SECURITY DEFINER AS ''; ALTER FUNCTION public.helper OWNER TO O",
        "may call public.helper()",
        "DROP FUNCTION public.helper",
    ),
    (
        "ALTER TABLE p_payment_log DISABLE TRIGGER append_only",
        "no trigger that refuses changes, as the migration makes it, on p_payment_log:",
        "ALTER TABLE p_payment_log ENABLE ALWAYS TRIGGER append_only",
    ),
    (
        "ALTER TABLE p_payment_log_2025_12 ENABLE TRIGGER append_only",
        "no trigger that refuses changes, as the migration makes it, on p_payment_log_2025_12:",
        "ALTER TABLE p_payment_log_2025_12 ENABLE ALWAYS TRIGGER append_only",
    ),
    (
        "DROP TRIGGER append_only ON p_payment_log_2025_12;
         CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON p_payment_log_2025_12
             FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change();
         ALTER TABLE p_payment_log_2025_12 ENABLE ALWAYS TRIGGER append_only",
        "no trigger that refuses changes, as the migration makes it, on p_payment_log_2025_12:",
        "DROP TRIGGER append_only ON p_payment_log_2025_12;
         CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON p_payment_log_2025_12
             FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change();
         ALTER TABLE p_payment_log_2025_12 ENABLE ALWAYS TRIGGER append_only",
    ),
    (
        "CREATE FUNCTION audit.kept() RETURNS text LANGUAGE sql AS $k$SELECT pg_get_functiondef('refuse_log_change'::regproc)$k$;
         CREATE TABLE public.kept AS SELECT audit.kept(); DROP FUNCTION audit.kept;
         CREATE OR REPLACE FUNCTION refuse_log_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "no trigger that refuses changes, as the migration makes it, on p_access_log, ",
        "DO $d$ BEGIN EXECUTE (SELECT kept FROM public.kept); END $d$; DROP TABLE public.kept",
    ),
    (
        "CREATE RULE quiet AS ON INSERT TO p_payment_log DO INSTEAD NOTHING",
        "finds the rule quiet on p_payment_log",
        "DROP RULE quiet ON p_payment_log",
    ),
    (
        "CREATE FUNCTION public.change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TRIGGER change BEFORE INSERT ON p_payment_log FOR EACH ROW EXECUTE FUNCTION public.change()",
        "finds the trigger change on p_payment_log",
        "DROP TRIGGER change ON p_payment_log; DROP FUNCTION public.change",
    ),
];

#[tokio::test]
async fn each_power_is_found_by_itself() {
    let site = Site::new();
    let service = site.serve(&[]);
    site.place.publish_payments(&[payment()]).await;
    site.place.wait_for_rows("p_payment_log", 1).await;
    service.stop().expect_success();
    let group = format!("group_{}", unique_name());
    site.as_superuser(&format!(
        "CREATE ROLE {group}; GRANT {group} TO {w}; ALTER ROLE {w} NOINHERIT",
        w = quoted(&site.writer)
    ));
    let sql = |text: &str| -> String {
        let words = text.split(' ').map(|word| match word.trim_end_matches(';') {
            "W" => word.replace('W', &quoted(&site.writer)),
            "O" => word.replace('O', &quoted(&site.owner)),
            "G" => word.replace('G', &group),
            "D" => word.replace('D', site.database()),
            _ => word.to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    };
    assert!(found(&site, &site.writer).is_empty());
    for (give, told, take) in POWERS {
        site.as_superuser(&sql(give));
        let powers = found(&site, &site.writer);
        assert!(powers.len() == 1 && powers[0].contains(told), "{give}: {powers:#?}");
        site.as_superuser(&sql(take));
        let left = found(&site, &site.writer);
        assert!(left.is_empty(), "after {take}: {left:#?}");
    }
}

#[tokio::test]
async fn a_month_that_is_detached_and_kept_is_looked_at_too() {
    let site = Site::new();
    let service = site.serve(&[]);
    site.place.publish_payments(&[payment()]).await;
    site.place.wait_for_rows("p_payment_log", 1).await;
    service.stop().expect_success();
    site.as_superuser("ALTER TABLE p_payment_log DETACH PARTITION p_payment_log_2025_12; ALTER TABLE p_payment_log_2025_12 DISABLE TRIGGER append_only");
    assert!(found(&site, &site.writer)[0].contains("on p_payment_log_2025_12:"));
}

/// Whoever can go back to the role that he has logged in as has its powers.
#[tokio::test]
async fn a_role_that_is_put_on_after_the_login_hides_nothing() {
    let site = Site::new();
    let writer = site.writer.replace('\\', "\\\\").replace(' ', "\\ ");
    let mut command = site.command("postgres", &["migrate", "roles", "--check"]);
    let options: String =
        url::form_urlencoded::byte_serialize(format!("-c role={writer}").as_bytes()).collect();
    command.env("DB_URL", format!("{}?options={options}", site.place.url));
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains("the role postgres could change the log, as it\n- is a superuser"),
        "{text}{}",
        super::stderr(&output)
    );
}
