//! A client of the `stream` dialect in JSON over a WebSocket.
//!
//! It keeps what a real client keeps: the posts that came while it waited for an answer. Every
//! frame is looked at, none is passed over in silence.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::server::Server;
use crate::websocket::{Received, WebSocket};

pub const PRIVATE: u64 = 1;
pub const GROUP: u64 = 2;
pub const CHANNEL: u64 = 3;
pub const ROOM: u64 = 4;

const SYNC: u64 = 1;
const MESSAGES: u64 = 2;
const RECEIPTS: u64 = 3;

/// The `Type` of a text post.
pub const TEXT: u64 = 1;

/// A delivered post, or one of a SYNC's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    pub id: u64,
    pub category: u64,
    pub sender: u64,
    pub receiver: u64,
    pub kind: u64,
    /// Empty where the post has none.
    pub text: String,
}

/// The server's words for what it did not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: i64,
    pub message: String,
}

/// How a connection ended while an answer was awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The WebSocket's close code, where the server still gave one.
    pub code: Option<u16>,
}

pub struct StreamClient {
    socket: WebSocket,
    serial: u64,
    inbox: VecDeque<Post>,
}

impl StreamClient {
    /// Signed in, and not synced yet.
    pub fn connect(server: &Server, user: u64) -> Self {
        Self::connect_with_token(server, &server.token(user))
    }

    pub fn connect_with_token(server: &Server, token: &str) -> Self {
        let path = format!("/message/chat?token={token}");
        let socket = WebSocket::open(server.addresses().main, &path, &[]);
        Self::on(socket.unwrap_or_else(|status| panic!("sign-in was refused with {status}")))
    }

    pub fn on(socket: WebSocket) -> Self {
        Self { socket, serial: 0, inbox: VecDeque::new() }
    }

    /// Everything newer than the given ids, per category.
    #[track_caller]
    pub fn sync_after(&mut self, ids: &[(u64, u64)]) -> Vec<Post> {
        let ids: Vec<Value> = ids
            .iter()
            .map(|(category, id)| json!({ "category": category, "last_id": id.to_string() }))
            .collect();
        self.sync(&json!({ "ids": ids }))
    }

    /// By the server's own cursors.
    #[track_caller]
    pub fn sync_by_cursor(&mut self) -> Vec<Post> {
        self.sync(&json!({ "ids": [] }))
    }

    #[track_caller]
    fn sync(&mut self, local: &Value) -> Vec<Post> {
        let sn = self.next_sn("sync");
        self.send(&json!({ "sn": sn, "type": SYNC, "local": local }));
        let mut found = Vec::new();
        loop {
            let frame = self.frame().unwrap_or_else(|ended| panic!("during a SYNC: {ended:?}"));
            if frame["sn"] != sn.as_str() {
                self.keep(&frame);
                continue;
            }
            assert_eq!(frame["type"], MESSAGES, "a SYNC is answered by MESSAGES: {frame}");
            let page = posts(&frame);
            if page.is_empty() {
                return found;
            }
            assert!(page.len() <= 256, "a page has at most 256 posts, not {}", page.len());
            found.extend(page);
        }
    }

    /// Sends a text and waits for its postmark's id.
    #[track_caller]
    pub fn send_text(&mut self, category: u64, receiver: u64, text: &str) -> u64 {
        let sn = self.next_sn("text");
        match self.post(&sn, &[text_post(category, receiver, text)]) {
            Ok(Ok(ids)) => *ids.first().expect("a postmark for the post"),
            other => panic!("sending {text:?}: {other:?}"),
        }
    }

    /// Sends posts in one frame and waits for their ids, or for why not.
    pub fn post(&mut self, sn: &str, posts: &[Value]) -> Result<Result<Vec<u64>, Fault>, Ended> {
        let frame = json!({ "sn": sn, "type": MESSAGES, "postbox": { "posts": posts } });
        if self.socket.try_send_text(&frame.to_string()).is_err() {
            return Err(self.end());
        }
        self.answer(sn)
    }

    /// The ids or the fault that answer the frame `sn`, which was sent.
    pub fn answer(&mut self, sn: &str) -> Result<Result<Vec<u64>, Fault>, Ended> {
        loop {
            let frame = self.frame()?;
            if frame["sn"] != sn {
                self.keep(&frame);
                continue;
            }
            if let Some(error) = frame.get("error") {
                return Ok(Err(fault(error)));
            }
            assert_eq!(frame["type"], RECEIPTS, "posts are answered by RECEIPTS: {frame}");
            let marks = frame["receipts"]["postmarks"].as_array();
            let marks = marks.unwrap_or_else(|| panic!("without postmarks: {frame}"));
            return Ok(Ok(marks.iter().map(|mark| decimal(&mark["unique_id"])).collect()));
        }
    }

