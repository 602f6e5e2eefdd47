// Tells the audit log that a payment was confirmed.

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import amqplib from "amqplib";

/** The broker did not say that it has the event. */
export class NotPublished extends Error {}

/** Publishes events, any number at a time, over one connection. */
export class AuditLog {
  #broker;
  #exchange;
  #appId;
  #milliseconds;
  #connection;

  constructor(broker, { exchange = "tickatch.log", appId = "payment-service", milliseconds = 5000 } = {}) {
    this.#broker = broker;
    this.#exchange = exchange;
    this.#appId = appId;
    this.#milliseconds = milliseconds;
  }

  /** Resolves when the broker has the event. While it is away, this tries again for some seconds. */
  async publish(domain, event, { traceparent } = {}) {
    const deadline = Date.now() + this.#milliseconds;
    for (let pause = 100; ; pause = Math.min(2 * pause, 2000)) {
      try {
        return await inTime(this.#send(`${domain}.log`, event, traceparent), deadline - Date.now());
      } catch (error) {
        if (error instanceof NotPublished) throw error;
        // It may have arrived: the same id and time are stored once, so it is safe to send it again.
        if (Date.now() + pause > deadline) throw new NotPublished(error.message || error.code, { cause: error });
      }
      await sleep(pause);
    }
  }

  async #send(key, event, traceparent) {
    const connecting = (this.#connection ??= this.#connect());
    const present = Object.entries(event).filter(([, value]) => value != null);
    const body = Buffer.from(JSON.stringify(Object.fromEntries(present)));
    const options = {
      contentType: "application/json",
      contentEncoding: "UTF-8",
      persistent: true,
      mandatory: true, // no queue is an error, and not a loss
      messageId: event.eventId,
      type: key,
      appId: this.#appId,
      headers: traceparent ? { traceparent } : {},
    };
    try {
      const connected = await connecting;
      await new Promise((resolve, reject) => {
        connected.channel.publish(this.#exchange, key, body, options, (error) => {
          return error ? reject(connected.reason ?? error) : resolve();
        });
      });
      // The broker returns a message before it confirms it.
      if (!connected.returned.delete(event.eventId)) return;
    } catch (error) {
      await this.#leave(connecting);
      throw error;
    }
    throw new NotPublished(`no queue takes ${key} from ${this.#exchange}`);
  }

  async #connect() {
    const clientProperties = { connection_name: this.#appId };
    const connection = await amqplib.connect({ heartbeat: 10, ...this.#broker }, { timeout: 5000, clientProperties });
    connection.on("error", () => {}); // the next event finds out, and connects anew
    const channel = await connection.createConfirmChannel();
    const connected = { connection, channel, returned: new Set(), reason: undefined };
    channel.on("return", ({ properties }) => connected.returned.add(properties.messageId));
    channel.on("error", (error) => {
      connected.reason = error;
    });
    return connected;
  }

  async #leave(connecting) {
    if (this.#connection === connecting) this.#connection = undefined;
    try {
      await (await connecting)?.connection.close();
    } catch {
      // It ended by itself, or was never there.
    }
  }

  async close() {
    await this.#leave(this.#connection);
  }
}

async function inTime(promise, milliseconds) {
  const late = new AbortController();
  const limit = sleep(milliseconds, undefined, { signal: late.signal }).then(() => {
    throw new Error("the broker does not answer in time");
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    late.abort();
    limit.catch(() => {});
  }
}

/** Made once, when it happens, and kept for every try. */
function confirmed(paymentId, customerId) {
  return {
    eventId: randomUUID(),
    actionType: "CONFIRM",
    actorType: "CUSTOMER",
    actorUserId: customerId,
    occurredAt: new Date().toISOString(),
    paymentId,
    method: "TOSS_CARD",
    retryCount: 0,
  };
}

const { RABBITMQ_HOST, RABBITMQ_PORT, RABBITMQ_USERNAME, RABBITMQ_PASSWORD, AUDIT_EXCHANGE, TRACEPARENT } = process.env;
const broker = {
  hostname: RABBITMQ_HOST ?? "127.0.0.1",
  port: Number(RABBITMQ_PORT ?? 5672),
  username: RABBITMQ_USERNAME ?? "guest",
  password: RABBITMQ_PASSWORD ?? "guest",
};
const log = new AuditLog(broker, { exchange: AUDIT_EXCHANGE });
const event = confirmed("3fb56c7b-8c38-4721-863c-2289f65684f0", "8c00ea47-342b-4281-8129-eefd996828aa");
try {
  await log.publish("payment", event, { traceparent: TRACEPARENT });
  console.log(event.eventId);
} catch (error) {
  console.error(`not published: ${error.message}`);
  process.exitCode = 1;
} finally {
  await log.close();
}
