use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// A whole number within bounds, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Bounded<T, const MIN: u64, const MAX: u64>(T);

impl<T: Copy, const MIN: u64, const MAX: u64> Bounded<T, MIN, MAX> {
    /// The number.
    #[must_use]
    pub fn get(self) -> T {
        self.0
    }
}

impl<'de, T: TryFrom<u64>, const MIN: u64, const MAX: u64> Deserialize<'de> for Bounded<T, MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T, const MIN: u64, const MAX: u64>(std::marker::PhantomData<T>);

        impl<T: TryFrom<u64>, const MIN: u64, const MAX: u64> de::Visitor<'_> for Visitor<T, MIN, MAX> {
            type Value = Bounded<T, MIN, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {MIN} to {MAX}")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                let refused = || E::invalid_value(de::Unexpected::Unsigned(number), &self);
                if !(MIN..=MAX).contains(&number) {
                    return Err(refused());
                }
                T::try_from(number).map(Bounded).map_err(|_| refused())
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                match u64::try_from(number) {
                    Ok(number) => self.visit_u64(number),
                    Err(_) => Err(E::invalid_value(de::Unexpected::Signed(number), &self)),
                }
            }
        }

        deserializer.deserialize_u64(Visitor(std::marker::PhantomData))
    }
}
