//! The `onechat` dialect behind `ONECHAT/1.0` headers, from the client's side.

use serde::{Deserialize, Serialize};

use super::{Category, Outgoing, Piece, Said, SeenPost, WireFault, excerpt};
use crate::limits::SERVER_FRAME_BYTES_MAX;

const HEADER: &[u8] = b"ONECHAT/1.0\r\nPAYLOAD_LEN: ";
const HEADER_END: &[u8] = b"\r\n\r\n";
/// More decimal digits than any permitted length has.
const LENGTH_DIGITS_MAX: usize = 10;

#[derive(Serialize)]
#[serde(tag = "cmd", rename_all = "snake_case")]
enum Command<'a> {
    Login { name: String, pass: &'a str, ack: &'a str, device: &'a str },
    GroupChat { to: u64, msg: &'a str, ack: String },
    SingleChat { to: u64, msg: &'a str, ack: String },
}

/// What a client of this benchmark reads; every other command is [`Event::Other`].
#[derive(Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case")]
enum Event {
    Ack {
        action: String,
        ack: String,
    },
    GroupChat {
        from: u64,
        to: u64,
        msg: String,
    },
    SingleChat {
        from: u64,
        msg: String,
    },
    Error {
        msg: String,
        code: i64,
    },
    #[serde(other)]
    Other,
}

/// A token stands in the password's place.
pub(crate) fn login(user: u64, pass: &str) -> Vec<u8> {
    to_json(&Command::Login { name: user.to_string(), pass, ack: "login", device: "bench" })
}

pub(crate) fn chat(outgoing: Outgoing<'_>) -> Vec<u8> {
    let Outgoing { group: to, text: msg, .. } = outgoing;
    let ack = outgoing.index.to_string();
    to_json(&match outgoing.category {
        Category::Group => Command::GroupChat { to, msg, ack },
        Category::Direct => Command::SingleChat { to, msg, ack },
    })
}

fn to_json(command: &Command<'_>) -> Vec<u8> {
    serde_json::to_vec(command).expect("a command holds only strings and integers")
}

pub(crate) fn write(payload: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(HEADER);
    out.extend_from_slice(payload.len().to_string().as_bytes());
    out.extend_from_slice(HEADER_END);
    out.extend_from_slice(payload);
}

pub(crate) fn cut(bytes: &[u8]) -> Result<Option<(Piece<'_>, usize)>, WireFault> {
    let fault = || WireFault::OnechatHeader { seen: excerpt(bytes) };
    let Some(rest) = bytes.strip_prefix(HEADER) else {
        return if HEADER.starts_with(bytes) { Ok(None) } else { Err(fault()) };
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = rest.split_at_checked(digits).ok_or_else(fault)?;
    if digits > LENGTH_DIGITS_MAX || (digits == 0 && !rest.is_empty()) {
        return Err(fault());
    }
    let Some(after) = rest.strip_prefix(HEADER_END) else {
        return if HEADER_END.starts_with(rest) { Ok(None) } else { Err(fault()) };
    };
    let got = std::str::from_utf8(number).ok().and_then(|number| number.parse::<u64>().ok());
    let got = got.ok_or_else(fault)?;
    let length = usize::try_from(got).ok().filter(|n| *n <= SERVER_FRAME_BYTES_MAX);
    let length = length.ok_or(WireFault::FrameTooLong { got, max: SERVER_FRAME_BYTES_MAX })?;
    let header = HEADER.len() + digits + HEADER_END.len();
    Ok(after.get(..length).map(|payload| (Piece::Frame(payload), header + length)))
}

pub(crate) fn read(frame: &[u8]) -> Result<Said, WireFault> {
    let event = serde_json::from_slice::<Event>(frame).map_err(|error| WireFault::Undecodable {
        expected: "an onechat command",
        detail: error.to_string(),
        seen: excerpt(frame),
    })?;
    Ok(match event {
        Event::Ack { action, ack } => match (action.as_str(), ack.parse()) {
            ("login", _) => Said::SignedIn,
            ("group_chat" | "single_chat", Ok(index)) => Said::Acknowledged { index },
            _ => Said::Other,
        },
        Event::GroupChat { from, to, msg } => {
            let (sender, group) = (Some(from), Some(to));
            Said::Posts(vec![SeenPost { sender, group, id: None, text: msg }])
        }
        Event::SingleChat { from, msg } => {
            Said::Posts(vec![SeenPost { sender: Some(from), group: None, id: None, text: msg }])
        }
        Event::Error { msg, code } => Said::Refused { code, message: msg },
        Event::Other => Said::Other,
    })
}
