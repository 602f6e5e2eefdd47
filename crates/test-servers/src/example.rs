use std::path::PathBuf;

/// The program of an example, which `cargo test` builds with the tests of the same package.
#[must_use]
pub fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this program's file");
    // <profile>/deps/test-<hash> stands beside <profile>/examples/name.
    let profile = test.parent().and_then(|deps| deps.parent()).expect("cargo's folder");
    let program = profile.join("examples").join(name);
    assert!(program.exists(), "{} is not built: run cargo build --examples", program.display());
    program
}
