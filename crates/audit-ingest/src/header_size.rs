use lapin::types::{AMQPValue, FieldArray, FieldTable};

/// About how many bytes a table takes in a frame.
pub(crate) fn table_bytes(table: &FieldTable) -> usize {
    table.inner().iter().map(|(name, value)| name.as_str().len() + 1 + value_bytes(value)).sum()
}

/// The same of a value.
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
