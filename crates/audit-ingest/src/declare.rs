use audit_core::{Domain, Topology};
use lapin::{
    Channel, Connection, ErrorKind, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    protocol::{AMQPErrorKind, AMQPSoftError},
    types::{AMQPValue, FieldTable},
};
use tracing::{debug, warn};

use crate::{
    QueueType,
    difference::{Current, Difference},
    flaws::{Exchange, Queue},
};

/// As good as without a limit: only log-service decides what is a dead letter. RabbitMQ 4 would give up on a
/// message of a quorum queue after 20 deliveries, and counts each lost connection as one.
const MOST_DELIVERIES: i32 = 1_000_000;

/// Queues have fewer arguments.
const MOST_DIFFERENCES: usize = 32;

/// Whether queues of others are warned of: once is enough, not at each new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WarnOfOthers {
    Yes,
    No,
}

/// What is there after declaring.
#[derive(Debug)]
pub(crate) enum Declared {
    /// What the domain needs. In what others declared, messages may get lost: how they do, in words for operators.
    Usable {
        /// None is how it should be.
        flaws: Vec<String>,
    },
    /// The domain's queue, but it is a stream, which can't be consumed like a queue.
    Stream(String),
    /// Not this queue: the virtual host makes streams of new queues.
    WouldBeStream(String),
}

/// Declares a domain's exchange, queue and dead-letter queue, as the original does.
///
/// The dead-letter queue comes after the queue, which tells whether new queues become streams, and before its binding:
/// no event arrives earlier.
pub(crate) async fn declare(
    connection: &Connection,
    topology: &Topology,
    domain: Domain,
    queue_type: QueueType,
    warn: WarnOfOthers,
) -> lapin::Result<Declared> {
    let (dead_letter_exchange, dead_letter_key) =
        (topology.dead_letter_exchange(), domain.dead_letter_routing_key());
    let mut arguments = queue_arguments(queue_type);
    let mut text = |name: &str, value: &str| {
        arguments.insert(name.into(), AMQPValue::LongString(value.into()));
    };
    text("x-dead-letter-exchange", &dead_letter_exchange);
    text("x-dead-letter-routing-key", &dead_letter_key);
    if queue_type == QueueType::Quorum {
        arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(MOST_DELIVERIES));
    }
    let declaring = Declaring { connection, warn };
    let exchange = declaring.exchange(&topology.exchange()).await?;
    let name = topology.queue(domain);
    let queue = declaring.queue(&name, arguments).await?;
    if queue.is_none() {
        for name in [&name, &topology.dead_letter_queue(domain)] {
            if !declaring.is_there(name).await? {
                return Ok(Declared::WouldBeStream(name.clone()));
            }
        }
    }
    let mut flaws = declare_dead_letters(connection, topology, domain, queue_type, warn).await?;
    declaring.binding(&topology.exchange(), &name, &domain.routing_key()).await?;
    flaws.extend(told("the exchange of all events", exchange.flaws()));
    if let Some(queue) = queue {
        if queue.is_stream() {
            return Ok(Declared::Stream(name));
        }
        let dropped = queue.dropped_to(&dead_letter_exchange, &dead_letter_key);
        flaws.extend(told("its queue", queue.flaws(dropped)));
    }
    Ok(Declared::Usable { flaws })
}

/// Declares where a domain's dead letters go. It returns how they get lost there, in words for operators.
pub(crate) async fn declare_dead_letters(
    connection: &Connection,
    topology: &Topology,
    domain: Domain,
    queue_type: QueueType,
    warn: WarnOfOthers,
) -> lapin::Result<Vec<String>> {
    let (exchange, queue) = (topology.dead_letter_exchange(), topology.dead_letter_queue(domain));
    let declaring = Declaring { connection, warn };
    let exchange_flaws = declaring.exchange(&exchange).await?.flaws();
    let declared = declaring.queue(&queue, queue_arguments(queue_type)).await?;
    let queue_flaws = declared.map(|queue| queue.flaws_for_dead_letters()).unwrap_or_default();
    declaring.binding(&exchange, &queue, &domain.dead_letter_routing_key()).await?;
    let of_exchange = told("the dead-letter exchange", exchange_flaws);
    Ok(of_exchange.chain(told("its dead-letter queue", queue_flaws)).collect())
}

fn told(what: &str, flaws: Vec<&'static str>) -> impl Iterator<Item = String> {
    flaws.into_iter().map(move |flaw| format!("{what} {flaw}"))
}

fn queue_arguments(queue_type: QueueType) -> FieldTable {
    let mut arguments = FieldTable::default();
    match queue_type {
        // The argument is left out: a queue that was declared without it counts as different.
        QueueType::Classic => {}
        QueueType::Quorum => {
            arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        }
    }
    arguments
}

/// Declares one thing after the other. What others declared with other arguments is used as it is. Each has a
/// channel of its own, as the broker closes the channel when it refuses a declaration.
struct Declaring<'a> {
    connection: &'a Connection,
    warn: WarnOfOthers,
}

/// Why something was not declared.
enum Refused {
    /// It exists, and differs.
    Differs(String),
    /// This user may not declare it. If it is not there either, consuming it will say so.
    NotPermitted(String),
}

