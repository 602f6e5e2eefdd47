//! The AsyncAPI document (version 3.0): where events go, and what they are made of.

use audit_core::{Domain, Topology, contract::EventContract, dead_letter};
use serde_json::{Map, Value, json};

use crate::context::DomainRegistration;

/// The version of AsyncAPI's AMQP bindings.
const BINDING_VERSION: &str = "0.3.0";

/// Everything about the broker that a program which publishes or repairs events must know.
pub(super) fn document(
    topology: &Topology,
    domains: &[DomainRegistration],
) -> Result<Value, serde_json::Error> {
    let (mut channels, mut messages, mut operations) = (Map::new(), Map::new(), Map::new());
    for DomainRegistration { log, contract } in domains {
        let domain = log.domain();
        let names = Names { topology, domain };
        channels.insert(domain.to_string(), names.channel());
        channels.insert(format!("{domain}-queue"), names.queue());
        channels.insert(format!("{domain}-dead-letters"), names.dead_letters());
        messages.insert(domain.to_string(), message(contract, log.table().name)?);
        operations.insert(format!("store-{domain}"), names.store());
        operations.insert(format!("bury-{domain}"), names.publish_dead_letter());
    }
    messages.insert("dead-letter".to_owned(), dead_letter());
    Ok(json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "log-service",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The business audit log. Services publish an event for everything that happens; \
                log-service stores it, append-only. Delivery is at least once: the same `eventId` and `occurredAt` \
                are stored once. Fields that the schema does not know are kept. `null` means absent. \
                CloudEvents 1.0 are understood as well, in binary and in structured mode: their data is the payload, \
                which may then leave out what `id`, `time` and `subject` say. Bodies that `content_encoding`, or the charset of \
                the content type, says to be in UTF-16, UTF-32, EUC-KR, MS949, ISO-8859-1 or US-ASCII, or to be \
                compressed by gzip or deflate, are decoded. Several events in one message are taken apart, if Spring put \
                them together: with the header `springBatchFormat`.",
            "license": { "name": env!("CARGO_PKG_LICENSE") },
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": { "headers": headers(), "dead-letter-headers": headers_of_dead_letters() },
            "correlationIds": {
                "trace": {
                    "description": "The trace that the publisher was in. It is stored as `trace_id`.",
                    "location": "$message.header#/traceparent",
                },
            },
        },
    }))
}

/// The names of one domain at the broker.
struct Names<'a> {
    topology: &'a Topology,
    domain: Domain,
}

impl Names<'_> {
    fn channel(&self) -> Value {
        let (domain, key) = (self.domain, self.domain.routing_key());
        json!({
            "address": key,
            "title": format!("Events of the domain {domain}"),
            "description": format!("Publish to the exchange with the key `{key}`; the broker routes to `{}`.",
                self.topology.queue(domain)),
            "messages": { "event": { "$ref": format!("#/components/messages/{domain}") } },
            "bindings": { "amqp": {
                "is": "routingKey",
                "exchange": exchange(&self.topology.exchange()),
                "bindingVersion": BINDING_VERSION,
            } },
        })
    }

    fn queue(&self) -> Value {
        let domain = self.domain;
        let queue = self.topology.queue(domain);
        json!({
            "address": queue,
            "title": format!("Where events of the domain {domain} wait"),
            "description": "Whoever declares the queue must do so with the same arguments.",
            "messages": { "event": { "$ref": format!("#/components/messages/{domain}") } },
            "bindings": { "amqp": durable_queue(&queue) },
            "x-queue-arguments": {
                "x-dead-letter-exchange": self.topology.dead_letter_exchange(),
                "x-dead-letter-routing-key": domain.dead_letter_routing_key(),
            },
            "x-bound-to": { "exchange": self.topology.exchange(), "routingKey": domain.routing_key() },
        })
    }

    fn dead_letters(&self) -> Value {
        let domain = self.domain;
        let queue = self.topology.dead_letter_queue(domain);
        json!({
            "address": queue,
            "title": format!("Messages of the domain {domain} that can't be stored"),
            "messages": { "dead-letter": { "$ref": "#/components/messages/dead-letter" } },
            "bindings": { "amqp": durable_queue(&queue) },
            "x-queue-arguments": {},
            "x-bound-to": {
                "exchange": self.topology.dead_letter_exchange(),
                "exchangeType": "topic",
                "routingKey": domain.dead_letter_routing_key(),
            },
        })
    }

    fn store(&self) -> Value {
        let domain = self.domain;
        json!({
            "action": "receive",
            "channel": { "$ref": format!("#/channels/{domain}") },
            "summary": format!("Store an event of the domain {domain}."),
            "messages": [{ "$ref": format!("#/channels/{domain}/messages/event") }],
            "bindings": { "amqp": { "ack": true, "bindingVersion": BINDING_VERSION } },
        })
    }

    fn publish_dead_letter(&self) -> Value {
        let channel = format!("{}-dead-letters", self.domain);
        json!({
            "action": "send",
            "channel": { "$ref": format!("#/channels/{channel}") },
            "summary": format!("Keep a message of the domain {} that can't be stored.", self.domain),
            "messages": [{ "$ref": format!("#/channels/{channel}/messages/dead-letter") }],
            "bindings": { "amqp": { "mandatory": true, "bindingVersion": BINDING_VERSION } },
        })
    }
}

