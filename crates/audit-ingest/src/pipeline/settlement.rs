use std::mem::take;

use audit_core::{publish::Broker, store::Row};
use futures::future::try_join_all;
use lapin::{Acker, options::BasicAckOptions};

use super::row_writer::Written;
use crate::{batch::Batch, consume_error::AckError, dead_letter::Rejection, message::SourceMessage};

/// What to do with the messages of a batch after its rows were written.
pub(super) struct Settlement {
    /// Neither stored nor acknowledged yet.
    pub(super) awaiting_partition: Vec<(Row, SourceMessage)>,
    /// To be dead-lettered before anything is acknowledged.
    pub(super) dead_letters: Vec<(SourceMessage, Rejection)>,
    pub(super) acks: Acks,
    /// How many deliveries are acknowledged.
    pub(super) deliveries: usize,
}

/// The acknowledgements of a batch.
pub(super) struct Acks {
    ackers: Vec<Acker>,
    /// Whether each acknowledges all earlier deliveries as well.
    multiple: bool,
}

impl Settlement {
    /// Takes the messages out of a batch.
    pub(super) fn new(batch: &mut Batch, written: Written) -> Self {
        let rows = take(&mut batch.rows).into_iter();
        let mut events: Vec<_> = rows.zip(take(&mut batch.messages)).map(Some).collect();
        let without_partition = written.without_partition.into_iter();
        let awaiting_partition: Vec<_> =
            without_partition.filter_map(|at| events.get_mut(at)?.take()).collect();
        let malformed = take(&mut batch.malformed);
        let of_rows = events.iter().flatten().map(|(_, message)| message);
        let others = malformed.iter().map(|(message, _)| message).chain(&batch.dropped_reads);
        let settled: Vec<_> = of_rows.chain(others).filter(|message| message.settle()).collect();
        let deliveries = settled.len();
        // Acknowledging everything up to the last delivery would include those that are still waiting.
        let multiple = !batch.separate_acks && awaiting_partition.is_empty();
        let ackers = if multiple {
            batch.last.take().into_iter().collect()
        } else {
            settled.into_iter().map(|message| message.acker().clone()).collect()
        };
        let rejected = written.rejected.into_iter().filter_map(|(at, rejection)| {
            let (_, message) = events.get_mut(at)?.take()?;
            Some((message, rejection))
        });
        let malformed = malformed.into_iter().map(|(message, why)| (message, Rejection::from(why)));
        let dead_letters = malformed.chain(rejected).collect();
        Self { awaiting_partition, dead_letters, acks: Acks { ackers, multiple }, deliveries }
    }
}

impl Acks {
    pub(super) async fn send(self, broker: &Broker) -> Result<(), AckError> {
        let Self { ackers, multiple } = self;
        let acks = try_join_all(ackers.iter().map(|acker| acker.ack(BasicAckOptions { multiple })));
        let sent = broker.with_timeout(acks).await.map_err(AckError::Failed)?;
        // `false`: the channel is closed, and the acknowledgement was not sent.
        if sent.contains(&false) { Err(AckError::ChannelGone) } else { Ok(()) }
    }
}
