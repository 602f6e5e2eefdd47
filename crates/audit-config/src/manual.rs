/// All defaults, with an explanation of every key.
pub const MANUAL: &str = include_str!("default.toml");

/// The names of the sections, in the manual's order.
pub(crate) fn sections() -> impl Iterator<Item = &'static str> {
    MANUAL.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'))
}
