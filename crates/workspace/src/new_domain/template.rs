//! From a template to a file.

use std::{
    io::{self, Write},
    process::{Command, Stdio},
};

/// Code that can't be formatted.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// No rustfmt, or it ended early.
    #[error(
        "rustfmt can't be run, and what is made must look like the rest (rustup component add rustfmt): {0}"
    )]
    Run(#[from] io::Error),
    /// The code is none.
    #[error("rustfmt refuses what was made, which is a mistake of this command: {0}")]
    Refused(String),
}

/// Puts values in the places of their names: `«name»`. A line that is nothing but an empty value goes away.
pub(super) fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::new();
    for line in template.lines() {
        let mut text = line.to_owned();
        for (name, value) in values {
            text = text.replace(&format!("«{name}»"), value.trim_end_matches('\n'));
        }
        if text.trim().is_empty() && !line.trim().is_empty() {
            continue;
        }
        filled.push_str(&text);
        filled.push('\n');
    }
    filled
}

/// Code as `cargo fmt` leaves it.
pub(super) fn formatted(code: &str) -> Result<String, FormatError> {
    let options = concat!("--config-path=", env!("CARGO_MANIFEST_DIR"), "/../../rustfmt.toml");
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition=2024", options])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = rustfmt.stdin.take() {
        input.write_all(code.as_bytes())?;
    }
    let output = rustfmt.wait_with_output()?;
    if !output.status.success() {
        return Err(FormatError::Refused(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_take_the_places_of_their_names() {
        let values = [("one", "1".to_owned()), ("none", String::new()), ("two", "a\nb\n".to_owned())];
        assert_eq!(fill("x «one» y\n\n    «none»\n«two»\n", &values), "x 1 y\n\na\nb\n");
    }

    #[test]
    fn what_is_no_code_is_refused() {
        assert!(matches!(formatted("fn («"), Err(FormatError::Refused(_))));
        assert_eq!(formatted("mod   a;").unwrap(), "mod a;\n");
    }
}
