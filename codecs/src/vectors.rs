//! The golden vectors of `codecs/vectors`: read, run, compared.
//!
//! `codecs/vectors/README.md` tells the format. An inbound vector runs through a [`Splitter`] and
//! a dialect, whole, one byte at a time, and cut at every length; a cut one must mean the
//! beginning of what the whole one means. With `PARLANCE_WRITE_VECTORS=1` a test writes what it
//! found into the file instead of comparing; the difference is then for a person to judge.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::ask::Claim;
use crate::dialect::{
    Credentials, Decoded, Dialect, DialectName, EndReason, Form, Frame, Framing, PayloadKind,
};
use crate::framing::engineio::Protocol;
use crate::framing::{FrameLimits, Splitter, Step, append_close};
use crate::model::UserId;

mod coverage;

const MEANING: &str = "--- meaning\n";
const WIRE: &str = "--- wire\n";
/// Any mask does; a fixed one keeps the vectors the same.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// What a connection is, as far as decoding goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connection {
    framing: Framing,
    /// Engine.IO without a socket: the wire is what polling bodies become.
    by_polling: bool,
    /// `None`: the frames themselves are shown.
    dialect: Option<DialectName>,
    user: Option<UserId>,
    limits: FrameLimits,
}

impl Connection {
    fn splitter(self) -> Splitter {
        match Protocol::of(self.framing) {
            Some(protocol) if self.by_polling => Splitter::polling(protocol),
            Some(_) | None => Splitter::new(self.framing),
        }
    }
}

/// One file of inbound bytes and what they mean.
#[derive(Debug)]
pub(crate) struct Inbound {
    path: PathBuf,
    head: String,
    pub(crate) connection: Connection,
    /// Whether the meaning is the same however the bytes are split into reads.
    splits: bool,
    pub(crate) wire: Vec<u8>,
    meaning: String,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name)
}

/// Every vector of a folder, in the order of their names.
pub(crate) fn inbound(name: &str) -> Vec<Inbound> {
    let folder = folder(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} holds no vector", folder.display());
    paths.into_iter().map(read_inbound).collect()
}

/// Every inbound vector: the framings' and each registered dialect's.
pub(crate) fn all() -> Vec<Inbound> {
    let dialects = DialectName::ALL.iter().map(|dialect| dialect.as_str());
    let named = std::iter::once("framing").chain(dialects);
    named.filter(|name| folder(name).is_dir()).flat_map(inbound).collect()
}

fn read_inbound(path: PathBuf) -> Inbound {
    let text = fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once(WIRE).unwrap_or_else(|| panic!("{path:?} has no wire"));
    let (wire, meaning) = rest.split_once(MEANING).unwrap_or((rest, ""));
    let mut connection = Connection {
        framing: Framing::WebSocket,
        by_polling: false,
        dialect: None,
        user: None,
        limits: FrameLimits::default(),
    };
    let mut splits = true;
    for line in head.lines().filter(|line| !line.starts_with('#')) {
        let (key, value) = line.split_once(": ").unwrap_or_else(|| panic!("{path:?}: {line}"));
        match (key, value) {
            ("framing", "websocket") => connection.framing = Framing::WebSocket,
            ("framing", "pieces") => connection.framing = Framing::Pieces,
            ("framing", "delimited") => connection.framing = Framing::Delimited,
            ("framing", "grpc") => connection.framing = Framing::Grpc,
            ("framing", "onechat") => connection.framing = Framing::Onechat,
            ("framing", "bare") => connection.framing = Framing::Bare,
            ("framing", "engineio3") => connection.framing = Framing::EngineIo3,
            ("framing", "engineio4") => connection.framing = Framing::EngineIo4,
            ("transport", "polling") => connection.by_polling = true,
            ("dialect", name) => {
                let named = DialectName::ALL.iter().find(|dialect| dialect.as_str() == name);
                connection.dialect = Some(*named.unwrap_or_else(|| panic!("{path:?}: {line}")));
            }
            ("user", id) => connection.user = Some(id.parse().unwrap()),
            ("frame_bytes", max) => connection.limits.frame_bytes = max.parse().unwrap(),
            ("fragments", max) => connection.limits.websocket_fragments = max.parse().unwrap(),
            ("splits", "no") => splits = false,
            _ => panic!("{path:?}: {line}"),
        }
    }
    let (head, meaning) = (head.to_owned(), meaning.to_owned());
    Inbound { head, connection, splits, wire: wire_bytes(wire), meaning, path }
}

