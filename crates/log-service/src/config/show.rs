//! The effective configuration, for people.

use figment::{Figment, value::Value};

use super::sources::source_name;

const HIDDEN: &str = "\"***\"";

/// Every key with its value and source, in TOML's form.
pub(super) fn effective(sources: &Figment) -> String {
    let mut lines = Vec::new();
    let sections = [
        "database",
        "rabbitmq",
        "ingest",
        "dead_letters",
        "telemetry",
        "reading",
        "web",
        "web.jwt",
        "web.gateway",
    ];
    for section in sections {
        let Ok(Value::Dict(_, keys)) = sources.find_value(section) else { continue };
        lines.push(format!("[{section}]"));
        let is_section = |of_key: &Value| of_key.as_dict().is_some() && section == "web";
        for (name, of_key) in keys.iter().filter(|(_, of_key)| !is_section(of_key)) {
            let key = format!("{section}.{name}");
            let from = sources.find_metadata(&key).map(source_name).unwrap_or_default();
            lines.push(format!("{:<60} # {from}", format!("{name} = {}", value(&key, of_key))));
        }
        lines.push(String::new());
    }
    lines.join("\n")
}

/// A value in TOML's form; nothing of a secret.
pub(super) fn value(key: &str, value: &Value) -> String {
    match (key, value.as_str()) {
        (_, Some("")) => "\"\"".to_owned(),
        (key, _) if [".password", ".secret", ".otlp_headers"].iter().any(|secret| key.ends_with(secret)) => {
            HIDDEN.to_owned()
        }
        ("database.url" | "database.read_url" | "telemetry.otlp_endpoint", Some(url)) => {
            in_toml(&Value::from(without_password(url)))
        }
        _ => in_toml(value),
    }
}

fn in_toml(value: &Value) -> String {
    toml::Value::try_from(value).map_or_else(|_| "?".to_owned(), |value| value.to_string())
}

/// The password of a URL, `scheme://user:password@host` or `…?password=…`, starred out.
fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let end_of_host = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = match rest[..end_of_host].rfind('@').or_else(|| rest.rfind('@')) {
        Some(at) => (&rest[..at], &rest[at..]),
        None => ("", rest),
    };
    let authority = match authority.split_once(':') {
        Some((user, _)) => format!("{user}:***"),
        None => authority.to_owned(),
    };
    let path = match path.split_once('?') {
        Some((path, parameters)) => {
            let shown: Vec<_> = parameters.split('&').map(hide_password).collect();
            format!("{path}?{}", shown.join("&"))
        }
        None => path.to_owned(),
    };
    if scheme.is_empty() { format!("{authority}{path}") } else { format!("{scheme}://{authority}{path}") }
}

/// A parameter of a URL; `password=…`, `sslpassword=…` and their like starred out.
fn hide_password(parameter: &str) -> String {
    match parameter.split_once('=') {
        Some((name, _)) if name.to_lowercase().ends_with("password") => format!("{name}=***"),
        _ => parameter.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_hidden() {
        for (url, shown) in [
            ("postgres://u:secret@h:5432/d", "postgres://u:***@h:5432/d"),
            ("postgres://u:se/cr@et@h/d", "postgres://u:***@h/d"),
            (
                "jdbc:postgresql://h/d?user=u&password=secret&ssl=true",
                "jdbc:postgresql://h/d?user=u&password=***&ssl=true",
            ),
            ("postgres://h/d?sslpassword=a&password=b", "postgres://h/d?sslpassword=***&password=***"),
            ("postgres://u@h/d", "postgres://u@h/d"),
            ("sqlite://log.db?mode=rwc", "sqlite://log.db?mode=rwc"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
