use lapin::types::{AMQPValue, FieldArray, FieldTable};

/// A header's text, whatever the case of its name.
pub(crate) fn header_text<'a>(headers: &'a FieldTable, name: &str) -> Option<&'a str> {
    let (_, value) = headers.inner().iter().find(|(key, _)| key.as_str().eq_ignore_ascii_case(name))?;
    match value {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok(),
        AMQPValue::ShortString(text) => Some(text.as_str()),
        _ => None,
    }
}

/// Roughly how many bytes a table takes in a frame.
pub(crate) fn table_bytes(table: &FieldTable) -> usize {
    table.inner().iter().map(|(name, value)| name.as_str().len() + 1 + value_bytes(value)).sum()
}

/// Roughly how many bytes a value takes in a frame.
pub(crate) fn value_bytes(value: &AMQPValue) -> usize {
    const NUMBER_AND_TAG: usize = 9;
    let content = match value {
        AMQPValue::LongString(text) => text.as_bytes().len(),
        AMQPValue::ShortString(text) => text.as_str().len(),
        AMQPValue::ByteArray(bytes) => bytes.as_slice().len(),
        AMQPValue::FieldTable(table) => table_bytes(table),
        AMQPValue::FieldArray(array) => array_bytes(array),
        _ => 0,
    };
    NUMBER_AND_TAG + content
}

fn array_bytes(array: &FieldArray) -> usize {
    array.as_slice().iter().map(value_bytes).sum()
}
