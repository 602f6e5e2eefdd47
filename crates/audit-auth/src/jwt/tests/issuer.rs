//! An identity provider for tests: keys made from a number, and a server that gives them out.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{AlgorithmParameters, Jwk},
};
use serde_json::{Value, json};

/// What PKCS #8 puts before the 32 bytes of an Ed25519 key, and of a P-256 key.
const ED: &str = "MC4CAQAwBQYDK2VwBCIEIA==";
const EC: &str = "MEECAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcEJzAlAgEBBCA=";
const RSA: &str = include_str!("rsa_test_key.txt");

pub(super) struct Key {
    id: String,
    algorithm: Algorithm,
    private: EncodingKey,
}

impl Key {
    pub(super) fn ed(id: &str, number: u8) -> Self {
        let private = EncodingKey::from_ed_der(&[STANDARD.decode(ED).unwrap(), vec![number; 32]].concat());
        Self { id: id.to_owned(), algorithm: Algorithm::EdDSA, private }
    }

    pub(super) fn ec(id: &str, number: u8) -> Self {
        let private = EncodingKey::from_ec_der(&[STANDARD.decode(EC).unwrap(), vec![number; 32]].concat());
        Self { id: id.to_owned(), algorithm: Algorithm::ES256, private }
    }

    pub(super) fn rsa(id: &str) -> Self {
        let key: String = RSA.lines().skip(1).collect();
        let private = EncodingKey::from_rsa_der(&STANDARD.decode(key).unwrap());
        Self { id: id.to_owned(), algorithm: Algorithm::RS256, private }
    }

    pub(super) fn shared(id: &str, secret: &[u8]) -> Self {
        Self { id: id.to_owned(), algorithm: Algorithm::HS256, private: EncodingKey::from_secret(secret) }
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        self.sign_demanding(None, claims)
    }

    /// A token that is only good for those who know an extension.
    pub(super) fn sign_demanding(&self, extension: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.clone());
        header.crit = extension.map(|name| vec![name.to_owned()]);
        jsonwebtoken::encode(&header, claims, &self.private).unwrap()
    }

    pub(super) fn public_bytes(&self) -> Vec<u8> {
        match self.public().algorithm {
            AlgorithmParameters::OctetKeyPair(key) => URL_SAFE_NO_PAD.decode(key.x).unwrap(),
            other => panic!("not made for {other:?}"),
        }
    }

    fn public(&self) -> Jwk {
        let mut jwk = Jwk::from_encoding_key(&self.private, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.id.clone());
        jwk
    }
}

pub(super) fn document(keys: &[&Key]) -> String {
    json!({"keys": keys.iter().map(|key| key.public()).collect::<Vec<_>>()}).to_string()
}

/// A token with a header that no library would write.
pub(super) fn with_header(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

/// Gives out a document over HTTP.
pub(super) struct Issuer {
    pub(super) url: String,
    answer: Arc<Mutex<(u16, String)>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    pub(super) fn start(keys: &[&Key]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        let answer = Arc::new(Mutex::new((200, document(keys))));
        let asked = Arc::new(AtomicUsize::new(0));
        let issuer = Self { url, answer: Arc::clone(&answer), asked: Arc::clone(&asked) };
        // It ends with the tests.
        thread::spawn(move || {
            for stream in listener.incoming() {
                asked.fetch_add(1, Relaxed);
                let (status, body) = answer.lock().unwrap().clone();
                serve(stream.unwrap(), status, &body);
            }
        });
        issuer
    }

    pub(super) fn rotate(&self, keys: &[&Key]) {
        self.answer(200, document(keys));
    }

    /// Answers with something else; a redirection's body is where it leads to.
    pub(super) fn answer(&self, status: u16, body: String) {
        *self.answer.lock().unwrap() = (status, body);
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Relaxed)
    }
}

fn serve(mut stream: TcpStream, status: u16, body: &str) {
    let head = BufReader::new(stream.try_clone().unwrap()).lines();
    head.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
    let length = body.len();
    let location = if status == 302 { format!("Location: {body}\r\n") } else { String::new() };
    // The client may have hung up: a document that is too long is not read to its end.
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n{location}Connection: close\r\n\r\n{body}"
    );
}
