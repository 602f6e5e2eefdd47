use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// Publishes what no client library sends: AMQP 0-9-1 by hand, as user `guest`.
#[derive(Debug)]
pub struct RawPublisher(TcpStream);

/// A message as its bytes stand in the frames.
#[derive(Clone, Debug, Default)]
pub struct RawMessage {
    /// The exchange.
    pub exchange: Vec<u8>,
    /// The routing key.
    pub routing_key: Vec<u8>,
    /// The flags of the properties that there are, and their values.
    pub properties: Vec<u8>,
    /// The content.
    pub body: Vec<u8>,
}

impl RawMessage {
    /// The bit of the property `headers`.
    pub const HEADERS: u16 = 1 << 13;
    /// The bit of the property `message-id`.
    pub const MESSAGE_ID: u16 = 1 << 7;

    /// The same with its only property, of the bit `flag`.
    #[must_use]
    pub fn with(self, flag: u16, value: &[u8]) -> Self {
        Self { properties: [&flag.to_be_bytes(), value].concat(), ..self }
    }
}

const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;
const END: u8 = 0xCE;
const FRAME_MAX: usize = 128 * 1024;

impl RawPublisher {
    /// Connects to a broker on this machine, and opens a channel with confirms.
    #[must_use]
    pub fn connect(port: u16) -> Self {
        let mut this = Self(TcpStream::connect(("127.0.0.1", port)).expect("a connection"));
        this.write(b"AMQP\x00\x00\x09\x01");
        this.wait_for((10, 10));
        let login =
            [&[0; 4], &short_string(b"PLAIN")[..], &long_string(b"\0guest\0guest"), &short_string(b"en_US")];
        this.method(0, (10, 11), &login.concat());
        this.wait_for((10, 30));
        // 2047 channels, frames of 128 KiB, no heartbeats.
        this.method(0, (10, 31), &[7, 255, 0, 2, 0, 0, 0, 0]);
        this.method(0, (10, 40), &[&short_string(b"/")[..], &short_string(b""), &[0]].concat());
        this.wait_for((10, 41));
        this.method(1, (20, 10), &short_string(b""));
        this.wait_for((20, 11));
        this.method(1, (85, 10), &[0]);
        this.wait_for((85, 11));
        this
    }

    /// Publishes a message, and returns when the broker has it.
    pub fn publish(&mut self, message: &RawMessage) {
        let names =
            [&[0, 0], &short_string(&message.exchange)[..], &short_string(&message.routing_key), &[0]];
        self.method(1, (60, 40), &names.concat());
        let size = u64::try_from(message.body.len()).expect("a size").to_be_bytes();
        self.frame(1, HEADER, &[&[0, 60, 0, 0], &size[..], &message.properties].concat());
        for part in message.body.chunks(FRAME_MAX - 8) {
            self.frame(1, BODY, part);
        }
        self.wait_for((60, 80));
    }

    fn method(&mut self, channel: u16, (class, method): (u16, u16), arguments: &[u8]) {
        self.frame(channel, METHOD, &[&class.to_be_bytes(), &method.to_be_bytes(), arguments].concat());
    }

    fn frame(&mut self, channel: u16, kind: u8, payload: &[u8]) {
        let frame = [&[kind], &channel.to_be_bytes()[..], &long_string(payload), &[END]];
        self.write(&frame.concat());
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("a connection that stands");
    }

    /// Reads until this method has come.
    fn wait_for(&mut self, (class, method): (u16, u16)) {
        let wanted = [class.to_be_bytes(), method.to_be_bytes()].concat();
        loop {
            let mut head = [0; 7];
            self.0.read_exact(&mut head).expect("an answer");
            let length = u32::from_be_bytes([head[3], head[4], head[5], head[6]]);
            let mut payload = vec![0; usize::try_from(length).expect("a length") + 1];
            self.0.read_exact(&mut payload).expect("an answer");
            if payload.starts_with(&wanted) {
                return;
            }
        }
    }
}

/// A text with its length in one byte before it.
#[must_use]
pub fn short_string(text: &[u8]) -> Vec<u8> {
    [&[u8::try_from(text.len()).expect("at most 255 bytes")], text].concat()
}

/// Bytes with their length in four bytes before them.
#[must_use]
pub fn long_string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).expect("a length").to_be_bytes(), bytes].concat()
}

/// A table of headers with one entry `x`: arrays (`A`) or tables (`F`) in each other.
#[must_use]
pub fn nested_headers(tag: u8, levels: usize) -> Vec<u8> {
    let nested = (0..levels).fold(Vec::new(), |inner, _| {
        let name = if tag == b'F' && !inner.is_empty() { short_string(b"a") } else { Vec::new() };
        [&[tag][..], &long_string(&[name, inner].concat())].concat()
    });
    long_string(&[short_string(b"x"), nested].concat())
}
