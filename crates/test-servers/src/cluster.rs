use std::thread;

use crate::RabbitMq;

/// Some private RabbitMQ nodes that are one broker.
#[derive(Debug)]
pub struct RabbitMqCluster {
    nodes: Vec<RabbitMq>,
}

impl RabbitMqCluster {
    /// Starts so many nodes: the first, then all others at once, which join it.
    #[must_use]
    pub fn start(count: usize) -> Self {
        let first = RabbitMq::start();
        let others: Vec<_> = thread::scope(|threads| {
            let joining: Vec<_> =
                (1..count).map(|_| threads.spawn(|| RabbitMq::start_in_cluster_of(&first))).collect();
            joining.into_iter().map(|node| node.join().expect("a node")).collect()
        });
        Self { nodes: std::iter::once(first).chain(others).collect() }
    }

    /// All nodes.
    #[must_use]
    pub fn nodes(&self) -> &[RabbitMq] {
        &self.nodes
    }
}
