//! The bounds on what a peer may send, shared by every dialect and transport.

/// One frame's payload, whatever delimits it, unless configured otherwise.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// Text of one message, in bytes of UTF-8 (1 at least).
pub const TEXT_BYTES_MAX: usize = 32 * 1024;
/// A URL of media, in bytes.
pub const URL_BYTES_MAX: usize = 4 * 1024;
/// Nesting of a JSON text.
pub const JSON_DEPTH_MAX: usize = 32;
/// Fragments of one WebSocket message.
pub const WEBSOCKET_FRAGMENTS_MAX: usize = 1024;
/// A client's key for a message, in bytes.
pub const CLIENT_KEY_BYTES_MAX: usize = 512;
const _: () = assert!(TEXT_BYTES_MAX < FRAME_BYTES_MAX, "the longest text must fit a frame");
