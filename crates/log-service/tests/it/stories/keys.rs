use super::world::{Truth, World};
use crate::web::escaped;

/// What somebody who asks for a story may have at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Number,
    Reservation,
    Payment,
    Ticket,
    /// With the day on which it was chosen.
    Seat,
    Customer,
}

impl Key {
    pub const OTHERS: [Self; 5] =
        [Self::Reservation, Self::Payment, Self::Ticket, Self::Seat, Self::Customer];

    /// The key that one has of a reservation, as parameters of the timeline, and the truth about it. A reservation may
    /// have no payment and no ticket.
    pub fn of(self, world: &World, reservation: usize) -> Option<(String, Truth)> {
        let of = &world.reservations[reservation];
        let (key, truth) = match self {
            Self::Number => (of.number.clone(), world.of_reservation(reservation)),
            Self::Reservation => (of.id.to_string(), world.of_reservation(reservation)),
            Self::Payment => {
                let payment = world.payments(reservation).last()?;
                (payment.to_string(), world.of_payment(payment))
            }
            Self::Ticket => {
                let ticket = *of.tickets.first()?;
                (ticket.to_string(), world.of_ticket(ticket))
            }
            Self::Seat => {
                let day = of.day();
                let next = day.succ_opt()?;
                let question = format!("{}&from={day}&to={next}&tz=Asia/Seoul", of.seat.id);
                return Some((question, world.of_seat(of.seat.id, day)));
            }
            Self::Customer => {
                let customer = world.customer(of);
                (customer.to_string(), world.of_customer(customer))
            }
        };
        Some((format!("{}&from=2025-12-01", escaped(&key)), truth))
    }
}
