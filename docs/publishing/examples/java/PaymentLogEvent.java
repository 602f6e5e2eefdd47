package com.tickatch.payment.audit;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.UUID;

/** Something that happened to a payment. Make it once, when it happens, and keep it for every try. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PaymentLogEvent(
        UUID eventId,
        String actionType,
        String actorType,
        UUID actorUserId,
        // As text in UTC, whatever the mapper is set to: as a number it would be refused.
        @JsonFormat(shape = JsonFormat.Shape.STRING) Instant occurredAt,
        UUID paymentId,
        String method,
        int retryCount) {

    public static PaymentLogEvent confirmed(UUID payment, String method, UUID customer) {
        return new PaymentLogEvent(
                UUID.randomUUID(), "CONFIRM", "CUSTOMER", customer, Instant.now(), payment, method, 0);
    }
}
