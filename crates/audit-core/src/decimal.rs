//! Numbers as their digits, because a float would lose some.

use serde::de::{Error, IgnoredAny, MapAccess};

/// With `arbitrary_precision`, `serde_json` represents a number as an object with this single key.
pub(crate) const NUMBER: &str = "$serde_json::private::Number";

/// A number's digits before and after the point, with any exponent applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(crate) is_negative: bool,
    pub(crate) whole: String,
    pub(crate) fraction: String,
}

impl Decimal {
    /// More digits than any valid column or time has, zeros included.
    const MAX_DIGITS: usize = 100;

    /// Reads `-12`, `12.50`, `5E+2`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) if is_digits(fraction) => (whole, fraction),
            Some(_) => return None,
            None => (mantissa, ""),
        };
        if !is_digits(whole) || mantissa.len() > Self::MAX_DIGITS {
            return None;
        }
        let moved: i32 = exponent.parse().ok()?;
        let distance =
            usize::try_from(moved.unsigned_abs()).ok().filter(|zeros| *zeros <= Self::MAX_DIGITS)?;
        let (mut whole, mut fraction) = (whole.to_owned(), fraction.to_owned());
        if moved >= 0 {
            fraction.push_str(&"0".repeat(distance.saturating_sub(fraction.len())));
            whole.extend(fraction.drain(..distance));
        } else {
            whole.insert_str(0, &"0".repeat((distance + 1).saturating_sub(whole.len())));
            fraction.insert_str(0, &whole.split_off(whole.len() - distance));
        }
        Some(Self { is_negative, whole, fraction })
    }

    /// The number if it is an integer, saturated at the largest one.
    pub(crate) fn integer(&self) -> Option<i128> {
        let is_whole = self.fraction.bytes().all(|digit| digit == b'0');
        let number = is_whole.then(|| self.whole.parse().unwrap_or(i128::MAX))?;
        Some(if self.is_negative { -number } else { number })
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The digits of a number that is represented as an object; `None` for another object. A message that contains such an
/// object can't be told from one with a number.
pub(crate) fn digits<'de, A: MapAccess<'de>>(mut fields: A) -> Result<Option<String>, A::Error> {
    if fields.next_key::<String>()?.as_deref() != Some(NUMBER) {
        return Ok(None);
    }
    let digits = fields.next_value()?;
    if fields.next_key::<IgnoredAny>()?.is_some() {
        return Err(A::Error::custom("holds a name that is kept for numbers"));
    }
    Ok(Some(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_point_is_where_the_exponent_moves_it() {
        for (text, is_negative, whole, fraction) in [
            ("3", false, "3", ""),
            ("+3", false, "3", ""),
            ("-12.50", true, "12", "50"),
            ("5E+2", false, "500", ""),
            ("1.25e1", false, "12", "5"),
            ("12e-3", false, "0", "012"),
            ("9007199254740995", false, "9007199254740995", ""),
        ] {
            let number = Decimal::parse(text).unwrap();
            assert_eq!(
                (number.is_negative, &*number.whole, &*number.fraction),
                (is_negative, whole, fraction)
            );
        }
    }

    #[test]
    fn other_text_is_no_number() {
        let long = "1".repeat(101);
        for text in [
            "", "-", "+", ".5", "5.", "1e", "1e+", "e1", "0x1", "1_000", "1 000", "٣", "NaN", "--1", "1e101",
            &long,
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_fraction_of_zeros_is_none() {
        let integer = |text: &str| Decimal::parse(text).unwrap().integer();
        assert_eq!(integer("-5.0"), Some(-5));
        assert_eq!(integer("50e-1"), Some(5));
        assert_eq!(integer("5.5"), None);
        assert_eq!(integer(&"9".repeat(50)), Some(i128::MAX));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "[-+.eE0-9]{0,12}") {
            let _ = Decimal::parse(&text).map(|number| number.integer());
        }
    }
}
