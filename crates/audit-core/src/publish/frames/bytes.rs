use std::str;

/// A reader of AMQP-encoded values.
#[derive(Clone, Copy)]
pub(super) struct Bytes<'b>(pub(super) &'b [u8]);

impl<'b> Bytes<'b> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.first_chunk().copied()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// Reads a short string: its length in one byte, then the text.
    pub(super) fn short_string(&mut self) -> Option<&'b [u8]> {
        let [length] = self.array()?;
        self.take(length.into())
    }

    /// Reads a long string or table: its length in four bytes, then the content.
    pub(super) fn long_string(&mut self) -> Option<&'b [u8]> {
        let length = u32::from_be_bytes(self.array()?);
        self.take(length as usize)
    }
}

/// Replaces each byte that is not UTF-8 by a question mark.
pub(super) fn make_utf8(text: &mut [u8]) {
    let mut rest = text;
    while let Err(error) = str::from_utf8(rest) {
        rest = &mut rest[error.valid_up_to()..];
        rest[0] = b'?';
    }
}
