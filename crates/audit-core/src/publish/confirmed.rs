use std::{sync::Arc, time::Duration};

use lapin::{
    BasicProperties, Channel, Confirmation, Connection,
    message::BasicReturnMessage,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::ShortString,
};
use tokio::time::Instant;

use super::{Broker, ConnectError};

/// A message to publish.
#[derive(Clone, Debug)]
pub struct Message {
    /// The exchange to publish to.
    pub exchange: String,
    /// The key that the exchange routes by.
    pub routing_key: String,
    /// Content type, headers and other properties.
    pub properties: BasicProperties,
    /// The content.
    pub body: Vec<u8>,
}

/// Why a message was not published, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The broker has no queue for it.
    #[error("no queue takes messages of exchange `{exchange}` with key `{routing_key}`")]
    Unroutable {
        /// The exchange.
        exchange: String,
        /// The routing key.
        routing_key: String,
    },
    /// AMQP has names of at most 255 bytes.
    #[error("the exchange or routing key is {0} bytes long, AMQP takes at most 255")]
    NameTooLong(usize),
    /// The broker refused it.
    #[error("the broker refused the message")]
    Refused,
    /// The broker did not confirm it in time. It may have arrived.
    #[error("the broker did not confirm the message within {0:?}")]
    TimedOut(Duration),
    /// The connection ended first. The message may have arrived.
    #[error("the connection to the broker ended: {0}")]
    Closed(#[source] lapin::Error),
    /// The publisher's buffer is full.
    #[error("{0} events wait for the broker already; this one was dropped")]
    BufferFull(usize),
    /// The broker was unavailable for longer than the event is retried.
    #[error("the broker did not take the event before its time was up")]
    TooLate,
    /// The publisher was closed.
    #[error("the publisher was closed")]
    Stopped,
    /// There is no connection to publish on.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The event can't be written as JSON.
    #[error("the event can't be written as JSON: {0}")]
    NotJson(#[source] serde_json::Error),
}

impl PublishError {
    pub(super) fn unroutable(message: &Message) -> Self {
        Self::Unroutable { exchange: message.exchange.clone(), routing_key: message.routing_key.clone() }
    }
}

/// A separate connection and channel on which every publish is mandatory and confirmed.
///
/// During an alarm, the broker stops reading from connections that publish. On a separate connection, publishing never
/// holds up the acknowledgements of a consumer.
#[derive(Debug)]
pub struct ConfirmedChannel {
    connection: Connection,
    channel: Channel,
    timeout: Duration,
}

impl ConfirmedChannel {
    /// Connects, and enables confirms.
    pub async fn open(broker: &Broker) -> Result<Self, ConnectError> {
        let connection = broker.connect().await?;
        let channel = broker.with_timeout(connection.create_channel()).await?;
        broker.with_timeout(channel.confirm_select(ConfirmSelectOptions::default())).await?;
        Ok(Self { connection, channel, timeout: broker.timeout })
    }

    /// The connection, for declaring exchanges and queues.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The largest frame that the broker accepts. Properties and headers must fit into one.
    #[must_use]
    pub fn frame_max(&self) -> usize {
        usize::try_from(self.connection.configuration().frame_max()).unwrap_or(usize::MAX)
    }

    /// Publishes one message and waits for its confirm.
    pub async fn publish(&mut self, message: &Message) -> Result<(), PublishError> {
        self.publish_all(std::slice::from_ref(message)).await.pop().unwrap_or(Ok(()))
    }

    /// Publishes messages one after the other, then waits for all confirms. Returns one outcome for each message, in order.
    /// After the first timeout or lost connection, the rest fails as well: sending all takes no longer than the broker's
    /// timeout, and so does confirming.
    ///
    /// This takes `&mut self` so that nothing else is published meanwhile: AMQP does not number returned messages, so they
    /// are recognized by their content.
    pub async fn publish_all(&mut self, messages: &[Message]) -> Vec<Result<(), PublishError>> {
        let deadline = Instant::now() + self.timeout;
        let mut confirms = Vec::with_capacity(messages.len());
        for message in messages {
            confirms.push(self.send(message, deadline).await);
        }
        let deadline = Instant::now() + self.timeout;
        let mut outcomes = Vec::with_capacity(messages.len());
        let mut returned = Vec::new();
        for confirm in confirms {
            outcomes.push(match confirm {
                Ok(confirm) => self.confirmation(confirm, deadline, &mut returned).await,
                Err(error) => Err(error),
            });
        }
        for back in returned {
            let unroutable = messages.iter().zip(&mut outcomes).find(|(message, outcome)| {
                is_same(&back, message) && !matches!(outcome, Err(PublishError::Unroutable { .. }))
            });
            if let Some((message, outcome)) = unroutable {
                *outcome = Err(PublishError::unroutable(message));
            }
        }
        outcomes
    }

    /// Closes the connection.
    pub async fn close(self) {
        // An error means that it has already ended.
        let _ = tokio::time::timeout(self.timeout, self.connection.close(200, "closing".into())).await;
    }

    /// Sends a message and waits for its confirm. lapin gets the message when the future is first polled, and sends
    /// messages in that order.
    pub(super) fn publishing(
        &self,
        message: Arc<Message>,
    ) -> Result<impl Future<Output = lapin::Result<Confirmation>> + Send + use<>, PublishError> {
        let channel = self.channel.clone();
        let names = Names::of(&message)?;
        Ok(async move { sending(&channel, names, &message).await?.await })
    }

    /// Sends a message; its confirm is still to come.
    async fn send(
        &self,
        message: &Message,
        deadline: Instant,
    ) -> Result<lapin::PublisherConfirm, PublishError> {
        let names = Names::of(message)?;
        self.by(deadline, sending(&self.channel, names, message)).await
    }

    async fn confirmation(
        &self,
        confirm: lapin::PublisherConfirm,
        deadline: Instant,
        returned: &mut Vec<BasicReturnMessage>,
    ) -> Result<(), PublishError> {
        match self.by(deadline, confirm).await? {
            // lapin attaches a returned message to whichever confirm comes next.
            Confirmation::Ack(back) => {
                returned.extend(back);
                Ok(())
            }
            Confirmation::Nack(back) => {
                returned.extend(back);
                Err(PublishError::Refused)
            }
            Confirmation::NotRequested => Err(PublishError::Refused),
        }
    }

    async fn by<T>(
        &self,
        deadline: Instant,
        step: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, PublishError> {
        tokio::time::timeout_at(deadline, step)
            .await
            .map_err(|_| PublishError::TimedOut(self.timeout))?
            .map_err(PublishError::Closed)
    }
}

/// A message's exchange and routing key in AMQP's form.
struct Names {
    exchange: ShortString,
    routing_key: ShortString,
}

impl Names {
    fn of(message: &Message) -> Result<Self, PublishError> {
        let name = |text: &str| ShortString::try_new(text).map_err(|_| PublishError::NameTooLong(text.len()));
        Ok(Self { exchange: name(&message.exchange)?, routing_key: name(&message.routing_key)? })
    }
}

/// Ends when the message is sent; its confirm is still to come.
async fn sending(
    channel: &Channel,
    Names { exchange, routing_key }: Names,
    message: &Message,
) -> lapin::Result<lapin::PublisherConfirm> {
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    channel.basic_publish(exchange, routing_key, options, &message.body, message.properties.clone()).await
}

fn is_same(returned: &BasicReturnMessage, message: &Message) -> bool {
    let delivery = &returned.delivery;
    delivery.exchange.as_str() == message.exchange
        && delivery.routing_key.as_str() == message.routing_key
        && delivery.data == message.body
}
