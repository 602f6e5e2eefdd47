//! User and password in the URL of a PostgreSQL server.

/// What a URL says of user and password, as its text has it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Login<'u> {
    /// `user:password`, before the host.
    before_host: Option<&'u str>,
    /// `user=…` and `password=…`.
    parameters: Vec<&'u str>,
}

impl<'u> Login<'u> {
    pub(super) fn of(url: &'u str) -> Self {
        let (_, rest) = url.split_once("://").unwrap_or(("", url));
        let (authority, _) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (_, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let is_login =
            |parameter: &&str| ["user=", "password="].iter().any(|name| parameter.starts_with(name));
        Self {
            before_host: authority.rsplit_once('@').map(|(login, _)| login),
            parameters: parameters.split('&').filter(is_login).collect(),
        }
    }

    pub(super) fn names_user(&self) -> bool {
        let is_user = |login: &str| !login.is_empty() && !login.starts_with(':');
        self.before_host.is_some_and(is_user)
            || self.parameters.iter().any(|parameter| parameter.starts_with("user="))
    }

    /// Another server's URL with this login; it must name none itself.
    pub(super) fn at(&self, url: &str) -> String {
        let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
        let before_host = self.before_host.map(|login| format!("{login}@")).unwrap_or_default();
        let separator = if rest.contains('?') { '&' } else { '?' };
        match self.parameters.join("&") {
            none if none.is_empty() => format!("{scheme}://{before_host}{rest}"),
            parameters => format!("{scheme}://{before_host}{rest}{separator}{parameters}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_goes_from_one_url_to_another() {
        let other = "postgres://replica:5433/log?sslmode=require";
        for (url, at_other) in [
            ("postgres://main/log", "postgres://replica:5433/log?sslmode=require"),
            ("postgres://u:p%40ss@main/log", "postgres://u:p%40ss@replica:5433/log?sslmode=require"),
            (
                "postgres://main/log?user=u&sslmode=disable&password=p",
                "postgres://replica:5433/log?sslmode=require&user=u&password=p",
            ),
        ] {
            assert_eq!(Login::of(url).at(other), at_other);
        }
        assert_eq!(Login::of("postgres://h/d?user=u").at("postgres://r/d"), "postgres://r/d?user=u");
    }

    #[test]
    fn a_password_alone_names_no_user() {
        for (url, names_user) in [
            ("postgres://u@h/d", true),
            ("postgres://h/d?user=u", true),
            ("postgres://h/d", false),
            ("postgres://:p@h/d", false),
            ("postgres://h/d?password=a@b", false),
        ] {
            assert_eq!(Login::of(url).names_user(), names_user, "{url}");
        }
    }
}
