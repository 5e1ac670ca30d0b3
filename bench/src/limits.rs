//! What the generator allows itself, and where its own figures stop being trusted.

use parlance_codecs::limits::FRAME_BYTES_MAX;

/// Connections that are being opened or signed in at the same time: well below a listener's
/// usual backlog of 1,024, so that no handshake waits for a retransmission.
pub(crate) const OPENING_MAX: usize = 128;
/// Connections from one source address. The kernel's ephemeral range holds about 28,000 ports;
/// staying far below it keeps the search for a free one short.
pub(crate) const CONNECTIONS_PER_SOURCE_MAX: usize = 10_000;
/// Source addresses 127.0.0.1 to 127.0.0.200.
pub(crate) const SOURCES_MAX: usize = 200;
pub(crate) const CONNECTIONS_MAX: usize = CONNECTIONS_PER_SOURCE_MAX * SOURCES_MAX;
/// File descriptors for everything that is no session: epoll, files of `/proc`, the operator API.
pub(crate) const DESCRIPTORS_RESERVE: u64 = 64;
/// No session became ready for this long while sessions were being opened: the server hangs.
pub(crate) const OPENING_STALL_NS: u64 = 20_000_000_000;

/// Events taken from the kernel at once. Between two takes the schedule is looked at, so this
/// bounds how long receiving can hold up publishing (256 receipts are about half a millisecond).
pub(crate) const EVENTS_MAX: usize = 256;
/// Messages published between two looks at the sockets, for the same reason the other way.
pub(crate) const PUBLISHES_PER_TURN_MAX: usize = 64;
/// The one buffer that all sockets are read into: large enough that a session with a backlog
/// is drained in few reads, small enough to stay in the cache.
pub(crate) const READ_BUFFER_BYTES: usize = 256 * 1024;
/// Reads of one socket in a row, so that a session with an endless backlog holds up no other.
pub(crate) const READS_PER_TURN_MAX: usize = 4;
/// A frame from the server. Offline pages are larger than anything a client may send.
pub(crate) const SERVER_FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;
const _: () = assert!(SERVER_FRAME_BYTES_MAX >= 256 * FRAME_BYTES_MAX, "a full page must fit");
/// The head of an HTTP answer.
pub(crate) const HTTP_HEAD_BYTES_MAX: usize = 8 * 1024;
/// Bytes that wait in the generator because the server does not read its publisher. Past it the
/// connection is given up: the schedule has lost its meaning long before.
pub(crate) const UNSENT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Messages of one run, all groups together: one counter of four bytes each is kept.
pub(crate) const MESSAGES_MAX: u64 = 50_000_000;
/// Members named in one call of the operator API (about 20 KB of JSON).
pub(crate) const MEMBERS_PER_CALL_MAX: usize = 1_000;
/// Of every so many receipts one frame is decoded in full and compared with what was sent; a
/// full decode costs about as much as everything else that is done with a receipt.
pub(crate) const SAMPLE_EVERY: u64 = 256;
/// Descriptions of faults that are kept; the counts go on.
pub(crate) const EXAMPLES_MAX: usize = 5;

/// From the end of signing in to the first scheduled message, so that the schedule does not
/// begin in the past.
pub(crate) const SCHEDULE_LEAD_NS: u64 = 100_000_000;
/// Between the last session's sign-in and the reading of idle memory.
pub(crate) const SETTLE_NS: u64 = 1_000_000_000;
/// After the schedule's end, receipts are waited for while they come at least this often ...
pub(crate) const DRAIN_QUIET_NS: u64 = 3_000_000_000;
/// ... and for no longer than this.
pub(crate) const DRAIN_NS_MAX: u64 = 60_000_000_000;
/// The longest sleep of the generator: how late it may notice an interrupt.
pub(crate) const TURN_WAIT_NS_MAX: u64 = 50_000_000;

/// A generator that publishes later than this (at the 99th percentile) measures itself.
pub(crate) const LAG_P99_NS_MAX: u64 = 2_000_000;
/// A generator that was running, or waiting for a core, for more than this share of the window
/// had no time left in which to be on time.
pub(crate) const GENERATOR_BUSY_SHARE_MAX: f64 = 0.95;
/// The largest latency a histogram holds; longer ones count as this.
pub(crate) const LATENCY_NS_MAX: u64 = 600_000_000_000;
/// The longest schedule, warm-up included: what a histogram can hold of a server that stalls
/// from the first message on.
pub(crate) const SCHEDULE_SECONDS_MAX: u64 = 500;
const _: () = assert!(
    SCHEDULE_SECONDS_MAX * 1_000_000_000 + DRAIN_NS_MAX <= LATENCY_NS_MAX,
    "a message that waits for the whole run must still be measured"
);
/// Seconds of a run that are told one by one. A receipt after that counts as of the last.
pub(crate) const TIMELINE_SECONDS_MAX: usize = 600;
const _: () = assert!(
    SCHEDULE_SECONDS_MAX + DRAIN_NS_MAX / 1_000_000_000 <= TIMELINE_SECONDS_MAX as u64,
    "every second of a run has its own place"
);

/// Repetitions of a scenario; its medians do not need more.
pub(crate) const ROUNDS_MAX: u32 = 1_000;
/// Variants of a scenario, those of its file times those of the command line.
pub(crate) const VARIANTS_MAX: usize = 64;

/// Messages that one publisher may have on their way: a Parlance server stops reading a session
/// at as many.
pub(crate) const IN_FLIGHT_PER_PUBLISHER_MAX: u32 = 256;
/// Messages of the past that are on their way while it is being stored.
pub(crate) const STORING_AHEAD_MAX: u32 = 128;
/// Messages of the past that is read: a few minutes of storing them.
pub(crate) const HISTORY_MESSAGES_MAX: u32 = 5_000_000;
/// Messages of one pull of the `im` dialect.
pub(crate) const PULL_MESSAGES_MAX: u32 = 50;
/// Messages to each group before or while its members are away.
pub(crate) const MISSED_MAX: u32 = 100_000;
/// Steps of a ramp, and of its refinement.
pub(crate) const RAMP_STEPS_MAX: u32 = 100;
/// A week of minutes.
pub(crate) const SOAK_STAGES_MAX: u32 = 10_080;
/// Of one stage: what is kept of each message is dropped with it.
pub(crate) const SOAK_STAGE_SECONDS_MAX: u64 = SCHEDULE_SECONDS_MAX;
/// Synced writes of a disk that are measured beside a run.
pub(crate) const DISK_SYNCS_MAX: usize = 100_000;
/// What the socket of a receiver holds that is slow on purpose.
pub(crate) const SLOW_RECEIVE_BUFFER_BYTES: usize = 4 * 1024;

/// From starting the server to its readiness; a re-shard of a large directory takes a while.
pub(crate) const SERVER_READY_SECONDS_MAX: u64 = 60;
/// From SIGTERM to the server's end.
pub(crate) const SERVER_STOP_SECONDS_MAX: u64 = 30;
/// Bytes of the server's log that are shown when it fails.
pub(crate) const LOG_TAIL_BYTES: u64 = 2_000;
