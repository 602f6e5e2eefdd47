use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};

/// An address of this site: a path, and parameters in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    path: String,
    pairs: Vec<(String, String)>,
}

impl Address {
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), pairs: Vec::new() }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// With one more value.
    pub(crate) fn and(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.pairs.push((name.to_owned(), value.to_string()));
        self
    }

    /// With this value alone.
    pub(crate) fn with(self, name: &str, value: impl fmt::Display) -> Self {
        self.without(name).and(name, value)
    }

    /// Without any value of this name.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.pairs.retain(|(found, _)| found != name);
        self
    }

    /// Without one value.
    pub(crate) fn without_value(mut self, name: &str, value: &str) -> Self {
        self.pairs.retain(|(found, other)| (found.as_str(), other.as_str()) != (name, value));
        self
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if self.pairs.is_empty() {
            return Ok(());
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.pairs).finish();
        write!(f, "?{query}")
    }
}

/// An instant as it stands in addresses: it means the same in every zone.
pub(crate) fn instant(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Where to go back to. Only a page of this site: another one could look like ours and ask for a token, and the API would
/// give what somebody else has chosen.
pub(crate) fn local(back: Option<&str>) -> &str {
    // Browsers take `\` for `/` and drop tabs and line ends, so that `/\x` and `/<tab>/x` are other hosts too.
    let is_plain = |back: &str| back.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_page = |back: &str| {
        let path = back.split(['?', '#']).next().unwrap_or_default();
        // Browsers go up at `..`, also if it is written as `%2e%2e`.
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
        let address =
            Address::new("/search").and("domain", "user").and("domain", "payment").and("q", "a&b 한");
        assert_eq!(address.to_string(), "/search?domain=user&domain=payment&q=a%26b+%ED%95%9C");
        let other = address.without_value("domain", "user").with("q", "x").without("cursor");
        assert_eq!(other.to_string(), "/search?domain=payment&q=x");
        assert_eq!(other.without("domain").without("q").to_string(), "/search");
    }

    #[test]
    fn only_addresses_of_this_site_are_gone_back_to() {
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
