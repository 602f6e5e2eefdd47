//! Bodies that are compressed, or in another charset than UTF-8, according to the message's properties.

mod charset;
mod compression;

use std::borrow::Cow;

use audit_core::store::Malformed;
use lapin::{BasicProperties, types::ShortString};

use charset::{Charset, Named};
use compression::Compression;

/// How a body is encoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Encoding<'p> {
    /// The outermost compression first.
    compressions: Vec<Compression>,
    /// The charset's name in content-encoding.
    name: Option<&'p str>,
    charset: Named,
}

/// Content encodings that leave a body as it is.
const NONE: [&str; 2] = ["identity", "binary"];

impl<'p> Encoding<'p> {
    /// Reads content-encoding, the outermost first, as Spring writes it: `gzip:UTF-8`, or `gzip, UTF-8`. A charset in it
    /// takes precedence over that of the content type.
    pub(crate) fn of(properties: &'p BasicProperties) -> Result<Self, Malformed> {
        let unknown = |name: &str| Malformed::UnknownEncoding(name.to_owned());
        let mut encoding = Self { compressions: Vec::new(), name: None, charset: charset::UNNAMED };
        let names = properties.content_encoding().as_ref().map_or("", ShortString::as_str);
        for name in names.split([':', ',']).map(str::trim).filter(|name| !name.is_empty()) {
            if let Some(compression) = Compression::of(name) {
                encoding.compressions.push(compression);
            } else if !NONE.iter().any(|none| name.eq_ignore_ascii_case(none)) {
                encoding.charset = charset::named(name).ok_or_else(|| unknown(name))?;
                if encoding.name.replace(name).is_some() {
                    return Err(unknown(names));
                }
            }
        }
        if encoding.name.is_none()
            && let Some(name) = properties.content_type().as_ref().and_then(|of| parameter(of.as_str()))
        {
            encoding.charset = charset::named(name).ok_or_else(|| unknown(name))?;
        }
        Ok(encoding)
    }

    /// Returns the body as UTF-8. Neither it nor an intermediate form may exceed `limit` bytes. UTF-8 itself is validated by
    /// the JSON parser.
    pub(crate) fn decode<'b>(&self, body: &'b [u8], limit: usize) -> Result<Cow<'b, [u8]>, Malformed> {
        let body = self.inflate(body, limit)?;
        let (charset, mark) = charset::of_text(self.charset, &body);
        if charset == Charset::Utf8 {
            return Ok(match body {
                Cow::Borrowed(body) => Cow::Borrowed(&body[mark..]),
                Cow::Owned(mut body) => {
                    body.drain(..mark);
                    body.into()
                }
            });
        }
        let text = charset.decode(&body[mark..]).ok_or(Malformed::WrongEncoding(charset.name()))?;
        if text.len() > limit {
            return Err(Malformed::TooLargeDecoded { limit });
        }
        Ok(text.into_bytes().into())
    }

    pub(crate) fn is_compressed(&self) -> bool {
        !self.compressions.is_empty()
    }

    /// The charset's name in content-encoding, if there is one.
    pub(crate) fn charset_name(&self) -> Option<&'p str> {
        self.name
    }

    /// Returns the decompressed body. Neither it nor an intermediate form may exceed `limit` bytes.
    pub(crate) fn inflate<'b>(&self, body: &'b [u8], limit: usize) -> Result<Cow<'b, [u8]>, Malformed> {
        let mut body = Cow::Borrowed(body);
        for compression in &self.compressions {
            let inflated = compression
                .inflate(&body, limit)
                .map_err(|_| Malformed::WrongEncoding(compression.name()))?;
            if inflated.len() > limit {
                return Err(Malformed::TooLargeDecoded { limit });
            }
            body = inflated.into();
        }
        Ok(body)
    }
}

/// The parameter `charset` of a content type.
fn parameter(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
    })
}

#[cfg(test)]
mod tests;
