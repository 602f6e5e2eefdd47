use sea_orm_migration::prelude::*;

/// Makes the table `audit_outbox`, on PostgreSQL and SQLite. It belongs into the list of the service's own migrator.
#[derive(Clone, Copy, Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20251201_000001_audit_outbox"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("audit_outbox")
            .col(ColumnDef::new("id").big_integer().not_null().auto_increment().primary_key())
            .col(ColumnDef::new("lane").small_integer().not_null())
            .col(ColumnDef::new("event_id").uuid().not_null())
            .col(ColumnDef::new("routing_key").string_len(255).not_null())
            .col(ColumnDef::new("resource").text())
            .col(ColumnDef::new("body").text().not_null())
            .col(ColumnDef::new("trace_parent").text())
            .col(
                ColumnDef::new("created_at")
                    .timestamp_with_time_zone()
                    .not_null()
                    .default(Expr::current_timestamp()),
            )
            .take();
        manager.create_table(table).await?;
        let in_order_by_lane =
            Index::create().name("audit_outbox_lane_id").table("audit_outbox").col("lane").col("id").take();
        manager.create_index(in_order_by_lane).await
    }

    /// Refused while events wait: they would be lost.
    #[expect(clippy::disallowed_methods, reason = "an outbox is no log")]
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let any = Query::select().expr(Expr::val(1)).from("audit_outbox").limit(1).take();
        if manager.get_connection().query_one(&any).await?.is_some() {
            return Err(DbErr::Migration(
                "events wait in audit_outbox: let the relay publish them first".into(),
            ));
        }
        manager.drop_table(Table::drop().table("audit_outbox").take()).await
    }
}
