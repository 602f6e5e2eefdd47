//! The style sheet and the script. They are part of the program, so that there is nothing else to deploy.

use std::{fmt::Write, sync::LazyLock};

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

/// A file that browsers cache and revalidate each time, so that every page has its own style after a deployment.
struct Asset {
    kind: &'static str,
    text: &'static str,
    tag: String,
}

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("text/css; charset=utf-8", include_str!("style.css")));
static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("text/javascript; charset=utf-8", include_str!("page.js")));

impl Asset {
    fn new(kind: &'static str, text: &'static str) -> Self {
        let mut tag = String::from('"');
        for byte in Sha256::digest(text).iter().take(12) {
            // Writing to a String can't fail.
            let _ = write!(tag, "{byte:02x}");
        }
        tag.push('"');
        Self { kind, text, tag }
    }

    fn answer(&self, asked: &HeaderMap) -> Response {
        let kept = asked.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|tags| tags.to_str().ok());
        let mut kept = kept.flat_map(|tags| tags.split(',')).map(|tag| tag.trim().trim_start_matches("W/"));
        let headers = [(header::ETAG, self.tag.as_str()), (header::CACHE_CONTROL, "no-cache")];
        if kept.any(|tag| tag == self.tag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        (headers, [(header::CONTENT_TYPE, self.kind)], self.text).into_response()
    }
}

pub(super) async fn style(headers: HeaderMap) -> Response {
    STYLE.answer(&headers)
}

pub(super) async fn script(headers: HeaderMap) -> Response {
    SCRIPT.answer(&headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_the_browser_has_is_not_sent_again() {
        let first = style(HeaderMap::new()).await;
        assert_eq!(first.status(), StatusCode::OK);
        let tag = first.headers()[header::ETAG].clone();
        let asked = HeaderMap::from_iter([(header::IF_NONE_MATCH, tag)]);
        assert_eq!(style(asked.clone()).await.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(script(asked).await.status(), StatusCode::OK);
    }
}
