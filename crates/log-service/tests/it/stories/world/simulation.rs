use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

use audit_core::{Actor, Domain};
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use chrono_tz::Asia::Seoul;
use fastrand::Rng;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Setting, World,
    event::{About, DOMAINS, Event},
    products::{Outcome, Product, Seat},
};

/// Makes a world, one order after the other in the order of time.
pub struct Simulation {
    pub world: World,
    pub rng: Rng,
    pub products: Vec<Product>,
    pub admins: Vec<Uuid>,
    /// Orders that have yet to begin, by their time; the number keeps those of the same time apart.
    planned: BTreeMap<(DateTime<Utc>, u64), Plan>,
    /// How far the clock of each service is off, in the order of [`DOMAINS`].
    skews: [TimeDelta; DOMAINS.len()],
    /// The runs of schedules, by their job and minute.
    runs: HashMap<(&'static str, DateTime<Utc>), Request>,
}

/// A customer is going to book.
#[derive(Clone, Debug)]
pub struct Plan {
    pub customer: Uuid,
    pub product: usize,
    /// The seat that the customer had before.
    pub seat: Option<Seat>,
}

/// A request of somebody, a callback, or a run of a schedule: all that it causes has its actor and its trace.
#[derive(Clone, Debug)]
pub struct Request {
    pub actor: Actor,
    pub trace: Option<String>,
}

/// What a service says about something that it did.
pub struct Message {
    pub domain: Domain,
    pub action: &'static str,
    pub at: DateTime<Utc>,
    /// The domain's own fields.
    pub fields: Value,
    /// What else a team would add that wants its events to name other things.
    pub names: Value,
    pub about: About,
}

pub fn hours(count: i64) -> TimeDelta {
    TimeDelta::hours(count)
}

/// The products of a world take turns to be one of so many kinds.
const KINDS: usize = 6;
/// A product that is on sale the whole time, and takes place later.
const USUAL: usize = 3;
/// Of so many orders each has a product, roughly.
const ORDERS_OF_A_PRODUCT: usize = 60;
/// How long people book.
const DAYS: i64 = 7;

impl Simulation {
    pub fn new(setting: Setting, seed: u64, start: DateTime<Utc>, first_number: usize) -> Self {
        let mut rng = Rng::with_seed(seed);
        let skews = std::array::from_fn(|_| TimeDelta::milliseconds(rng.i64(-12..=12)));
        let admins = (1..=3).map(|number| Uuid::from_u128(0xAD << 64 | number)).collect();
        Self {
            world: World {
                setting,
                start,
                first_number,
                events: Vec::new(),
                orders: Vec::new(),
                reservations: Vec::new(),
            },
            rng,
            products: Vec::new(),
            admins,
            planned: BTreeMap::new(),
            skews,
            runs: HashMap::new(),
        }
    }

    /// Lets people book so often.
    pub fn run(mut self, orders: usize) -> World {
        self.put_on_sale(orders.div_ceil(ORDERS_OF_A_PRODUCT).max(KINDS));
        self.plan_orders(orders);
        while self.world.orders.len() < orders {
            let Some(((at, _), plan)) = self.planned.pop_first() else { break };
            self.use_account(plan.customer, at);
            self.book(&plan, at);
        }
        self.world.events.sort_by_key(|event| (event.occurred_at, event.id));
        self.world
    }

    fn put_on_sale(&mut self, count: usize) {
        let start = self.world.start;
        let day = |number: i64| start + TimeDelta::days(number);
        for number in 0..count {
            let outcome = match number % KINDS {
                1 => Outcome::CalledOff(day(DAYS + 1) + hours(6), self.system()),
                2 => Outcome::Shown(day(DAYS + 3) + hours(19)),
                _ => Outcome::Later,
            };
            // The first kind is wanted by everybody, at once.
            let on_sale_from = if number.is_multiple_of(KINDS) { day(1) + hours(20) } else { start };
            let seller = self.uuid();
            let id = i64::try_from(self.world.first_number / 10 + number + 1).unwrap_or(i64::MAX);
            self.products.push(Product::new(id, seller, on_sale_from, outcome));
            self.administer(number);
        }
    }

