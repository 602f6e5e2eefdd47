"""Tells the audit log that a payment was confirmed."""

import json
import os
import sys
import time
import uuid
from datetime import datetime, timezone

import pika
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import (
    AMQPError,
    ChannelClosedByBroker,
    NackError,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
    UnroutableError,
)


class NotPublished(Exception):
    """The broker did not say that it has the event."""


class AuditLog:
    """Publishes events. A connection of pika is for one thread: each thread needs a log of its own."""

    def __init__(self, parameters, exchange="tickatch.log", app_id="payment-service", seconds=5.0):
        self.parameters = parameters
        self.exchange = exchange
        self.app_id = app_id
        self.seconds = seconds
        self.connection = self.channel = None

    def publish(self, domain, event, traceparent=None):
        """Returns when the broker has the event. While it is away, this tries again for some seconds."""
        key = f"{domain}.log"
        present = {name: value for name, value in event.items() if value is not None}
        message = {
            "exchange": self.exchange,
            "routing_key": key,
            "body": json.dumps(present, ensure_ascii=False).encode(),
            "properties": pika.BasicProperties(
                content_type="application/json",
                content_encoding="UTF-8",
                delivery_mode=2,  # persistent
                message_id=event["eventId"],
                type=key,
                app_id=self.app_id,
                headers={"traceparent": traceparent} if traceparent else None,
            ),
            "mandatory": True,  # no queue is an error, and not a loss
        }
        deadline, pause = time.monotonic() + self.seconds, 0.1
        while True:
            try:
                return self._open().basic_publish(**message)
            except UnroutableError as error:
                raise NotPublished(f"no queue takes {key} from {self.exchange}") from error
            except NackError as error:
                raise NotPublished("the broker refused it: a queue is full or failing") from error
            except ChannelClosedByBroker as error:
                raise NotPublished(f"the broker refused it: {error.reply_text}") from error
            except (ProbableAuthenticationError, ProbableAccessDeniedError) as error:
                raise NotPublished(f"the broker refused the login: {error}") from error
            except (AMQPError, AMQPConnectorException, OSError) as error:
                # It may have arrived: the same id and time are stored once, so it is safe to send it again.
                self.close()
                if time.monotonic() + pause > deadline:
                    raise NotPublished(f"the broker is away: {error!r}") from error
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

    def _open(self):
        if self.channel is None or self.channel.is_closed:
            self.close()
            self.connection = pika.BlockingConnection(self.parameters)
            channel = self.connection.channel()
            channel.confirm_delivery()
            self.channel = channel
        return self.channel

    def close(self):
        connection, self.connection, self.channel = self.connection, None, None
        if connection is not None and connection.is_open:
            try:
                connection.close()
            except AMQPError:
                pass  # it ended by itself


def confirmed(payment_id, customer_id):
    """Made once, when it happens, and kept for every try."""
    return {
        "eventId": str(uuid.uuid4()),
        "actionType": "CONFIRM",
        "actorType": "CUSTOMER",
        "actorUserId": customer_id,
        "occurredAt": datetime.now(timezone.utc).isoformat(),
        "paymentId": payment_id,
        "method": "TOSS_CARD",
        "retryCount": 0,
    }


def main():
    parameters = pika.ConnectionParameters(
        host=os.environ.get("RABBITMQ_HOST", "127.0.0.1"),
        port=int(os.environ.get("RABBITMQ_PORT", "5672")),
        credentials=pika.PlainCredentials(
            os.environ.get("RABBITMQ_USERNAME", "guest"), os.environ.get("RABBITMQ_PASSWORD", "guest")
        ),
        client_properties={"connection_name": "payment-service"},
        heartbeat=10,
        socket_timeout=5,
        stack_timeout=5,
        blocked_connection_timeout=5,
    )
    log = AuditLog(parameters, os.environ.get("AUDIT_EXCHANGE", "tickatch.log"))
    event = confirmed("3fb56c7b-8c38-4721-863c-2289f65684f0", "8c00ea47-342b-4281-8129-eefd996828aa")
    try:
        log.publish("payment", event, traceparent=os.environ.get("TRACEPARENT"))
    except NotPublished as error:
        sys.exit(f"not published: {error}")
    finally:
        log.close()
    print(event["eventId"])


if __name__ == "__main__":
    main()
