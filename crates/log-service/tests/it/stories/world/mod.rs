//! A world: customers who book at the eight services for some days, what the services publish about it, and what each
//! event is really about.
//!
//! Everything follows from a seed. A reservation is one seat. What happens, in which order, with how much time between,
//! who does it, and which events have a reservation's number, is what the services do. Where they leave something open:
//!
//! - a reissued ticket is a new one, with an id of its own;
//! - cancellations have no reservation number, like everything that follows from another service's event;
//! - a run of a schedule and a message that calls off a performance are one request each: where requests have traces,
//!   many reservations share that one;
//! - a seat that was given up keeps its id, and the next customer may have it within a minute;
//! - where events name things, some also name the product or the customer, which other reservations have as well.

mod accounts;
mod afterwards;
mod booking;
pub mod event;
mod products;
mod simulation;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Asia::Seoul;
use uuid::Uuid;

use event::{About, Event};
use products::Seat;
use simulation::Simulation;

/// How much events say about what they belong to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Setting {
    /// No trace, and nothing that names another thing.
    AsPublished,
    /// Such a share of all requests has a trace.
    Traced(f64),
    /// No trace, but events name their reservation, in the ways of different teams.
    Named,
}

/// What happened.
pub struct World {
    setting: Setting,
    start: DateTime<Utc>,
    /// Numbers and ids of this world begin here.
    first_number: usize,
    /// In the order of time.
    pub events: Vec<Event>,
    orders: Vec<Order>,
    pub reservations: Vec<Reservation>,
}

/// A cart of one customer.
struct Order {
    customer: Uuid,
    product: usize,
    payments: Vec<Payment>,
}

struct Payment {
    id: Uuid,
    reservations: Vec<usize>,
}

/// One seat for a customer.
pub struct Reservation {
    pub id: Uuid,
    pub number: String,
    pub seat: Seat,
    chosen_at: DateTime<Utc>,
    order: usize,
    /// The last one is valid.
    pub tickets: Vec<Uuid>,
}

impl Reservation {
    /// The day in Korea on which the seat was chosen.
    pub fn day(&self) -> NaiveDate {
        self.chosen_at.with_timezone(&Seoul).date_naive()
    }
}

/// The truth about a question.
#[derive(Debug, Default, PartialEq)]
pub struct Truth {
    /// The events that the answer must have.
    pub own: BTreeSet<Uuid>,
    /// Those that it may have: of the cart's other reservations, and the number of free seats.
    pub related: BTreeSet<Uuid>,
}

impl World {
    /// What follows from a seed when customers book so often from a day on: the begin of a day in Korea.
    pub fn simulate(setting: Setting, seed: u64, start: DateTime<Utc>, orders: usize) -> Self {
        Self::simulate_from(setting, seed, start, orders, 0)
    }

    /// The same for one world of several in the same log: each has a first number.
    pub fn simulate_from(
        setting: Setting,
        seed: u64,
        start: DateTime<Utc>,
        orders: usize,
        first_number: usize,
    ) -> Self {
        Simulation::new(setting, seed, start, first_number).run(orders)
    }

    /// What belongs to a reservation: its own events, those of its seat while it had it, of all its payments, and of its
    /// tickets.
    pub fn of_reservation(&self, reservation: usize) -> Truth {
        self.of(&[reservation].into())
    }

    /// The stories of all reservations that a payment is for.
    pub fn of_payment(&self, id: Uuid) -> Truth {
        let payments = self.orders.iter().flat_map(|order| &order.payments);
        let paid = payments.filter(|payment| payment.id == id).flat_map(|payment| &payment.reservations);
        self.of(&paid.copied().collect())
    }

    /// The story of the reservation that a ticket is for.
    pub fn of_ticket(&self, id: Uuid) -> Truth {
        self.of_those(|reservation| reservation.tickets.contains(&id))
    }

    /// The stories of the reservations whose customers chose a seat on a day in Korea: one after the other may have.
    pub fn of_seat(&self, seat: i64, day: NaiveDate) -> Truth {
        self.of_those(|reservation| reservation.seat.id == seat && reservation.day() == day)
    }

    /// The stories of all that a customer booked. The events of the account may be there as well.
    pub fn of_customer(&self, id: Uuid) -> Truth {
        let mut truth = self.of_those(|reservation| self.orders[reservation.order].customer == id);
        let of_account = |event: &&Event| matches!(event.about, About::Account(account) if account == id);
        truth.related.extend(self.events.iter().filter(of_account).map(|event| event.id));
        truth
    }

    /// The customer of a reservation.
    pub fn customer(&self, reservation: &Reservation) -> Uuid {
        self.orders[reservation.order].customer
    }

    /// The payments of a reservation, in the order of time.
    pub fn payments(&self, reservation: usize) -> impl Iterator<Item = Uuid> {
        let of_order = &self.orders[self.reservations[reservation].order].payments;
        of_order
            .iter()
            .filter(move |payment| payment.reservations.contains(&reservation))
            .map(|payment| payment.id)
    }

    fn of_those(&self, wanted: impl Fn(&Reservation) -> bool) -> Truth {
        let all = self.reservations.iter().enumerate();
        self.of(&all.filter(|(_, reservation)| wanted(reservation)).map(|(index, _)| index).collect())
    }

    fn of(&self, asked: &BTreeSet<usize>) -> Truth {
        let orders: BTreeSet<_> =
            asked.iter().map(|reservation| self.reservations[*reservation].order).collect();
        let mut truth = Truth::default();
        for event in &self.events {
            match &event.about {
                About::Reservations { reservations, .. }
                    if reservations.iter().any(|one| asked.contains(one)) =>
                {
                    truth.own.insert(event.id);
                }
                About::Reservations { order, .. } | About::Order(order) if orders.contains(order) => {
                    truth.related.insert(event.id);
                }
                _ => {}
            }
        }
        truth
    }
}
