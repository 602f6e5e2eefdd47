use audit_core::publish::ConnectError;

/// Why a consumer ended. Its channel is reopened, and its connection if that is lost.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsumeError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("the connection or channel ended: {0}")]
    Broker(#[from] lapin::Error),
    #[error("the broker ended the consumer: its queue may have been deleted")]
    Cancelled,
    #[error(
        "there is no queue {queue}, and the virtual host `{vhost}` makes streams of new queues, which can't hold \
         events: name another in rabbitmq.vhost (`rabbitmqctl add_vhost NAME --default-queue-type classic`), or set \
         rabbitmq.queue_type = \"quorum\""
    )]
    WouldBeStream { queue: String, vhost: String },
    #[error(transparent)]
    Ack(#[from] AckError),
    #[error(
        "its queue `{0}` is a stream, of which a consumer is not given what waits: delete it, and it is made anew as a queue"
    )]
    Stream(String),
}

/// A batch was not acknowledged: its messages will be delivered again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AckError {
    #[error("the channel ended before a batch was acknowledged")]
    ChannelGone,
    #[error("a batch can't be acknowledged: {0}")]
    Failed(#[source] ConnectError),
}
