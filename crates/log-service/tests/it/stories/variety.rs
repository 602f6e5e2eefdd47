//! What makes stories hard to tell is in the worlds that they are measured with.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    SETTINGS, world as of,
    world::{
        Setting, World,
        event::{About, Event, PAYMENT, RESERVATION, SEAT},
    },
};

/// How many events are of this action.
fn count(world: &World, action: &str) -> usize {
    world.events.iter().filter(|event| event.action == action).count()
}

#[test]
fn everything_happens_that_can_happen_to_a_booking() {
    for world in SETTINGS.map(of) {
        for action in [
            "PREEMPT",
            "RESERVE",
            "CREATED",
            "PENDING_PAYMENT",
            "CONFIRMED",
            "PAYMENT_FAILED",
            "EXPIRED",
            "CANCELED_BY_USER",
            "CANCELED_BY_PRODUCT",
            "CREATE",
            "CONFIRM",
            "CONFIRM_FAIL",
            "REFUND",
            "REFUND_FAIL",
            "ISSUED",
            "USED",
            "CANCELED_BY_RESERVATION",
            "CANCELED_BY_REISSUE",
            "LOGIN",
            "CUSTOMER_UPDATED",
        ] {
            assert!(count(&world, action) >= 10, "{action}: {}", count(&world, action));
        }
        let by_admin = world
            .events
            .iter()
            .filter(|event| event.action == "REFUND" && event.body["actorType"] == "ADMIN");
        assert!(by_admin.count() >= 5);
    }
}

#[test]
fn a_seat_is_booked_again_and_many_book_in_the_same_second() {
    let world = of(Setting::AsPublished);
    let mut seats = BTreeMap::<i64, usize>::new();
    for reservation in &world.reservations {
        *seats.entry(reservation.seat.id).or_default() += 1;
    }
    assert!(seats.values().filter(|times| **times > 1).count() >= 20);
    let mut seconds = BTreeMap::<i64, usize>::new();
    for event in world.events.iter().filter(|event| event.action == "PREEMPT") {
        *seconds.entry(event.occurred_at.timestamp()).or_default() += 1;
    }
    assert!(seconds.values().any(|times| *times >= 10));
}

#[test]
fn what_an_event_says_of_others_is_as_the_setting_says() {
    let names_another = |event: &Event| {
        let fields = ["reservationId", "reservationIds", "reservationNumber"];
        event.domain != RESERVATION && fields.iter().any(|field| !event.body[*field].is_null())
    };
    let of_reservations =
        |event: &&Event| matches!(event.about, About::Reservations { .. }) && event.domain != RESERVATION;
    for setting in SETTINGS {
        let world = of(setting);
        let traced = world.events.iter().filter(|event| event.trace.is_some()).count();
        assert_eq!(traced > 0, matches!(setting, Setting::Traced(_)));
        for event in world.events.iter().filter(of_reservations) {
            assert_eq!(names_another(event), setting == Setting::Named, "{}", event.body);
        }
    }
}

#[test]
fn a_truth_has_the_whole_of_a_reservation_and_nothing_of_another() {
    let world = of(Setting::AsPublished);
    let mut owners = BTreeMap::new();
    for (index, reservation) in world.reservations.iter().enumerate() {
        let truth = world.of_reservation(index);
        assert!(truth.own.is_disjoint(&truth.related));
        let own: Vec<_> = world.events.iter().filter(|event| truth.own.contains(&event.id)).collect();
        let of = |domain| own.iter().filter(move |event| event.domain == domain);
        assert!(of(RESERVATION).all(|event| event.body["reservationId"] == reservation.id.to_string()));
        assert!(of(SEAT).all(|event| event.body["reservationSeatId"] == reservation.seat.id));
        assert_eq!(of(SEAT).filter(|event| event.action == "PREEMPT").count(), 1);
        let payments: BTreeSet<_> = of(PAYMENT).map(|event| event.body["paymentId"].to_string()).collect();
        assert_eq!(payments.len(), world.payments(index).count());
        for event in own.iter().filter(|event| event.domain != PAYMENT) {
            assert!(owners.insert(event.id, index).is_none(), "an event of two reservations: {}", event.body);
        }
    }
    let of_reservations = world
        .events
        .iter()
        .filter(|event| matches!(event.about, About::Reservations { .. }) && event.domain != PAYMENT);
    assert_eq!(of_reservations.count(), owners.len());
}

#[test]
fn a_world_follows_from_its_seed() {
    let [one, other] = [(); 2].map(|()| of(Setting::Named).events);
    assert!(one.iter().map(|event| &event.body).eq(other.iter().map(|event| &event.body)));
}
