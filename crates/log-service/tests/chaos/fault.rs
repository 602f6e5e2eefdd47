use std::{fmt, fs::File, io, time::Duration};

use fastrand::Rng;
use lapin::options::QueueDeleteOptions;
use sea_orm::sqlx::Executor;
use tokio::{task::block_in_place, time::Instant};

use crate::{
    database,
    domains::DOMAINS,
    proxy::Network,
    publisher::Publishers,
    site::{REPLICAS, Site},
};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    ReplicaKilled,
    ReplicasRestarted,
    BrokerKilled,
    BrokerClosesConnections,
    BrokerInMemoryAlarm,
    QueueDeleted,
    BrokerCutOff,
    BrokerStalled,
    BrokerForgotten,
    BrokerSlow,
    DatabaseKilled,
    DatabaseStoppedAtOnce,
    SessionsEnded,
    DiskFull,
    DatabaseCutOff,
    DatabaseStalled,
    DatabaseForgotten,
    DatabaseSlow,
}

impl Fault {
    /// Events that are published after each fault, to see that it is over.
    pub(crate) const PROBES: u64 = DOMAINS.len() as u64;

    const ALL: [Self; 18] = [
        Self::ReplicaKilled,
        Self::ReplicasRestarted,
        Self::BrokerKilled,
        Self::BrokerClosesConnections,
        Self::BrokerInMemoryAlarm,
        Self::QueueDeleted,
        Self::BrokerCutOff,
        Self::BrokerStalled,
        Self::BrokerForgotten,
        Self::BrokerSlow,
        Self::DatabaseKilled,
        Self::DatabaseStoppedAtOnce,
        Self::SessionsEnded,
        Self::DiskFull,
        Self::DatabaseCutOff,
        Self::DatabaseStalled,
        Self::DatabaseForgotten,
        Self::DatabaseSlow,
    ];

    /// Makes it happen, and returns when it is over.
    pub(crate) async fn strike(self, site: &mut Site, publishers: &Publishers, rng: &mut Rng) {
        let time = Duration::from_millis(rng.u64(1000..6000));
        match self {
            Self::ReplicaKilled => kill_replica(site, rng.usize(..REPLICAS), time / 3).await,
            Self::ReplicasRestarted => block_in_place(|| restart_replicas(site)),
            Self::BrokerKilled => {
                block_in_place(|| site.rabbitmq.kill());
                tokio::time::sleep(time / 3).await;
                block_in_place(|| site.rabbitmq.start_again());
            }
            Self::BrokerClosesConnections => {
                block_in_place(|| site.rabbitmq.ctl(&["close_all_connections", "for the fault suite"]));
            }
            Self::BrokerInMemoryAlarm => raise_memory_alarm(site, time).await,
            Self::QueueDeleted => delete_queue(site, publishers, rng.usize(..DOMAINS.len())).await,
            Self::BrokerCutOff => site.to_broker.be(Network::Cut, time).await,
            Self::BrokerStalled => site.to_broker.be(Network::Stalled, 2 * time).await,
            Self::BrokerForgotten => site.to_broker.be(Network::Forgets, time).await,
            Self::BrokerSlow => site.to_broker.be(Network::Slow, time).await,
            Self::DatabaseKilled => {
                block_in_place(|| site.postgresql.kill());
                tokio::time::sleep(time).await;
                block_in_place(|| site.postgresql.start_again());
            }
            Self::DatabaseStoppedAtOnce => {
                block_in_place(|| site.postgresql.stop_at_once());
                tokio::time::sleep(time).await;
                block_in_place(|| site.postgresql.start_again());
            }
            Self::SessionsEnded => end_sessions(site, time).await,
            Self::DiskFull => fill_disk(site, time).await,
            Self::DatabaseCutOff => site.to_database.be(Network::Cut, time).await,
            Self::DatabaseStalled => site.to_database.be(Network::Stalled, 2 * time).await,
            Self::DatabaseForgotten => site.to_database.be(Network::Forgets, time).await,
            Self::DatabaseSlow => site.to_database.be(Network::Slow, time).await,
        }
    }
}

async fn kill_replica(site: &mut Site, at: usize, time: Duration) {
    site.take_replica(at).kill();
    tokio::time::sleep(time).await;
    block_in_place(|| site.start_replica(at));
}

/// One after the other, as at an upgrade.
fn restart_replicas(site: &mut Site) {
    for at in 0..REPLICAS {
        site.take_replica(at).stop().expect_success();
        site.start_replica(at);
    }
}

