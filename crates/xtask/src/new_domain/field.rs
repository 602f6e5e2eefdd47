//! A field of a domain's own, in each of the forms that it takes.

use std::str::FromStr;

use super::name::{is_camel, snake};

/// A field of a domain's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name on the wire: `retryCount`.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) absent: Absent,
}

/// What a field holds, as each file writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// On the command line.
    name: &'static str,
    /// In the list of domains.
    listed: &'static str,
    /// The type of the event's field.
    pub(super) event: &'static str,
    /// The type of the entity's field.
    entity: &'static str,
    /// How a value, or one in an `Option`, becomes the column's.
    convert: [&'static str; 2],
    /// The method of the migration's `LogTable`.
    migration: &'static str,
    is_indexed: bool,
    /// A made-up value in JSON.
    pub(super) sample: &'static str,
    /// A made-up value in Rust.
    pub(super) example: &'static str,
}

const TEXT: Kind = Kind {
    name: "text",
    listed: "text",
    event: "Text",
    entity: "String",
    convert: [".into()", ".map(Into::into)"],
    migration: "text",
    is_indexed: false,
    sample: r#""TEXT""#,
    example: r#"audit_core::Text::constant("TEXT")"#,
};

pub(super) const UUID: Kind = Kind {
    name: "uuid",
    listed: "UUID",
    event: "Uuid",
    entity: "String",
    convert: [".to_string()", ".map(|id| id.to_string())"],
    migration: "text",
    is_indexed: false,
    sample: r#""019b0a3c-5d1e-7c4f-8a2b-6e9d0f1c2b3a""#,
    example: "uuid::Uuid::nil()",
};

const I32: Kind = Kind {
    name: "i32",
    listed: "32-bit number",
    event: "i32",
    entity: "i32",
    convert: ["", ""],
    migration: "integer",
    is_indexed: false,
    sample: "1",
    example: "1",
};

const I64: Kind = Kind {
    name: "i64",
    listed: "64-bit number",
    event: "i64",
    entity: "i64",
    migration: "big_integer",
    ..I32
};

const KINDS: [Kind; 6] = [
    TEXT,
    Kind { name: "indexed_text", migration: "indexed_text", is_indexed: true, ..TEXT },
    UUID,
    Kind { name: "indexed_uuid", migration: "indexed_text", is_indexed: true, ..UUID },
    I32,
    I64,
];

impl Kind {
    fn is_number(self) -> bool {
        matches!(self.event, "i32" | "i64")
    }
}

/// What a message without a field means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// It is malformed.
    Refused,
    /// The column is NULL.
    Null,
    /// The column is 0.
    Zero,
}

/// A field that can't be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write name:type, such as reason:text?, amount:i64 or retryCount:i32=0; the types are text, uuid, i32, i64, \
     indexed_text and indexed_uuid"
)]
pub(crate) struct InvalidField;

impl FromStr for Field {
    type Err = InvalidField;

    /// `name:type`, and after it `?` (NULL when absent), `=0` (0 when absent) or nothing (never absent).
    fn from_str(text: &str) -> Result<Self, InvalidField> {
        let (name, kind) = text.trim().split_once(':').ok_or(InvalidField)?;
        let (kind, absent) = match (kind.strip_suffix('?'), kind.strip_suffix("=0")) {
            (Some(kind), _) => (kind, Absent::Null),
            (_, Some(kind)) => (kind, Absent::Zero),
            _ => (kind, Absent::Refused),
        };
        let kind = *KINDS.iter().find(|known| known.name == kind).ok_or(InvalidField)?;
        let is_valid = is_camel(name) && (kind.is_number() || absent != Absent::Zero);
        is_valid.then(|| Self { name: name.to_owned(), kind, absent }).ok_or(InvalidField)
    }
}

impl Field {
    /// Its name in code, and the column's.
    pub(super) fn column(&self) -> String {
        snake(&self.name)
    }

    pub(super) fn is_required(&self) -> bool {
        self.absent == Absent::Refused
    }

    /// What it is, as far as its name says.
    pub(super) fn doc(&self) -> String {
        let column = self.column();
        let thing = column.strip_suffix("_id").unwrap_or(&column).replace('_', " ");
        let absent = if self.absent == Absent::Zero { " 0 when the publisher leaves it out." } else { "" };
        format!("/// The {thing}.{absent}\n")
    }

    fn type_of(&self, kind: &str) -> String {
        if self.absent == Absent::Null { format!("Option<{kind}>") } else { kind.to_owned() }
    }

    /// The event's field. Text needs no function to read it.
    pub(super) fn declaration(&self) -> String {
        let (doc, column, kind) = (self.doc(), self.column(), self.kind.event);
        let attributes = match (self.absent, kind) {
            (Absent::Refused, "Text") => String::new(),
            (Absent::Refused, _) => "#[serde(deserialize_with = \"audit_core::required\")]\n".to_owned(),
            (Absent::Null, "Text") => "#[serde(skip_serializing_if = \"Option::is_none\")]\n".to_owned(),
            (Absent::Null, _) => "#[serde(default, deserialize_with = \"audit_core::optional\", \
                 skip_serializing_if = \"Option::is_none\")]\n"
                .to_owned(),
            (Absent::Zero, _) => format!(
                "#[serde(default, deserialize_with = \"audit_core::defaulted\")]\n\
                 #[cfg_attr(feature = \"schema\", schemars(with = \"Option<{kind}>\"))]\n"
            ),
        };
        format!("{doc}{attributes}pub {column}: {},\n", self.type_of(kind))
    }

    /// Its value in `new`, where required fields are parameters.
    pub(super) fn value(&self) -> String {
        let column = self.column();
        match self.absent {
            Absent::Refused => format!("{column},\n"),
            Absent::Null => format!("{column}: None,\n"),
            Absent::Zero => format!("{column}: 0,\n"),
        }
    }

    /// The entity's field.
    pub(super) fn entity(&self) -> String {
        let indexed = if self.kind.is_indexed { "#[sea_orm(indexed)]\n" } else { "" };
        format!("{}{indexed}pub {}: {},\n", self.doc(), self.column(), self.type_of(self.kind.entity))
    }

    /// From the event's field to the column.
    pub(super) fn setting(&self) -> String {
        let (column, [value, option]) = (self.column(), self.kind.convert);
        format!("{column}: Set({column}{}),\n", if self.absent == Absent::Null { option } else { value })
    }

    /// How the migration makes the column.
    pub(super) fn migration(&self) -> String {
        let absent = match self.absent {
            Absent::Refused => ".required()",
            Absent::Null if self.kind.is_number() => ".optional()",
            Absent::Null | Absent::Zero => "",
        };
        format!(".{}(\"{}\"){absent}", self.kind.migration, self.column())
    }

    /// As the list of domains has it.
    pub(super) fn listed(&self) -> String {
        let absent = match self.absent {
            Absent::Refused => ", required",
            Absent::Null => "",
            Absent::Zero => ", 0 if absent",
        };
        format!("`{}` ({}{absent})", self.name, self.kind.listed)
    }
}
