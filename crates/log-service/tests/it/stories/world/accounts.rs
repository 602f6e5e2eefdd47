//! What happens beside bookings: people log in and change their profile, sellers and administrators do their work.

use audit_core::Actor;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{
    event::{ARTHALL, AUTH, About, PRODUCT, USER},
    products::Outcome,
    simulation::{Message, Request, Simulation, hours},
};

impl Simulation {
    /// What a customer does with the account before, during and after a booking.
    pub fn use_account(&mut self, customer: Uuid, at: DateTime<Utc>) {
        if self.chance(0.1) {
            // The account is not known yet.
            let request = self
                .request(Actor::Other { actor_type: Actor::Customer(customer).actor_type(), user_id: None });
            let at = at - self.millis(20_000..600_000);
            let fields = json!({"userType": "CUSTOMER"});
            let about = About::Nothing;
            self.publish(
                &request,
                Message { domain: AUTH, action: "LOGIN_FAILED", at, fields, names: json!({}), about },
            );
        }
        if self.chance(0.7) {
            let before = self.millis(5_000..600_000);
            self.sign(customer, "LOGIN", at - before);
        } else {
            // Logged in the whole time.
            let mut refreshed = at - hours(1) - self.millis(0..1_800_000);
            while refreshed < at + hours(1) {
                self.sign(customer, "TOKEN_REFRESHED", refreshed);
                refreshed += TimeDelta::minutes(30) + self.millis(0..2_000);
            }
        }
        if self.chance(0.25) {
            let after = self.millis(120_000..2_400_000);
            self.sign(customer, "LOGOUT", at + after);
        }
        if self.chance(0.04) {
            let apart = self.millis(-600_000..600_000);
            self.sign(customer, "PASSWORD_CHANGED", at + apart);
        }
        if self.chance(0.12) {
            let at = at + self.millis(-300_000..300_000);
            // The user service names no actor, whoever it is.
            let request = self.system();
            let fields = json!({"userId": customer, "userType": "CUSTOMER"});
            let about = About::Account(customer);
            self.publish(
                &request,
                Message { domain: USER, action: "CUSTOMER_UPDATED", at, fields, names: json!({}), about },
            );
        }
    }

    fn sign(&mut self, customer: Uuid, action: &'static str, at: DateTime<Utc>) {
        let request = self.request(Actor::Customer(customer));
        let fields = json!({"authId": customer, "userType": "CUSTOMER"});
        let about = About::Account(customer);
        self.publish(&request, Message { domain: AUTH, action, at, fields, names: json!({}), about });
    }

    /// A product's own life: approved, sold, looked at, called off.
    pub fn administer(&mut self, number: usize) {
        let product = &self.products[number];
        let (id, sale, outcome) = (product.id, product.on_sale_from, product.outcome.clone());
        let seller = Actor::Seller(product.seller);
        let stage = self.an_admin();
        let fields = json!({"domainType": "STAGE", "domainId": id});
        let about = About::Nothing;
        let at = sale - hours(60);
        self.publish(
            &stage,
            Message { domain: ARTHALL, action: "CREATED", at, fields, names: json!({}), about },
        );
        for (action, before) in [("CREATED", 50), ("SUBMITTED_FOR_APPROVAL", 49)] {
            let request = self.request(seller.clone());
            self.publish(&request, of_product(id, action, sale - hours(before)));
        }
        let approving = self.an_admin();
        self.publish(&approving, of_product(id, "APPROVED", sale - hours(30)));
        let (run, at) = self.scheduled("open sales", sale - TimeDelta::minutes(1));
        self.publish(&run, of_product(id, "SALE_STARTED", at));
        for hour in 1..48 {
            let (run, at) = self.scheduled("count views", sale + hours(hour));
            self.publish(&run, of_product(id, "VIEW_COUNT_SYNCED", at));
        }
        if let Outcome::CalledOff(at, Request { trace, .. }) = outcome {
            let request = Request { actor: seller, trace };
            self.publish(&request, of_product(id, "CANCELLED", at));
        }
    }
}

fn of_product(id: i64, action: &'static str, at: DateTime<Utc>) -> Message {
    let fields = json!({"productId": id});
    Message { domain: PRODUCT, action, at, fields, names: json!({}), about: About::Nothing }
}