impl Declaring<'_> {
    /// Declares an exchange, and finds out how it is if it is there.
    async fn exchange(&self, name: &str) -> lapin::Result<Exchange> {
        let mut exchange = Exchange { kind: "topic".to_owned(), durable: true, internal: false };
        let mut differences = Vec::new();
        while differences.len() < MOST_DIFFERENCES {
            let options = ExchangeDeclareOptions {
                durable: exchange.durable,
                internal: exchange.internal,
                ..ExchangeDeclareOptions::default()
            };
            let (kind, none) = (ExchangeKind::Custom(exchange.kind.clone()), FieldTable::default());
            let channel = self.connection.create_channel().await?;
            let declared = channel.exchange_declare(name.into(), kind, options, none).await;
            let Some(refused) = refusal(declared)? else {
                close(&channel).await?;
                break;
            };
            let Some(Difference { argument, current }) = self.difference("exchange", name, &refused) else {
                break;
            };
            differences.push(argument.to_owned());
            match (argument, current) {
                ("type", Current::Is(AMQPValue::LongString(kind))) => exchange.kind = kind.to_string(),
                ("durable", Current::Is(AMQPValue::Boolean(durable))) => exchange.durable = durable,
                ("internal", Current::Is(AMQPValue::Boolean(internal))) => exchange.internal = internal,
                // Whatever else there may be does no harm.
                _ => break,
            }
        }
        self.tell("exchange", name, &differences);
        Ok(exchange)
    }

    /// Declares a queue, and finds out how it is if it is there: the broker names one difference at a time, so the
    /// queue is declared with it once more, until nothing differs. Nothing can be found out where the virtual host makes
    /// streams of queues.
    async fn queue(&self, name: &str, arguments: FieldTable) -> lapin::Result<Option<Queue>> {
        let mut queue = Queue { durable: true, auto_delete: false, arguments };
        let mut differences = Vec::new();
        while differences.len() < MOST_DIFFERENCES {
            let options = QueueDeclareOptions {
                durable: queue.durable,
                auto_delete: queue.auto_delete,
                ..QueueDeclareOptions::default()
            };
            let channel = self.connection.create_channel().await?;
            let declared = channel.queue_declare(name.into(), options, queue.arguments.clone()).await;
            let Some(refused) = refusal(declared.map(drop))? else {
                close(&channel).await?;
                break;
            };
            if is_of_stream(&refused) {
                return Ok(None);
            }
            let Some(difference) = self.difference("queue", name, &refused) else { break };
            differences.push(difference.argument.to_owned());
            if !queue.learn(difference) {
                break;
            }
        }
        self.tell("queue", name, &differences);
        Ok(Some(queue))
    }

    async fn is_there(&self, queue: &str) -> lapin::Result<bool> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let channel = self.connection.create_channel().await?;
        match channel.queue_declare(queue.into(), passive, FieldTable::default()).await {
            Err(error) if is_refusal(&error, &AMQPSoftError::NOTFOUND) => Ok(false),
            found => {
                found?;
                close(&channel).await?;
                Ok(true)
            }
        }
    }

    async fn binding(&self, exchange: &str, queue: &str, key: &str) -> lapin::Result<()> {
        let (options, none) = (QueueBindOptions::default(), FieldTable::default());
        let channel = self.connection.create_channel().await?;
        let bound = channel.queue_bind(queue.into(), exchange.into(), key.into(), options, none).await;
        match refusal(bound)? {
            None => close(&channel).await,
            Some(refused) => {
                self.difference("binding", key, &refused);
                Ok(())
            }
        }
    }

    /// What differs, if that is why it was refused and can be read. Else nothing more can be found out.
    fn difference<'r>(&self, kind: &str, name: &str, refused: &'r Refused) -> Option<Difference<'r>> {
        let (what, reason) = match refused {
            Refused::NotPermitted(reason) => ("may not be declared by this user", reason),
            Refused::Differs(reason) => match Difference::read(reason) {
                Some(difference) => return Some(difference),
                None => ("exists with other arguments", reason),
            },
        };
        match self.warn {
            WarnOfOthers::Yes => warn!(%reason, "the {kind} `{name}` {what}: it is used as it is"),
            WarnOfOthers::No => debug!(%reason, "the {kind} `{name}` {what}: it is used as it is"),
        }
        None
    }

    fn tell(&self, kind: &str, name: &str, differences: &[String]) {
        let differences = differences.join(", ");
        match self.warn {
            _ if differences.is_empty() => {}
            WarnOfOthers::Yes => {
                warn!(differences, "the {kind} `{name}` exists with other arguments: it is used as it is");
            }
            WarnOfOthers::No => {
                debug!(differences, "the {kind} `{name}` exists with other arguments: it is used as it is");
            }
        }
    }
}

/// Whether the broker would make a stream of the queue, by the default of the virtual host, but finds an argument that
/// no stream has: where its messages are dead-lettered. It does not say whether the queue is there.
fn is_of_stream(refused: &Refused) -> bool {
    matches!(refused, Refused::Differs(reason) if reason.contains("rabbit_stream_queue"))
}

fn is_refusal(error: &lapin::Error, reason: &AMQPSoftError) -> bool {
    let ErrorKind::ProtocolError(refusal) = error.kind() else { return false };
    matches!(refusal.kind(), AMQPErrorKind::Soft(soft) if soft == reason)
}

/// Why something was refused, if it was. The broker has closed the channel then.
fn refusal(declared: lapin::Result<()>) -> lapin::Result<Option<Refused>> {
    let Err(error) = declared else { return Ok(None) };
    let ErrorKind::ProtocolError(refusal) = error.kind() else { return Err(error) };
    let reason = refusal.get_message().to_string();
    match refusal.kind() {
        AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED) => Ok(Some(Refused::Differs(reason))),
        AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => Ok(Some(Refused::NotPermitted(reason))),
        _ => Err(error),
    }
}

async fn close(channel: &Channel) -> lapin::Result<()> {
    channel.close(200, "declared".into()).await
}
