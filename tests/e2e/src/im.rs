//! A client of the `im` dialect: calls by HTTP, and the push channel over a plain socket.
//!
//! The channel's frames are made and read here by hand, because no library sends WebSocket frames
//! without a handshake or a mask.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::deadline::WAIT;
use crate::operator::Answer;
use crate::server::Server;

/// The shortest limit that a client may announce.
pub const RECEIVE_BYTES_MIN: u32 = 65_536;

/// What one is told who is no friend of the other user of a chat.
pub const NOT_FRIENDS: &str = r#"{"code":22004,"msg":"you are not friends"}"#;
/// What one is told who is no member of the group of a chat.
pub const NOT_IN_GROUP: &str = r#"{"code":22005,"msg":"you are not in the group"}"#;

/// A server with users 1, 2 and 3, of whom 1 and 2 are friends.
pub fn server() -> Server {
    let server = Server::start();
    server.operator().create_users([1, 2, 3]);
    server.operator().befriend(1, 2);
    server
}

/// One user's calls.
#[derive(Clone)]
pub struct ImCaller {
    http: crate::operator::Http,
    token: String,
}

impl ImCaller {
    pub fn new(server: &Server, user: u64) -> Self {
        Self { http: server.http(), token: server.token_with(user, &["--format", "im"]) }
    }

    /// A call in JSON.
    #[track_caller]
    pub fn call(&self, path: &str, body: &Value) -> Answer {
        let headers = [("token", self.token.as_str()), ("content-type", "application/json")];
        let answer = self.http.post(path, &headers, body.to_string().as_bytes());
        answer.unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    /// One that succeeds.
    #[track_caller]
    pub fn done(&self, path: &str, body: &Value) -> Value {
        self.call(path, body).expect(200)
    }

    /// One that is refused with this body, byte for byte.
    #[track_caller]
    pub fn refused(&self, path: &str, body: &Value, status: u16, expected: &str) {
        let answer = self.call(path, body);
        assert_eq!((answer.status, answer.text.as_str()), (status, expected), "{path} {body}");
        assert_eq!(answer.content_type, "application/json");
    }

    /// Sends to a user or a group; the message's index.
    #[track_caller]
    pub fn send(&self, target_type: &str, target: u64, text: &str) -> u64 {
        let body = json!({
            "target": target.to_string(), "target_type": target_type, "msg": text,
        });
        let sent = self.done("/im.chat/send", &body);
        sent["msg_index"].as_u64().unwrap_or_else(|| panic!("{sent}"))
    }
}

/// A call's body about a chat.
pub fn chat(target_type: &str, target: u64, others: Value) -> Value {
    let mut body = json!({ "target": target.to_string(), "target_type": target_type });
    let fields = others.as_object().expect("an object of fields").clone();
    body.as_object_mut().expect("an object").extend(fields);
    body
}

/// A pull of messages.
pub fn pull(target_type: &str, target: u64, direction: &str, start: u64, count: u64) -> Value {
    let others = json!({ "direction": direction, "start_msg_index": start, "count": count });
    chat(target_type, target, others)
}

/// The indexes of the messages that were pulled, in their order.
#[track_caller]
pub fn indexes(pulled: &Value) -> Vec<u64> {
    let messages = pulled["msgs"].as_array().expect("a list");
    messages.iter().filter_map(|message| message["msg_index"].as_u64()).collect()
}

/// What came on the channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    Message(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Closed(u16),
    /// The server hung up.
    Gone,
}

pub struct PushClient {
    stream: TcpStream,
    /// The longest frame that came.
    pub frame_bytes_max: usize,
}

