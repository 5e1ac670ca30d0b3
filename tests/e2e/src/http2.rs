//! HTTP/2 frame by frame, for peers that break its rules: nothing here checks what it writes.
//!
//! Heads are written as literals that no table remembers, so that no encoder is needed; of the
//! server's heads only the first byte is looked at.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use crate::deadline::WAIT;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;

pub const REFUSED_STREAM: u32 = 7;
pub const CANCEL: u32 = 8;
pub const ENHANCE_YOUR_CALM: u32 = 11;

/// What `:status 200` is in the protocol's own table.
pub const STATUS_200: u8 = 0x88;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADER_BYTES: usize = 9;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Frame {
    /// The error of a RST_STREAM or a GOAWAY.
    pub fn error(&self) -> Option<u32> {
        let code = match self.kind {
            RST_STREAM => self.payload.first_chunk()?,
            GOAWAY => self.payload.get(4..)?.first_chunk()?,
            _ => return None,
        };
        Some(u32::from_be_bytes(*code))
    }
}

pub struct Http2 {
    socket: TcpStream,
    unread: Vec<u8>,
    /// Whether pings are acknowledged while frames are read, as every peer must.
    pub answers_pings: bool,
}

impl Http2 {
    /// Connects and shakes hands; each setting is its number and its value.
    pub fn open(address: SocketAddr, settings: &[(u16, u32)]) -> Self {
        let socket = TcpStream::connect(address).expect("the server accepts");
        socket.set_read_timeout(Some(WAIT)).expect("a timeout that is not zero");
        socket.set_write_timeout(Some(WAIT)).expect("a timeout that is not zero");
        socket.set_nodelay(true).expect("an option of every TCP socket");
        let mut http2 = Self { socket, unread: Vec::new(), answers_pings: true };
        let mut payload = Vec::new();
        for (number, value) in settings {
            payload.extend_from_slice(&number.to_be_bytes());
            payload.extend_from_slice(&value.to_be_bytes());
        }
        let hello = [PREFACE.to_vec(), frame(SETTINGS, 0, 0, &payload)].concat();
        http2.write(&hello).expect("the server reads");
        http2.write(&frame(SETTINGS, ACK, 0, &[])).expect("the server reads");
        http2
    }

    /// Fails where the server has closed.
    pub fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.socket.write_all(bytes)
    }

    /// The next frame; `None` once the server has closed.
    #[track_caller]
    pub fn receive(&mut self) -> Option<Frame> {
        self.receive_until(Instant::now() + WAIT).expect("a frame or the end in time")
    }

    /// The next frame, `Some(None)` at the end, and `None` where neither came in time.
    pub fn receive_until(&mut self, deadline: Instant) -> Option<Option<Frame>> {
        loop {
            if let Some(frame) = self.take() {
                self.answer_ping(&frame);
                return Some(Some(frame));
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            if left.is_zero() {
                return None;
            }
            self.socket.set_read_timeout(Some(left)).expect("a timeout that is not zero");
            let mut bytes = [0; 16 * 1024];
            match self.socket.read(&mut bytes) {
                Ok(0) => return Some(None),
                Ok(count) => self.unread.extend_from_slice(&bytes[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Some(None),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(error) => panic!("reading: {error}"),
            }
        }
    }

    /// Frames until one is `wanted`.
    #[track_caller]
    pub fn until(&mut self, what: &str, mut wanted: impl FnMut(&Frame) -> bool) -> Frame {
        loop {
            match self.receive() {
                Some(frame) if wanted(&frame) => return frame,
                Some(_) => {}
                None => panic!("closed before {what}"),
            }
        }
    }

    /// The error that the server goes away with, having closed or not.
    #[track_caller]
    pub fn goaway(&mut self) -> Option<u32> {
        let mut error = None;
        while let Some(frame) = self.receive() {
            if frame.kind == GOAWAY {
                error = frame.error();
            }
        }
        error
    }

    fn answer_ping(&mut self, ping: &Frame) {
        if ping.kind == PING && ping.flags & ACK == 0 && self.answers_pings {
            // A server that is gone shows with the next frame.
            let _ = self.write(&frame(PING, ACK, 0, &ping.payload));
        }
    }

    fn take(&mut self) -> Option<Frame> {
        let header: [u8; HEADER_BYTES] = *self.unread.first_chunk()?;
        let [high, middle, low, kind, flags, stream @ ..] = header;
        let length = u32::from_be_bytes([0, high, middle, low]) as usize;
        let payload = self.unread.get(HEADER_BYTES..HEADER_BYTES + length)?.to_vec();
        self.unread.drain(..HEADER_BYTES + length);
        Some(Frame { kind, flags, stream: u32::from_be_bytes(stream), payload })
    }
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame's length has 24 bits");
    let [_, length @ ..] = length.to_be_bytes();
    let mut bytes = length.to_vec();
    bytes.extend_from_slice(&[kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// A head's block: each field a literal without Huffman coding.
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        append_text(name, &mut block);
        append_text(value, &mut block);
    }
    block
}

fn append_text(text: &str, block: &mut Vec<u8>) {
    const PREFIX_MAX: usize = 127;
    let length = text.len();
    if length < PREFIX_MAX {
        block.push(u8::try_from(length).expect("below 127"));
    } else {
        block.push(127);
        let mut rest = length - PREFIX_MAX;
        while rest >= 128 {
            block.push(u8::try_from(rest % 128).expect("below 128") | 128);
            rest /= 128;
        }
        block.push(u8::try_from(rest).expect("below 128"));
    }
    block.extend_from_slice(text.as_bytes());
}

/// The head of a call.
pub fn call(path: &str, token: &str, others: &[(&str, &str)]) -> Vec<u8> {
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("token", token),
    ];
    block(&[&fields[..], others].concat())
}
