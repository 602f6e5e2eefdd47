//! What becomes of a reservation that was paid: reissued, cancelled, refunded, called off, used.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, NaiveTime, TimeDelta, Utc};
use chrono_tz::Asia::Seoul;
use serde_json::{Value, json};

use super::{
    products::Outcome,
    simulation::{Request, Simulation},
};

impl Simulation {
    /// `cart` was paid by a payment of its order.
    pub fn afterwards(&mut self, cart: &[usize], payment: usize, confirmed: DateTime<Utc>) {
        let product = self.world.orders[self.order_of(cart)].product;
        let closes = self.products[product].closes_at();
        for reservation in cart {
            let at = confirmed + self.millis(300_000..20 * 3_600_000);
            if self.chance(0.06) && at < closes {
                self.reissue(*reservation, at);
            }
        }
        let mut left = cart.to_vec();
        let later = confirmed + self.millis(22 * 3_600_000..8 * 24 * 3_600_000);
        if self.chance(0.18) && later < closes {
            let count = if self.chance(0.6) { cart.len() } else { 1 };
            let mut at = later;
            for reservation in left.drain(..count) {
                self.cancel(reservation, payment, at);
                at += self.millis(6_000..20_000);
            }
        } else if self.chance(0.04) && later < closes {
            // A complaint: the money goes back, the ticket stays.
            self.refund_by_admin(cart[0], payment, later);
        }
        match self.products[product].outcome.clone() {
            Outcome::CalledOff(at, request) => self.call_off(&left, payment, &request, at),
            Outcome::Shown(at) => self.admit(&left, at),
            Outcome::Later => {}
        }
    }

    fn reissue(&mut self, reservation: usize, at: DateTime<Utc>) {
        let request = self.customer_of(reservation);
        let id = self.world.reservations[reservation].id;
        self.ticket(&request, reservation, ("CANCELED_BY_REISSUE", json!({"reservationId": id})), at);
        let issued = at + self.millis(20..400);
        self.issue(&request, reservation, issued);
    }

    /// The customer cancels.
    fn cancel(&mut self, reservation: usize, payment: usize, at: DateTime<Utc>) {
        let request = self.customer_of(reservation);
        self.reservation(&request, reservation, "CANCELED_BY_USER", at);
        let released = at + self.millis(60..500);
        self.seat(&request, reservation, "CANCEL", released);
        self.release(reservation, released);
        let ticket = released + self.millis(60..500);
        self.ticket(&request, reservation, ("CANCELED_BY_RESERVATION", self.number(reservation)), ticket);
        let refund = ticket + self.millis(300..2_500);
        self.refund(&request, reservation, payment, refund);
    }

    /// The provider gives the money back, or doesn't: then a schedule tries again, and in the end an administrator.
    fn refund(&mut self, request: &Request, reservation: usize, payment: usize, at: DateTime<Utc>) {
        let failures = if self.chance(0.7) { 0 } else { self.rng.u32(1..=3) };
        let (mut request, mut at) = (request.clone(), at);
        for retries in 0..failures {
            let id = self.world.reservations[reservation].id;
            let names = json!({"reservationId": id, "reason": "PG_TIMEOUT", "retryCount": retries});
            self.payment(&request, &[reservation], payment, ("REFUND_FAIL", names), at);
            (request, at) = self.scheduled("refund", at + TimeDelta::minutes(4));
        }
        if failures == 3 {
            self.refund_by_admin(reservation, payment, at);
        } else {
            self.give_back(&request, reservation, payment, at);
        }
    }

    /// An administrator refunds what is left over from the day before, one after the other.
    fn refund_by_admin(&mut self, reservation: usize, payment: usize, after: DateTime<Utc>) {
        let ten = NaiveTime::from_hms_opt(1, 0, 0).unwrap_or_default();
        let next_day = (after.with_timezone(&Seoul).date_naive() + Duration::days(1)).and_time(ten).and_utc();
        let at = next_day + self.millis(0..1_200_000);
        let request = self.an_admin();
        self.give_back(&request, reservation, payment, at);
    }

    fn give_back(&mut self, request: &Request, reservation: usize, payment: usize, at: DateTime<Utc>) {
        let id = self.world.reservations[reservation].id;
        let names = json!({"reservationId": id, "amount": 66_000});
        self.payment(request, &[reservation], payment, ("REFUND", names), at);
    }

    /// The performance is called off: one request is the cause of what happens to all of its reservations.
    fn call_off(&mut self, left: &[usize], payment: usize, request: &Request, called_off: DateTime<Utc>) {
        let mut at = called_off + self.millis(1_000..60_000);
        for reservation in left {
            self.seat(request, *reservation, "CANCEL", at);
            at += self.millis(30..200);
            self.ticket(request, *reservation, ("CANCELED_BY_PRODUCT", self.number(*reservation)), at);
            at += self.millis(30..200);
            self.reservation(request, *reservation, "CANCELED_BY_PRODUCT", at);
            at += self.millis(30..200);
        }
        if !left.is_empty() {
            at += self.millis(300..2_000);
            let names = json!({"reservationIds": self.ids(left), "amount": 66_000 * left.len()});
            self.payment(request, left, payment, ("REFUND", names), at);
        }
    }

    /// Most come, and an administrator lets them in.
    fn admit(&mut self, left: &[usize], shown: DateTime<Utc>) {
        let come: BTreeSet<_> = left.iter().copied().filter(|_| self.rng.f64() < 0.9).collect();
        let mut at = shown - self.millis(60_000..3_000_000);
        for reservation in come {
            let request = self.an_admin();
            self.ticket(&request, reservation, ("USED", self.number(reservation)), at);
            at += self.millis(800..4_000);
        }
    }

    fn number(&self, reservation: usize) -> Value {
        json!({"reservationNumber": self.world.reservations[reservation].number})
    }
}
