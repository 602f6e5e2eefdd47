//! PostgreSQL's schema for the tables, and what this role may do in it.

use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::MigrateError;

/// The configured schema, as this role finds it. Names are quoted as SQL needs it.
pub(crate) struct Schema {
    name: String,
    database: String,
    role: String,
    found: Found,
}

/// How it was found.
enum Found {
    Missing {
        may_be_made: bool,
    },
    /// Its tables are invisible to the role.
    Closed,
    /// Its tables can be used, and none can be created.
    ForUse,
    ForTables,
}

impl Schema {
    pub(crate) async fn find(db: &impl ConnectionTrait, name: &str) -> Result<Self, DbErr> {
        const SQL: &str =
            "SELECT quote_ident($1), quote_ident(current_database()), quote_ident(current_user),
                oid IS NOT NULL,
                coalesce(has_schema_privilege(oid, 'USAGE'), false),
                coalesce(has_schema_privilege(oid, 'CREATE'), false),
                has_database_privilege(current_database(), 'CREATE')
            FROM (SELECT) AS one LEFT JOIN pg_namespace ON nspname = $1";
        let found = Statement::from_sql_and_values(DbBackend::Postgres, SQL, [name.into()]);
        let found = db.query_one_raw(found).await?;
        let row = found.ok_or_else(|| DbErr::RecordNotFound("the schema's rights".to_owned()))?;
        let [exists, usable, for_tables, may_be_made]: [bool; 4] = [
            row.try_get_by_index(3)?,
            row.try_get_by_index(4)?,
            row.try_get_by_index(5)?,
            row.try_get_by_index(6)?,
        ];
        Ok(Self {
            name: row.try_get_by_index(0)?,
            database: row.try_get_by_index(1)?,
            role: row.try_get_by_index(2)?,
            found: match (exists, usable, for_tables) {
                (false, ..) => Found::Missing { may_be_made },
                (true, false, _) => Found::Closed,
                (true, true, false) => Found::ForUse,
                (true, true, true) => Found::ForTables,
            },
        })
    }

    pub(crate) fn check_usable(&self) -> Result<(), MigrateError> {
        match self.found {
            Found::Closed => {
                Err(MigrateError::NoUsage { schema: self.name.clone(), role: self.role.clone() })
            }
            Found::Missing { .. } | Found::ForUse | Found::ForTables => Ok(()),
        }
    }

    pub(crate) async fn check_no_other(&self, db: &impl ConnectionTrait) -> Result<(), MigrateError> {
        let others = logs(db).await?;
        if others.is_empty() {
            return Ok(());
        }
        Err(MigrateError::Elsewhere { schema: self.name.clone(), others })
    }

    /// Creates the schema unless it exists, or says which right is missing to have tables in it.
    ///
    /// `CREATE SCHEMA IF NOT EXISTS` needs the right to create schemas even if the schema exists.
    pub(crate) async fn make(&self, db: &impl ConnectionTrait) -> Result<(), MigrateError> {
        let (schema, database, role) = (self.name.clone(), self.database.clone(), self.role.clone());
        match self.found {
            Found::ForTables => Ok(()),
            Found::Missing { may_be_made: true } => {
                db.execute_unprepared(&format!("CREATE SCHEMA {schema}")).await?;
                Ok(())
            }
            Found::Missing { may_be_made: false } => Err(MigrateError::NoSchema { schema, database, role }),
            Found::Closed => Err(MigrateError::NoUsage { schema, role }),
            Found::ForUse => Err(MigrateError::NoCreate { schema, role }),
        }
    }
}

/// What another log in the same database means for a schema that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherLogs {
    /// The schema was renamed, or its name mistyped: a new log would be unexpectedly empty.
    Refused,
    /// Nothing: a second log is wanted.
    Allowed,
}

/// The schemas of this database that have a log.
async fn logs(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    // The Java service has no such table, and a detached month is not partitioned itself.
    const SQL: &str =
        "SELECT quote_ident(nspname) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE relname = 'p_access_log' AND relkind = 'p' ORDER BY nspname";
    let found = db.query_all_raw(Statement::from_string(DbBackend::Postgres, SQL)).await?;
    found.iter().map(|row| row.try_get_by_index(0)).collect()
}
