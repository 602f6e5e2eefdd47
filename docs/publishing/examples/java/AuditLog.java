package com.tickatch.payment.audit;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.rabbit.connection.CorrelationData;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.scheduling.annotation.Async;
import org.springframework.stereotype.Component;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;

/** Tells the audit log what happened to payments. */
@Component
public class AuditLog {

    private static final Logger LOGGER = LoggerFactory.getLogger(AuditLog.class);
    private static final String EXCHANGE = "tickatch.log";
    private static final String KEY = "payment.log";
    private static final long SECONDS = 5;

    private final RabbitTemplate rabbit;

    public AuditLog(RabbitTemplate rabbit) {
        this.rabbit = rabbit;
    }

    /** What was rolled back did not happen. And the customer does not wait for the log, nor fail with it. */
    @Async
    @TransactionalEventListener(phase = TransactionPhase.AFTER_COMMIT, fallbackExecution = true)
    public void publish(PaymentLogEvent event) {
        try {
            send(event);
        } catch (AmqpException | ExecutionException | TimeoutException failure) {
            // The id, and not the body: that is about people.
            LOGGER.error("the audit log did not get event {}", event.eventId(), failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            LOGGER.error("the audit log may not have got event {}: interrupted", event.eventId());
        }
    }

    /** Returns when the broker has the event. */
    private void send(PaymentLogEvent event) throws InterruptedException, ExecutionException, TimeoutException {
        CorrelationData sent = new CorrelationData(event.eventId().toString());
        rabbit.convertAndSend(EXCHANGE, KEY, event, message -> {
            message.getMessageProperties().setMessageId(event.eventId().toString());
            message.getMessageProperties().setType(KEY);
            message.getMessageProperties().setAppId("payment-service");
            return message;
        }, sent);
        CorrelationData.Confirm confirm = sent.getFuture().get(SECONDS, TimeUnit.SECONDS);
        if (!confirm.isAck()) {
            throw new AmqpException("the broker refused it: " + confirm.getReason());
        }
        if (sent.getReturned() != null) {
            throw new AmqpException("no queue takes " + KEY + " from " + EXCHANGE);
        }
    }
}
