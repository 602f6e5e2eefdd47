use audit_core::publish::{Broker, ConnectError};
use audit_ingest::{CheckedQueue, QueueState, check_queues};
use lapin::{
    ErrorKind,
    protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError},
};

use super::report::Check;
use crate::context::Context;

const NAME: &str = "broker";

/// Connects, and looks at exchanges, queues and the user's permissions.
pub(super) async fn check(context: &Context<'_>) -> Vec<Check> {
    let settings = context.config.ingest_settings();
    let broker = &settings.broker;
    let connection = match broker.connect().await {
        Ok(connection) => connection,
        Err(error) => {
            return vec![
                Check::problem(NAME, error.to_string(), Some(remedy(&error))),
                Check::skipped("queues", "not checked: it needs the broker"),
            ];
        }
    };
    let mut checks = vec![Check::ok(NAME, connected(broker))];
    let domains: Vec<_> = context.domains.iter().map(|domain| domain.log.domain()).collect();
    match check_queues(&connection, &settings, &domains).await {
        Ok(queues) => checks.extend(queues.into_iter().map(queue)),
        Err(error) => checks.push(Check::problem("queues", error.to_string(), None)),
    }
    // It ends with the process in any case.
    let _ = broker.with_timeout(connection.close(200, "checked".into())).await;
    checks
}

fn connected(broker: &Broker) -> String {
    format!("{} as {}, virtual host {}", broker.address(), broker.username, broker.vhost)
}

const REMEDY: &str = "see docs/operations/rabbitmq.md on permissions, and on queues that others declared";

fn queue(CheckedQueue { name, state }: CheckedQueue) -> Check {
    match state {
        QueueState::Usable => Check::ok(name, "exists"),
        QueueState::Undeclared => {
            Check::ok(name, "does not exist yet; the service declares it when it starts")
        }
        QueueState::Undeclarable(reason) => {
            Check::problem(name, format!("does not exist, and can't be declared: {reason}"), Some(REMEDY))
        }
        QueueState::Unusable(problems) => Check::problem(name, problems.join("; "), Some(REMEDY)),
    }
}

fn remedy(error: &ConnectError) -> &'static str {
    const UNREACHABLE: &str =
        "check that the broker runs and can be reached, and rabbitmq.host, rabbitmq.port and rabbitmq.tls";
    let ConnectError::Failed { source, .. } = error else { return UNREACHABLE };
    let ErrorKind::ProtocolError(refusal) = source.kind() else { return UNREACHABLE };
    match refusal.kind() {
        AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => "check rabbitmq.username and rabbitmq.password",
        AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED) => {
            "create the virtual host of rabbitmq.vhost, and give the user permissions in it"
        }
        _ => UNREACHABLE,
    }
}
