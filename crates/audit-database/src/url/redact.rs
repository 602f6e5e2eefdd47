//! Hides credentials in text that is shown. They may be where they do not belong.

use url::{Url, form_urlencoded};

use super::parameters::{is_known, is_public};

const HIDDEN: &str = "***";

/// Returns an address without its credentials. One that can't be parsed may have some anywhere, and is hidden as a whole;
/// text that is no address is returned as it is.
#[must_use]
pub fn redact_credentials(text: &str) -> String {
    if text.contains("://") || text.starts_with("jdbc:") || text.starts_with("sqlite:") {
        return address(text).unwrap_or_else(|| HIDDEN.to_owned());
    }
    // USER:PASSWORD@HOST
    let has_login = text.rsplit_once('@').is_some_and(|(login, _)| login.contains(':'));
    if has_login { HIDDEN.to_owned() } else { text.to_owned() }
}

fn address(text: &str) -> Option<String> {
    if text.starts_with("sqlite:") {
        return (!text.contains('@')).then(|| text.to_owned());
    }
    let (jdbc, hierarchical) = match text.strip_prefix("jdbc:") {
        Some(rest) => ("jdbc:", rest),
        None => ("", text),
    };
    let url = Url::parse(hierarchical).ok()?;
    // The rest of a user or password that had an unescaped / or #.
    if url.path().contains('@') || url.fragment().is_some() {
        return None;
    }
    let is_postgres = matches!(url.scheme(), "postgres" | "postgresql");
    let login = match (url.username(), url.password()) {
        ("", None) => String::new(),
        // A name alone is a token to some.
        (user, None) => format!("{}@", if is_postgres { user } else { HIDDEN }),
        (user, Some(_)) => format!("{user}:{HIDDEN}@"),
    };
    let slashes = if url.has_authority() { "//" } else { "" };
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let parameters = match url.query() {
        None => String::new(),
        Some(query) => format!("?{}", parameters(query, is_postgres)?),
    };
    Some(format!("{jdbc}{}:{slashes}{login}{host}{port}{}{parameters}", url.scheme(), url.path()))
}

/// Hides each value unless the parameter is known to be public. An unknown name may be part of a password if it follows
/// one, or if an `@` follows it.
fn parameters(query: &str, is_postgres: bool) -> Option<String> {
    let mut is_after_password = false;
    let mut shown = Vec::new();
    for parameter in query.split('&') {
        let decoded = form_urlencoded::parse(parameter.as_bytes()).next();
        let name = decoded.as_ref().map(|(name, _)| &**name).unwrap_or_default();
        let (written, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let is_known = is_postgres && self::is_known(name);
        if is_known && is_public(name) && !value.contains('@') {
            shown.push(parameter.to_owned());
            continue;
        }
        if parameter.is_empty() {
            continue;
        }
        let is_password = name.to_lowercase().ends_with("password");
        let is_login = is_password || name == "user";
        let is_unknown = !is_known && !is_password;
        if value.contains('@') && !is_login || is_unknown && (value.is_empty() || is_after_password) {
            return None;
        }
        is_after_password |= is_password;
        shown.push(format!("{written}={HIDDEN}"));
    }
    Some(shown.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_an_address_are_hidden() {
        for (url, shown) in [
            ("postgres://u:secret@h:5432/d", "postgres://u:***@h:5432/d"),
            ("postgres://u:se@cr@et@h/d", "postgres://u:***@h/d"),
            ("postgres://u:se%cret@h/d", "postgres://u:***@h/d"),
            ("postgres://u:se:cret@h/d", "postgres://u:***@h/d"),
            ("postgres://:secret@h/d", "postgres://:***@h/d"),
            ("jdbc:postgresql://u:secret@h/d", "jdbc:postgresql://u:***@h/d"),
            (
                "jdbc:postgresql://h/d?user=u&password=secret&ssl=true",
                "jdbc:postgresql://h/d?user=u&password=***&ssl=true",
            ),
            ("postgres://h/d?sslpassword=a&password=b", "postgres://h/d?sslpassword=***&password=***"),
            ("postgres://h/d?password=a@b", "postgres://h/d?password=***"),
            ("postgres://h/d?p%61ssword=secret", "postgres://h/d?p%61ssword=***"),
            ("postgres://u:p@h/d?sslmode=require", "postgres://u:***@h/d?sslmode=require"),
            ("postgres://h/d?sslmod=secret", "postgres://h/d?sslmod=***"),
            ("postgres://h/d?options=-c%20a.b%3Dsecret", "postgres://h/d?options=***"),
            ("jdbc:postgresql:d?user=u&password=secret", "jdbc:postgresql:d?user=u&password=***"),
            ("http://localhost:4318", "http://localhost:4318/"),
            ("https://u:secret@h/k?key=secret", "https://u:***@h/k?key=***"),
            ("https://secret@h/k", "https://***@h/k"),
            ("amqp://u:secret@h:5672/%2F", "amqp://u:***@h:5672/%2F"),
            ("postgres://u@h/d", "postgres://u@h/d"),
            ("postgres:///d?host=/run/postgresql", "postgres:///d?host=/run/postgresql"),
            ("sqlite://log.db?mode=rwc", "sqlite://log.db?mode=rwc"),
            ("sqlite::memory:", "sqlite::memory:"),
            ("rabbit-1,rabbit-2:5673", "rabbit-1,rabbit-2:5673"),
            ("kim@example.com", "kim@example.com"),
        ] {
            assert_eq!(redact_credentials(url), shown);
        }
    }

    #[test]
    fn what_can_not_be_understood_is_hidden_as_a_whole() {
        for text in [
            "postgres://u:se/cr@et@h/d",
            "postgres://u:54/cret@h/d",
            "postgres://u:54#cret@h/d",
            "postgres://u:54?cret@h/d",
            "postgres://u:54?cr=et@h/d",
            "postgres://u:54?sslmode=cret@h/d",
            "postgres://h/d?password=se&cret",
            "postgres://h/d?password=se&cr=et",
            "https://u:54\\cret@h/d",
            "sqlite://u:secret@h/d",
            "u:secret@h",
            "://u:secret@h",
        ] {
            assert_eq!(redact_credentials(text), "***", "{text}");
        }
    }
}
