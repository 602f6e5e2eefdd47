//! What is broken is found, and said with what to do about it.
#![expect(clippy::unwrap_used, reason = "tests: what goes wrong fails the test")]

mod domains;
mod invariants;

use std::{path::Path, sync::LazyLock};

use workspace::{Files, check};

static FILES: LazyLock<Files> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Files::read(&root).unwrap()
});

/// What is said of the repository after a text was replaced in a file.
fn replaced(path: &str, from: &str, to: &str) -> Vec<String> {
    let mut files = FILES.clone();
    let text = files.text(path);
    assert!(text.contains(from), "{path} has no {from}");
    let text = text.replacen(from, to, 1);
    files.set(path, text);
    check::all(&files)
}

/// What is said after a file was taken away.
fn without(path: &str) -> Vec<String> {
    let mut files = FILES.clone();
    assert!(files.has(path), "{path}");
    files.remove(path);
    check::all(&files)
}

/// What is said after code was added to a file, before its tests.
fn with_code(path: &str, code: &str) -> Vec<String> {
    let mut files = FILES.clone();
    let text = format!("{code}\n{}", files.text(path));
    files.set(path, text);
    check::all(&files)
}
