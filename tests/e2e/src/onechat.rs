//! A client of the `onechat` dialect in its three framings.
//!
//! It hands out frames as the very text that the server wrote: the dialect's old clients match
//! whole ordered objects, so the tests compare whole texts.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};

use crate::deadline::WAIT;
use crate::server::Server;
use crate::websocket::{Received, WebSocket};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// JSON texts with nothing between them.
    Bare,
    /// `ONECHAT/1.0` and a length before each.
    Onechat,
    WebSocket,
}

pub const FRAMINGS: [Framing; 3] = [Framing::Bare, Framing::Onechat, Framing::WebSocket];

/// More than any frame: one read then holds whatever one segment brought.
const READ_BYTES: usize = 128 * 1024;

enum Link {
    Tcp { stream: TcpStream, framing: Framing },
    WebSocket(Box<WebSocket>),
}

pub struct OnechatClient {
    link: Link,
    buffer: Vec<u8>,
    /// Messages that came while an answer was awaited.
    inbox: VecDeque<Value>,
}

impl OnechatClient {
    pub fn connect(address: SocketAddr, framing: Framing) -> Self {
        let link = if framing == Framing::WebSocket {
            let socket = WebSocket::open(address, "/onechat", &[]);
            Link::WebSocket(Box::new(socket.expect("the handshake needs no sign-in")))
        } else {
            let stream = TcpStream::connect(address).expect("the server accepts");
            stream.set_nodelay(true).expect("TCP has TCP_NODELAY");
            stream.set_read_timeout(Some(WAIT)).expect("a timeout that is not zero");
            stream.set_write_timeout(Some(WAIT)).expect("a timeout that is not zero");
            Link::Tcp { stream, framing }
        };
        Self { link, buffer: Vec::new(), inbox: VecDeque::new() }
    }

