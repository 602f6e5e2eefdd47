use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use amq_protocol::{
    frame::{AMQPFrame, parse_frame},
    protocol::{AMQPClass, basic},
};
use futures::{FutureExt, io::AsyncReadExt};
use lapin::{BasicProperties, types::AMQPValue};
use proptest::prelude::*;

use super::*;
use crate::dead_letter::headers::ORIGINAL_PROPERTIES;

/// A connection that yields bytes in pieces.
struct Pieces(VecDeque<Vec<u8>>);

impl AsyncRead for Pieces {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, out: &mut [u8]) -> Poll<io::Result<usize>> {
        let Some(piece) = self.0.front_mut() else { return Poll::Ready(Ok(0)) };
        let count = piece.len().min(out.len());
        out[..count].copy_from_slice(&piece[..count]);
        piece.drain(..count);
        if piece.is_empty() {
            self.0.pop_front();
        }
        Poll::Ready(Ok(count))
    }
}

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let size = u32::try_from(payload.len()).unwrap();
    [&[kind, 0, 1], &size.to_be_bytes()[..], payload, &[FRAME_END]].concat()
}

/// A content header of class basic, for a body of 7 bytes.
fn header(flags: u16, properties: &[u8]) -> Vec<u8> {
    frame(HEADER, &[&[0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7], &flags.to_be_bytes()[..], properties].concat())
}

fn short(text: &[u8]) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap()], text].concat()
}

fn long(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

fn deliver(exchange: &[u8], routing_key: &[u8]) -> Vec<u8> {
    let arguments = [&[0, 60, 0, 60][..], &short(b"tag"), &[0; 9], &short(exchange), &short(routing_key)];
    frame(METHOD, &arguments.concat())
}

/// What lapin gets.
fn read(pieces: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut frames = ReadableFrames::over(Pieces(pieces.into_iter().collect()), None);
    let mut read = Vec::new();
    frames.read_to_end(&mut read).now_or_never().unwrap().unwrap();
    read
}

/// The properties that lapin finds in a content header.
fn properties(frame: &[u8]) -> BasicProperties {
    match parse_frame(frame).unwrap() {
        ([], AMQPFrame::Header(1, header)) => {
            assert_eq!(header.body_size, 7);
            header.properties
        }
        other => panic!("{other:?}"),
    }
}

fn original(properties: &BasicProperties) -> &[u8] {
    match &properties.headers().as_ref().unwrap().inner()[ORIGINAL_PROPERTIES] {
        AMQPValue::ByteArray(bytes) => bytes.as_slice(),
        other => panic!("{other:?}"),
    }
}

/// Nested arrays and tables.
fn nested(tag: u8, levels: usize) -> Vec<u8> {
    (0..levels).fold(Vec::new(), |inner, _| {
        let name = if tag == b'F' && !inner.is_empty() { short(b"a") } else { Vec::new() };
        [&[tag][..], &long(&[name, inner].concat())].concat()
    })
}

fn table(value: &[u8]) -> Vec<u8> {
    long(&[&short(b"x"), value, &short(b"kept"), b"t\x01"].concat())
}

#[test]
fn what_lapin_can_read_passes_as_it_is() {
    let mut sent = b"".to_vec();
    sent.extend(deliver(b"tickatch.log", "결제.log".as_bytes()));
    sent.extend(header(
        FLAG_HEADERS | FLAG_CONTENT_TYPE,
        &[short(b"text/plain"), table(&nested(b'A', 31))].concat(),
    ));
    sent.extend(frame(3, b"{\"a\":7}"));
    sent.extend(HEARTBEAT);
    sent.extend(frame(3, &vec![7; 300_000]));
    assert_eq!(read([sent.clone()]), sent);
    assert_eq!(read(sent.iter().map(|byte| vec![*byte])), sent);
}

const FLAG_CONTENT_TYPE: u16 = 1 << 15;
const FLAG_HEADERS: u16 = 1 << 13;
const FLAG_MESSAGE_ID: u16 = 1 << 7;

#[test]
fn text_that_is_not_utf8_is_replaced_and_kept_beside() {
    let values = [short(b"text/plain"), short(b"a\xff\xfez")].concat();
    let flags = FLAG_CONTENT_TYPE | FLAG_MESSAGE_ID;
    let read = properties(&read([header(flags, &values)]));
    assert_eq!(read.content_type().as_ref().unwrap().as_str(), "text/plain");
    assert_eq!(read.message_id().as_ref().unwrap().as_str(), "a??z");
    assert_eq!(original(&read), [&flags.to_be_bytes()[..], &values].concat());
}

#[test]
fn headers_that_lapin_can_not_read_are_left_out_and_the_others_kept() {
    for value in
        [nested(b'A', 25_000), nested(b'F', 18_000), nested(b'A', 33), b"?".to_vec(), b"S\0\0\xff\0".to_vec()]
    {
        let values = table(&value);
        let read = properties(&read([header(FLAG_HEADERS, &values)]));
        assert!(original(&read) == [&FLAG_HEADERS.to_be_bytes()[..], &values].concat());
        let headers = read.headers().as_ref().unwrap().inner();
        assert!(!headers.contains_key("x"));
        // Nothing can be found after an invalid length.
        assert_eq!(headers.contains_key("kept"), matches!(value[0], b'A' | b'F'));
    }
    let name = [&short(b"\xff")[..], b"V"].concat();
    let read = properties(&read([header(FLAG_HEADERS, &long(&name))]));
    assert_eq!(read.headers().as_ref().unwrap().inner().len(), 1);
}

#[test]
fn a_value_of_one_byte_is_not_made_a_hundred_without_limit() {
    let many = [&[b'A'][..], &long(&vec![b'V'; 100_000])].concat();
    let read = properties(&read([header(FLAG_HEADERS, &table(&many))]));
    assert!(!read.headers().as_ref().unwrap().inner().contains_key("x"));
}

#[test]
fn what_is_put_in_place_fits_into_a_frame() {
    // A frame of the largest size that the broker accepts, filled with unreadable content.
    let largest = INITIAL_FRAME_MAX - AROUND_PAYLOAD - 12 - 2 - 4;
    let value = [&[b'x'][..], &long(&vec![0xff; largest - 7])].concat();
    let values = long(&[&short(b"\xff")[..], &value].concat());
    let sent = header(FLAG_HEADERS, &values);
    assert_eq!(sent.len(), INITIAL_FRAME_MAX);
    let got = read([sent]);
    assert!(got.len() <= INITIAL_FRAME_MAX);
    assert_eq!(original(&properties(&got)), b"");
}

#[test]
fn names_that_are_not_utf8_can_be_read() {
    let got = read([deliver(b"\xff", b"pay\xfement.log")]);
    let (_, AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::Deliver(deliver)))) =
        parse_frame(&got[..]).unwrap()
    else {
        panic!("no delivery")
    };
    assert_eq!((deliver.exchange.as_str(), deliver.routing_key.as_str()), ("?", "pay?ment.log"));
}

