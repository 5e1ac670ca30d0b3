//! RFC 6455 from the server's side: frames in, fragments put together, frames out.
//!
//! Decides: what breaks the protocol, what is too long, what is not UTF-8, what answers a ping
//! or a close. Leaves the handshake's HTTP to others (but for the key) and every extension
//! unspoken: reserved bits are refused. Invariant: a fragment is taken only after its whole
//! message is known to stay within the limits.

use std::io::Cursor;
use std::num::NonZeroU64;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

use super::{FrameLimits, Step};
use crate::dialect::{EndReason, Frame, PayloadKind};

/// The longest header a client can send: two bytes, a length of eight, a mask of four.
const HEADER_BYTES_MAX: usize = 14;
/// Payload of a control frame (RFC 6455 section 5.5).
const CONTROL_BYTES_MAX: usize = 125;
/// `Sec-WebSocket-Key` is the base64 of 16 bytes (RFC 6455 section 4.1).
const KEY_BYTES: usize = 24;

/// The longest frame that the server sends in [`crate::dialect::Framing::Pieces`].
const PIECE_BYTES_MAX: usize = 65_500;

/// What is kept between frames: the message that comes in fragments, if one does.
#[derive(Debug, Default)]
pub struct WebSocket {
    assembly: Option<Box<Assembly>>,
    is_lenient: bool,
    /// What the last pong held, where it was eight bytes and not all of them zero.
    echoed: Option<NonZeroU64>,
}

#[derive(Debug)]
struct Assembly {
    kind: PayloadKind,
    payload: Vec<u8>,
    fragments: usize,
    /// How much of the payload is checked UTF-8; what follows is the start of one character.
    checked: usize,
    /// Handed out as a frame; freed at the next look.
    whole: bool,
}

/// A data or control frame whose header passed every check, with its payload unmasked.
struct RawFrame<'a> {
    opcode: OpCode,
    is_final: bool,
    payload: &'a [u8],
    consumed: usize,
}

impl WebSocket {
    /// Takes frames that are not masked, and remembers pongs.
    pub(super) fn lenient() -> Self {
        Self { is_lenient: true, ..Self::default() }
    }

    pub(super) fn take_echo(&mut self) -> Option<u64> {
        self.echoed.take().map(NonZeroU64::get)
    }

    pub(super) fn next<'a>(&'a mut self, unread: &'a mut [u8], limits: &FrameLimits) -> Step<'a> {
        if self.assembly.as_ref().is_some_and(|assembly| assembly.whole) {
            self.assembly = None;
        }
        let raw = match self.take_frame(unread, limits) {
            Ok(Some(raw)) => raw,
            Ok(None) => return Step::Incomplete,
            Err(reason) => return Step::End(reason),
        };
        match raw.opcode {
            OpCode::Control(control) => {
                if control == Control::Pong
                    && self.is_lenient
                    && let Ok(echo) = raw.payload.try_into()
                {
                    self.echoed = NonZeroU64::new(u64::from_be_bytes(echo));
                }
                answer_control(control, &raw)
            }
            OpCode::Data(Data::Text) if raw.is_final => whole(PayloadKind::Text, &raw),
            OpCode::Data(Data::Binary) if raw.is_final => whole(PayloadKind::Binary, &raw),
            OpCode::Data(Data::Text) => self.begin(PayloadKind::Text, &raw),
            OpCode::Data(Data::Binary) => self.begin(PayloadKind::Binary, &raw),
            OpCode::Data(Data::Continue) => self.go_on(&raw),
            OpCode::Data(Data::Reserved(_)) => Step::End(EndReason::Protocol),
        }
    }

    pub(super) fn is_mid_message(&self) -> bool {
        self.assembly.as_ref().is_some_and(|assembly| !assembly.whole)
    }