impl PushClient {
    /// A connection on which nothing was said yet.
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server accepts");
        stream.set_read_timeout(Some(WAIT)).expect("a timeout that is not zero");
        stream.set_nodelay(true).expect("TCP has TCP_NODELAY");
        Self { stream, frame_bytes_max: 0 }
    }

    /// Signed in as a user, its first ping answered.
    #[track_caller]
    pub fn sign_in(server: &Server, user: u64, receive_bytes_max: u32) -> Self {
        let mut client = Self::connect(server.addresses().push);
        client.send(0x82, &login(&server.token(user), receive_bytes_max));
        client.expect_signed_in();
        client
    }

    /// The answer to a sign-in, and the ping that follows at once, which is answered.
    #[track_caller]
    pub fn expect_signed_in(&mut self) {
        assert_eq!(self.receive(), Pushed::Message(vec![4, 0, 0, 0]));
        let Pushed::Ping(time) = self.receive() else { panic!("no ping at once") };
        self.send(0x8a, &time);
    }

    /// One frame, not masked.
    pub fn send(&mut self, first: u8, payload: &[u8]) {
        let frame = frame(first, payload);
        self.write(&frame);
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server reads");
    }

    /// Has what follows be frames on a WebSocket.
    #[track_caller]
    pub fn upgrade(&mut self, path: &str) {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        self.write(request.as_bytes());
        let head = self.head();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    }

    /// An answer's head by HTTP.
    pub fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).expect("the server answers");
            head.push(byte[0]);
        }
        String::from_utf8(head).expect("a head is ASCII")
    }

    /// The next push, put together; pings are answered and passed over.
    #[track_caller]
    pub fn push(&mut self) -> Value {
        loop {
            match self.receive() {
                Pushed::Message(json) => {
                    return serde_json::from_slice(&json).expect("a push is JSON");
                }
                Pushed::Ping(time) => self.send(0x8a, &time),
                other => panic!("{other:?} in place of a push"),
            }
        }
    }

    /// Whatever comes next.
    #[track_caller]
    pub fn receive(&mut self) -> Pushed {
        let mut whole = Vec::new();
        loop {
            let Some((first, payload)) = self.frame() else { return Pushed::Gone };
            self.frame_bytes_max = self.frame_bytes_max.max(payload.len());
            match first {
                0x89 => return Pushed::Ping(payload),
                0x8a => return Pushed::Pong(payload),
                0x88 => return Pushed::Closed(u16::from_be_bytes([payload[0], payload[1]])),
                0x02 | 0x00 => whole.extend(payload),
                0x82 | 0x80 => {
                    whole.extend(payload);
                    return Pushed::Message(whole);
                }
                other => panic!("a frame begins with {other:#x}"),
            }
        }
    }

    /// `None` where the server hung up.
    #[track_caller]
    fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        match self.stream.read_exact(&mut head) {
            Ok(()) => {}
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset
                ) =>
            {
                return None;
            }
            Err(error) => panic!("after {WAIT:?} nothing was pushed: {error}"),
        }
        let length = match head[1] {
            126 => u64::from(u16::from_be_bytes(self.bytes())),
            127 => u64::from_be_bytes(self.bytes()),
            length => u64::from(length),
        };
        let mut payload = vec![0; usize::try_from(length).expect("a length that fits")];
        self.stream.read_exact(&mut payload).expect("a frame is whole");
        Some((head[0], payload))
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes).expect("a frame is whole");
        bytes
    }
}

/// In hexadecimal.
pub fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// The payload of the first frame.
pub fn login(token: &str, receive_bytes_max: u32) -> Vec<u8> {
    let mut payload = receive_bytes_max.to_be_bytes().to_vec();
    payload.extend_from_slice(token.as_bytes());
    payload
}

/// A frame that is not masked.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..126 => frame.push(u8::try_from(length).expect("short")),
        length => {
            frame.push(126);
            frame.extend(u16::try_from(length).expect("these tests send no more").to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

/// The same, masked.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let mut frame = frame(first, payload);
    let head = frame.len() - payload.len();
    frame[1] |= 0x80;
    for (byte, mask) in frame[head..].iter_mut().zip(MASK.iter().cycle()) {
        *byte ^= mask;
    }
    frame.splice(head..head, MASK);
    frame
}