    /// Signed in by token: an empty name takes the token's user.
    #[track_caller]
    pub fn sign_in(server: &Server, framing: Framing, user: u64, device: &str) -> Self {
        let mut client = Self::connect(server.addresses().main, framing);
        client.send(&login("", &server.token(user), device));
        assert_eq!(client.frame(), r#"{"cmd":"ack","action":"login","ack":"login"}"#);
        client
    }

    pub fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string());
    }

    /// One frame with this payload, whatever it is.
    pub fn send_text(&mut self, text: &str) {
        match &mut self.link {
            Link::WebSocket(socket) => socket.send_text(text),
            Link::Tcp { stream, framing } => {
                let bytes = match framing {
                    Framing::Onechat => {
                        format!("ONECHAT/1.0\r\nPAYLOAD_LEN: {}\r\n\r\n{text}", text.len())
                    }
                    Framing::Bare | Framing::WebSocket => text.to_owned(),
                };
                stream.write_all(bytes.as_bytes()).expect("the server reads");
            }
        }
    }

    /// Bytes as they are; only without a WebSocket.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        match &mut self.link {
            Link::Tcp { stream, .. } => stream.write_all(bytes).expect("the server reads"),
            Link::WebSocket(_) => panic!("a WebSocket frames by itself"),
        }
    }

    /// The next frame's text.
    #[track_caller]
    pub fn frame(&mut self) -> String {
        self.try_frame().unwrap_or_else(|| panic!("the server closed, or nothing came"))
    }

    /// `None` where the server closed.
    pub fn try_frame(&mut self) -> Option<String> {
        loop {
            if let Link::WebSocket(socket) = &mut self.link {
                return match socket.receive() {
                    Received::Text(text) => Some(text),
                    Received::Binary(bytes) => panic!("a binary frame: {bytes:?}"),
                    Received::Closed(_) => None,
                };
            }
            if let Some(text) = self.take_buffered() {
                return Some(text);
            }
            let read = self.read_once()?;
            self.buffer.extend_from_slice(&read);
        }
    }

    /// What one read from the socket brings, as an old client takes it: one read, one frame.
    #[track_caller]
    pub fn frame_in_one_read(&mut self) -> String {
        assert!(self.buffer.is_empty(), "an earlier frame was not asked for");
        let read = self.read_once().expect("the server has something to say");
        self.buffer.extend_from_slice(&read);
        let text = self.take_buffered().expect("one read brings a whole frame");
        assert!(self.buffer.is_empty(), "one read brings one frame, here also {:?}", self.buffer);
        text
    }

    fn read_once(&mut self) -> Option<Vec<u8>> {
        let Link::Tcp { stream, .. } = &mut self.link else {
            panic!("a WebSocket reads by itself");
        };
        let mut bytes = vec![0; READ_BYTES];
        match stream.read(&mut bytes) {
            Ok(0) => None,
            Ok(count) => {
                bytes.truncate(count);
                Some(bytes)
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => None,
            Err(error) => panic!("after {WAIT:?}: {error}"),
        }
    }

    fn take_buffered(&mut self) -> Option<String> {
        let Link::Tcp { framing, .. } = &self.link else {
            return None;
        };
        let (start, end) = match framing {
            Framing::Onechat => onechat_extent(&self.buffer)?,
            Framing::Bare | Framing::WebSocket => (0, json_extent(&self.buffer)?),
        };
        let rest = self.buffer.split_off(end);
        let frame = std::mem::replace(&mut self.buffer, rest);
        Some(String::from_utf8(frame[start..].to_vec()).expect("frames are UTF-8"))
    }

    /// Sends to a user or a room, and waits for the acknowledgement or the error.
    #[track_caller]
    pub fn chat(&mut self, command: &str, to: u64, text: &str, key: &str) -> Value {
        self.send(&json!({ "cmd": command, "to": to, "msg": text, "ack": key }));
        self.answer()
    }

    /// The next frame that is no message.
    #[track_caller]
    pub fn answer(&mut self) -> Value {
        loop {
            let frame = self.parsed();
            if frame["cmd"] == "ack" || frame["cmd"] == "error" {
                return frame;
            }
            self.inbox.push_back(frame);
        }
    }

    /// Waits until what comes is live and not missed. Nothing in the protocol says so, hence the
    /// operator speaks in a group of the user's own until that comes as a message.
    #[track_caller]
    pub fn until_live(&mut self, server: &Server, user: u64) {
        let group = server.operator().create_group(&[user]);
        let words = json!({ "conversation": group, "sender": user, "text": "are you there" });
        loop {
            server.operator().post("/api/v1/publish", &words).expect(200);
            let frame = self.parsed();
            let command = frame["cmd"].as_str().unwrap_or_default();
            self.acknowledge(command, &frame["ack"]);
            match command {
                "group_chat" => return,
                "offline_group_chat_msg" => {}
                _ => panic!("neither live nor missed: {frame}"),
            }
        }
    }

    /// The next message.
    #[track_caller]
    pub fn next_message(&mut self) -> Value {
        self.inbox.pop_front().unwrap_or_else(|| self.parsed())
    }

    #[track_caller]
    fn parsed(&mut self) -> Value {
        let text = self.frame();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Acknowledges a message (a number) or a batch (a list).
    pub fn acknowledge(&mut self, action: &str, ack: &Value) {
        self.send(&json!({ "cmd": "ack", "action": action, "ack": ack }));
    }
}

/// A login whose acknowledgement token is "login".
pub fn login(name: &str, pass: &str, device: &str) -> Value {
    json!({ "cmd": "login", "name": name, "pass": pass, "ack": "login", "device": device })
}

/// From where to where the first frame's payload goes.
fn onechat_extent(buffer: &[u8]) -> Option<(usize, usize)> {
    let head_end = buffer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&buffer[..head_end]).expect("a header is ASCII");
    let length = head.strip_prefix("ONECHAT/1.0\r\nPAYLOAD_LEN: ");
    let length = length.unwrap_or_else(|| panic!("a header as documented, not {head:?}"));
    let length: usize = length.parse().expect("a decimal length");
    let start = head_end + 4;
    (buffer.len() >= start + length).then_some((start, start + length))
}

/// Where the first JSON text ends.
fn json_extent(buffer: &[u8]) -> Option<usize> {
    let mut values = serde_json::Deserializer::from_slice(buffer).into_iter::<Value>();
    match values.next()? {
        Ok(_) => Some(values.byte_offset()),
        Err(error) if error.is_eof() => None,
        Err(error) => panic!("the server wrote no JSON: {error}"),
    }
}

#[cfg(test)]
mod tests;
