//! The client protocol of NATS, from
//! <https://docs.nats.io/reference/reference-protocols/nats-protocol>, and publishing to a
//! JetStream stream, whose answer comes to the subject that the publisher names for it.

use super::{Outgoing, Piece, Said, Seat, WireFault, post, undecodable};
use crate::limits::SERVER_FRAME_BYTES_MAX;

const END: &[u8] = b"\r\n";
/// A control line, as the server's own default bounds it.
const LINE_BYTES_MAX: usize = 4_096;
/// The first words of subjects: of groups, and of answers.
const GROUP: &str = "group.";
const ANSWER: &str = "_INBOX.";

/// The answer to the PING says that everything before it is done.
pub(super) fn open(seat: Seat, out: &mut Vec<u8>) {
    let options = r#"{"verbose":false,"pedantic":false,"echo":false,"lang":"rust","version":"1"}"#;
    let group = seat.group;
    let opening = format!("CONNECT {options}\r\nSUB {GROUP}{group} 1\r\nPING\r\n");
    out.extend_from_slice(opening.as_bytes());
}

pub(super) fn open_jetstream(seat: Seat, out: &mut Vec<u8>) {
    let options = r#"{"verbose":false,"pedantic":false,"lang":"rust","version":"1"}"#;
    let Seat { group, user, .. } = seat;
    let opening =
        format!("CONNECT {options}\r\nSUB {GROUP}{group} 1\r\nSUB {ANSWER}{user}.* 2\r\nPING\r\n");
    out.extend_from_slice(opening.as_bytes());
}

pub(super) fn publish(outgoing: Outgoing<'_>, out: &mut Vec<u8>) {
    let Outgoing { group, text, .. } = outgoing;
    out.extend_from_slice(format!("PUB {GROUP}{group} {}\r\n{text}\r\n", text.len()).as_bytes());
}

pub(super) fn publish_stored(outgoing: Outgoing<'_>, out: &mut Vec<u8>) {
    let Outgoing { group, text, sender, index, .. } = outgoing;
    let bytes = text.len();
    let message = format!("PUB {GROUP}{group} {ANSWER}{sender}.{index} {bytes}\r\n{text}\r\n");
    out.extend_from_slice(message.as_bytes());
}

pub(super) fn pong(out: &mut Vec<u8>) {
    out.extend_from_slice(b"PONG\r\n");
}

/// A control line with its payload, both ends included.
pub(super) fn cut(bytes: &[u8]) -> Result<Option<(Piece<'_>, usize)>, WireFault> {
    let Some(line_end) = memchr::memmem::find(bytes, END) else {
        return match bytes.len() {
            0..=LINE_BYTES_MAX => Ok(None),
            _ => Err(undecodable("a control line", "it does not end", bytes)),
        };
    };
    let line = bytes.get(..line_end).unwrap_or_default();
    let mut end = line_end + END.len();
    if line == b"PING" {
        return Ok(Some((Piece::Ping(b""), end)));
    }
    if line.starts_with(b"MSG ") {
        let size = line.rsplit(|byte| *byte == b' ').next().and_then(number);
        let size = size.filter(|size| *size <= SERVER_FRAME_BYTES_MAX);
        end += size.ok_or_else(|| undecodable("MSG", "no size", line))? + END.len();
    }
    Ok(bytes.get(..end).map(|frame| (Piece::Frame(frame), end)))
}

pub(super) fn read(frame: &[u8]) -> Result<Said, WireFault> {
    let line_end = memchr::memmem::find(frame, END).unwrap_or(frame.len());
    let (line, payload) = frame.split_at(line_end);
    let line =
        std::str::from_utf8(line).map_err(|error| undecodable("a control line", error, frame))?;
    let mut words = line.split(' ');
    match words.next() {
        Some("PONG") => Ok(Said::SignedIn),
        Some("-ERR") => Ok(Said::Refused { code: 0, message: line.to_owned() }),
        Some("MSG") => {
            let payload = payload.strip_prefix(END).and_then(|rest| rest.strip_suffix(END));
            let payload = payload.ok_or_else(|| undecodable("MSG", "no payload", frame))?;
            let subject = words.next().unwrap_or_default();
            match subject.strip_prefix(ANSWER) {
                Some(answered) => stored(answered, payload),
                None => post(payload),
            }
        }
        // INFO and +OK.
        _ => Ok(Said::Other),
    }
}

/// A publish's answer: JSON with the message's place in the stream, or an error.
fn stored(answered: &str, payload: &[u8]) -> Result<Said, WireFault> {
    let answer: serde_json::Value = serde_json::from_slice(payload)
        .map_err(|error| undecodable("an answer of JetStream", error, payload))?;
    if let Some(error) = answer.get("error") {
        return Ok(Said::Refused { code: 0, message: error.to_string() });
    }
    let index = answered.rsplit('.').next().and_then(|index| index.parse().ok());
    index
        .map(|index| Said::Acknowledged { index })
        .ok_or_else(|| undecodable("an answer's subject", answered, payload))
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