    /// The next frame, or `None` while it is not whole. Everything about it is judged by its
    /// header, so that a length beyond the limit is refused before its payload comes.
    fn take_frame<'a>(
        &self,
        unread: &'a mut [u8],
        limits: &FrameLimits,
    ) -> Result<Option<RawFrame<'a>>, EndReason> {
        let start = unread.get(..HEADER_BYTES_MAX).unwrap_or(unread);
        let mut cursor = Cursor::new(start);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|_| EndReason::Protocol)?;
        let Some((header, length)) = parsed else { return Ok(None) };
        let header_bytes = usize::try_from(cursor.position()).map_err(|_| EndReason::Protocol)?;
        // A longer form than needed, and a length with its highest bit, are forbidden.
        if header.len(length) != header_bytes || i64::try_from(length).is_err() {
            return Err(EndReason::Protocol);
        }
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(EndReason::Protocol);
        }
        if header.mask.is_none() && !self.is_lenient {
            return Err(EndReason::Protocol);
        }
        self.check_place(&header, length, limits)?;
        let consumed = usize::try_from(length)
            .ok()
            .and_then(|length| length.checked_add(header_bytes))
            .ok_or(EndReason::TooLong)?;
        let Some(payload) = unread.get_mut(header_bytes..consumed) else { return Ok(None) };
        if let Some(mask) = header.mask {
            unmask(payload, mask);
        }
        Ok(Some(RawFrame { opcode: header.opcode, is_final: header.is_final, payload, consumed }))
    }

    /// Whether a frame with this header may come now, and is short enough.
    fn check_place(
        &self,
        header: &FrameHeader,
        length: u64,
        limits: &FrameLimits,
    ) -> Result<(), EndReason> {
        let (assembled, fragments) = match (header.opcode, &self.assembly) {
            (OpCode::Control(_), _) => {
                let fits = header.is_final && length <= CONTROL_BYTES_MAX as u64;
                return if fits { Ok(()) } else { Err(EndReason::Protocol) };
            }
            (OpCode::Data(Data::Continue), Some(assembly)) => {
                (assembly.payload.len(), assembly.fragments)
            }
            (OpCode::Data(Data::Text | Data::Binary), None) => (0, 0),
            (OpCode::Data(_), _) => return Err(EndReason::Protocol),
        };
        let room = limits.frame_bytes.saturating_sub(assembled);
        if usize::try_from(length).map_or(true, |length| length > room) {
            return Err(EndReason::TooLong);
        }
        if fragments >= limits.websocket_fragments {
            return Err(EndReason::TooLong);
        }
        Ok(())
    }

    fn begin<'a>(&mut self, kind: PayloadKind, raw: &RawFrame<'_>) -> Step<'a> {
        let mut assembly =
            Assembly { kind, payload: Vec::new(), fragments: 0, checked: 0, whole: false };
        match assembly.push(raw) {
            Ok(()) => {
                self.assembly = Some(Box::new(assembly));
                Step::Consumed { consumed: raw.consumed, reply: Vec::new() }
            }
            Err(reason) => Step::End(reason),
        }
    }

    fn go_on<'a>(&'a mut self, raw: &RawFrame<'_>) -> Step<'a> {
        let Some(assembly) = self.assembly.as_mut() else {
            return Step::End(EndReason::Protocol);
        };
        if let Err(reason) = assembly.push(raw) {
            return Step::End(reason);
        }
        if !assembly.whole {
            return Step::Consumed { consumed: raw.consumed, reply: Vec::new() };
        }
        let frame = Frame { kind: assembly.kind, payload: &assembly.payload };
        Step::Frame { frame, consumed: raw.consumed }
    }
}

impl Assembly {
    /// Takes a fragment. Text is checked as it comes, so that bytes which no continuation can
    /// mend are refused with the fragment that holds them.
    fn push(&mut self, raw: &RawFrame<'_>) -> Result<(), EndReason> {
        self.payload.extend_from_slice(raw.payload);
        self.fragments = self.fragments.saturating_add(1);
        self.whole = raw.is_final;
        if self.kind == PayloadKind::Binary {
            return Ok(());
        }
        let unchecked = self.payload.get(self.checked..).unwrap_or_default();
        match std::str::from_utf8(unchecked) {
            Ok(_) => self.checked = self.payload.len(),
            Err(error) if error.error_len().is_some() || self.whole => {
                return Err(EndReason::Malformed);
            }
            Err(error) => self.checked = self.checked.saturating_add(error.valid_up_to()),
        }
        Ok(())
    }
}

fn whole<'a>(kind: PayloadKind, raw: &RawFrame<'a>) -> Step<'a> {
    if kind == PayloadKind::Text && std::str::from_utf8(raw.payload).is_err() {
        return Step::End(EndReason::Malformed);
    }
    Step::Frame { frame: Frame { kind, payload: raw.payload }, consumed: raw.consumed }
}

