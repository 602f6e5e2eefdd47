use audit_core::publish::{ConfirmedChannel, PublishError};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, TransactionTrait,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{RelaySettings, error::RelayError, publish::Waves, rejected::Rejected};
use crate::{
    entity::{Column, Entity},
    lane,
};

/// The most events of a batch.
const MAX_BATCH: u64 = 10_000;

/// Goes through the whole outbox once, lane by lane and batch by batch.
pub(super) struct Drain<'r> {
    pub(super) db: &'r DatabaseConnection,
    pub(super) settings: &'r RelaySettings,
    pub(super) waves: Waves<'r>,
    pub(super) channel: &'r mut ConfirmedChannel,
    pub(super) rejected: Rejected,
}

/// What became of a batch.
struct BatchOutcome {
    /// Where the next one begins, if there may be one.
    next: Option<i64>,
    lost: Option<PublishError>,
}

impl Drain<'_> {
    pub(super) async fn run(mut self, stopping: &CancellationToken) -> Result<(), RelayError> {
        for lane in lane::all() {
            let mut next = Some(0);
            while let Some(after) = next
                && !self.rejected.is_full()
                && !stopping.is_cancelled()
            {
                next = self.batch(lane, after).await?;
            }
        }
        self.rejected.into_result()
    }

    /// Publishes and removes the next events of a lane, unless another relay has the lane.
    async fn batch(&mut self, lane: i16, after: i64) -> Result<Option<i64>, RelayError> {
        let (db, settings) = (self.db, self.settings);
        let outcome = if db.get_database_backend() == DbBackend::Postgres {
            let transaction = settings.with_timeout(db.begin()).await?;
            if !settings.with_timeout(lane::take(&transaction, lane)).await? {
                return Ok(None);
            }
            // Only now, as a statement sees what was committed before it: what the last relay has removed is gone.
            let outcome = self.forward(&transaction, lane, after).await?;
            settings.with_timeout(transaction.commit()).await?;
            outcome
        } else {
            // There is one relay. A transaction would keep all others from writing until the broker has answered.
            self.forward(db, lane, after).await?
        };
        // What was confirmed before the connection was lost has been removed.
        match outcome.lost {
            Some(error) => Err(RelayError::Lost(error)),
            None => Ok(outcome.next),
        }
    }

    async fn forward(
        &mut self,
        db: &impl ConnectionTrait,
        lane: i16,
        after: i64,
    ) -> Result<BatchOutcome, RelayError> {
        let max = self.settings.batch.clamp(1, MAX_BATCH);
        let rows = Entity::find()
            .filter(Column::Lane.eq(lane))
            .filter(Column::Id.gt(after))
            .order_by_asc(Column::Id)
            .limit(max);
        let rows = self.settings.with_timeout(rows.all(db)).await?;
        let next = rows.last().map(|row| row.id).filter(|_| rows.len() as u64 == max);
        let (published, lost) = self.waves.publish(rows, self.channel, &mut self.rejected).await;
        if !published.is_empty() {
            #[expect(clippy::disallowed_methods, reason = "an outbox is no log")]
            let removing = Entity::delete_many().filter(Column::Id.is_in(published)).exec(db);
            self.settings.with_timeout(removing).await?;
        }
        Ok(BatchOutcome { next, lost })
    }
}

/// Whether no event waits.
pub(super) async fn is_empty(db: &DatabaseConnection, settings: &RelaySettings) -> Result<bool, RelayError> {
    let any = Entity::find().select_only().column(Column::Id).limit(1).into_tuple::<i64>().one(db);
    Ok(settings.with_timeout(any).await?.is_none())
}

impl RelaySettings {
    async fn with_timeout<T>(&self, step: impl Future<Output = Result<T, DbErr>>) -> Result<T, RelayError> {
        let limit = self.database_timeout;
        Ok(timeout(limit, step).await.map_err(|_| RelayError::DatabaseTimedOut(limit))??)
    }
}
