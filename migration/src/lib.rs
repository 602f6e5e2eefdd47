#![doc = include_str!("../README.md")]

mod error;
mod log_table;
mod m20251201_000001_append_only;
mod m20251201_000002_arthall_log;
mod m20251201_000003_auth_log;
mod m20251201_000004_payment_log;
mod m20251201_000005_product_log;
mod m20251201_000006_reservation_log;
mod m20251201_000007_reservation_seat_log;
mod m20251201_000008_ticket_log;
mod m20251201_000009_user_log;
mod m20251201_000010_access_log;
mod m20261127_000001_bounded_partitions;
mod m20261127_000002_bounded_months;
mod needs;
mod powers;
mod roles;
mod run;
mod schema;

use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

pub use error::MigrateError;
pub use log_table::LogTable;
pub use needs::{missing_partitions, missing_rights};
pub use powers::{Power, Powers, powers};
pub use roles::{RoleName, RoleNameError, Roles};
pub use run::{Version, status, up};
pub use schema::OtherLogs;

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20251201_000001_append_only::Migration),
            Box::new(m20251201_000002_arthall_log::Migration),
            Box::new(m20251201_000003_auth_log::Migration),
            Box::new(m20251201_000004_payment_log::Migration),
            Box::new(m20251201_000005_product_log::Migration),
            Box::new(m20251201_000006_reservation_log::Migration),
            Box::new(m20251201_000007_reservation_seat_log::Migration),
            Box::new(m20251201_000008_ticket_log::Migration),
            Box::new(m20251201_000009_user_log::Migration),
            Box::new(m20251201_000010_access_log::Migration),
            Box::new(m20261127_000001_bounded_partitions::Migration),
            Box::new(m20261127_000002_bounded_months::Migration),
        ]
    }
}
