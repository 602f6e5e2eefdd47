//! From the choice of a seat to the ticket, or to the end of the reservation without one.

use audit_core::Actor;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Order, Reservation,
    event::{About, PAYMENT, PRODUCT, RESERVATION, SEAT, TICKET},
    products::Seat,
    simulation::{Message, Plan, Request, Simulation},
};

/// How long a seat is held without a payment, and from when one was begun. A callback comes earlier.
const HELD: TimeDelta = TimeDelta::minutes(10);
const HELD_WHILE_PAYING: TimeDelta = TimeDelta::minutes(30);
/// How often a customer tries to pay at most.
const PAYMENTS: usize = 3;

impl Simulation {
    /// Lets a customer book.
    pub fn book(&mut self, plan: &Plan, mut at: DateTime<Utc>) {
        let order = self.world.orders.len();
        self.world.orders.push(Order {
            customer: plan.customer,
            product: plan.product,
            payments: Vec::new(),
        });
        let mut cart = Vec::new();
        for number in 0..self.cart_size() {
            if number > 0 {
                at += self.millis(1_500..9_000);
            }
            let wanted = plan.seat.as_ref().filter(|_| number == 0);
            let seat = self.products[plan.product].take(wanted, at, &mut self.rng);
            cart.push(self.choose(order, seat, at));
        }
        if cart.len() > 1 && self.chance(0.05) {
            let dropped = cart.swap_remove(0);
            at += self.millis(3_000..30_000);
            self.drop_from_cart(dropped, at);
        }
        if self.chance(0.12) {
            self.expire(&cart, at + HELD);
            return;
        }
        at += self.millis(4_000..120_000);
        self.pay(order, &cart, at);
    }

    fn cart_size(&mut self) -> usize {
        [1, 1, 1, 1, 2, 2, 2, 3, 4][self.rng.usize(..9)]
    }

    /// A seat is chosen: that makes the reservation.
    fn choose(&mut self, order: usize, seat: Seat, at: DateTime<Utc>) -> usize {
        let Order { customer, product, .. } = self.world.orders[order];
        let product = self.products[product].id;
        let index = self.world.reservations.len();
        let day = at.with_timezone(&chrono_tz::Asia::Seoul).format("%Y%m%d");
        let number = format!("R{day}-{:06}", self.world.first_number + index + 1);
        let id = self.uuid();
        self.world.reservations.push(Reservation {
            id,
            number,
            seat,
            chosen_at: at,
            order,
            tickets: Vec::new(),
        });
        let request = self.request(Actor::Customer(customer));
        let counted = at + self.millis(10..60);
        let created = counted + self.millis(10..600);
        self.seat(&request, index, "PREEMPT", at);
        let (fields, about) = (json!({"productId": product}), About::Order(order));
        let system = Request { actor: Actor::System, trace: request.trace.clone() };
        let counted = Message {
            domain: PRODUCT,
            action: "SEATS_DECREASED",
            at: counted,
            fields,
            names: json!({}),
            about,
        };
        self.publish(&system, counted);
        self.reservation(&request, index, "CREATED", created);
        index
    }

    /// The customer no longer wants one of the seats, before paying.
    fn drop_from_cart(&mut self, reservation: usize, at: DateTime<Utc>) {
        let request = self.customer_of(reservation);
        self.reservation(&request, reservation, "CANCELED_BY_USER", at);
        let released = at + self.millis(60..400);
        self.seat(&request, reservation, "CANCEL", released);
        self.release(reservation, released);
    }

