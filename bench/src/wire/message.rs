//! Messages on their way out and as they were seen, and what may be wrong with a wire.

/// What two or more users meet in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Category {
    #[default]
    Group,
    Direct,
}

/// A message as it arrived, for comparing with what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenPost {
    /// `None` where the wire does not say.
    pub(crate) sender: Option<u64>,
    /// The group, or the other one of a direct; `None` where the wire does not say.
    pub(crate) group: Option<u64>,
    /// The server's id of the message, where a session resumes by it.
    pub(crate) id: Option<u64>,
    pub(crate) text: String,
}

/// A message to send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outgoing<'a> {
    pub(crate) sender: u64,
    pub(crate) category: Category,
    /// The group, or the user that a direct message is for.
    pub(crate) group: u64,
    /// Echoed in the acknowledgement.
    pub(crate) index: u32,
    pub(crate) text: &'a str,
}

impl Outgoing<'_> {
    /// The conversation as dialects name it that have texts for ids.
    pub(super) fn to_text(self) -> String {
        match self.category {
            Category::Group => self.group.to_string(),
            Category::Direct => {
                let (low, high) = (self.sender.min(self.group), self.sender.max(self.group));
                format!("{low}-{high}")
            }
        }
    }
}

/// The server wrote what this wire does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireFault {
    #[error("HTTP answer {seen:?} instead of 101 with the right Sec-WebSocket-Accept")]
    NotUpgraded { seen: String },
    #[error("HTTP answer {seen:?}")]
    HttpAnswer { seen: String },
    #[error("WebSocket frame header {first:#04x} {second:#04x}: {rule}")]
    WebSocketHeader { first: u8, second: u8, rule: &'static str },
    #[error("a length that does not end within 10 bytes")]
    EndlessLength,
    #[error("a frame of {got} bytes, at most {max} expected")]
    FrameTooLong { got: u64, max: usize },
    #[error("frame header {seen:?} instead of ONECHAT/1.0")]
    OnechatHeader { seen: String },
    #[error("not to be decoded as {expected}: {detail}; begins {seen:?}")]
    Undecodable { expected: &'static str, detail: String, seen: String },
}

/// A group's number. A direct's text names its two users, of whom the sender says who; anything
/// else shows as 0, which equals nothing that was sent.
pub(super) fn group_of_text(text: &str) -> Option<u64> {
    if text.contains('-') { None } else { Some(text.parse().unwrap_or(0)) }
}

/// The beginning of a frame, for an error that a person reads.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    const EXCERPT_BYTES: usize = 120;
    String::from_utf8_lossy(bytes.get(..EXCERPT_BYTES).unwrap_or(bytes)).into_owned()
}
