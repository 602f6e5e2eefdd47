use std::process::Command;

use audit_core::{Topology, publish::Broker};
use tempfile::TempDir;
use test_servers::{PostgreSql, RabbitMq, Running, unconfigured};

use crate::{events::Events, plan::Plan, proxy::Proxy};

/// Everything that can fail: private servers, the networks before them, and two replicas of log-service.
pub(crate) struct Site {
    pub(crate) rabbitmq: RabbitMq,
    pub(crate) postgresql: PostgreSql,
    pub(crate) to_broker: Proxy,
    pub(crate) to_database: Proxy,
    replicas: [Option<Running>; REPLICAS],
    /// Of the replicas that have ended.
    peak_memory_mib: u64,
    events: Events,
    database_url: String,
    folder: TempDir,
}

pub(crate) const REPLICAS: usize = 2;

/// The versions of what took part.
pub(crate) struct Versions {
    pub(crate) rabbitmq: String,
    pub(crate) postgresql: String,
}

impl Site {
    pub(crate) fn start(plan: &Plan) -> Self {
        let rabbitmq = RabbitMq::start();
        // An event takes about a kilobyte, with its indexes; partitions and write-ahead log come on top.
        let disk = format!("{}m", 512 + plan.events / 400);
        let postgresql = PostgreSql::start_on_disk(&disk, "max_wal_size = '256MB'");
        let database_url = postgresql.database("log");
        let mut site = Self {
            to_broker: Proxy::to(rabbitmq.port()),
            to_database: Proxy::to(postgresql.port()),
            rabbitmq,
            postgresql,
            replicas: [const { None }; REPLICAS],
            peak_memory_mib: 0,
            events: Events::new(plan.seed, Topology::default()),
            database_url,
            folder: tempfile::tempdir().unwrap(),
        };
        for replica in 0..REPLICAS {
            site.start_replica(replica);
        }
        site
    }

    /// The broker, on the direct way.
    pub(crate) fn broker(&self) -> Broker {
        Broker { host: "127.0.0.1".to_owned(), port: self.rabbitmq.port(), ..Broker::local() }
    }

    /// The database, on the direct way.
    pub(crate) fn database_url(&self) -> &str {
        &self.database_url
    }

    pub(crate) fn events(&self) -> &Events {
        &self.events
    }

    pub(crate) fn versions(&self) -> Versions {
        Versions {
            rabbitmq: self.rabbitmq.ctl(&["version"]).trim().to_owned(),
            postgresql: self.postgresql.psql("SHOW server_version").trim().to_owned(),
        }
    }

    /// Starts a replica, with the configuration that is the default, and returns when it consumes.
    pub(crate) fn start_replica(&mut self, at: usize) {
        let database = format!("postgres://postgres@127.0.0.1:{}/log", self.to_database.port());
        let mut command: Command = unconfigured(env!("CARGO_BIN_EXE_log-service"), &["serve"]);
        command
            .current_dir(self.folder.path())
            .env("DB_URL", database)
            .env("RABBITMQ_HOST", "127.0.0.1")
            .env("RABBITMQ_PORT", self.to_broker.port().to_string())
            .env("LOG_SERVICE__WEB__BIND", "127.0.0.1:0");
        let replica = Running::start(command);
        replica.wait_until_consuming();
        self.replicas[at] = Some(replica);
    }

    /// Takes a replica, to end it.
    pub(crate) fn take_replica(&mut self, at: usize) -> Running {
        let replica = self.replicas[at].take().unwrap();
        self.peak_memory_mib = self.peak_memory_mib.max(replica.peak_memory_mib());
        replica
    }

    /// The most memory that a replica has had.
    pub(crate) fn peak_memory_mib(&self) -> u64 {
        self.replicas.iter().flatten().map(Running::peak_memory_mib).fold(self.peak_memory_mib, u64::max)
    }

    pub(crate) fn print_last_words(&self) {
        for (at, replica) in self.replicas.iter().enumerate() {
            for line in replica.iter().flat_map(Running::log).rev().take(30).collect::<Vec<_>>().iter().rev()
            {
                println!("replica {at}: {line}");
            }
        }
    }

    pub(crate) fn stop(&mut self) {
        for at in 0..REPLICAS {
            self.take_replica(at).stop().expect_success();
        }
    }
}