/// `text>` and `binary>` lines become masked WebSocket frames; every other line is bytes.
fn wire_bytes(section: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    for line in section.lines() {
        if let Some(text) = line.strip_prefix("text>") {
            wire.extend(masked(0x81, &unescape(text.trim_start())));
        } else if let Some(bytes) = line.strip_prefix("binary>") {
            wire.extend(masked(0x82, &unescape(bytes.trim_start())));
        } else {
            wire.extend(unescape(line));
        }
    }
    wire
}

/// A client's frame, with a first byte of FIN, reserved bits and opcode.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | u8::try_from(length).unwrap()),
        length @ 126..65536 => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// Bytes as they stand in a vector: `escape_ascii`, but for quotes, which JSON is full of, and a
/// space at the end, which editors remove.
fn escape(bytes: &[u8]) -> String {
    let mut text: String = bytes
        .iter()
        .map(|byte| match byte {
            b'"' | b'\'' => char::from(*byte).to_string(),
            _ => byte.escape_ascii().to_string(),
        })
        .collect();
    if text.ends_with(' ') {
        text.truncate(text.len() - 1);
        text.push_str("\\x20");
    }
    text
}

/// The lines of a file that are no comments.
pub(crate) fn lines(path: &str) -> Vec<String> {
    let text = fs::read_to_string(folder(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// The inverse of [`escape`].
pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes().iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next().expect("a character after a backslash") {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'x' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    bytes
}

pub(crate) fn check_inbound(name: &str) {
    for vector in inbound(name) {
        let file = vector.path.display().to_string();
        let whole = meaning(vector.connection, [vector.wire.as_slice()]);
        compare(&vector.path, &vector.meaning, &whole, || {
            let text = fs::read_to_string(&vector.path).unwrap();
            let (_, rest) = text.split_once(WIRE).unwrap();
            let wire =
                rest.split_once(MEANING).map_or(rest, |(wire, _)| wire).trim_end_matches('\n');
            format!("{}{WIRE}{wire}\n{MEANING}{whole}", vector.head)
        });
        if vector.splits {
            let bytes = meaning(vector.connection, vector.wire.chunks(1));
            assert_eq!(bytes, whole, "{file}: one byte at a time");
        }
        for length in 0..vector.wire.len() {
            let cut = meaning(vector.connection, [&vector.wire[..length]]);
            assert!(whole.starts_with(&cut), "{file}: the first {length} bytes mean\n{cut}");
        }
    }
}

/// Compares a text with its file, or writes it there when asked to.
fn compare(path: &Path, expected: &str, found: &str, written: impl FnOnce() -> String) {
    if expected == found {
        return;
    }
    if std::env::var_os("PARLANCE_WRITE_VECTORS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, written()).unwrap();
        return;
    }
    panic!("{}\n--- expected\n{expected}\n--- found\n{found}", path.display());
}

/// Compares what an event became, in several forms, with its file.
pub(crate) fn check_outbound(path: &str, about: &str, frames: &[(&str, Vec<u8>)]) {
    let mut found = format!("# {about}\n");
    for (form, bytes) in frames {
        writeln!(found, "--- {form}\n{}", escape(bytes)).unwrap();
    }
    let path = folder(path);
    let expected = fs::read_to_string(&path).unwrap_or_default();
    compare(&path, &expected, &found, || found.clone());
}

/// The names of an outbound file's parts, where those are what is put in.
pub(crate) fn parts(path: &str) -> Vec<String> {
    let path = folder(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines().filter_map(|line| line.strip_prefix("--- ")).map(str::to_owned).collect()
}

/// Runs reads through a connection. Panics where the splitter breaks its word: it must make
/// progress, never discard more than there is, and leave an incomplete frame untouched.
pub(crate) fn meaning<'r>(
    connection: Connection,
    reads: impl IntoIterator<Item = &'r [u8]>,
) -> String {
    let mut splitter = connection.splitter();
    let mut state = Meaning { connection, kind: first_kind(connection), lines: String::new() };
    let mut unread: Vec<u8> = Vec::new();
    for read in reads {
        unread.extend_from_slice(read);
        while !unread.is_empty() {
            let before = unread.clone();
            let consumed = match splitter.next(&mut unread, &connection.limits) {
                Step::Incomplete => {
                    assert_eq!(before, unread, "an incomplete frame was touched");
                    break;
                }
                Step::Frame { frame, consumed } => {
                    if state.frame(frame) {
                        return state.lines;
                    }
                    consumed
                }
                Step::Consumed { consumed, reply } => {
                    if !reply.is_empty() {
                        state.line(&format!("framing replies {}", escape(&reply)));
                    }
                    consumed
                }
                Step::Closed { reply } => {
                    state.line(&format!("closed {}", escape(&reply)));
                    return state.lines;
                }
                Step::End(reason) => {
                    let mut close = Vec::new();
                    append_close(connection.framing, reason, &mut close);
                    state.end("framing ends", reason, &close);
                    return state.lines;
                }
            };
            assert!(0 < consumed && consumed <= before.len(), "no progress: {consumed}");
            unread.drain(..consumed);
        }
    }
    state.lines
}

fn first_kind(connection: Connection) -> PayloadKind {
    match connection.framing {
        Framing::Delimited | Framing::Grpc | Framing::Pieces => PayloadKind::Binary,
        Framing::WebSocket
        | Framing::Onechat
        | Framing::Bare
        | Framing::EngineIo3
        | Framing::EngineIo4 => PayloadKind::Text,
    }
}

struct Meaning {
    connection: Connection,
    kind: PayloadKind,
    lines: String,
}

impl Meaning {
    /// Whether the frame ends the connection.
    fn frame(&mut self, frame: Frame<'_>) -> bool {
        let Some(name) = self.connection.dialect else {
            let (kind, payload) = (frame.kind, escape(frame.payload));
            self.line(&format!("frame {kind:?} {payload}"));
            return false;
        };
        let mut form = Form { dialect: name, framing: self.connection.framing, kind: self.kind };
        let dialect: &dyn Dialect = name.dialect();
        let mut decoded = Vec::new();
        dialect.decode(&mut form, self.connection.user, frame, &mut decoded);
        self.kind = form.kind;
        if decoded.is_empty() {
            self.line("nothing");
        }
        decoded.into_iter().any(|decoded| self.decoded(decoded))
    }

    fn decoded(&mut self, decoded: Decoded) -> bool {
        match decoded {
            Decoded::SignIn(frame) => {
                self.connection.user = UserId::new(7);
                let (tag, device) = (frame.tag.0, frame.device);
                let who = match frame.credentials {
                    Credentials::Password { name, secret } => format!("name {name:?} {secret:?}"),
                    Credentials::Token(token) => format!("token {token:?}"),
                    Credentials::Handshake => "whom the handshake names".to_owned(),
                };
                self.line(&format!("sign in {who} device {device:?} tag {tag:?}"));
            }
            Decoded::SignOut => {
                self.line("sign out");
                return true;
            }
            Decoded::Identify { tag, claim: Claim { ask, introduction } } => {
                self.line(&format!("identify {ask:?} {introduction:?} tag {tag:?}"));
            }
            Decoded::Request(request) => self.line(&format!("request {request:?}")),
            Decoded::Reply(reply) => {
                self.line(&format!("reply {}", escape(&reply)));
            }
            Decoded::End { reply, reason } => {
                self.end("dialect ends", reason, &reply);
                return true;
            }
        }
        false
    }

    fn line(&mut self, text: &str) {
        self.lines.push_str(text.trim_end());
        self.lines.push('\n');
    }

    fn end(&mut self, who: &str, reason: EndReason, bytes: &[u8]) {
        self.line(&format!("{who} {reason:?} {}", escape(bytes)));
    }
}
