use audit_auth::{ClientAddress, Reader};
use audit_query::Accessor;

/// A reader, as the access log names him.
pub(crate) fn accessor(reader: &Reader, address: ClientAddress) -> Accessor {
    Accessor {
        id: reader.id(),
        name: reader.name().to_owned(),
        kind: reader.auth_method().code(),
        address: Some(address.ip().to_string()),
    }
}
