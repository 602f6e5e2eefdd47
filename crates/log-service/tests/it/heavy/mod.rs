//! Tests that need minutes and all processors: bounds of memory, hundreds of partitions, clusters, replicas. They run with
//! the feature `heavy-tests`, which `deploy/test` switches on.

mod cluster;
mod large_answers;
mod many_partitions;
mod memory;
mod replica;
