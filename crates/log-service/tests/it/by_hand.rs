//! AMQP by hand, for what no client library sends.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use audit_core::publish::Message;

const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;

/// Publishes a message as user `guest`, with any bytes as its message id.
pub fn publish_with_id(port: u16, message: &Message, id: &[u8]) {
    let mut broker = TcpStream::connect(("127.0.0.1", port)).unwrap();
    broker.write_all(b"AMQP\x00\x00\x09\x01").unwrap();
    wait_for(&mut broker, (10, 10));
    let start_ok =
        [&[0; 4], &short(b"PLAIN")[..], &[0, 0, 0, 12], b"\0guest\0guest", &short(b"en_US")].concat();
    send(&mut broker, 0, METHOD, &method((10, 11), &start_ok));
    wait_for(&mut broker, (10, 30));
    // 2047 channels, frames of 128 KiB, no heartbeats.
    send(&mut broker, 0, METHOD, &method((10, 31), &[7, 255, 0, 2, 0, 0, 0, 0]));
    send(&mut broker, 0, METHOD, &method((10, 40), &[&short(b"/")[..], &short(b""), &[0]].concat()));
    wait_for(&mut broker, (10, 41));
    send(&mut broker, 1, METHOD, &method((20, 10), &short(b"")));
    wait_for(&mut broker, (20, 11));

    let names =
        [&[0, 0], &short(message.exchange.as_bytes())[..], &short(message.routing_key.as_bytes()), &[0]];
    send(&mut broker, 1, METHOD, &method((60, 40), &names.concat()));
    let length = u64::try_from(message.body.len()).unwrap().to_be_bytes();
    let only_the_message_id = 1_u16 << 7;
    let header = [&[0, 60, 0, 0], &length[..], &only_the_message_id.to_be_bytes(), &short(id)].concat();
    send(&mut broker, 1, HEADER, &header);
    send(&mut broker, 1, BODY, &message.body);

    // Once the channel is closed, the message has arrived.
    let close = [&200_u16.to_be_bytes(), &short(b"")[..], &[0; 4]].concat();
    send(&mut broker, 1, METHOD, &method((20, 40), &close));
    wait_for(&mut broker, (20, 41));
}

fn method((class, method): (u16, u16), arguments: &[u8]) -> Vec<u8> {
    [&class.to_be_bytes(), &method.to_be_bytes(), arguments].concat()
}

fn short(text: &[u8]) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap()], text].concat()
}

const END: u8 = 0xCE;

fn send(broker: &mut TcpStream, channel: u16, kind: u8, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let frame = [&[kind], &channel.to_be_bytes()[..], &length, payload, &[END]].concat();
    broker.write_all(&frame).unwrap();
}

/// Reads until this method has come.
fn wait_for(broker: &mut TcpStream, (class, method): (u16, u16)) {
    loop {
        let mut head = [0; 7];
        broker.read_exact(&mut head).unwrap();
        let length = u32::from_be_bytes([head[3], head[4], head[5], head[6]]);
        let mut payload = vec![0; usize::try_from(length).unwrap() + 1];
        broker.read_exact(&mut payload).unwrap();
        if payload.starts_with(&[class.to_be_bytes(), method.to_be_bytes()].concat()) {
            return;
        }
    }
}