    /// A third comes in the first seconds of a sale, the others by day.
    fn plan_orders(&mut self, orders: usize) {
        for _ in 0..orders {
            let number = self.rng.usize(..self.products.len());
            let (product, at) = if self.chance(0.35) {
                let product = number / KINDS * KINDS;
                (product, self.products[product].on_sale_from + self.millis(0..20_000))
            } else {
                // Not those of the first kind.
                let product = if number.is_multiple_of(KINDS) { USUAL } else { number };
                let day = TimeDelta::days(self.rng.i64(0..DAYS));
                (product, self.world.start + day + self.millis(9 * 3_600_000..24 * 3_600_000))
            };
            let customer = self.uuid();
            self.plan(Plan { customer, product, seat: None }, at);
            if self.chance(0.12) {
                let product = if self.chance(0.5) { product } else { USUAL };
                let again = at + self.millis(40_000..360_000);
                self.plan(Plan { customer, product, seat: None }, again);
            } else if self.chance(0.08) {
                let later = at + self.millis(3_600_000..50 * 3_600_000);
                self.plan(Plan { customer, product: USUAL, seat: None }, later);
            }
        }
    }

    pub fn plan(&mut self, plan: Plan, at: DateTime<Utc>) {
        if at < self.products[plan.product].closes_at() {
            self.planned.insert((at, self.rng.u64(..)), plan);
        }
    }

    /// A request of the system: a callback, or a message of another service.
    pub fn system(&mut self) -> Request {
        self.request(Actor::System)
    }

    pub fn request(&mut self, actor: Actor) -> Request {
        let is_traced = matches!(self.world.setting, Setting::Traced(share) if self.rng.f64() < share);
        let trace = is_traced.then(|| format!("{:032x}", self.rng.u128(1..)));
        Request { actor, trace }
    }

    /// The run of a job that does what is due at a time. It is one request for all that it does.
    pub fn scheduled(&mut self, job: &'static str, due: DateTime<Utc>) -> (Request, DateTime<Utc>) {
        let minute = due.duration_trunc(TimeDelta::minutes(1)).unwrap_or(due) + TimeDelta::minutes(1);
        let fresh = self.system();
        let request = self.runs.entry((job, minute)).or_insert(fresh).clone();
        (request, minute + self.millis(5..1_500))
    }

    pub fn publish(&mut self, request: &Request, message: Message) {
        let Message { domain, action, at, fields, names, about } = message;
        let id = self.uuid();
        let skew =
            DOMAINS.iter().position(|one| *one == domain).map_or_else(TimeDelta::zero, |at| self.skews[at]);
        let occurred_at = at + skew;
        let local = occurred_at.with_timezone(&Seoul).naive_local();
        let mut body = json!({
            "eventId": id,
            "actionType": action,
            "actorType": request.actor.actor_type(),
            "occurredAt": local.format("%Y-%m-%dT%H:%M:%S%.6f").to_string(),
        });
        let actor = request.actor.user_id().map(|id| json!({"actorUserId": id}));
        let names = (self.world.setting == Setting::Named).then_some(names);
        for more in [Some(fields), actor, names].into_iter().flatten() {
            if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
                body.extend(more);
            }
        }
        let trace = request.trace.clone();
        self.world.events.push(Event { domain, id, action, occurred_at, trace, body, about });
    }

    pub fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.rng.u128(..).to_be_bytes()).into_uuid()
    }

    pub fn chance(&mut self, share: f64) -> bool {
        self.rng.f64() < share
    }

    /// A pause between two bounds, in milliseconds.
    pub fn millis(&mut self, range: Range<i64>) -> TimeDelta {
        TimeDelta::microseconds(self.rng.i64(range.start * 1_000..range.end * 1_000))
    }

    pub fn an_admin(&mut self) -> Request {
        let number = self.rng.usize(..self.admins.len());
        self.request(Actor::Admin(self.admins[number]))
    }
}
