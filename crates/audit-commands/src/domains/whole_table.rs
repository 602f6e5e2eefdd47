use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, TransactionTrait};

/// Begins a transaction that may read a table from end to end, and take as long as that takes.
pub(super) async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let transaction = db.begin().await?;
    if db.get_database_backend() == DbBackend::Postgres {
        let settings =
            "SET TRANSACTION READ ONLY; SET LOCAL statement_timeout TO 0; SET LOCAL enable_seqscan TO on";
        transaction.execute_unprepared(settings).await?;
    }
    Ok(transaction)
}
