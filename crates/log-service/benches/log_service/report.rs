use std::{fs, path::PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};

/// Writes figures to `target/bench/latest.json`; those of other parts stay.
pub(crate) fn write(figures: &impl Serialize) {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from);
    let folder = target.join("bench");
    fs::create_dir_all(&folder).expect("the folder target/bench");
    let file = folder.join("latest.json");
    let mut all: Map<String, Value> =
        fs::read_to_string(&file).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let figures = serde_json::to_value(figures).expect("figures as JSON");
    all.extend(figures.as_object().cloned().unwrap_or_default());
    let json = serde_json::to_string_pretty(&all).expect("figures as JSON");
    fs::write(file, json + "\n").expect("target/bench/latest.json");
}

/// The middle one of an odd number of figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
