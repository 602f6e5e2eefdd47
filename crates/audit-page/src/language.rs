use audit_query::Localized;
use axum::http::{HeaderMap, header};
use axum_extra::extract::cookie::CookieJar;

/// The cookie of the language.
pub(crate) const LANGUAGE: &str = "lang";

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    #[default]
    English,
    Korean,
}

impl Language {
    /// Every language with its own name.
    pub(crate) const ALL: [(Self, &'static str); 2] = [(Self::English, "English"), (Self::Korean, "한국어")];

    /// Its code in URLs, headers and documents.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }

    /// A text in this language.
    pub(crate) fn text(self, text: Localized) -> &'static str {
        match self {
            Self::English => text.en,
            Self::Korean => text.ko,
        }
    }

    /// The language that the reader has chosen, else the one that the browser prefers.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let jar = CookieJar::from_headers(headers);
        let chosen = jar.get(LANGUAGE).and_then(|cookie| Self::from_code(cookie.value()));
        chosen.or_else(|| Self::preferred(headers)).unwrap_or_default()
    }

    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().map(|(language, _)| language).find(|language| language.code() == code)
    }

    /// The language of `Accept-Language` with the greatest weight; of equal ones the first.
    fn preferred(headers: &HeaderMap) -> Option<Self> {
        let accepted = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        let mut best: Option<(Self, f32)> = None;
        for range in accepted.split(',') {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let tag = tag.trim().to_ascii_lowercase();
            let Some(language) = Self::from_code(tag.split('-').next().unwrap_or_default()) else { continue };
            let weight =
                weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok()).unwrap_or(0.0);
            if weight > best.map_or(0.0, |(_, best)| best) {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cookie: &'static str, accepted: &'static str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        headers.insert(header::ACCEPT_LANGUAGE, accepted.parse().unwrap());
        Language::of(&headers)
    }

    #[test]
    fn what_was_chosen_comes_before_what_the_browser_asks_for() {
        assert_eq!(of("lang=ko", "en"), Language::Korean);
        assert_eq!(of("lang=en", "ko-KR,ko"), Language::English);
        assert_eq!(of("lang=fr", "ko"), Language::Korean);
    }

    #[test]
    fn the_browsers_weights_decide() {
        for (accepted, language) in [
            ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", Language::Korean),
            ("en-GB,ko;q=0.9", Language::English),
            ("fr, ko;q=0.3, en;q=0.2", Language::Korean),
            ("ko;q=0, fr", Language::English),
            ("ko;q=x", Language::English),
            ("de, *;q=0.5", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(of("", accepted), language, "{accepted}");
        }
    }
}
