//! A client of the `rooms` dialect: its WebSocket, and its calls by HTTP.
//!
//! It keeps what a real client keeps, the last id that it saw, and compares frames as texts where
//! the documents give them as texts.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::operator::Answer;
use crate::server::Server;
use crate::websocket::{Received, WebSocket};

/// A message, live or from the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub id: u64,
    pub text: String,
    pub poster: String,
    pub room: String,
}

pub struct RoomsClient {
    socket: WebSocket,
}

impl RoomsClient {
    /// Not signed in yet.
    pub fn open(server: &Server) -> Self {
        let socket = WebSocket::open(server.addresses().main, "/chat/connect", &[]);
        Self { socket: socket.expect("the handshake needs no token") }
    }

    #[track_caller]
    pub fn sign_in(server: &Server, user: u64) -> Self {
        let mut client = Self::open(server);
        client.send(&json!({ "auth_token": server.token(user) }));
        assert_eq!(client.frame(), r#"{"status":"CONNECTED","type":"status"}"#);
        client
    }

    pub fn send(&mut self, frame: &Value) {
        self.socket.send_text(&frame.to_string());
    }

    pub fn socket(&mut self) -> &mut WebSocket {
        &mut self.socket
    }

    /// There is no answer but the echo.
    pub fn say(&mut self, room: &str, text: &str) {
        self.send(&json!({ "room": room, "message": text }));
    }

    /// The next frame's text.
    #[track_caller]
    pub fn frame(&mut self) -> String {
        match self.socket.receive() {
            Received::Text(text) => text,
            other => panic!("not a text frame: {other:?}"),
        }
    }

    /// The close frame's code, which must come next.
    #[track_caller]
    pub fn closed(&mut self) -> Option<u16> {
        match self.socket.receive() {
            Received::Closed(code) => code,
            other => panic!("not closed: {other:?}"),
        }
    }

    /// The next live message.
    #[track_caller]
    pub fn heard(&mut self) -> Said {
        let text = self.frame();
        let frame: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        assert_eq!(frame["type"], "message", "{text}");
        said(&frame["message"])
    }
}

pub fn said(value: &Value) -> Said {
    let text = |name: &str| {
        value[name].as_str().unwrap_or_else(|| panic!("{name} is a text: {value}")).to_owned()
    };
    let number =
        |name: &str| value[name].as_u64().unwrap_or_else(|| panic!("{name} is a number: {value}"));
    assert!(number("timestamp") > 0, "{value}");
    Said { id: number("id"), text: text("message"), poster: text("poster"), room: text("room") }
}

/// A call with a user's token.
pub fn call(server: &Server, user: u64, name: &str, body: &Value) -> Answer {
    let authorization = format!("Bearer {}", server.token(user));
    call_with(server, Some(&authorization), name, body.to_string().as_bytes())
}

/// A call with this `Authorization`, if any, and these bytes.
pub fn call_with(server: &Server, authorization: Option<&str>, name: &str, body: &[u8]) -> Answer {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(authorization.map(|value| ("authorization", value)));
    let answer = server.http().post(&format!("/chat/{name}"), &headers, body);
    answer.unwrap_or_else(|error| panic!("POST {name}: {error}"))
}

/// Everything above an id, and whether there is more.
#[track_caller]
pub fn retrieve(server: &Server, user: u64, after: u64) -> (Vec<Said>, bool) {
    let answer = call(server, user, "retrieve", &json!({ "after": after })).expect(200);
    assert_eq!(answer["messages"], answer["occupants"], "the same list under both names");
    assert!(answer["room_name"].is_null(), "{answer}");
    let messages = answer["messages"].as_array().unwrap_or_else(|| panic!("a list: {answer}"));
    (messages.iter().map(said).collect(), answer["more"].as_bool().unwrap_or(false))
}

/// A token of the server's own that is over since 1970, and one that is signed by somebody else.
pub fn bad_tokens(server: &Server, user: u64) -> (String, String) {
    let key = std::fs::read_to_string(server.data_directory().join("secrets/jwt.key"));
    let key = key.expect("the server made its key");
    let sign = |key: &str, expires: u64| {
        let claims = json!({ "id": user.to_string(), "expires": expires });
        let key = EncodingKey::from_secret(key.as_bytes());
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key);
        token.expect("claims are an object")
    };
    (sign(key.trim(), 1), sign("another key", u64::from(u32::MAX)))
}
