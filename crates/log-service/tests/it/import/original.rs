//! The original's database.

use serde_json::Value;

use crate::fixture::{POSTGRESQL, unique_name};

const PAGE: &str = include_str!("../../../../../docs/migrating-from-java.md");

/// An id that ends with a number.
pub fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// A database with the original's tables.
pub struct Original {
    pub url: String,
    name: String,
}

impl Original {
    /// The tables are empty, and as the page has them.
    pub fn new() -> Self {
        let name = unique_name();
        let original = Self { url: POSTGRESQL.database(&name), name };
        original.run(sql_of_page("CREATE SCHEMA log_service"));
        original
    }

    /// As the `superuser`.
    pub fn run(&self, sql: &str) -> String {
        POSTGRESQL.psql_in(&self.name, sql)
    }

    /// A row of `p_payment_log`.
    pub fn add_payment(&self, number: u32, method: &str, occurred_at: &str) {
        self.run(&format!(
            "INSERT INTO log_service.p_payment_log
            (id, payment_id, method, retry_count, action_type, actor_type, occurred_at)
            VALUES ('{}', '{}', '{method}', 0, 'CONFIRM', 'SYSTEM', '{occurred_at}')",
            id(number),
            id(1_000_000 + number),
        ));
    }

    /// Events of payments, stored as the original does: PostgreSQL rounds times as its driver does.
    pub fn store_payments(&self, bodies: &[Value]) {
        let bodies = Value::from(bodies.to_vec()).to_string();
        self.run(&format!(
            "INSERT INTO log_service.p_payment_log
            SELECT (body->>'eventId')::uuid, (body->>'paymentId')::uuid, body->>'method', (body->>'retryCount')::int,
                body->>'actionType', body->>'actorType', (body->>'actorUserId')::uuid,
                (body->>'occurredAt')::timestamp
            FROM jsonb_array_elements('{bodies}') AS body"
        ));
    }

    /// So many of them, a second apart, numbered from `first`.
    pub fn add_payments(&self, first: u32, count: u32) {
        self.run(&format!(
            "INSERT INTO log_service.p_payment_log
            SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, gen_random_uuid(),
                CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN 'TOSS_CARD' ELSE '무통장 입금' END,
                n % 4, 'CONFIRM', 'CUSTOMER', gen_random_uuid(),
                timestamp '2025-11-20 08:00:00.123456' + n * interval '1 second'
            FROM generate_series({first}, {}) AS n",
            first + count - 1,
        ));
    }
}

/// The block of SQL of the page that begins so.
pub fn sql_of_page(begins: &str) -> &'static str {
    let blocks = PAGE.split("```sql\n").skip(1).filter_map(|block| block.split("```").next());
    blocks.into_iter().find(|block| block.starts_with(begins)).unwrap()
}
