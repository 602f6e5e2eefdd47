//! The effective configuration, for people.

use figment::{Figment, value::Value};

use url::{Url, form_urlencoded};

use super::sources::source_name;
use crate::database;

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
        "web.tls",
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
        // It takes no URL, but may have been given one.
        ("rabbitmq.host", Some(url)) if url.contains('@') => in_toml(&Value::from(without_password(url))),
        _ => in_toml(value),
    }
}

fn in_toml(value: &Value) -> String {
    toml::Value::try_from(value).map_or_else(|_| "?".to_owned(), |value| value.to_string())
}

/// A URL with its passwords starred out. What can't be understood may have one anywhere, and is starred out as a whole.
fn without_password(url: &str) -> String {
    if url.starts_with("sqlite:") {
        return url.to_owned();
    }
    let (jdbc, hierarchical) = match url.strip_prefix("jdbc:") {
        Some(rest) => ("jdbc:", rest),
        None => ("", url),
    };
    match starred(hierarchical) {
        Some(shown) => format!("{jdbc}{shown}"),
        None => "***".to_owned(),
    }
}

fn starred(text: &str) -> Option<String> {
    let mut url = Url::parse(text).ok()?;
    // Of a user or a password that ended before its time.
    if url.path().contains('@') || url.fragment().is_some() {
        return None;
    }
    let parameters = text.split_once('?').map(|(_, parameters)| parameters);
    let parameters = parameters.map(|all| all.split('&').map(starred_parameter).collect::<Option<Vec<_>>>());
    let parameters = match parameters {
        Some(shown) => format!("?{}", shown?.join("&")),
        None => String::new(),
    };
    let before = match url.password() {
        Some(_) => {
            url.set_password(Some("***")).ok()?;
            url.set_query(None);
            url.as_str()
        }
        None => text.split('?').next()?,
    };
    Some(format!("{before}{parameters}"))
}

/// A parameter of a URL; its value is starred out unless it is known to be no secret.
fn starred_parameter(parameter: &str) -> Option<String> {
    let mut read = form_urlencoded::parse(parameter.as_bytes());
    if parameter.is_empty() || read.next().is_some_and(|(name, _)| database::may_be_shown(&name)) {
        return Some(parameter.to_owned());
    }
    let (name, value) = parameter.split_once('=')?;
    let is_password = name.to_lowercase().ends_with("password");
    (is_password || !value.contains('@')).then(|| format!("{name}=***"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_hidden() {
        for (url, shown) in [
            ("postgres://u:secret@h:5432/d", "postgres://u:***@h:5432/d"),
            ("postgres://u:se@cr@et@h/d", "postgres://u:***@h/d"),
            ("postgres://u:se/cr@et@h/d", "***"),
            ("postgres://u:54/cret@h/d", "***"),
            ("postgres://u:54#cret@h/d", "***"),
            ("postgres://u:54?cret@h/d", "***"),
            ("postgres://u:54?cr=et@h/d", "***"),
            ("postgres://h/d?password=se&cret", "***"),
            (
                "jdbc:postgresql://h/d?user=u&password=secret&ssl=true",
                "jdbc:postgresql://h/d?user=u&password=***&ssl=true",
            ),
            ("postgres://h/d?sslpassword=a&password=b", "postgres://h/d?sslpassword=***&password=***"),
            ("postgres://h/d?password=a@b", "postgres://h/d?password=***"),
            ("postgres://h/d?p%61ssword=secret", "postgres://h/d?p%61ssword=***"),
            ("postgres://u:p@h/d?sslmode=require", "postgres://u:***@h/d?sslmode=require"),
            ("postgres://h/d?PASSWORD=secret&sslmod=a", "postgres://h/d?PASSWORD=***&sslmod=***"),
            ("jdbc:postgresql:d?user=u&password=secret", "jdbc:postgresql:d?user=u&password=***"),
            ("http://localhost:4318", "http://localhost:4318"),
            ("postgres://u@h/d", "postgres://u@h/d"),
            ("postgres://u@h/d?sslmode=require&", "postgres://u@h/d?sslmode=require&"),
            ("sqlite://log.db?mode=rwc", "sqlite://log.db?mode=rwc"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
