//! The command writes what stands in the eight domains: what it makes and what was written by hand can't drift apart.
#![expect(clippy::unwrap_used, reason = "tests: what goes wrong fails the test")]

use std::path::Path;

use chrono::NaiveDate;
use workspace::{
    Files,
    new_domain::{About, Absent, Field, Kind, NewDomain},
};

/// A domain as it is, told in the command's words; what fields and logs are for is prose.
struct Existing {
    name: &'static str,
    type_name: &'static str,
    table: &'static str,
    about: &'static str,
    /// What the actions are done to, and whether all of them are plain constants.
    actions: (&'static str, &'static [&'static str]),
    id: (&'static str, Kind, &'static str),
    own: &'static [(&'static str, &'static str)],
}

const USER_TYPE: (&str, &str) = ("userType:text?", "Which kind of user: `CUSTOMER`, `SELLER` or `ADMIN`.");

const EIGHT: [Existing; 8] = [
    Existing {
        name: "arthall",
        type_name: "ArtHall",
        table: "p_arthall_domain_log",
        about: "art halls and their stages",
        actions: (
            "art halls and stages",
            &["CREATED", "ACTIVATED", "INACTIVATED", "DELETED", "CASCADE_DELETED"],
        ),
        id: ("domainId", Kind::I64, "The art hall or the stage; which of the two, `domain_type` says."),
        own: &[("domainType:text?", "`ARTHALL` or `STAGE`; older publishers say `ART_HALL`.")],
    },
    Existing {
        name: "auth",
        type_name: "Auth",
        table: "p_auth_log",
        about: "sign-ins, registrations and linked sign-in providers",
        actions: ("accounts", &[]),
        id: ("authId", Kind::Uuid, "The account; absent when a login or a registration failed."),
        own: &[USER_TYPE],
    },
    Existing {
        name: "payment",
        type_name: "Payment",
        table: "p_payment_log",
        about: "payments and refunds",
        actions: ("payments and refunds", &[]),
        id: ("paymentId", Kind::Uuid, "The payment."),
        own: &[
            ("method:text?", "How it was paid, such as `TOSS_CARD`."),
            ("retryCount:i32=0", "How often it was tried again before."),
        ],
    },
    Existing {
        name: "product",
        type_name: "Product",
        table: "p_product_log",
        about: "products: approval, sale, seats",
        actions: ("products", &[]),
        id: ("productId", Kind::I64, "The product; absent when it could not be created."),
        own: &[],
    },
    Existing {
        name: "reservation",
        type_name: "Reservation",
        table: "p_reservation_log",
        about: "reservations",
        actions: (
            "reservations",
            &[
                "CREATED",
                "PENDING_PAYMENT",
                "CONFIRMED",
                "PAYMENT_FAILED",
                "CANCELED_BY_USER",
                "CANCELED_BY_PRODUCT",
                "EXPIRED",
            ],
        ),
        id: ("reservationId", Kind::Uuid, "The reservation."),
        own: &[("reservationNumber:indexed_text?", "The number that the customer sees.")],
    },
    Existing {
        name: "reservation-seat",
        type_name: "ReservationSeat",
        table: "p_reservation_seat_log",
        about: "single seats of reservations",
        actions: ("reserved seats", &[]),
        id: ("reservationSeatId", Kind::I64, "The seat of a reservation."),
        own: &[("seatNumber:text?", "The seat as it is printed, such as `1층 A구역 3열 12번`.")],
    },
    Existing {
        name: "ticket",
        type_name: "Ticket",
        table: "p_ticket_log",
        about: "tickets",
        actions: (
            "tickets",
            &[
                "ISSUED",
                "USED",
                "CANCELED_BY_USER",
                "CANCELED_BY_PRODUCT",
                "CANCELED_BY_RESERVATION",
                "CANCELED_BY_REISSUE",
                "EXPIRED",
            ],
        ),
        id: ("ticketId", Kind::Uuid, "The ticket."),
        own: &[("receiveMethod:text?", "How the ticket is handed over, such as `ON_SITE`.")],
    },
    Existing {
        name: "user",
        type_name: "User",
        table: "p_user_log",
        about: "customers, sellers and administrators",
        actions: ("users", &[]),
        id: ("userId", Kind::Uuid, "The user; absent when it could not be created."),
        own: &[USER_TYPE],
    },
];

impl Existing {
    fn as_asked(&self) -> NewDomain {
        let mut domain = NewDomain::named(self.name, NaiveDate::MIN);
        self.type_name.clone_into(&mut domain.domain.type_name);
        self.table.clone_into(&mut domain.domain.table);
        domain.about = About { log: self.about.to_owned(), things: self.actions.0.to_owned() };
        domain.actions = self.actions.1.iter().map(|&action| action.to_owned()).collect();
        let (name, kind, about) = self.id;
        domain.id = Field {
            name: name.to_owned(),
            kind,
            absent: Absent::Null,
            indexed: false,
            about: about.to_owned(),
        };
        let field =
            |(field, about): &(&str, &str)| Field { about: (*about).to_owned(), ..field.parse().unwrap() };
        domain.own = self.own.iter().map(field).collect();
        domain
    }

    /// What is written by hand in this domain.
    fn is_its_own(&self, path: &str) -> bool {
        match path {
            // Prose, and what the services really send.
            "README.md" | "samples.ndjson" => true,
            // With comments, or actions that are no words of English.
            "src/actions.rs" => self.actions.1.is_empty(),
            // It has examples as well.
            "Cargo.toml" => self.name == "payment",
            path => path.contains("/snapshots/"),
        }
    }
}

#[test]
fn each_of_the_eight_is_what_the_command_would_write() {
    let files = Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    for existing in EIGHT {
        let asked = existing.as_asked();
        for (path, text) in asked.crate_files().unwrap() {
            if !existing.is_its_own(path) {
                let path = format!("crates/{}-log/{path}", existing.name);
                assert_eq!(files.text(&path), text, "{path} is not what templates/ make of it");
            }
        }
        // `m20251201_000004_payment_log.rs`
        let suffix = format!("_{}_log.rs", existing.name.replace('-', "_"));
        let mut versions = files.under("migration/src/m2");
        let (_, migration) =
            versions.find(|(path, _)| path["migration/src/m20251201_000000".len()..] == suffix).unwrap();
        // The first line is prose.
        let code = |text: &str| text.split_once('\n').unwrap().1.to_owned();
        assert_eq!(code(migration), code(&asked.migration().unwrap()), "{suffix}");
    }
}