#[test]
fn a_budget_that_is_used_up_holds_the_next_message_back() {
    let message = || [deliver(b"", b"payment.log"), header(0, b""), frame(3, b"{\"a\":7}")].concat();
    let sent = [message(), message()].concat();
    // The header has 14 bytes, the body 7.
    let budget = Arc::new(MessageBudget::new(21));
    let pieces = Pieces(VecDeque::from([sent.clone()]));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _context = runtime.enter();
    let limited = Budgeted::new(Arc::clone(&budget), Duration::from_mins(1));
    let mut frames = ReadableFrames::over(pieces, Some(limited));
    let mut got: Vec<u8> = Vec::new();
    let mut read_on = || {
        let mut out = [0; 1000];
        while let Poll::Ready(Ok(count @ 1..)) =
            Pin::new(&mut frames).poll_read(&mut Context::from_waker(Waker::noop()), &mut out)
        {
            got.extend(&out[..count]);
        }
        got.len()
    };
    assert_eq!(read_on(), message().len() + deliver(b"", b"payment.log").len());
    budget.release(1);
    assert_eq!(read_on(), sent.len());
    assert_eq!(got, sent);
}

proptest! {
    #[test]
    fn lapin_reads_whatever_stands_in_a_content_header(
        flags: u16,
        values in prop::collection::vec(any::<u8>(), 0..200),
        tags in prop::collection::vec(prop::sample::select(b"tbBsUuIiLlfdDSAFxTV".to_vec()), 0..20),
    ) {
        let sent = header(flags, &[values.clone(), tags.clone()].concat());
        properties(&read([sent]));
        let entries: Vec<u8> = tags.iter().flat_map(|tag| [&short(b"n")[..], &[*tag], &values].concat()).collect();
        properties(&read([header(FLAG_HEADERS, &long(&entries))]));
    }
}
