//! The `rooms` dialect from the client's side: JSON texts over WebSocket.
//!
//! It has no acknowledgement: the echo of a message shows that it is stored.

use serde::{Deserialize, Serialize};

use super::{Outgoing, Said, SeenPost, WireFault, excerpt, group_of_text};

pub(crate) const TARGET: &str = "/chat/connect";

#[derive(Serialize)]
struct SignIn<'a> {
    auth_token: &'a str,
}

#[derive(Serialize)]
struct Say<'a> {
    room: String,
    message: &'a str,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Frame {
    Message { message: Message },
    Status { status: String },
    Error { error: String, error_code: String },
}

#[derive(Deserialize)]
struct Message {
    message: String,
    poster: String,
    room: String,
}

pub(crate) fn sign_in(token: &str) -> Vec<u8> {
    to_json(&SignIn { auth_token: token })
}

pub(crate) fn say(outgoing: Outgoing<'_>) -> Vec<u8> {
    to_json(&Say { room: outgoing.to_text(), message: outgoing.text })
}

fn to_json(frame: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(frame).expect("a frame holds only strings")
}

pub(crate) fn read(frame: &[u8]) -> Result<Said, WireFault> {
    let frame = serde_json::from_slice(frame).map_err(|error| WireFault::Undecodable {
        expected: "a frame of rooms",
        detail: error.to_string(),
        seen: excerpt(frame),
    })?;
    Ok(match frame {
        Frame::Message { message: Message { message: text, poster, room } } => {
            let (sender, group) = (Some(poster.parse().unwrap_or(0)), group_of_text(&room));
            Said::Posts(vec![SeenPost { sender, group, id: None, text }])
        }
        Frame::Status { status } if status == "CONNECTED" => Said::SignedIn,
        Frame::Status { .. } => Said::Other,
        Frame::Error { error, error_code } => {
            Said::Refused { code: 0, message: format!("{error_code} {error}") }
        }
    })
}
