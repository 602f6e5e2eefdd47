//! What the role of a connection could do to the log beyond adding rows.

use std::fmt;

use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement, TransactionTrait,
};

use crate::m20251201_000001_append_only::refuse_log_change_body;

/// Something that a role could do to change the log, or to hide a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Power {
    /// What it is, as a predicate of the role: `owns p_payment_log`.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.remedy)
    }
}

/// The role of a connection, and everything that it could do to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Powers {
    /// The role, quoted as in SQL.
    pub role: String,
    /// Nothing, for a role that can only add to the log.
    pub powers: Vec<Power>,
}

const ROLE: &str = "SELECT quote_ident(session_user), current_setting('server_version_num')::int";

const SQL: &str = include_str!("powers.sql");

/// The parameters that a role which is no superuser may set. Since PostgreSQL 15.
const PARAMETERS: &str = "
    SELECT CASE WHEN privilege_type = 'SET' THEN 'set' ELSE 'alter system' END, parname,
        CASE WHEN acl.grantee = 0 OR rolname = session_user THEN '' ELSE rolname::text END
    FROM pg_parameter_acl
    CROSS JOIN LATERAL aclexplode(paracl) AS acl
    LEFT JOIN pg_roles ON pg_roles.oid = acl.grantee
    WHERE (acl.grantee = 0 OR pg_has_role(session_user, acl.grantee, 'MEMBER'))
        AND NOT coalesce(rolsuper, false) AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = session_user)
        AND (privilege_type = 'ALTER SYSTEM' OR parname IN ('session_replication_role', 'allow_system_table_mods',
            'dynamic_library_path', 'session_preload_libraries'))
    ORDER BY 1, 3, 2";

/// Reports what the connection's role could do to these log tables of one schema. PostgreSQL only.
pub async fn powers(db: &DatabaseConnection, schema: &str, tables: &[&str]) -> Result<Powers, DbErr> {
    let db = db.begin().await?;
    // The service's sessions prefer indexes. With that setting, PostgreSQL estimates this query to be so expensive that
    // it compiles it, which takes seconds.
    db.execute_unprepared("SET LOCAL jit TO off; SET LOCAL enable_seqscan TO on").await?;
    let role = db.query_one_raw(Statement::from_string(DbBackend::Postgres, ROLE)).await?;
    let role = role.ok_or_else(|| DbErr::RecordNotFound("the connection's role".to_owned()))?;
    let (role, version): (String, i32) = (role.try_get_by_index(0)?, role.try_get_by_index(1)?);
    let values = [schema.into(), tables.join(",").into(), refuse_log_change_body().into()];
    let mut found =
        db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, SQL, values)).await?;
    if version >= 150_000 {
        found.extend(db.query_all_raw(Statement::from_string(DbBackend::Postgres, PARAMETERS)).await?);
    }
    db.commit().await?;
    let found = found.iter().map(Found::read).collect::<Result<Vec<_>, _>>()?;
    let alike = found.chunk_by(|one, next| one.kind == next.kind && one.through == next.through);
    let powers = alike.filter_map(|alike| power(alike, &role)).collect();
    Ok(Powers { role, powers })
}

/// One row of the answer.
struct Found {
    kind: String,
    thing: String,
    /// The role that has the power, if that is another one.
    through: String,
}

impl Found {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            kind: row.try_get_by_index(0)?,
            thing: row.try_get_by_index(1)?,
            through: row.try_get_by_index(2)?,
        })
    }
}

/// How many things of a kind are named: a log has hundreds of tables.
const MAX_NAMED: usize = 4;

fn things(alike: &[Found]) -> String {
    let named = alike.iter().take(MAX_NAMED).map(|found| found.thing.as_str()).collect::<Vec<_>>().join(", ");
    match alike.len().saturating_sub(MAX_NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// One power from several rows that differ only in the thing.
fn power(alike: &[Found], role: &str) -> Option<Power> {
    const BY_ROLES: &str =
        "run `log-service migrate roles --apply` as an administrator, and the service as the writer";
    let Found { kind, thing, through } = alike.first()?;
    let things = things(alike);
    let (what, remedy) = match kind.as_str() {
        "superuser" => (
            "is a superuser".to_owned(),
            "run the service as a role that is none: `log-service migrate roles` makes it".to_owned(),
        ),
        "create role" => {
            ("may give itself other roles (CREATEROLE)".to_owned(), format!("ALTER ROLE {role} NOCREATEROLE"))
        }
        "pg_write_all_data" => ("may change every table".to_owned(), String::new()),
        "pg_execute_server_program" => ("may run programs on the server".to_owned(), String::new()),
        "pg_write_server_files" => ("may write the server's files".to_owned(), String::new()),
        "own database" => (format!("owns the database {things}, and could drop it"), BY_ROLES.to_owned()),
        "own" => (format!("owns {things}"), BY_ROLES.to_owned()),
        "create" => (
            format!("may make things in the schema {things}, which run as its owner"),
            BY_ROLES.to_owned(),
        ),
        "TRIGGER" => (format!("may add triggers to {things}"), BY_ROLES.to_owned()),
        "UPDATE" | "DELETE" | "TRUNCATE" => (format!("has the right to {kind} {things}"), BY_ROLES.to_owned()),
        "execute" => (
            format!("may call {things}, which runs with the rights of the log's owner"),
            "REVOKE EXECUTE from it and from PUBLIC".to_owned(),
        ),
        "set" => (
            format!("may set {things}"),
            format!("REVOKE SET ON PARAMETER {thing} FROM {role}, and from PUBLIC"),
        ),
        "alter system" => (
            format!("may change the server's configuration of {things}"),
            format!("REVOKE ALTER SYSTEM ON PARAMETER {thing} FROM {role}, and from PUBLIC"),
        ),
        "not append-only" => (
            format!("finds no trigger that refuses changes, as the migration makes it, on {things}"),
            "find out who took it away or changed it; docs/operations/alerts.md, LogServicePowerfulRole, says how it is made anew"
                .to_owned(),
        ),
        "rule" => (format!("finds the rule {things}"), "find out what it does and who made it, and DROP RULE".to_owned()),
        "insert trigger" => (
            format!("finds the trigger {things}, which may change rows before they are stored"),
            "find out what it does and who made it, and DROP TRIGGER".to_owned(),
        ),
        _ => return None,
    };
    Some(if through.is_empty() {
        Power { what, remedy }
    } else {
        Power {
            what: format!("{what} (as a member of {through})"),
            remedy: format!("REVOKE {through} FROM {role}, or from the role in between"),
        }
    })
}
