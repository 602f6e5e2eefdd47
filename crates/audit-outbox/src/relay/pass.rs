use audit_core::publish::{ConfirmedChannel, PublishError};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    TransactionTrait,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Relay, error::RelayError, held::Held};
use crate::{
    entity::{Column, Entity},
    lane,
};

/// What became of a batch.
struct Batch {
    /// Where the next one begins, if there may be one.
    next: Option<i64>,
    lost: Option<PublishError>,
}

impl Relay {
    /// Goes through the whole outbox once, lane by lane and batch by batch.
    pub(super) async fn pass(
        &self,
        channel: &mut Option<ConfirmedChannel>,
        stopping: &CancellationToken,
    ) -> Result<(), RelayError> {
        if self.is_empty().await? {
            return Ok(());
        }
        let channel = match channel {
            Some(channel) => channel,
            None => channel.insert(ConfirmedChannel::open(&self.broker).await?),
        };
        let mut held = Held::default();
        for lane in lane::all() {
            let mut next = Some(0);
            while let Some(after) = next
                && !held.is_full()
                && !stopping.is_cancelled()
            {
                next = self.batch(lane, after, channel, &mut held).await?;
            }
        }
        held.into_result()
    }

    async fn is_empty(&self) -> Result<bool, RelayError> {
        let any = Entity::find().select_only().column(Column::Id).limit(1).into_tuple::<i64>().one(&self.db);
        Ok(self.with_timeout(any).await?.is_none())
    }

    /// Publishes and removes a lane's next events after a place, unless another relay has the lane.
    async fn batch(
        &self,
        lane: i16,
        after: i64,
        channel: &mut ConfirmedChannel,
        held: &mut Held,
    ) -> Result<Option<i64>, RelayError> {
        let batch = if self.db.get_database_backend() == DbBackend::Postgres {
            let transaction = self.with_timeout(self.db.begin()).await?;
            if !self.with_timeout(lane::take(&transaction, lane)).await? {
                return Ok(None);
            }
            // Only now, as a statement sees what was committed before it: what the last relay has removed is gone.
            let batch = self.forward(&transaction, lane, after, channel, held).await?;
            self.with_timeout(transaction.commit()).await?;
            batch
        } else {
            // There is one relay. A transaction would keep everybody from writing until the broker has answered.
            self.forward(&self.db, lane, after, channel, held).await?
        };
        // What was confirmed before the connection was lost has been removed.
        match batch.lost {
            Some(error) => Err(RelayError::Lost(error)),
            None => Ok(batch.next),
        }
    }

    async fn forward(
        &self,
        db: &impl ConnectionTrait,
        lane: i16,
        after: i64,
        channel: &mut ConfirmedChannel,
        held: &mut Held,
    ) -> Result<Batch, RelayError> {
        let most = self.settings.batch.clamp(1, 10_000);
        let rows = Entity::find()
            .filter(Column::Lane.eq(lane))
            .filter(Column::Id.gt(after))
            .order_by_asc(Column::Id)
            .limit(most);
        let rows = self.with_timeout(rows.all(db)).await?;
        let next = rows.last().map(|row| row.id).filter(|_| rows.len() as u64 == most);
        let (published, lost) = self.publish(rows, channel, held).await;
        if !published.is_empty() {
            #[expect(clippy::disallowed_methods, reason = "an outbox is no log")]
            let removing = Entity::delete_many().filter(Column::Id.is_in(published)).exec(db);
            self.with_timeout(removing).await?;
        }
        Ok(Batch { next, lost })
    }

    async fn with_timeout<T>(&self, step: impl Future<Output = Result<T, DbErr>>) -> Result<T, RelayError> {
        let most = self.settings.database_timeout;
        Ok(timeout(most, step).await.map_err(|_| RelayError::DatabaseTimedOut(most))??)
    }
}