    /// Receipts, up to an id in a category. There is no answer.
    pub fn receipt_up_to(&mut self, category: u64, id: u64) {
        let local = json!([{ "category": category, "last_id": id.to_string() }]);
        let sn = self.next_sn("receipt");
        self.send(&json!({ "sn": sn, "type": RECEIPTS, "receipts": { "local_ids": local } }));
    }

    /// The next live post.
    #[track_caller]
    pub fn next_post(&mut self) -> Post {
        self.try_next_post().unwrap_or_else(|ended| panic!("waiting for a post: {ended:?}"))
    }

    /// The next live post, or how the connection ended.
    pub fn try_next_post(&mut self) -> Result<Post, Ended> {
        loop {
            if let Some(post) = self.inbox.pop_front() {
                return Ok(post);
            }
            let frame = self.frame()?;
            self.keep(&frame);
        }
    }

    /// Live posts until this many are there.
    #[track_caller]
    pub fn next_posts(&mut self, count: usize) -> Vec<Post> {
        (0..count).map(|_| self.next_post()).collect()
    }

    pub fn send(&mut self, frame: &Value) {
        self.socket.send_text(&frame.to_string());
    }

    pub fn socket(&mut self) -> &mut WebSocket {
        &mut self.socket
    }

    pub fn close(self) {
        self.socket.close();
    }

    fn next_sn(&mut self, what: &str) -> String {
        self.serial += 1;
        format!("{what}-{}", self.serial)
    }

    fn frame(&mut self) -> Result<Value, Ended> {
        match self.socket.try_receive() {
            Ok(Received::Text(text)) => {
                Ok(serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}")))
            }
            Ok(Received::Binary(_)) => panic!("a client that wrote text is answered in text"),
            Ok(Received::Closed(code)) => Err(Ended { code }),
            Err(_) => Err(Ended { code: None }),
        }
    }

    /// What is left to read after a failed write may still hold the close frame.
    fn end(&mut self) -> Ended {
        loop {
            match self.frame() {
                Ok(frame) => self.keep(&frame),
                Err(ended) => return ended,
            }
        }
    }

    /// A frame that nobody asked for must be live posts.
    fn keep(&mut self, frame: &Value) {
        assert_eq!(frame["type"], MESSAGES, "unasked for: {frame}");
        assert!(frame.get("error").is_none(), "unasked for: {frame}");
        self.inbox.extend(posts(frame));
    }
}

/// A text post; the server puts the sender in, whatever is written here.
pub fn text_post(category: u64, receiver: u64, text: &str) -> Value {
    json!({
        "postmark": { "category": category, "sender": "0", "receiver": receiver.to_string() },
        "type": TEXT,
        "text": { "content": text },
    })
}

fn posts(frame: &Value) -> Vec<Post> {
    let postbox = frame.get("postbox").unwrap_or_else(|| panic!("without a postbox: {frame}"));
    let posts = postbox.get("posts").and_then(Value::as_array);
    posts.map(|posts| posts.iter().map(post).collect()).unwrap_or_default()
}

fn post(value: &Value) -> Post {
    let mark = &value["postmark"];
    Post {
        id: decimal(&mark["unique_id"]),
        category: mark["category"].as_u64().unwrap_or_else(|| panic!("a number: {value}")),
        sender: decimal(&mark["sender"]),
        receiver: decimal(&mark["receiver"]),
        kind: value["type"].as_u64().unwrap_or_else(|| panic!("a number: {value}")),
        text: value["text"]["content"].as_str().unwrap_or_default().to_owned(),
    }
}

/// 64-bit integers are strings in protobuf's JSON.
fn decimal(value: &Value) -> u64 {
    let text = value.as_str().unwrap_or_else(|| panic!("a decimal in a string: {value}"));
    text.parse().unwrap_or_else(|_| panic!("a decimal: {text:?}"))
}

fn fault(error: &Value) -> Fault {
    Fault {
        code: error["code"].as_i64().unwrap_or_else(|| panic!("a fault has a code: {error}")),
        message: error["message"].as_str().unwrap_or_default().to_owned(),
    }
}
