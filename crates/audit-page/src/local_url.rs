use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};

/// A URL of this site: a path, and parameters in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LocalUrl {
    path: String,
    pairs: Vec<(String, String)>,
}

impl LocalUrl {
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), pairs: Vec::new() }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Adds a value.
    pub(crate) fn and(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.pairs.push((name.to_owned(), value.to_string()));
        self
    }

    /// Replaces all values of this name.
    pub(crate) fn with(self, name: &str, value: impl fmt::Display) -> Self {
        self.without(name).and(name, value)
    }

    /// Removes all values of this name.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.pairs.retain(|(found, _)| found != name);
        self
    }

    /// Removes one value.
    pub(crate) fn without_value(mut self, name: &str, value: &str) -> Self {
        self.pairs.retain(|(found, other)| (found.as_str(), other.as_str()) != (name, value));
        self
    }
}

impl fmt::Display for LocalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if self.pairs.is_empty() {
            return Ok(());
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.pairs).finish();
        write!(f, "?{query}")
    }
}

/// An instant for a URL, which means the same in every time zone.
pub(crate) fn instant(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The URL to go back to, if it is a page of this site. Another site could look like ours and ask for a token, and an address
/// of the API would read what somebody else has chosen.
pub(crate) fn local(back: Option<&str>) -> &str {
    // Browsers read `\` as `/` and drop tabs and line breaks, so `/\x` and `/<tab>/x` are other hosts, too.
    let is_plain = |back: &str| back.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_page = |back: &str| {
        let path = back.split(['?', '#']).next().unwrap_or_default();
        // Browsers resolve `..`, also if it is written as `%2e%2e`.
        !path.starts_with("/api/") && !path.contains("/.") && !path.contains('%')
    };
    let is_ours =
        |back: &&str| back.starts_with('/') && !back.starts_with("//") && is_plain(back) && is_page(back);
    back.filter(is_ours).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_escaped_and_replaced() {
        let url = LocalUrl::new("/search").and("domain", "user").and("domain", "payment").and("q", "a&b 한");
        assert_eq!(url.to_string(), "/search?domain=user&domain=payment&q=a%26b+%ED%95%9C");
        let other = url.without_value("domain", "user").with("q", "x").without("cursor");
        assert_eq!(other.to_string(), "/search?domain=payment&q=x");
        assert_eq!(other.without("domain").without("q").to_string(), "/search");
    }

    #[test]
    fn only_pages_of_this_site_are_gone_back_to() {
        for back in ["/", "/search?domain=user&q=%ED%95%9C", "/events/user/1#x"] {
            assert_eq!(local(Some(back)), back);
        }
        let strange = [
            "",
            "search",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/a b",
            "/한",
            "/api/v1/logs/export?format=ndjson",
            "/x/../api/v1/logs",
            "/x/%2e%2e/api/v1/logs",
        ];
        for back in strange {
            assert_eq!(local(Some(back)), "/", "{back}");
        }
        assert_eq!(local(None), "/");
    }
}
