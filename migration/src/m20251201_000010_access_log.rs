//! The log of who read the log.

use sea_orm_migration::prelude::*;

use crate::log_table::LogTable;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        LogTable::named("p_access_log")
            .text("reader")
            .text("address")
            .integer("rows_read")
            .create(manager)
            .await
    }
}
