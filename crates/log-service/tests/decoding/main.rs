//! What becomes of bodies that nobody meant: of arbitrary bytes, of samples that were broken, and of those that were
//! interesting once (`corpus/`). Reading them never panics, ends soon, and gives only rows that their tables hold.
//!
//! It needs no server. `PROPTEST_CASES=200000 cargo test -p log-service --test decoding` tries longer.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests: what goes wrong fails the test")]

mod bounds;
mod broken;
mod cloud_events;
mod domains;
mod large;
mod weird;

use std::{fmt::Write, fs, path::Path};

use proptest::{
    collection::vec,
    prelude::{ProptestConfig, any},
    test_runner::FileFailurePersistence,
};

use domains::domains;

/// What failed once is tried first, ever after.
fn remembering() -> ProptestConfig {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/decoding/regressions.txt");
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        ..ProptestConfig::default()
    }
}

proptest::proptest! {
    #![proptest_config(remembering())]

    #[test]
    fn arbitrary_bytes_are_read_or_refused(body in vec(any::<u8>(), 0..300)) {
        bounds::check(&body);
    }

    #[test]
    fn pieces_of_json_are_read_or_refused(body in weird::pieces()) {
        bounds::check(&body);
    }

    #[test]
    fn broken_samples_are_read_or_refused(body in broken::sample()) {
        bounds::check(&body);
    }

    #[test]
    fn an_event_is_the_same_in_every_form(parted in cloud_events::parted()) {
        cloud_events::is_the_same_in_every_form(&parted);
    }

    #[test]
    fn broken_cloud_events_are_read_or_refused((body, properties) in cloud_events::broken()) {
        cloud_events::check(&body, &properties);
    }
}

/// The domains that the corpus was collected with. Others have fields that it does not speak of.
const COLLECTED_WITH: [&str; 8] =
    ["arthall", "auth", "payment", "product", "reservation", "reservation-seat", "ticket", "user"];

/// Each file with what became of it: in all those domains, or where they differ, in each.
#[test]
fn the_corpus_is_read_as_it_was() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decoding/corpus");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut told = String::new();
    for file in files {
        let outcomes = bounds::check(&fs::read(&file).unwrap());
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let mut outcomes: Vec<_> = domains().iter().map(|of| of.log.domain().name()).zip(outcomes).collect();
        outcomes.retain(|(domain, _)| COLLECTED_WITH.contains(domain));
        let (_, first) = &outcomes[0];
        if outcomes.iter().all(|(_, outcome)| outcome == first) {
            writeln!(told, "{name}: {first}").unwrap();
        } else {
            for (domain, outcome) in outcomes {
                writeln!(told, "{name}: {domain} {outcome}").unwrap();
            }
        }
    }
    insta::assert_snapshot!(told);
}
