use audit_core::Domain;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

pub const ARTHALL: Domain = Domain::new("arthall");
pub const AUTH: Domain = Domain::new("auth");
pub const PAYMENT: Domain = Domain::new("payment");
pub const PRODUCT: Domain = Domain::new("product");
pub const RESERVATION: Domain = Domain::new("reservation");
pub const SEAT: Domain = Domain::new("reservation-seat");
pub const TICKET: Domain = Domain::new("ticket");
pub const USER: Domain = Domain::new("user");

pub const DOMAINS: [Domain; 8] = [ARTHALL, AUTH, PAYMENT, PRODUCT, RESERVATION, SEAT, TICKET, USER];

/// An event as a service publishes it, and what it is really about.
#[derive(Clone, Debug)]
pub struct Event {
    pub domain: Domain,
    pub id: Uuid,
    pub action: &'static str,
    /// By the publisher's clock.
    pub occurred_at: DateTime<Utc>,
    /// What the message's header says.
    pub trace: Option<String>,
    pub body: Value,
    pub about: About,
}

/// What an event is about. No service publishes this.
#[derive(Clone, Debug)]
pub enum About {
    /// These reservations of an order: several share a payment.
    Reservations { order: usize, reservations: Vec<usize> },
    /// An order, but none of its reservations: the product's number of free seats.
    Order(usize),
    /// A customer's account.
    Account(Uuid),
    /// Nothing that a customer did.
    Nothing,
}
