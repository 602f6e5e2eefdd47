//! The log of tickets.

use sea_orm_migration::prelude::*;

use crate::log_table::LogTable;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        LogTable::named("p_ticket_log").text("receive_method").create(manager).await
    }
}
