use sea_orm_migration::sea_orm::DbBackend;

/// A column that only some log tables have.
#[derive(Clone, Debug)]
pub(super) struct OwnColumn {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) absent: Absent,
    pub(super) indexed: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Of at most 255 characters.
    Text,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    BigInteger,
}

/// The column's value in the row of a message without the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    Null,
    Zero,
    /// There is no such row: the message is malformed.
    Refused,
}

impl OwnColumn {
    /// As `CREATE TABLE` and `ALTER TABLE` have it.
    pub(super) fn definition(&self, backend: DbBackend) -> String {
        let kind = match backend {
            DbBackend::Sqlite => match self.kind {
                Kind::Text => "TEXT",
                Kind::Integer | Kind::BigInteger => "INTEGER",
            },
            _ => match self.kind {
                Kind::Text if self.indexed => "varchar(255) COLLATE \"C\"",
                Kind::Text => "varchar(255)",
                Kind::Integer => "integer",
                Kind::BigInteger => "bigint",
            },
        };
        let absent = match self.absent {
            Absent::Null => "",
            Absent::Zero => " NOT NULL DEFAULT 0",
            Absent::Refused => " NOT NULL",
        };
        format!("{} {kind}{absent}", self.name)
    }

    /// The index that finds one thing among many; empty if the column has none.
    pub(super) fn index(&self, table: &str) -> String {
        if !self.indexed {
            return String::new();
        }
        let name = self.name;
        format!("CREATE INDEX {table}_{name} ON {table} ({name}, occurred_at) WHERE {name} IS NOT NULL;")
    }
}
