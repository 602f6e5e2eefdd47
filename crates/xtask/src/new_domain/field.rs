//! A field of a domain's own, in each of the forms that it takes.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use super::name::{is_camel, snake};

/// A field of a domain's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name on the wire: `retryCount`.
    pub(super) name: String,
    /// What it holds.
    pub(super) kind: Kind,
    /// What a message without it means.
    pub(super) absent: Absent,
    /// Whether the column has an index: then it names one thing among many.
    pub(super) indexed: bool,
    /// What it is, in a sentence.
    pub(super) about: String,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// At most 255 characters.
    Text,
    /// A UUID, which is stored as text.
    Uuid,
    /// A whole number of 32 bits.
    I32,
    /// A whole number of 64 bits.
    I64,
}

/// What a message without a field means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// Nothing: it is malformed.
    Refused,
    /// NULL.
    Null,
    /// The number 0.
    Zero,
}

/// A field that can't be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FieldError {
    /// No name, or no type.
    #[error("`{0}` is no field: write name:type, such as reason:text? or amount:i64")]
    NoField(String),
    /// Not a name in camel case.
    #[error("`{0}` is no name of a field: write it as it is on the wire, such as retryCount")]
    Name(String),
    /// Not one of the types.
    #[error("`{kind}`, the type of `{name}`, is none of text, uuid, i32, i64, indexed_text, indexed_uuid")]
    Kind {
        /// The field.
        name: String,
        /// Its type.
        kind: String,
    },
    /// `=0` after a type that has no 0.
    #[error("`{0}` is no number, so it can't be 0 when it is absent: write ? instead")]
    Zero(String),
}

impl FromStr for Field {
    type Err = FieldError;

    /// `name:type`, and after it `?` (NULL when absent), `=0` (0 when absent) or nothing (never absent).
    fn from_str(text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        let (name, kind) = text.split_once(':').ok_or_else(|| FieldError::NoField(text.to_owned()))?;
        if !is_camel(name) {
            return Err(FieldError::Name(name.to_owned()));
        }
        let (kind, absent) = match kind.strip_suffix('?') {
            Some(kind) => (kind, Absent::Null),
            None => kind.strip_suffix("=0").map_or((kind, Absent::Refused), |kind| (kind, Absent::Zero)),
        };
        let (plain, indexed) = kind.strip_prefix("indexed_").map_or((kind, false), |kind| (kind, true));
        let kind = match (plain, indexed) {
            ("text", _) => Kind::Text,
            ("uuid", _) => Kind::Uuid,
            ("i32", false) => Kind::I32,
            ("i64", false) => Kind::I64,
            _ => return Err(FieldError::Kind { name: name.to_owned(), kind: kind.to_owned() }),
        };
        if absent == Absent::Zero && !kind.is_number() {
            return Err(FieldError::Zero(name.to_owned()));
        }
        Ok(Self { absent, indexed, ..Self::new(name.to_owned(), kind) })
    }
}

impl Kind {
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::I32 | Self::I64)
    }

    /// The type of the event's field.
    pub(super) fn in_event(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Uuid => "Uuid",
            Self::I32 => "i32",
            Self::I64 => "i64",
        }
    }

    fn in_entity(self) -> &'static str {
        match self {
            Self::Text | Self::Uuid => "String",
            Self::I32 => "i32",
            Self::I64 => "i64",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Uuid => "UUID",
            Self::I32 => "32-bit number",
            Self::I64 => "64-bit number",
        })
    }
}

impl Field {
    pub(super) fn new(name: String, kind: Kind) -> Self {
        let about = format!("The {}.", snake(&name).replace('_', " "));
        Self { name, kind, absent: Absent::Refused, indexed: false, about }
    }

    /// Its name in code, and the column's.
    pub(super) fn column(&self) -> String {
        snake(&self.name)
    }

    pub(super) fn is_required(&self) -> bool {
        self.absent == Absent::Refused
    }

    fn in_option(&self, kind: &str) -> String {
        if self.absent == Absent::Null { format!("Option<{kind}>") } else { kind.to_owned() }
    }

    /// What it is, and what it is when it is absent.
    fn doc(&self) -> String {
        let absent = if self.absent == Absent::Zero { " 0 when the publisher leaves it out." } else { "" };
        format!("/// {}{absent}\n", self.about)
    }

    /// The event's field.
    pub(super) fn declaration(&self) -> String {
        let (doc, column, kind) = (self.doc(), self.column(), self.kind.in_event());
        let shown = match self.absent {
            Absent::Zero => {
                format!("#[cfg_attr(feature = \"schema\", schemars(with = \"Option<{kind}>\"))]\n")
            }
            Absent::Null | Absent::Refused => String::new(),
        };
        format!("{doc}{}{shown}pub {column}: {},\n", self.read(), self.in_option(kind))
    }

