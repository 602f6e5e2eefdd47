use serde_json::Value;

/// The size of the fields without a column, beyond the length of their text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExtraSize {
    /// Roughly how many bytes of memory they take: a number of one digit takes dozens.
    pub memory: usize,
    /// By how many bytes their text grows when PostgreSQL writes out exponents: `1e1000` becomes a thousand zeros.
    pub growth: usize,
}

/// A value itself, and what the allocator adds to it.
const VALUE: usize = 64;

impl ExtraSize {
    pub(super) fn of(value: &Value) -> Self {
        let mut size = Self::default();
        size.add(value);
        size
    }

    fn add(&mut self, value: &Value) {
        self.memory += VALUE;
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                let digits = number.as_str();
                self.memory += digits.len();
                self.growth += exponent(digits);
            }
            Value::String(text) => self.memory += text.len(),
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.memory += VALUE + name.len();
                    self.add(value);
                }
            }
        }
    }
}

/// The number of zeros that an exponent stands for.
fn exponent(digits: &str) -> usize {
    let exponent = digits.split_once(['e', 'E']).and_then(|(_, exponent)| exponent.parse::<i32>().ok());
    exponent.map_or(0, |exponent| usize::try_from(exponent.unsigned_abs()).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(json: &str) -> ExtraSize {
        ExtraSize::of(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn numbers_count_as_they_are_written_out() {
        assert_eq!(size(r#"{"a":[1,"1e1000",10.25]}"#).growth, 0);
        assert_eq!(size(r#"{"a":[1e1000,-2.5E-300,1e+7]}"#).growth, 1307);
    }

    #[test]
    fn small_values_count_with_the_room_that_they_take() {
        let items = 1000;
        let size = size(&format!("[{}0]", "0,".repeat(items - 1)));
        assert!(size.memory >= items * size_of::<Value>());
    }
}