    /// Pays, perhaps after a try that failed, or never.
    fn pay(&mut self, order: usize, cart: &[usize], mut at: DateTime<Utc>) {
        for attempt in 1..=PAYMENTS {
            let (payment, begun) = self.begin_payment(order, cart, at);
            if self.chance(0.05) {
                // The customer closes the payment's page.
                self.expire(cart, begun + HELD_WHILE_PAYING);
                return;
            }
            // From 15 s to 20 min, rather short.
            let pause = 15.0 + 1_185.0 * self.rng.f64().powi(4);
            #[expect(clippy::cast_possible_truncation, reason = "milliseconds of minutes")]
            let heard = begun + TimeDelta::milliseconds((pause * 1_000.0) as i64);
            if !self.chance(0.15) {
                let confirmed = self.confirm(cart, payment, heard);
                self.issue_tickets(cart, confirmed);
                self.afterwards(cart, payment, confirmed);
                return;
            }
            self.fail(cart, payment, heard);
            if attempt == PAYMENTS || self.chance(0.2) {
                self.expire(cart, begun + HELD_WHILE_PAYING);
                return;
            }
            at = heard + self.millis(15_000..240_000);
        }
    }

    fn begin_payment(
        &mut self,
        order: usize,
        cart: &[usize],
        mut at: DateTime<Utc>,
    ) -> (usize, DateTime<Utc>) {
        let id = self.uuid();
        let payments = &mut self.world.orders[order].payments;
        let payment = payments.len();
        payments.push(super::Payment { id, reservations: cart.to_vec() });
        let request = self.customer_of(cart[0]);
        for reservation in cart {
            self.reservation(&request, *reservation, "PENDING_PAYMENT", at);
            at += self.millis(20..120);
        }
        at += self.millis(500..1_600);
        let amount = 66_000 * cart.len();
        let names = json!({"reservationIds": self.ids(cart), "amount": amount});
        self.payment(&request, cart, payment, ("CREATE", names), at);
        (payment, at)
    }

    /// The provider's callback: it was paid.
    fn confirm(&mut self, cart: &[usize], payment: usize, mut at: DateTime<Utc>) -> DateTime<Utc> {
        let callback = self.system();
        for reservation in cart {
            self.seat(&callback, *reservation, "RESERVE", at);
            at += self.millis(40..200);
            self.reservation(&callback, *reservation, "CONFIRMED", at);
            at += self.millis(30..150);
        }
        at += self.millis(30..300);
        let customer = self.world.orders[self.order_of(cart)].customer;
        let names = json!({"reservationIds": self.ids(cart), "customerId": customer});
        self.payment(&callback, cart, payment, ("CONFIRM", names), at);
        at
    }

    /// The provider's callback: it was not paid.
    fn fail(&mut self, cart: &[usize], payment: usize, mut at: DateTime<Utc>) {
        let callback = self.system();
        for reservation in cart {
            self.reservation(&callback, *reservation, "PAYMENT_FAILED", at);
            at += self.millis(30..200);
        }
        let (action, reason) =
            if self.chance(0.7) { ("CONFIRM_FAIL", "CARD_DECLINED") } else { ("CANCEL", "USER_CANCEL") };
        at += self.millis(30..300);
        let names = json!({"reservationIds": self.ids(cart), "reason": reason});
        self.payment(&callback, cart, payment, (action, names), at);
    }

    /// Nothing was paid until a time: the next run of the schedule gives the seats free. Some customers try again.
    fn expire(&mut self, cart: &[usize], due: DateTime<Utc>) {
        let (run, mut at) = self.scheduled("expire", due);
        for reservation in cart {
            self.reservation(&run, *reservation, "EXPIRED", at);
            at += self.millis(30..200);
            self.seat(&run, *reservation, "CANCEL", at);
            self.release(*reservation, at);
            at += self.millis(10..80);
        }
        let Order { customer, product, .. } = self.world.orders[self.order_of(cart)];
        if self.chance(0.5) {
            let wants_the_same = self.chance(0.6);
            let seat = wants_the_same.then(|| self.world.reservations[cart[0]].seat.clone());
            let again = at + self.millis(15_000..360_000);
            self.plan(Plan { customer, product, seat }, again);
        }
    }

    /// One ticket for each reservation, when the customer is back from the payment's page.
    fn issue_tickets(&mut self, cart: &[usize], confirmed: DateTime<Utc>) {
        let mut at = confirmed + self.millis(3_000..55_000);
        for reservation in cart {
            let request = self.customer_of(*reservation);
            self.issue(&request, *reservation, at);
            at += self.millis(150..900);
        }
    }

