use std::io::{self, Read};

use flate2::bufread::{MultiGzDecoder, ZlibDecoder};

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    /// In the zlib format, as in HTTP and Java.
    Deflate,
}

impl Compression {
    pub(super) fn of(name: &str) -> Option<Self> {
        [Self::Gzip, Self::Deflate].into_iter().find(|known| name.eq_ignore_ascii_case(known.name()))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    /// Inflates at most `limit` bytes, and one more if there are more.
    pub(super) fn inflate(self, bytes: &[u8], limit: usize) -> io::Result<Vec<u8>> {
        let limit = limit as u64 + 1;
        let mut inflated = Vec::new();
        match self {
            Self::Gzip => MultiGzDecoder::new(bytes).take(limit).read_to_end(&mut inflated)?,
            Self::Deflate => ZlibDecoder::new(bytes).take(limit).read_to_end(&mut inflated)?,
        };
        Ok(inflated)
    }
}
