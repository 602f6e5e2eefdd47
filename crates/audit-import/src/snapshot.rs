use sea_orm::{
    SqlxError,
    sqlx::{self, AssertSqlSafe, PgPool, Postgres, Row as _, Transaction},
};

/// A table of the original as it was at one moment, whatever is written to it meanwhile.
#[derive(Debug)]
pub(crate) struct Snapshot {
    transaction: Transaction<'static, Postgres>,
    /// The table, quoted.
    table: String,
    rows: u64,
}

impl Snapshot {
    pub(crate) async fn begin(pool: &PgPool, table: String) -> Result<Self, SqlxError> {
        let transaction = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let mut snapshot = Self { transaction, table, rows: 0 };
        // To sort a large table takes its time, and so does what is done with the rows of one fetch.
        snapshot.execute("SET LOCAL statement_timeout = 0".to_owned()).await?;
        snapshot.execute("SET LOCAL idle_in_transaction_session_timeout = 0".to_owned()).await?;
        snapshot.rows = snapshot.count().await?;
        Ok(snapshot)
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    async fn count(&mut self) -> Result<u64, SqlxError> {
        let sql = format!("SELECT count(*) FROM {}", self.table);
        let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut *self.transaction).await?;
        row.try_get::<i64, _>(0).map(i64::cast_unsigned)
    }

    /// Begins to read the rows, in the order of time and id; of those that have both in common, the one that the table
    /// has first comes first.
    pub(crate) async fn open_cursor(&mut self) -> Result<(), SqlxError> {
        let sql = format!(
            "DECLARE original NO SCROLL CURSOR FOR SELECT to_jsonb(ordered)::text
            FROM (SELECT * FROM {} ORDER BY occurred_at, id, ctid) AS ordered",
            self.table
        );
        self.execute(sql).await
    }

    /// The next rows, each as a JSON object; none when all were read.
    pub(crate) async fn fetch(&mut self, rows: usize) -> Result<Vec<String>, SqlxError> {
        let sql = AssertSqlSafe(format!("FETCH FORWARD {rows} FROM original"));
        let rows = sqlx::query(sql).fetch_all(&mut *self.transaction).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }

    pub(crate) async fn close_cursor(&mut self) -> Result<(), SqlxError> {
        self.execute("CLOSE original".to_owned()).await
    }

    async fn execute(&mut self, sql: String) -> Result<(), SqlxError> {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *self.transaction).await.map(drop)
    }
}
