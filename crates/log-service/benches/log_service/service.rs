use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use audit_core::{Topology, publish::ConfirmedChannel};
use sea_orm::sqlx::{self, PgConnection};

use crate::{
    Servers,
    database::Database,
    events::{self, Load},
};

/// log-service itself, as a process of its own.
pub(crate) struct Service {
    process: Child,
    /// Where its API is.
    pub(crate) api: String,
}

/// One run of the service; of several processes, the sum.
pub(crate) struct Run {
    pub(crate) events_per_second: f64,
    pub(crate) cpu_us_per_event: f64,
    pub(crate) peak_rss_mib: f64,
}

/// From publish to commit.
pub(crate) struct Latency {
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

impl Service {
    /// Makes the queues under a prefix and a database with the log tables.
    pub(crate) fn declare<'s>(servers: &'s Servers, name: &str) -> Database<'s> {
        let database = Database::new(&servers.postgresql, name);
        Self::start(servers, name, &database.url).stop();
        database
    }

    /// Stores events that wait in their queues, from the first to the last commit.
    pub(crate) async fn drain(servers: &Servers, name: &str, load: &Load) -> Run {
        Self::drain_beside(servers, name, load, 1, |_| ()).await
    }

    /// The same by so many processes, while something else is done with the first one's API.
    pub(crate) async fn drain_beside<T>(
        servers: &Servers,
        name: &str,
        load: &Load,
        processes: usize,
        beside: impl FnOnce(String) -> T,
    ) -> Run {
        let (broker, topology) = (servers.broker(), Topology::with_prefix(name));
        let database = Self::declare(servers, name);
        events::publish(&broker, &topology, load).await;
        let mut db = database.connect().await;
        let services = Self::start_all(servers, name, &database.url, processes);
        let beside = beside(services[0].api.clone());
        wait_for_rows(&mut db, load.good()).await;
        drop(beside);
        let (cpu_us, peak_rss_mib): (Vec<_>, Vec<_>) =
            services.iter().map(|service| (service.cpu_us(), service.peak_rss_mib())).unzip();
        services.into_iter().for_each(Self::stop);
        let seconds = seconds_of_storing(&mut db).await;
        Run {
            events_per_second: load.count as f64 / seconds,
            cpu_us_per_event: cpu_us.iter().sum::<f64>() / load.count as f64,
            peak_rss_mib: peak_rss_mib.into_iter().sum(),
        }
    }

    /// Starts processes at the same time, and returns when all are up.
    fn start_all(servers: &Servers, prefix: &str, url: &str, processes: usize) -> Vec<Self> {
        std::thread::scope(|threads| {
            let starting: Vec<_> =
                (0..processes).map(|_| threads.spawn(|| Self::start(servers, prefix, url))).collect();
            starting.into_iter().map(|service| service.join().expect("log-service")).collect()
        })
    }

    /// Publishes at a steady rate, and asks the database when each event was committed.
    pub(crate) async fn latency(servers: &Servers, name: &str, rate: f64, time: Duration) -> Latency {
        let topology = Topology::with_prefix(name);
        let database = Database::new(&servers.postgresql, name);
        let service = Self::start(servers, name, &database.url);
        let mut channel = ConfirmedChannel::open(&servers.broker()).await.expect("a connection");
        let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
        let mut count = 0;
        while (count as f64) < rate * time.as_secs_f64() {
            ticks.tick().await;
            channel.publish(&events::event(&topology, "payment", count)).await.expect("a confirm");
            count += 1;
        }
        let mut db = database.connect().await;
        wait_for_rows(&mut db, count).await;
        service.stop();
        let percentile = "SELECT extract(epoch FROM percentile_disc($1) WITHIN GROUP
            (ORDER BY pg_xact_commit_timestamp(xmin) - occurred_at))::float8 * 1000 FROM p_payment_log";
        let mut of = async |share: f64| -> f64 {
            sqlx::query_scalar(percentile).bind(share).fetch_one(&mut db).await.expect("a percentile")
        };
        Latency { p50_ms: of(0.5).await, p99_ms: of(0.99).await }
    }

    /// Starts the service, and returns when all its consumers are up.
    pub(crate) fn start(servers: &Servers, prefix: &str, url: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_log-service"))
            .env("DB_URL", url)
            .env("RABBITMQ_HOST", "127.0.0.1")
            .env("RABBITMQ_PORT", servers.rabbitmq.port().to_string())
            .env("LOG_SERVICE__RABBITMQ__PREFIX", prefix)
            .env("LOG_SERVICE__WEB__BIND", "127.0.0.1:0")
            .stderr(Stdio::piped())
            .spawn()
            .expect("log-service");
        let mut lines = BufReader::new(process.stderr.take().expect("its log")).lines().map_while(Result::ok);
        let (mut log, mut api) = (Vec::new(), None);
        let is_up = lines.any(|line| {
            api = api.take().or_else(|| Some(line.split_once("API are at ")?.1.trim().to_owned()));
            let is_up = line.contains("domains are consuming");
            log.push(line);
            is_up
        });
        assert!(is_up, "log-service did not start: {log:#?}");
        // Whoever writes to a pipe that nobody reads waits at some time.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, api: api.expect("the address of the API") }
    }

    pub(crate) fn stop(mut self) {
        let id = self.process.id().to_string();
        Command::new("kill").arg(&id).status().expect("kill");
        let status = self.process.wait().expect("its end");
        assert!(status.success(), "log-service ended with {status}");
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.process.id())).expect("/proc")
    }

    /// User and system time so far, in microseconds.
    fn cpu_us(&self) -> f64 {
        const US_PER_TICK: f64 = 10_000.0;
        let stat = self.proc("stat");
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks =
            after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().expect("ticks"));
        ticks.sum::<f64>() * US_PER_TICK
    }

    pub(crate) fn peak_rss_mib(&self) -> f64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
        line.trim().trim_end_matches(" kB").parse::<f64>().expect("kB") / 1024.0
    }
}

const TABLES: [&str; 8] = [
    "p_arthall_domain_log",
    "p_auth_log",
    "p_payment_log",
    "p_product_log",
    "p_reservation_log",
    "p_reservation_seat_log",
    "p_ticket_log",
    "p_user_log",
];

/// Looks at the sequences, which cost nothing to read: each row takes one number.
async fn wait_for_rows(db: &mut PgConnection, count: usize) {
    let numbers: Vec<_> = TABLES
        .iter()
        .map(|table| format!("(SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {table}_seq)"))
        .collect();
    let numbers = format!("SELECT ({})::bigint", numbers.join(" + "));
    let rows: Vec<_> = TABLES.iter().map(|table| format!("(SELECT count(*) FROM {table})")).collect();
    let rows = format!("SELECT ({})::bigint", rows.join(" + "));
    for sql in [numbers, rows] {
        loop {
            let so_far: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql.clone()))
                .fetch_one(&mut *db)
                .await
                .expect("a number");
            if so_far >= i64::try_from(count).expect("a count") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// From the first row's transaction, which begins with the first delivery, to the last one's commit.
async fn seconds_of_storing(db: &mut PgConnection) -> f64 {
    let all: Vec<_> = TABLES.iter().map(|table| format!("SELECT recorded_at, xmin FROM {table}")).collect();
    let sql = format!(
        "SELECT extract(epoch FROM max(pg_xact_commit_timestamp(xmin)) - min(recorded_at))::float8 FROM ({}) AS rows",
        all.join(" UNION ALL "),
    );
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(db).await.expect("a time")
}