fn answer_control<'a>(control: Control, raw: &RawFrame<'_>) -> Step<'a> {
    let mut reply = Vec::new();
    match control {
        Control::Ping => append(OpCode::Control(Control::Pong), raw.payload, &mut reply),
        Control::Pong => {}
        Control::Close => return answer_close(raw.payload),
        Control::Reserved(_) => return Step::End(EndReason::Protocol),
    }
    Step::Consumed { consumed: raw.consumed, reply }
}

/// A close is answered with its own code (RFC 6455 section 5.5.1).
fn answer_close<'a>(payload: &[u8]) -> Step<'a> {
    let mut reply = Vec::new();
    match payload {
        [] => append(OpCode::Control(Control::Close), &[], &mut reply),
        [_] => return Step::End(EndReason::Protocol),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            if !CloseCode::from(code).is_allowed() {
                return Step::End(EndReason::Protocol);
            }
            if std::str::from_utf8(reason).is_err() {
                return Step::End(EndReason::Malformed);
            }
            append_close(code, &[], &mut reply);
        }
    }
    Step::Closed { reply }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    for group in payload.chunks_mut(mask.len()) {
        for (byte, mask) in group.iter_mut().zip(mask) {
            *byte ^= mask;
        }
    }
}

pub(super) fn append_message(kind: PayloadKind, payload: &[u8], out: &mut Vec<u8>) {
    append(OpCode::Data(data(kind)), payload, out);
}

fn data(kind: PayloadKind) -> Data {
    match kind {
        PayloadKind::Text => Data::Text,
        PayloadKind::Binary => Data::Binary,
    }
}

/// A message in as few fragments as [`PIECE_BYTES_MAX`] allows.
pub(super) fn append_pieces(kind: PayloadKind, payload: &[u8], out: &mut Vec<u8>) {
    let mut data = data(kind);
    let mut rest = payload;
    while let Some((piece, after)) = rest.split_at_checked(PIECE_BYTES_MAX)
        && !after.is_empty()
    {
        append_one(OpCode::Data(data), false, piece, out);
        data = Data::Continue;
        rest = after;
    }
    append_one(OpCode::Data(data), true, rest, out);
}

/// What the server's own frames hold beside their heads.
pub(super) fn payload_bytes(frames: &[u8]) -> usize {
    let mut bytes = 0_usize;
    let mut rest = Cursor::new(frames);
    while let Ok(Some((_, length))) = FrameHeader::parse(&mut rest) {
        bytes = bytes.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
        rest.set_position(rest.position().saturating_add(length));
    }
    bytes
}

/// Appends a ping of at most 125 bytes; longer payloads are cut.
pub fn append_ping(payload: &[u8], out: &mut Vec<u8>) {
    append(OpCode::Control(Control::Ping), control_payload(payload), out);
}

pub(super) fn append_close(code: u16, reason: &[u8], out: &mut Vec<u8>) {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason);
    append(OpCode::Control(Control::Close), control_payload(&payload), out);
}

fn control_payload(payload: &[u8]) -> &[u8] {
    payload.get(..CONTROL_BYTES_MAX).unwrap_or(payload)
}

/// A server's frames are unmasked, and whole but for those in pieces.
fn append(opcode: OpCode, payload: &[u8], out: &mut Vec<u8>) {
    append_one(opcode, true, payload, out);
}

fn append_one(opcode: OpCode, is_final: bool, payload: &[u8], out: &mut Vec<u8>) {
    let header = FrameHeader { is_final, opcode, ..FrameHeader::default() };
    header.format(payload.len() as u64, out).expect("a Vec takes every write");
    out.extend_from_slice(payload);
}

/// The answer to a handshake's `Sec-WebSocket-Key`; `None` where it is not the base64 of 16
/// bytes.
pub fn accept_key(key: &[u8]) -> Option<String> {
    let digits = key.strip_suffix(b"==")?;
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    // The last digit before the padding holds two bits of the sixteenth byte, and four zeros.
    let ends_whole = digits.last().is_some_and(|digit| b"AQgw".contains(digit));
    if key.len() != KEY_BYTES || !digits.iter().all(is_base64) || !ends_whole {
        return None;
    }
    Some(tungstenite::handshake::derive_accept_key(key))
}