async fn raise_memory_alarm(site: &Site, time: Duration) {
    let limit = |limit| site.rabbitmq.ctl(&["set_vm_memory_high_watermark", "absolute", limit]);
    block_in_place(|| limit("1MB"));
    tokio::time::sleep(time).await;
    block_in_place(|| limit("1GB"));
}

/// What waits in a queue goes with it, which is nobody's fault but the deleter's: so nothing may wait.
async fn delete_queue(site: &Site, publishers: &Publishers, domain: usize) {
    let of = &DOMAINS[domain];
    let numbered = publishers.hold(domain).await;
    let mut db = database::connect(site.database_url()).await.unwrap();
    while database::count(&mut db, of).await.unwrap() < numbered {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let connection = site.broker().connect().await.unwrap();
    let queue = site.events().topology().queue(of.domain);
    // No row tells of a hostile message that has come back to the queue. The broker closes the channel if it refuses.
    let only_empty = QueueDeleteOptions { if_empty: true, ..QueueDeleteOptions::default() };
    while connection
        .create_channel()
        .await
        .unwrap()
        .queue_delete(queue.as_str().into(), only_empty)
        .await
        .is_err()
    {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    publishers.go_on(domain);
}

/// Many times a second, all of them.
async fn end_sessions(site: &Site, time: Duration) {
    let mut db = database::connect(site.database_url()).await.unwrap();
    let end = Instant::now() + time;
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    while Instant::now() < end {
        ticks.tick().await;
        let sql =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'log-service'";
        db.execute(sql).await.unwrap();
    }
}

/// PostgreSQL may give up when it can't write ahead: then it is started again.
async fn fill_disk(site: &Site, time: Duration) {
    let ballast = site.postgresql.disk().unwrap().join("ballast");
    block_in_place(|| {
        let mut file = File::create(&ballast).unwrap();
        let full = io::copy(&mut io::repeat(0), &mut file).unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
    });
    tokio::time::sleep(time).await;
    std::fs::remove_file(&ballast).unwrap();
    while database::connect(site.database_url()).await.is_err() {
        block_in_place(|| site.postgresql.start_again());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// All kinds in a random order, then all of them in another one.
pub(crate) struct Deck {
    kinds: Vec<Fault>,
    left: Vec<Fault>,
}

impl Deck {
    /// What can be done here, and what is left out.
    pub(crate) fn of(site: &Site, rng: &mut Rng) -> (Self, Vec<Fault>) {
        let has_disk = site.postgresql.disk().is_some();
        let (kinds, left_out) =
            Fault::ALL.into_iter().partition(|fault| *fault != Fault::DiskFull || has_disk);
        let mut deck = Self { kinds, left: Vec::new() };
        deck.shuffle(rng);
        (deck, left_out)
    }

    pub(crate) fn draw(&mut self, rng: &mut Rng) -> Fault {
        if self.left.is_empty() {
            self.shuffle(rng);
        }
        self.left.pop().unwrap()
    }

    fn shuffle(&mut self, rng: &mut Rng) {
        self.left.clone_from(&self.kinds);
        rng.shuffle(&mut self.left);
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ReplicaKilled => "log-service: `kill -9` of a replica",
            Self::ReplicasRestarted => "log-service: SIGTERM and start of each replica",
            Self::BrokerKilled => "RabbitMQ: `kill -9`",
            Self::BrokerClosesConnections => "RabbitMQ: all connections closed",
            Self::BrokerInMemoryAlarm => "RabbitMQ: memory alarm",
            Self::QueueDeleted => "RabbitMQ: a queue deleted",
            Self::BrokerCutOff => "network to RabbitMQ: cut",
            Self::BrokerStalled => "network to RabbitMQ: silent for some time",
            Self::BrokerForgotten => "network to RabbitMQ: open connections silent for ever",
            Self::BrokerSlow => "network to RabbitMQ: slow",
            Self::DatabaseKilled => "PostgreSQL: `kill -9` of all processes",
            Self::DatabaseStoppedAtOnce => "PostgreSQL: immediate stop",
            Self::SessionsEnded => "PostgreSQL: all sessions ended, ten times a second",
            Self::DiskFull => "PostgreSQL: disk full",
            Self::DatabaseCutOff => "network to PostgreSQL: cut",
            Self::DatabaseStalled => "network to PostgreSQL: silent for some time",
            Self::DatabaseForgotten => "network to PostgreSQL: open connections silent for ever",
            Self::DatabaseSlow => "network to PostgreSQL: slow",
        })
    }
}
