//! A cluster of three nodes with quorum queues: any one of them may die at any time.

use audit_core::{
    Domain,
    publish::{Address, Broker},
};
use test_servers::{RabbitMq, RabbitMqCluster, Running};

use crate::{
    fixture::{Fixture, eventually},
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

/// The node that the service takes its events from.
fn node_of_service(cluster: &RabbitMqCluster, ask: &RabbitMq) -> usize {
    let connections =
        ask.ctl(&["--quiet", "--no-table-headers", "list_connections", "port", "client_properties"]);
    let consuming = connections.lines().find(|line| line.contains("log-service")).unwrap();
    let port: u16 = consuming.split_whitespace().next().unwrap().parse().unwrap();
    cluster.nodes().iter().position(|node| node.port() == port).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_node_is_killed_under_load_and_every_confirmed_event_is_stored_once() {
    let cluster = RabbitMqCluster::start(3);
    let mut place = Fixture::postgresql();
    place.broker = broker(&cluster);
    let service = serve(&place);
    let domains: Vec<Domain> = domains().iter().map(audit_core::store::DomainLog::domain).collect();
    let load = Load::on(&place, &domains);
    load.wait_for(1000).await;

    let (mut at, mut consuming) = (0, 1);
    // The one that the service is connected to, the one that it goes to then, and the third.
    for number in 0..3 {
        let (node, other) = (&cluster.nodes()[number], &cluster.nodes()[(number + 1) % 3]);
        assert_eq!(node_of_service(&cluster, other), at, "before node {number} is killed");
        node.kill();
        if at == number {
            // All nodes are tried in turn.
            consuming += 1;
            at = usize::from(number == 0);
        }
        service.wait_for_log("domains are consuming", consuming);
        load.wait_for(1000).await;
        node.start_again();
        wait_for_all_members(node).await;
        load.wait_for(1000).await;
    }

    let each = load.stop().await / i64::try_from(domains.len()).unwrap();
    for log in crate::reading::events::domains() {
        place.wait_for_rows(log.table().name, each).await;
        assert_eq!(place.waiting(&place.topology.dead_letter_queue(log.domain())).await, 0);
    }
    assert!(service.stop().status.success());
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
        assert!(service.stop().status.success());
    }
}
