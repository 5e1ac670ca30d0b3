//! Socket.IO 5 on Engine.IO 4 over WebSocket, from
//! <https://socket.io/docs/v4/engine-io-protocol/> and
//! <https://socket.io/docs/v4/socket-io-protocol/>.
//!
//! A text frame is a packet: a digit of Engine.IO (0 open, 2 ping, 3 pong, 4 message), behind a 4
//! a digit of Socket.IO (0 connect, 2 event, 3 acknowledgement, 4 refusal), then JSON. The names
//! of events are those of `bench/peers/socket.io/server.js`.

use super::{Outgoing, Piece, Said, Seat, Step, WireFault, post, undecodable, websocket};

const OPEN: Step = Step::Stage(0);
const CONNECTING: Step = Step::Stage(1);
const JOINING: Step = Step::Stage(2);

pub(super) fn proceed(step: Step, seat: Seat, mask: u32, out: &mut Vec<u8>) -> Step {
    if step == OPEN {
        websocket::write_text(b"40", mask, out);
        CONNECTING
    } else if step == CONNECTING {
        let join = format!(r#"420["join","{}"]"#, seat.group);
        websocket::write_text(join.as_bytes(), mask, out);
        JOINING
    } else {
        Step::Ready
    }
}

/// The acknowledgement's number is the message's own.
pub(super) fn publish(outgoing: Outgoing<'_>, mask: u32, out: &mut Vec<u8>) {
    let Outgoing { group, index, text, .. } = outgoing;
    // A stamp and its filler hold nothing that JSON escapes.
    let event = format!(r#"42{index}["message","{group}","{text}"]"#);
    websocket::write_text(event.as_bytes(), mask, out);
}

pub(super) fn pong(payload: &[u8], mask: u32, out: &mut Vec<u8>) {
    match payload {
        b"2" => websocket::write_text(b"3", mask, out),
        _ => websocket::write_pong(payload, mask, out),
    }
}

pub(super) fn cut(bytes: &[u8]) -> Result<Option<(Piece<'_>, usize)>, WireFault> {
    Ok(websocket::cut(bytes)?.map(|(piece, length)| match piece {
        Piece::Frame(b"2") => (Piece::Ping(b"2"), length),
        other => (other, length),
    }))
}

pub(super) fn read(step: Step, frame: &[u8]) -> Result<Said, WireFault> {
    let fault = |detail: &str| undecodable("a packet of Socket.IO", detail, frame);
    match frame {
        [b'0', ..] if step == OPEN => Ok(Said::SignedIn),
        [b'4', b'0', ..] if step == CONNECTING => Ok(Said::SignedIn),
        [b'4', b'3', ..] if step == JOINING => Ok(Said::SignedIn),
        [b'4', b'4', rest @ ..] => {
            let message = String::from_utf8_lossy(rest).into_owned();
            Ok(Said::Refused { code: 0, message })
        }
        [b'4', b'3', rest @ ..] => {
            let digits = rest.split(|byte| *byte == b'[').next().unwrap_or_default();
            let index = std::str::from_utf8(digits).ok().and_then(|index| index.parse().ok());
            index.map(|index| Said::Acknowledged { index }).ok_or_else(|| fault("no number"))
        }
        [b'4', b'2', json @ ..] => {
            let event: (String, String) =
                serde_json::from_slice(json).map_err(|error| fault(&error.to_string()))?;
            post(event.1.as_bytes())
        }
        _ => Ok(Said::Other),
    }
}
