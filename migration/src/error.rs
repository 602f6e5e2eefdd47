use sea_orm_migration::sea_orm::DbErr;

/// Why a database was not brought to the newest version.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database was migrated by a newer program.
    #[error(
        "the database has schema versions that this program does not know ({}): \
         it was migrated by a newer log-service, use that one or newer",
        .unknown.join(", ")
    )]
    Newer {
        /// The versions that are not known here.
        unknown: Vec<String>,
    },
    /// Another program keeps its versions in the table that ours would be in.
    #[error(
        "the table seaql_migrations there belongs to another program{}: \
         name a schema of log-service's own in database.schema, or another SQLite file",
        if .versions.is_empty() { String::new() } else { format!(" (its versions: {})", .versions.join(", ")) }
    )]
    OfAnother {
        /// That program's versions.
        versions: Vec<String>,
    },
    /// There is no schema, and this role may not create it.
    #[error(
        "there is no schema {schema} in the database {database}, and the role {role} may not make it: \
         as a superuser, run CREATE SCHEMA {schema} AUTHORIZATION {role}; \
         or name another one in database.schema"
    )]
    NoSchema {
        /// The schema, quoted as in SQL.
        schema: String,
        /// The database.
        database: String,
        /// The connected role.
        role: String,
    },
    /// The schema exists, but this role may not use it.
    #[error(
        "the role {role} may not use the schema {schema}: as its owner, run GRANT USAGE ON SCHEMA {schema} TO {role}, \
         and grant the other rights of a role that writes; or, as an administrator, `log-service migrate roles --apply`"
    )]
    NoUsage {
        /// The schema, quoted as in SQL.
        schema: String,
        /// The connected role.
        role: String,
    },
    /// This role may create no tables in the schema.
    #[error(
        "the role {role} may make no tables in the schema {schema}: run `log-service migrate up` as its owner, \
         and set database.migrate_at_start = false; or let that role do both, with GRANT CREATE ON SCHEMA {schema} TO {role}"
    )]
    NoCreate {
        /// The schema, quoted as in SQL.
        schema: String,
        /// The connected role.
        role: String,
    },
    /// There is no log in this schema, but one in another.
    #[error(
        "the schema {schema} has no log, and {} has one: if it was renamed, name it in database.schema; \
         to begin a new log beside it, run `log-service migrate up`",
        .others.join(" and ")
    )]
    Elsewhere {
        /// The schema, quoted as in SQL.
        schema: String,
        /// Those that have a log.
        others: Vec<String>,
    },
    /// The database refused a statement, or can't be reached.
    #[error("the database can't be migrated: {0}")]
    Database(#[from] DbErr),
}