    pub fn issue(&mut self, request: &Request, reservation: usize, at: DateTime<Utc>) {
        let id = self.uuid();
        let Reservation { id: of, number, tickets, .. } = &mut self.world.reservations[reservation];
        let mut names = json!({"reservationId": of, "reservationNumber": number});
        if let Some(before) = tickets.last() {
            names["reissueOf"] = json!(before);
        }
        tickets.push(id);
        self.ticket(request, reservation, ("ISSUED", names), at);
    }

    pub fn customer_of(&mut self, reservation: usize) -> Request {
        let order = self.world.reservations[reservation].order;
        self.request(Actor::Customer(self.world.orders[order].customer))
    }

    pub fn order_of(&self, cart: &[usize]) -> usize {
        self.world.reservations[cart[0]].order
    }

    pub fn ids(&self, cart: &[usize]) -> Vec<Uuid> {
        cart.iter().map(|reservation| self.world.reservations[*reservation].id).collect()
    }

    pub fn release(&mut self, reservation: usize, at: DateTime<Utc>) {
        let Reservation { seat, order, .. } = &self.world.reservations[reservation];
        self.products[self.world.orders[*order].product].release(seat.clone(), at);
    }

    fn about(&self, reservations: &[usize]) -> About {
        About::Reservations { order: self.order_of(reservations), reservations: reservations.to_vec() }
    }

    pub fn seat(&mut self, request: &Request, reservation: usize, action: &'static str, at: DateTime<Utc>) {
        let Reservation { id, seat, order, .. } = &self.world.reservations[reservation];
        let mut names = json!({"reservationId": id});
        if action == "PREEMPT" {
            names["productId"] = json!(self.products[self.world.orders[*order].product].id);
        }
        let fields = json!({"reservationSeatId": seat.id, "seatNumber": seat.number});
        let about = self.about(&[reservation]);
        self.publish(request, Message { domain: SEAT, action, at, fields, names, about });
    }

    /// The number is in what the reservation service does by itself, but not in what others have it do.
    pub fn reservation(
        &mut self,
        request: &Request,
        reservation: usize,
        action: &'static str,
        at: DateTime<Utc>,
    ) {
        let Reservation { id, number, order, tickets, .. } = &self.world.reservations[reservation];
        let mut fields = json!({"reservationId": id});
        if matches!(action, "CREATED" | "PENDING_PAYMENT" | "EXPIRED") {
            fields["reservationNumber"] = json!(number);
        }
        let payment = self.world.orders[*order].payments.last();
        let names = match (action, payment) {
            ("CONFIRMED", Some(payment)) => json!({"paymentId": payment.id}),
            ("CANCELED_BY_USER", Some(payment)) => json!({"paymentId": payment.id, "ticketIds": tickets}),
            _ => json!({}),
        };
        let about = self.about(&[reservation]);
        self.publish(request, Message { domain: RESERVATION, action, at, fields, names, about });
    }

    /// `what` is the action, and what the event names.
    pub fn payment(
        &mut self,
        request: &Request,
        cart: &[usize],
        payment: usize,
        (action, names): (&'static str, Value),
        at: DateTime<Utc>,
    ) {
        let payment = &self.world.orders[self.order_of(cart)].payments[payment];
        let retries = names["retryCount"].as_u64().unwrap_or_default();
        let fields = json!({"paymentId": payment.id, "method": "TOSS_CARD", "retryCount": retries});
        let about = self.about(&payment.reservations);
        self.publish(request, Message { domain: PAYMENT, action, at, fields, names, about });
    }

    /// About the reservation's latest ticket.
    pub fn ticket(
        &mut self,
        request: &Request,
        reservation: usize,
        (action, names): (&'static str, Value),
        at: DateTime<Utc>,
    ) {
        let mut fields = json!({"ticketId": self.world.reservations[reservation].tickets.last()});
        if action == "ISSUED" {
            fields["receiveMethod"] = json!("ON_SITE");
        }
        let about = self.about(&[reservation]);
        self.publish(request, Message { domain: TICKET, action, at, fields, names, about });
    }
}
