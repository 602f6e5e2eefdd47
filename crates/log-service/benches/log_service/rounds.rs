/// Each throughput is the median of so many rounds, which take turns: the machine may be busy now and then.
pub(crate) const ROUNDS: usize = 3;

/// Events of a round. `BENCH_EVENTS` asks for fewer: to see whether the benchmark works, not for figures.
pub(crate) fn events() -> usize {
    const EVENTS: usize = 200_000;
    std::env::var("BENCH_EVENTS").map_or(EVENTS, |events| events.parse().expect("BENCH_EVENTS: a number"))
}
