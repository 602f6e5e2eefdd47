//! What must hold over all crates. Each check looks at the files, and says in a sentence what to do.

mod append_only;
pub(crate) mod columns;
mod dependencies;
mod domains;
mod manifest;

use crate::Files;

/// What does not hold, a sentence each.
#[must_use]
pub fn all(files: &Files) -> Vec<String> {
    let checks = [
        domains::are_everywhere,
        columns::are_alike,
        columns::are_made_as_they_are_read,
        dependencies::are_allowed,
        dependencies::are_where_they_belong,
        dependencies::features_are_those_of_every_domain,
        dependencies::libraries_read_no_environment,
        append_only::no_row_is_changed,
    ];
    checks.iter().flat_map(|check| check(files)).collect()
}
