//! What must hold over all crates does.

use std::path::Path;

use workspace::{Files, check};

#[test]
fn every_domain_is_everywhere_and_the_invariants_hold() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let found = check::all(&Files::read(&root).unwrap());
    assert!(found.is_empty(), "\n\n{}\n", found.join("\n\n"));
}
