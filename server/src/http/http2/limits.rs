//! What one HTTP/2 connection may do and hold: every setting of the protocol and of its
//! implementation that has a bound, with its reason.
//!
//! What a peer announces for itself (its own windows, frame and table sizes) the implementation
//! follows within the protocol's bounds. What has no setting is bounded by it as follows: the
//! CONTINUATION frames of one header block, by the size of the header list; acknowledgements of
//! PING and SETTINGS, one of each at a time, before which no further frame is read.

use std::time::Duration;

use hyper::server::conn::http2;

use super::Spawner;
use crate::runtime::HyperTimer;

/// Requests that may be open at a time: RFC 9113 advises not less than 100.
const STREAMS_MAX: u32 = 100;
/// All fields of one request, each counted with 32 bytes more than it has. A token has a
/// kilobyte; what is longer is answered 431, and far longer ends the connection.
const HEADER_LIST_BYTES_MAX: u32 = 16 * 1024;
/// What one frame may hold: the protocol's smallest maximum. Larger frames would only let one
/// request keep the others waiting.
const FRAME_BYTES_MAX: u32 = 16 * 1024;
/// Header fields that the connection remembers for its peer: the protocol's default.
const HEADER_TABLE_BYTES_MAX: u32 = 4 * 1024;
/// Bytes that a peer may send unread: of one request, and of all of them together.
const STREAM_WINDOW_BYTES: u32 = 64 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 256 * 1024;
/// Unsent bytes of one answer.
const SEND_BYTES_MAX: usize = 64 * 1024;
/// Requests that the peer reset before they were looked at; past these the connection ends with
/// ENHANCE_YOUR_CALM, because someone who opens and resets in one breath only makes work.
const PENDING_RESETS_MAX: usize = 20;
/// Requests that this server had to reset for the peer's errors, with the same end.
const LOCAL_RESETS_MAX: usize = 100;
/// A peer is asked whether it is there, and has this long to answer.
const PING_INTERVAL: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// From accept to the first frame.
pub(super) const HANDSHAKE_MS: u64 = 10_000;
/// The preface, and the head of the SETTINGS frame that must follow it.
pub(super) const HANDSHAKE_BYTES: usize = 24 + 9;
/// How long a connection may rest without requests. Clients of gRPC connect again by themselves.
pub(super) const IDLE_MS: u64 = 60_000;
/// From the goodbye to a rested connection to its end.
pub(super) const GOODBYE_MS: u64 = 5_000;
/// How long an answer may have something for its peer that the peer's window keeps back.
pub(super) const STALL_MS: u64 = 30_000;
/// How often answers are looked at.
pub(super) const STALL_CHECK_MS: u64 = 2_000;

const _: () = assert!(STREAM_WINDOW_BYTES <= CONNECTION_WINDOW_BYTES, "one request has its window");
const _: () = assert!(FRAME_BYTES_MAX <= STREAM_WINDOW_BYTES, "one frame fits a window");

pub(super) fn builder(spawner: Spawner) -> http2::Builder<Spawner> {
    let mut builder = http2::Builder::new(spawner);
    builder
        .timer(HyperTimer)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT)
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADER_LIST_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .header_table_size(HEADER_TABLE_BYTES_MAX)
        .adaptive_window(false)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(SEND_BYTES_MAX)
        .max_pending_accept_reset_streams(PENDING_RESETS_MAX)
        .max_local_error_reset_streams(LOCAL_RESETS_MAX);
    builder
}