fn exchange(name: &str) -> Value {
    json!({ "name": name, "type": "topic", "durable": true, "autoDelete": false })
}

fn durable_queue(name: &str) -> Value {
    json!({
        "is": "queue",
        "queue": { "name": name, "durable": true, "exclusive": false, "autoDelete": false },
        "bindingVersion": BINDING_VERSION,
    })
}

fn message(contract: &EventContract, table: &str) -> Result<Value, serde_json::Error> {
    let mut payload = contract.schema();
    // AsyncAPI has a dialect of its own, which includes all that the schema uses.
    payload.remove("$schema");
    let title = payload.get("title").cloned().unwrap_or_default();
    let examples: Vec<Value> = contract.samples.lines().map(example).collect::<Result<_, _>>()?;
    Ok(json!({
        "name": title,
        "title": title,
        "summary": format!("Stored in the table `{table}`."),
        "contentType": "application/json",
        "headers": { "$ref": "#/components/schemas/headers" },
        "correlationId": { "$ref": "#/components/correlationIds/trace" },
        "payload": payload,
        "bindings": { "amqp": { "contentEncoding": "UTF-8", "bindingVersion": BINDING_VERSION } },
        "examples": examples,
    }))
}

fn example(sample: &str) -> Result<Value, serde_json::Error> {
    let mut sample: Value = serde_json::from_str(sample)?;
    Ok(json!({
        "name": sample["body"]["actionType"],
        "headers": sample["properties"]["headers"].take(),
        "payload": sample["body"].take(),
    }))
}

fn dead_letter() -> Value {
    json!({
        "name": "DeadLetter",
        "title": "A message that can't be stored",
        "summary": "Body, properties and headers as they came, and headers that say why.",
        "headers": { "$ref": "#/components/schemas/dead-letter-headers" },
        "payload": { "description": "The body as it came, whatever it is." },
    })
}

fn headers() -> Value {
    json!({
        "type": "object",
        "description": "All may be left out. The first well-formed one of `traceparent`, `b3` and `x-b3-traceid` names the \
            trace.",
        "properties": {
            "springBatchFormat": {
                "type": "string",
                "description": "The message has several events: before each body stand four bytes of its length, \
                    big-endian.",
                "const": "lengthHeader4",
            },
            "traceparent": {
                "type": "string",
                "description": "W3C Trace Context.",
                "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
                "examples": ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
            },
            "b3": {
                "type": "string",
                "description": "Zipkin, in one header.",
                "examples": ["4bf92f3577b34da6a3ce929d0e0e4736-e457b5a2e4d86bd1-1"],
            },
            "x-b3-traceid": {
                "type": "string",
                "description": "Zipkin, in several headers. Upper or lower case.",
                "pattern": "^([0-9a-fA-F]{16}|[0-9a-fA-F]{32})$",
                "examples": ["4bf92f3577b34da6a3ce929d0e0e4736"],
            },
        },
        "additionalProperties": true,
    })
}

fn headers_of_dead_letters() -> Value {
    use dead_letter::headers as header;

    let text = |description: &str| json!({ "type": "string", "description": description });
    json!({
        "type": "object",
        "properties": {
            header::REASON: text("Why it can't be stored, as a code."),
            header::FIELD: text("The field that is to blame, where there is one."),
            header::TIME: text("When it became a dead letter: RFC 3339, in UTC."),
            header::REPLAYS: { "type": "integer", "description": "How often it was put back before." },
            header::EXCEPTION_MESSAGE: text("The reason in prose."),
            header::ORIGINAL_EXCHANGE: text("The exchange that the original was published to."),
            header::ORIGINAL_ROUTING_KEY: text("The key that the original was published with."),
        },
        "additionalProperties": true,
    })
}
