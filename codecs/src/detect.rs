//! What speaks on the main port, by a connection's first bytes.
//!
//! Decides as soon as the bytes can mean only one thing, after four at most; leaves everything
//! about what follows to whom it names.

/// Who the bytes are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detected {
    /// Fewer than four bytes, which could become more than one of these.
    Incomplete,
    /// HTTP/1.1, WebSocket handshakes included.
    Http1,
    /// HTTP/2 with prior knowledge.
    Http2,
    /// The `onechat` dialect in its own framing.
    Onechat,
    /// The `onechat` dialect as bare JSON.
    Bare,
    /// Nobody: close.
    Unknown,
}

/// How many bytes always suffice.
pub const DETECT_BYTES: usize = 4;

/// First four bytes and who they are for. Methods that HTTP then refuses are here, so that they
/// are refused in its words.
const STARTS: [(&[u8; DETECT_BYTES], Detected); 11] = [
    (b"GET ", Detected::Http1),
    (b"POST", Detected::Http1),
    (b"OPTI", Detected::Http1),
    (b"PUT ", Detected::Http1),
    (b"DELE", Detected::Http1),
    (b"HEAD", Detected::Http1),
    (b"PATC", Detected::Http1),
    (b"CONN", Detected::Http1),
    (b"TRAC", Detected::Http1),
    (b"PRI ", Detected::Http2),
    (b"ONEC", Detected::Onechat),
];

/// Judges the bytes that a connection began with; none are consumed.
pub fn detect(first: &[u8]) -> Detected {
    match first {
        [] => return Detected::Incomplete,
        [b'{' | b' ' | b'\t' | b'\r' | b'\n', ..] => return Detected::Bare,
        _ => {}
    }
    for (start, detected) in STARTS {
        if first.starts_with(start) {
            return detected;
        }
    }
    if STARTS.iter().any(|(start, _)| start.starts_with(first)) {
        return Detected::Incomplete;
    }
    Detected::Unknown
}

#[cfg(test)]
mod tests;
