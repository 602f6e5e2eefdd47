//! Times as text: a date, a time of day, and optionally an offset from UTC.

use chrono::{FixedOffset, NaiveDate, NaiveDateTime};

use super::WireTimeError;

/// Reads `2025-12-06T11:00:29.1`, and its variants:
///
/// - a space or `t` instead of `T`; a comma instead of the point;
/// - without seconds; with a fraction of any length, of which nanoseconds are kept;
/// - followed by nothing, `Z`, `z`, `+09:00`, `+0900` or `+09`; any of these followed by a zone's name in brackets.
pub(super) fn parse(text: &str) -> Result<(NaiveDateTime, Option<FixedOffset>), WireTimeError> {
    let mut rest = Rest(text.as_bytes());
    let year = rest.year().ok_or(WireTimeError::NotATime)?;
    if !(0..=9_999).contains(&year) {
        return Err(WireTimeError::YearOutOfRange(year));
    }
    rest.after_year(year).ok_or(WireTimeError::NotATime)
}

/// The rest of the text.
struct Rest<'t>(&'t [u8]);

impl Rest<'_> {
    /// The year, and the hyphen after it.
    fn year(&mut self) -> Option<i32> {
        let is_negative = self.one_of(b"+-") == Some(b'-');
        let length = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let year = i32::try_from(self.number((4..=9).contains(&length).then_some(length)?)?).ok()?;
        self.byte(b'-')?;
        Some(if is_negative { -year } else { year })
    }

    fn after_year(&mut self, year: i32) -> Option<(NaiveDateTime, Option<FixedOffset>)> {
        let month = self.number(2)?;
        self.byte(b'-')?;
        let day = self.number(2)?;
        self.one_of(b"Tt ")?;
        let hour = self.number(2)?;
        self.byte(b':')?;
        let minute = self.number(2)?;
        let (second, nano) = self.seconds()?;
        let offset = if self.0.is_empty() { None } else { Some(self.offset()?) };
        let time = NaiveDate::from_ymd_opt(year, month, day)?.and_hms_nano_opt(hour, minute, second, nano)?;
        Some((time, offset))
    }

    /// Second and nanosecond. A leap second is represented as the second before it, with more than 10⁹ nanoseconds.
    fn seconds(&mut self) -> Option<(u32, u32)> {
        if self.byte(b':').is_none() {
            return Some((0, 0));
        }
        let second = self.number(2)?;
        let nano = if self.one_of(b".,").is_some() { self.fraction()? } else { 0 };
        Some(if second == 60 { (59, nano + 1_000_000_000) } else { (second, nano) })
    }

    fn fraction(&mut self) -> Option<u32> {
        let length = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 {
            return None;
        }
        let kept = length.min(9);
        let nano = (kept..9).fold(self.number(kept)?, |nano, _| nano * 10);
        self.0 = self.0.get(length - kept..)?;
        Some(nano)
    }

    /// The offset from UTC, and a zone's name in brackets, up to the end.
    fn offset(&mut self) -> Option<FixedOffset> {
        let sign = self.one_of(b"Zz+-")?;
        let offset = match sign {
            b'+' | b'-' => {
                let hours = self.number(2)?;
                let has_minutes = self.byte(b':').is_some() || self.0.first().is_some_and(u8::is_ascii_digit);
                let minutes = if has_minutes { self.number(2)? } else { 0 };
                let seconds = i32::try_from(hours * 3_600 + minutes * 60).ok().filter(|_| minutes < 60)?;
                if sign == b'-' { -seconds } else { seconds }
            }
            _ => 0,
        };
        let is_at_end = self.0.is_empty() || is_zone(self.0);
        FixedOffset::east_opt(offset).filter(|_| is_at_end)
    }

    /// A number with this many digits.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number
            .iter()
            .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0')))
    }

    fn byte(&mut self, expected: u8) -> Option<u8> {
        self.one_of(&[expected])
    }

    /// Consumes the next byte if it is one of these.
    fn one_of(&mut self, expected: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        expected.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }
}

/// `[Asia/Seoul]`. The offset is sufficient, so the name only has to look like one.
fn is_zone(text: &[u8]) -> bool {
    let name = text.strip_prefix(b"[").and_then(|text| text.strip_suffix(b"]")).unwrap_or_default();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"/_+-.~:".contains(byte);
    name.first().is_some_and(u8::is_ascii_alphabetic) && name.iter().all(is_name)
}
