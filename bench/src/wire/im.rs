//! The push channel of the `im` dialect, on the main port behind a WebSocket's handshake.
//!
//! It only receives: what an `im` client sends goes by HTTP, which is no channel's matter.

use serde::Deserialize;

use super::{Said, SeenPost, WireFault, excerpt};

pub(crate) const TARGET: &str = "/im.push";
/// The longest push that a client may announce it takes: 16 MiB, more than any message.
const RECEIVE_BYTES_MAX: u32 = 16 << 20;
/// The answer to a sign-in.
const SIGNED_IN: &[u8] = &[4, 0, 0, 0];

#[derive(Deserialize)]
struct Push {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "Content", default)]
    content: Content,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Content {
    sender: String,
    msg: String,
    target: String,
    target_type: String,
}

pub(crate) fn sign_in(token: &str) -> Vec<u8> {
    [&RECEIVE_BYTES_MAX.to_be_bytes(), token.as_bytes()].concat()
}

pub(crate) fn read(frame: &[u8]) -> Result<Said, WireFault> {
    if frame == SIGNED_IN {
        return Ok(Said::SignedIn);
    }
    let push: Push = serde_json::from_slice(frame).map_err(|error| WireFault::Undecodable {
        expected: "a push of im",
        detail: error.to_string(),
        seen: excerpt(frame),
    })?;
    if push.kind != "msg" {
        return Ok(Said::Other);
    }
    let Content { sender, msg: text, target, target_type } = push.content;
    let sender = Some(sender.parse().unwrap_or(0));
    // Of a direct it names the other one, who is the sender.
    let group = (target_type == "group").then(|| target.parse().unwrap_or(0));
    Ok(Said::Posts(vec![SeenPost { sender, group, id: None, text }]))
}
