//! A cluster of three nodes with quorum queues: any one of them may die at any time.

use audit_core::{
    publish::{Address, Broker},
    store::DomainLog,
};
use test_servers::{RabbitMq, RabbitMqCluster, Running};

use crate::{
    fixture::{Fixture, count, eventually},
    load::Load,
    reading::events::domains,
};

const HOST: &str = "127.0.0.1";

fn broker(cluster: &RabbitMqCluster) -> Broker {
    let mut nodes = cluster.nodes().iter().map(RabbitMq::port);
    let port = nodes.next().unwrap();
    let others = nodes.map(|port| Address { host: HOST.to_owned(), port }).collect();
    Broker { host: HOST.to_owned(), port, others, ..Broker::local() }
}

/// Waits until each quorum queue has all its members again: until then, the loss of another node stops it.
async fn wait_for_all_members(node: &RabbitMq) {
    eventually("all members of all queues", async || {
        let online = node.ctl(&["--quiet", "--no-table-headers", "list_queues", "online"]);
        let members = |line: &str| line.split(',').count();
        online.lines().all(|line| members(line) == 3)
    })
    .await;
}

/// Whether the service is connected to a node, as another one tells.
fn serves(node: &RabbitMq, ask: &RabbitMq) -> bool {
    let connections =
        ask.ctl(&["--quiet", "--no-table-headers", "list_connections", "port", "client_properties"]);
    let port = node.port().to_string();
    connections.lines().any(|line| line.starts_with(&port) && line.contains("log-service"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_node_is_killed_under_load_and_every_confirmed_event_is_stored_once() {
    let cluster = RabbitMqCluster::start(3);
    let mut place = Fixture::postgresql();
    place.broker = broker(&cluster);
    let service = serve(&place);
    let domains = domains();
    let load = Load::on(&place, &domains.iter().map(DomainLog::domain).collect::<Vec<_>>());
    load.wait_for(1000).await;
    let db = place.db().await;

    let mut unharmed: Vec<_> = cluster.nodes().iter().collect();
    while let Some(other) = unharmed.last() {
        // One that the service is connected to, if there is one.
        let next = unharmed.iter().position(|node| serves(node, other)).unwrap_or(0);
        let node = unharmed.remove(next);
        node.kill();
        load.wait_for(1000).await;
        let confirmed = load.confirmed();
        eventually("what was confirmed to be stored", async || {
            let mut stored = 0;
            for log in &domains {
                stored += count(&db, log.table().name).await;
            }
            stored >= confirmed
        })
        .await;
        node.start_again();
        wait_for_all_members(node).await;
    }

    let each = load.stop().await / i64::try_from(domains.len()).unwrap();
    for log in &domains {
        place.wait_for_rows(log.table().name, each).await;
        assert_eq!(place.waiting(&place.topology.dead_letter_queue(log.domain())).await, 0);
    }
    service.stop().expect_success();
}

fn serve(place: &Fixture) -> Running {
    let nodes = place.broker.address();
    place.serve_with(&[("RABBITMQ_HOST", &nodes), ("LOG_SERVICE__RABBITMQ__QUEUE_TYPE", "quorum")])
}

#[tokio::test]
async fn a_node_that_is_away_is_passed_over() {
    let place = Fixture::sqlite();
    // Nothing listens on the first; the second says its port, the third has that of `rabbitmq.port`.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for nodes in [format!("{free}, {HOST}:{}", place.broker.port), format!("{free},{HOST}")] {
        let service = place.serve_with(&[("RABBITMQ_HOST", &nodes)]);
        service.stop().expect_success();
    }
}
