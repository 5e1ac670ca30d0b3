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
/// A time of RFC 3339 as text: with nine digits of a second and an offset it has 35 bytes.
pub const TIMESTAMP_TEXT_BYTES_MAX: usize = 35;
/// Values (scalars, arrays, objects) in one JSON text. A value takes 32 bytes once parsed, so
/// that no text takes more than a megabyte; the fullest frame of real use holds a tenth of them.
pub const JSON_VALUES_MAX: usize = 32 * 1024;
/// The name of a device at sign-in, in bytes.
pub const DEVICE_BYTES_MAX: usize = 256;
/// A message's lifetime: a hundred years, beyond any retention, and far from where adding it to
/// a time in milliseconds would overflow.
pub const LIFETIME_MS_MAX: u64 = 100 * 366 * 24 * 60 * 60 * 1000;

const _: () = assert!(TEXT_BYTES_MAX < FRAME_BYTES_MAX, "the longest text must fit a frame");