    /// How the event's field is read. Text reads itself.
    fn read(&self) -> &'static str {
        match (self.absent, self.kind) {
            (Absent::Refused, Kind::Text) => "",
            (Absent::Refused, _) => "#[serde(deserialize_with = \"audit_core::required\")]\n",
            (Absent::Null, Kind::Text) => "#[serde(skip_serializing_if = \"Option::is_none\")]\n",
            (Absent::Null, _) => {
                "#[serde(default, deserialize_with = \"audit_core::optional\", \
                 skip_serializing_if = \"Option::is_none\")]\n"
            }
            (Absent::Zero, _) => "#[serde(default, deserialize_with = \"audit_core::defaulted\")]\n",
        }
    }

    /// The parameter of `new`, if there must be one.
    pub(super) fn parameter(&self) -> Option<String> {
        self.is_required().then(|| format!("{}: {}", self.column(), self.kind.in_event()))
    }

    /// Its value in `new`.
    pub(super) fn value(&self) -> String {
        let column = self.column();
        match self.absent {
            Absent::Refused => format!("{column},\n"),
            Absent::Null => format!("{column}: None,\n"),
            Absent::Zero => format!("{column}: 0,\n"),
        }
    }

    /// The entity's column.
    pub(super) fn entity(&self) -> String {
        let (doc, column, kind) = (self.doc(), self.column(), self.kind.in_entity());
        let indexed = if self.indexed { "#[sea_orm(indexed)]\n" } else { "" };
        format!("{doc}{indexed}pub {column}: {},\n", self.in_option(kind))
    }

    /// From the event's field to the column.
    pub(super) fn setting(&self) -> String {
        let column = self.column();
        let value = match (self.kind, self.absent) {
            (Kind::Text, Absent::Null) => format!("{column}.map(Into::into)"),
            (Kind::Text, _) => format!("{column}.into()"),
            (Kind::Uuid, Absent::Null) => format!("{column}.map(|id| id.to_string())"),
            (Kind::Uuid, _) => format!("{column}.to_string()"),
            (Kind::I32 | Kind::I64, _) => column.clone(),
        };
        format!("{column}: Set({value}),\n")
    }

    /// How the migration makes the column.
    pub(super) fn migration(&self) -> String {
        let method = match self.kind {
            Kind::Text | Kind::Uuid if self.indexed => "indexed_text",
            Kind::Text | Kind::Uuid => "text",
            Kind::I32 => "integer",
            Kind::I64 => "big_integer",
        };
        let absent = match self.absent {
            Absent::Refused => ".required()",
            Absent::Null if self.kind.is_number() => ".optional()",
            Absent::Null | Absent::Zero => "",
        };
        format!(".{method}(\"{}\"){absent}", self.column())
    }

    /// A made-up value, in JSON.
    pub(super) fn sample(&self) -> String {
        match self.kind {
            Kind::Text => format!("\"{}\"", self.column().to_uppercase()),
            Kind::Uuid => format!("\"{}\"", Uuid::now_v7()),
            Kind::I32 | Kind::I64 => "1".to_owned(),
        }
    }

    /// A made-up value, in the README's code.
    pub(super) fn example(&self) -> String {
        match self.kind {
            Kind::Text => format!("\"{}\".parse()?", self.column().to_uppercase()),
            Kind::Uuid => "Uuid::nil()".to_owned(),
            Kind::I32 | Kind::I64 => "1".to_owned(),
        }
    }

    /// What the type is called in the entity.
    pub(super) fn in_entity(&self) -> &'static str {
        self.kind.in_entity()
    }

    /// For the list of domains.
    pub(super) fn listed(&self) -> String {
        let absent = match self.absent {
            Absent::Refused => ", required",
            Absent::Null => "",
            Absent::Zero => ", 0 if absent",
        };
        format!("`{}` ({}{absent})", self.name, self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_marks_are_read() {
        let read = |text: &str| text.parse::<Field>().map(|field| (field.kind, field.absent, field.indexed));
        assert_eq!(read("amount:i64"), Ok((Kind::I64, Absent::Refused, false)));
        assert_eq!(read(" reason:text? "), Ok((Kind::Text, Absent::Null, false)));
        assert_eq!(read("retryCount:i32=0"), Ok((Kind::I32, Absent::Zero, false)));
        assert_eq!(read("paymentId:indexed_uuid?"), Ok((Kind::Uuid, Absent::Null, true)));
    }

    #[test]
    fn what_is_no_field_is_refused_with_the_reason() {
        let refused = |text: &str| text.parse::<Field>().unwrap_err().to_string();
        assert!(refused("amount").starts_with("`amount` is no field: write name:type"));
        assert!(refused("retry_count:i32").contains("such as retryCount"));
        assert!(refused("Amount:i32").starts_with("`Amount` is no name of a field"));
        assert!(refused(":i32").starts_with("`` is no name of a field"));
        assert!(refused("amount:float").contains("`float`, the type of `amount`, is none of text, uuid"));
        assert!(refused("amount:indexed_i64").contains("is none of"));
        assert!(refused("reason:text=0").contains("is no number"));
        assert!(refused("amount:i64??").contains("is none of"));
    }

    #[test]
    fn a_name_is_the_same_after_it_was_a_column() {
        for name in ["retryCount", "a", "aB", "item2", "pageURL"] {
            let field: Field = format!("{name}:text").parse().unwrap();
            assert_eq!(super::super::name::camel(&field.column().replace('_', "-")), name);
        }
    }
}
