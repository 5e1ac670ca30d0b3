//! The `events` dialect from the client's side: Socket.IO over Engine.IO 4 over WebSocket.
//!
//! A live message comes as two events with the same body, for clients listen to one of them. This
//! one listens to the chat's own.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Outgoing, Said, SeenPost, WireFault, excerpt, group_of_text};

pub(crate) const TARGET: &str = "/socket.io/?EIO=4&transport=websocket";
/// Engine.IO's heartbeat and its answer.
pub(crate) const PING: &[u8] = b"2";
pub(crate) const PONG: &[u8] = b"3";
/// Engine.IO's first packet, which says its settings.
const OPEN: &[u8] = b"0";
const CONNECTED: &[u8] = b"40";
const REFUSED: &[u8] = b"44";
const EVENT: &[u8] = b"42";
const CALLBACK: &[u8] = b"43";
/// The other event of a message, which nobody listens to here.
const ANY_CHAT: &[u8] = b"42[\"new-message\"";

/// As a live message and as the answer to a callback.
#[derive(Deserialize)]
struct Message {
    status: String,
    #[serde(default)]
    msg: String,
    #[serde(default)]
    user_id: String,
    #[serde(default)]
    chat_id: String,
}

pub(crate) fn connect(token: &str) -> Vec<u8> {
    [CONNECTED, json!({ "token": token }).to_string().as_bytes()].concat()
}

/// The callback's number is the message's.
pub(crate) fn say(outgoing: Outgoing<'_>) -> Vec<u8> {
    let body = json!({ "chat": { "id": outgoing.to_text() }, "msg": outgoing.text });
    format!("42{}{}", outgoing.index, json!(["new-message", body])).into_bytes()
}

/// Whether a frame answers what this client sent: it may hold a text and is no delivery.
pub(crate) fn is_answer(frame: &[u8]) -> bool {
    frame.starts_with(CALLBACK)
}

/// Whether a frame is a live message, whose text it holds under both names that clients look under.
pub(crate) fn is_message(frame: &[u8]) -> bool {
    frame.starts_with(EVENT)
}

/// Whether nobody listens to a frame.
pub(crate) fn is_passed_over(frame: &[u8]) -> bool {
    frame.starts_with(ANY_CHAT)
}

pub(crate) fn read(frame: &[u8]) -> Result<Said, WireFault> {
    let undecodable = |detail: &str| WireFault::Undecodable {
        expected: "a packet of Socket.IO",
        detail: detail.to_owned(),
        seen: excerpt(frame),
    };
    if frame.starts_with(CONNECTED) {
        return Ok(Said::SignedIn);
    }
    if let Some(words) = frame.strip_prefix(REFUSED) {
        return Ok(Said::Refused { code: 0, message: excerpt(words) });
    }
    if let Some(answer) = frame.strip_prefix(CALLBACK) {
        let digits = answer.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, body) = answer.split_at(digits);
        let index = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok());
        let index = index.ok_or_else(|| undecodable("no callback's number"))?;
        let [message]: [Value; 1] =
            serde_json::from_slice(body).map_err(|error| undecodable(&error.to_string()))?;
        return Ok(match message.get("status").and_then(Value::as_str) {
            Some("ok") => Said::Acknowledged { index },
            _ => Said::Refused { code: 0, message: message.to_string() },
        });
    }
    let Some(event) = frame.strip_prefix(EVENT) else {
        let known = frame.starts_with(OPEN);
        return if known { Ok(Said::Other) } else { Err(undecodable("a type not asked for")) };
    };
    let (name, message): (String, Message) =
        serde_json::from_slice(event).map_err(|error| undecodable(&error.to_string()))?;
    if message.status != "ok" {
        return Ok(Said::Refused { code: 0, message: excerpt(event) });
    }
    if name == "new-message" {
        return Ok(Said::Other);
    }
    let sender = Some(message.user_id.parse().unwrap_or(0));
    let group = group_of_text(&message.chat_id);
    Ok(Said::Posts(vec![SeenPost { sender, group, id: None, text: message.msg }]))
}
