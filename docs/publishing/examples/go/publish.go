// Tells the audit log that a payment was confirmed.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// ErrUnroutable says that no queue takes the event: trying again changes nothing.
var ErrUnroutable = errors.New("no queue takes it")

// PaymentEvent is what happened to a payment. What is nil or empty is left out.
type PaymentEvent struct {
	EventID     string    `json:"eventId"`
	ActionType  string    `json:"actionType"`
	ActorType   string    `json:"actorType"`
	ActorUserID string    `json:"actorUserId,omitempty"`
	OccurredAt  time.Time `json:"occurredAt"`
	PaymentID   string    `json:"paymentId,omitempty"`
	Method      string    `json:"method,omitempty"`
	RetryCount  int       `json:"retryCount"`
}

// AuditLog publishes events, one after the other, over one connection.
type AuditLog struct {
	Broker   amqp.URI
	Exchange string
	AppID    string

	mutex      sync.Mutex
	connection *amqp.Connection
	channel    *amqp.Channel
	confirms   chan amqp.Confirmation
	returns    chan amqp.Return
	closed     chan *amqp.Error
}

// Publish returns when the broker has the event. While it is away, this tries again until the context ends.
func (l *AuditLog) Publish(ctx context.Context, domain, id string, event any, traceparent string) error {
	body, err := json.Marshal(event)
	if err != nil {
		return err
	}
	key := domain + ".log"
	message := amqp.Publishing{
		ContentType:     "application/json",
		ContentEncoding: "UTF-8",
		DeliveryMode:    amqp.Persistent,
		MessageId:       id,
		Type:            key,
		AppId:           l.AppID,
		Body:            body,
	}
	if traceparent != "" {
		message.Headers = amqp.Table{"traceparent": traceparent}
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for pause := 100 * time.Millisecond; ; pause *= 2 {
		err := l.send(ctx, key, message)
		if err == nil || errors.Is(err, ErrUnroutable) {
			return err
		}
		// It may have arrived: the same id and time are stored once, so it is safe to send it again.
		l.leave()
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

func (l *AuditLog) send(ctx context.Context, key string, message amqp.Publishing) error {
	if err := l.open(); err != nil {
		return err
	}
	const mandatory = true // no queue is an error, and not a loss
	if err := l.channel.PublishWithContext(ctx, l.Exchange, key, mandatory, false, message); err != nil {
		return err
	}
	select {
	case confirm, open := <-l.confirms:
		switch {
		case !open:
			return fmt.Errorf("the connection ended before the broker had it: %w", <-l.closed)
		case !confirm.Ack:
			return errors.New("the broker refused it: a queue is full or failing")
		}
	case <-ctx.Done():
		return errors.New("the broker does not answer in time")
	}
	// The broker returns a message before it confirms it.
	select {
	case <-l.returns:
		return fmt.Errorf("%w: %s from %s", ErrUnroutable, key, l.Exchange)
	default:
		return nil
	}
}

func (l *AuditLog) open() error {
	if l.channel != nil && !l.channel.IsClosed() {
		return nil
	}
	l.leave()
	config := amqp.Config{
		Heartbeat:  10 * time.Second,
		Dial:       amqp.DefaultDial(5 * time.Second),
		Properties: amqp.Table{"connection_name": l.AppID},
	}
	var err error
	if l.connection, err = amqp.DialConfig(l.Broker.String(), config); err != nil {
		return err
	}
	if l.channel, err = l.connection.Channel(); err != nil {
		return err
	}
	l.confirms = l.channel.NotifyPublish(make(chan amqp.Confirmation, 1))
	l.returns = l.channel.NotifyReturn(make(chan amqp.Return, 1))
	l.closed = l.channel.NotifyClose(make(chan *amqp.Error, 1))
	return l.channel.Confirm(false)
}

// leave gives the connection up. A broker that is silent does not answer, so nobody waits for it.
func (l *AuditLog) leave() {
	if l.connection != nil {
		go l.connection.Close()
	}
	l.connection, l.channel = nil, nil
}

// Close ends the connection.
func (l *AuditLog) Close() error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.connection == nil {
		return nil
	}
	return l.connection.Close()
}

// newID makes a UUID, version 4.
func newID() string {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		panic(err)
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

func variable(name, otherwise string) string {
	if value, set := os.LookupEnv(name); set {
		return value
	}
	return otherwise
}

func run() error {
	port, err := strconv.Atoi(variable("RABBITMQ_PORT", "5672"))
	if err != nil {
		return fmt.Errorf("RABBITMQ_PORT: %w", err)
	}
	log := AuditLog{
		Broker: amqp.URI{
			Scheme:   "amqp",
			Host:     variable("RABBITMQ_HOST", "127.0.0.1"),
			Port:     port,
			Username: variable("RABBITMQ_USERNAME", "guest"),
			Password: variable("RABBITMQ_PASSWORD", "guest"),
			Vhost:    "/",
		},
		Exchange: variable("AUDIT_EXCHANGE", "tickatch.log"),
		AppID:    "payment-service",
	}
	defer log.Close()
	// Made once, when it happens, and kept for every try.
	event := PaymentEvent{
		EventID:     newID(),
		ActionType:  "CONFIRM",
		ActorType:   "CUSTOMER",
		ActorUserID: "8c00ea47-342b-4281-8129-eefd996828aa",
		OccurredAt:  time.Now().UTC(),
		PaymentID:   "3fb56c7b-8c38-4721-863c-2289f65684f0",
		Method:      "TOSS_CARD",
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := log.Publish(ctx, "payment", event.EventID, event, os.Getenv("TRACEPARENT")); err != nil {
		return fmt.Errorf("not published: %w", err)
	}
	fmt.Println(event.EventID)
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
