//! RESP3, from <https://redis.io/docs/latest/develop/reference/protocol-spec/>, with PUBLISH and
//! SUBSCRIBE, which RESP3 allows on one connection, and XADD.

use super::{Outgoing, Piece, Said, Seat, WireFault, post, undecodable};

const END: &[u8] = b"\r\n";
/// What a reply's first line may hold: a type, a number, or a short text.
const LINE_BYTES_MAX: usize = 4_096;

pub(super) fn open(seat: Seat, out: &mut Vec<u8>) {
    command(&["HELLO", "3"], out);
    command(&["SUBSCRIBE", &channel(seat.group)], out);
}

pub(super) fn open_stream(out: &mut Vec<u8>) {
    command(&["PING"], out);
}

pub(super) fn publish(outgoing: Outgoing<'_>, out: &mut Vec<u8>) {
    command(&["PUBLISH", &channel(outgoing.group), outgoing.text], out);
}

/// The entry's id is the message's number, so that the reply tells which one it answers.
pub(super) fn append(outgoing: Outgoing<'_>, out: &mut Vec<u8>) {
    let id = format!("{}-1", outgoing.index);
    command(&["XADD", &channel(outgoing.group), &id, "text", outgoing.text], out);
}

/// A whole reply or push.
pub(super) fn cut(bytes: &[u8]) -> Result<Option<(Piece<'_>, usize)>, WireFault> {
    Ok(end_of_value(bytes)?
        .and_then(|end| bytes.get(..end).map(|frame| (Piece::Frame(frame), end))))
}

pub(super) fn read(frame: &[u8]) -> Result<Said, WireFault> {
    let text = || String::from_utf8_lossy(frame).trim_end().to_owned();
    match frame.first() {
        Some(b'-' | b'!') => Ok(Said::Refused { code: 0, message: text() }),
        Some(b'+') => Ok(Said::SignedIn),
        Some(b'$') => {
            let id = bulks(frame).next().and_then(|id| std::str::from_utf8(id).ok());
            let index = id.and_then(|id| id.strip_suffix("-1")).and_then(|id| id.parse().ok());
            index
                .map(|index| Said::Acknowledged { index })
                .ok_or_else(|| undecodable("an entry's id", "no number", frame))
        }
        Some(b'>') => {
            let mut words = bulks(frame);
            match (words.next(), words.next(), words.next()) {
                (Some(b"message"), Some(_), Some(payload)) => post(payload),
                (Some(b"subscribe"), Some(_), _) => Ok(Said::SignedIn),
                _ => Ok(Said::Other),
            }
        }
        // The map that answers HELLO, and how many a PUBLISH went to.
        _ => Ok(Said::Other),
    }
}

fn command(words: &[&str], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        out.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
}

fn channel(group: u64) -> String {
    format!("group:{group}")
}

/// Values are counted, not descended into, so that nesting costs no stack.
fn end_of_value(bytes: &[u8]) -> Result<Option<usize>, WireFault> {
    let fault = || undecodable("a RESP3 value", "not one", bytes);
    let (mut at, mut wanted) = (0, 1_usize);
    while wanted > 0 {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(line_end) = memchr::memmem::find(rest, END) else {
            return if rest.len() > LINE_BYTES_MAX { Err(fault()) } else { Ok(None) };
        };
        let (kind, word) = rest.get(..line_end).and_then(<[u8]>::split_first).ok_or_else(fault)?;
        let count = || number(word).ok_or_else(fault);
        at += line_end + END.len();
        wanted -= 1;
        match kind {
            b'$' | b'!' | b'=' if word != b"-1" => at += count()? + END.len(),
            b'*' | b'~' | b'>' if word != b"-1" => wanted += count()?,
            b'%' => wanted += 2 * count()?,
            b'$' | b'*' | b'+' | b'-' | b':' | b'_' | b'#' | b',' | b'(' => {}
            _ => return Err(fault()),
        }
    }
    Ok((at <= bytes.len()).then_some(at))
}

/// The bulk strings of a value, in order.
fn bulks(frame: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = frame;
    std::iter::from_fn(move || {
        loop {
            let line_end = memchr::memmem::find(rest, END)?;
            let (line, after) = rest.split_at(line_end);
            let after = after.get(END.len()..)?;
            let Some(length) = line.strip_prefix(b"$").and_then(number) else {
                rest = after;
                continue;
            };
            let (bulk, after) = after.split_at_checked(length)?;
            rest = after.get(END.len()..)?;
            return Some(bulk);
        }
    })
}

/// At most 9 digits, so that sums of lengths stay small.
fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok().filter(|digits| digits.len() <= 9)?.parse().ok()
}
