//! Calls of the `im` dialect: requests and answers by HTTP/1.1 on one connection that is kept.
//!
//! It pulls the past; a session it is not, and nothing is pushed to it.

use serde_json::json;

use super::{Piece, Said, WireFault, excerpt};
use crate::limits::{HTTP_HEAD_BYTES_MAX, SERVER_FRAME_BYTES_MAX};

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// A call that needs no user and shows that the server answers.
pub(crate) fn write_ping(host: &str, out: &mut Vec<u8>) {
    let head = format!("GET /im.status/ping?timestamp=1 HTTP/1.1\r\nHost: {host}\r\n\r\n");
    out.extend_from_slice(head.as_bytes());
}

/// Asks for `count` messages of a group, from `start` (the first is 1) on.
pub(crate) fn pull(token: &str, group: u64, start: u32, count: u32) -> Vec<u8> {
    let body = json!({
        "target": group.to_string(), "target_type": "group", "direction": "after",
        "start_msg_index": start, "start_recall_index": 0, "count": count,
    });
    let body = body.to_string();
    let length = body.len();
    let head = format!(
        "POST /im.chat/pull HTTP/1.1\r\nHost: bench\r\nToken: {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

/// Cuts one answer, head and body: a [`Piece::Frame`] of both.
pub(crate) fn cut(bytes: &[u8]) -> Result<Option<(Piece<'_>, usize)>, WireFault> {
    let fault = || WireFault::HttpAnswer { seen: excerpt(bytes) };
    let Some(end) = bytes.windows(END_OF_HEAD.len()).position(|window| window == END_OF_HEAD)
    else {
        return if bytes.len() > HTTP_HEAD_BYTES_MAX { Err(fault()) } else { Ok(None) };
    };
    let head = std::str::from_utf8(bytes.get(..end).unwrap_or_default()).map_err(|_| fault())?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let length = length.filter(|length| *length <= SERVER_FRAME_BYTES_MAX).ok_or_else(fault)?;
    let whole = end + END_OF_HEAD.len() + length;
    Ok(bytes.get(..whole).map(|answer| (Piece::Frame(answer), whole)))
}

/// Whether it succeeded; the body is the scenario's matter.
pub(crate) fn read(answer: &[u8]) -> Said {
    if answer.starts_with(b"HTTP/1.1 200") {
        return Said::SignedIn;
    }
    let code = answer.get(9..12).and_then(|code| std::str::from_utf8(code).ok()?.parse().ok());
    Said::Refused { code: code.unwrap_or(0), message: excerpt(answer) }
}
