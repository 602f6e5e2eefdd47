//! A log of two years, made by the database itself.

use test_servers::PostgreSql;

/// Each domain's table, and what its own columns hold.
const TABLES: [(&str, &str, &str); 8] = [
    ("p_arthall_domain_log", "domain_type", "'STAGE'"),
    ("p_auth_log", "user_type", "'CUSTOMER'"),
    ("p_payment_log", "method, retry_count", "'TOSS_CARD', 0"),
    ("p_product_log", "", ""),
    (
        "p_reservation_log",
        "reservation_number",
        "'R' || to_char(at, 'YYYYMMDD') || '-' || lpad((n % 100000)::text, 6, '0')",
    ),
    ("p_reservation_seat_log", "seat_number", "'A' || n % 1000"),
    ("p_ticket_log", "receive_method", "'ON_SITE'"),
    ("p_user_log", "user_type", "'CUSTOMER'"),
];

pub(crate) const MONTHS: u32 = 24;

/// Something that has more events than a thousand pages can show: in the payment domain, and in all.
pub(crate) const BUSY_RESOURCE: &str = "busy";
pub(crate) const BUSY_ACTOR: &str = "00000000-0000-4000-8000-000000000000";

/// The actor of a number; there are [`ACTORS`].
pub(crate) fn actor(number: u64) -> String {
    format!("00000000-0000-4000-9000-{:012x}", number % ACTORS)
}

/// The resource of a number; each has five events in one domain, and there are [`resources`].
pub(crate) fn resource(number: u64) -> String {
    format!("resource-{number}")
}

const ACTORS: u64 = 50_000;

/// Fills the tables with `count` events in the order of time, evenly over the months, up to now.
pub(crate) fn fill(server: &PostgreSql, database: &str, count: u64) {
    let each = count / TABLES.len() as u64;
    // Two at a time: as many as there are processors in a small machine.
    for pair in TABLES.chunks(2) {
        std::thread::scope(|scope| {
            for (table, own, values) in pair {
                scope.spawn(move || server.psql_in(database, &insert(table, own, values, each)));
            }
        });
    }
    server.psql_in(database, "VACUUM ANALYZE");
    server.psql_in(database, "CHECKPOINT");
}

fn insert(table: &str, own: &str, values: &str, count: u64) -> String {
    let (own, values) = match own {
        "" => (String::new(), String::new()),
        own => (format!(", {own}"), format!(", {values}")),
    };
    format!(
        "SET search_path TO audit; SET statement_timeout TO 0;
        SELECT ensure_log_partition('{table}', (date_trunc('month', now()) - n * interval '1 month')::date)
            FROM generate_series(0, {MONTHS}) AS n;
        INSERT INTO {table} (id, action_type, actor_id, actor_type, resource_id, occurred_at, trace_id{own})
        SELECT gen_random_uuid(),
            (ARRAY['CREATE', 'CONFIRM', 'UPDATE', 'CANCEL', 'CONFIRM_FAILED'])[1 + n % 5],
            CASE WHEN n % 10 = 0 THEN '{BUSY_ACTOR}'::uuid WHEN n % 2 = 0
                THEN ('00000000-0000-4000-9000-' || lpad(to_hex((n::bigint * 7919) % {ACTORS}), 12, '0'))::uuid END,
            CASE WHEN n % 2 = 0 THEN 'CUSTOMER' ELSE 'SYSTEM' END,
            CASE WHEN n % 10 = 5 THEN '{BUSY_RESOURCE}' ELSE 'resource-' || n / 5 END,
            at,
            CASE WHEN n % 3 = 0 THEN md5((n / 6)::text) END{values}
        FROM generate_series(1, {count}) AS n,
            LATERAL (SELECT now() - ({count} - n) * (interval '{MONTHS} months' / {count}) AS at) AS time;"
    )
}
