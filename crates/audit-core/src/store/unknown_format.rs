/// A format that is not supported.
#[derive(Debug, thiserror::Error)]
pub enum UnknownFormat {
    /// A CloudEvent in an unsupported form: several in one message, or a format other than JSON.
    #[error(
        "the content type `{0}` is not read: send each CloudEvent alone, as application/cloudevents+json"
    )]
    CloudEvents(String),
    /// Several events in one message, in an unknown format.
    #[error("the header springBatchFormat is `{0}`: only `lengthHeader4` is read, which Spring writes")]
    Batch(String),
    /// A serialized Java object, as Spring sends it without a converter.
    #[error(
        "the body is a serialized Java object: send JSON, with a Jackson2JsonMessageConverter (in Spring Boot, a bean of it \
         is enough)"
    )]
    Java,
    /// XML.
    #[error("the body is XML or HTML: send JSON (with Spring, by a Jackson2JsonMessageConverter)")]
    Xml,
    /// Compressed, without a property that says so.
    #[error("the body is compressed by gzip: say so in content_encoding, as in `gzip:UTF-8`")]
    Gzip,
}

impl UnknownFormat {
    /// Recognizes the format of a body that is not JSON by its first bytes.
    #[must_use]
    pub fn of(body: &[u8]) -> Option<Self> {
        match body.trim_ascii_start() {
            // Magic number and version of Java's Object Serialization Stream Protocol.
            [0xAC, 0xED, 0, 5, ..] => Some(Self::Java),
            [0x1F, 0x8B, ..] => Some(Self::Gzip),
            [b'<', ..] => Some(Self::Xml),
            _ => None,
        }
    }
}
