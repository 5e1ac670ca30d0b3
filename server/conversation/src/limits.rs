//! The core's limits. Each names what it bounds and why it is as large as it is.

/// Sessions of one user at a time; one more closes the oldest.
pub const SESSIONS_PER_USER_MAX: usize = 64;
/// How long a session that resumes by id may wait before its first Sync.
pub const FIRST_SYNC_WAIT_MS: u64 = 1_000;
/// Posts of one session that wait for their answers; the shell stops reading at this many.
pub const POSTS_IN_FLIGHT_MAX: usize = 256;
/// Members of one group, channel or room.
pub const MEMBERS_MAX: usize = 100_000;
/// A page's bytes of content, softly.
pub const PAGE_BYTES_MAX: usize = 256 * 1024;
/// Live messages kept for a session while its Sync is being answered; past it they are read
/// from the log instead.
pub const SYNC_LIVE_MAX: usize = 1_024;
/// Live messages that a shard holds back until every other has closed below them. It takes a shard
/// that stands still to get there; past it the held ones are dropped, and the sessions that would
/// have been shown them read them from the log (those of categories that are not stored are lost).
pub const HELD_MESSAGES_MAX: usize = 65_536;
/// Acknowledgements above the cumulative cursor, per user and conversation. Past it the newest
/// are not recorded, and those messages are sent again at the next sign-in.
pub const DELIVERED_ABOVE_MAX: usize = 1_024;
/// Messages whose conversation is remembered for acknowledgements that name only an id.
pub const RECENT_MESSAGES_MAX: usize = 65_536;
/// Cursors that changed are written at the latest after this long.
pub const CURSOR_WRITE_MS: u64 = 500;
/// Users and conversations kept in memory that nobody uses.
pub const IDLE_ENTITIES_MAX: usize = 100_000;
/// Senders of one conversation whose keys are kept in memory; past it they are loaded anew.
pub const WINDOWS_MAX: usize = 4_096;
/// Members that one write of a membership change may hold; longer lists take several writes.
pub const MEMBERS_PER_WRITE_MAX: usize = 1_000;
/// Cursors in one write.
pub const CURSORS_PER_WRITE_MAX: usize = 4_096;
/// Users' buckets that are not full again; past it a user who has none is too fast. Each is some
/// dozens of bytes and lives for as long as it takes to fill.
pub const PACES_MAX: usize = 100_000;
/// The first id for users whose id the operator leaves open; lower ones are for tokens to name.
pub const FIRST_ALLOCATED_USER: u64 = 1_000_001;
/// Syncs of one session that wait for the one being answered.
pub const SYNCS_WAITING_MAX: usize = 16;
/// Rooms that one session may have joined.
pub const ROOMS_PER_SESSION_MAX: usize = 64;
/// Histories of callers without a session that are read at a time, per shard: each holds up to
/// [`HISTORY_BYTES_MAX`] and a page of every shard. More wait for a place.
pub const HISTORIES_MAX: usize = 32;
/// Callers whose history waits for such a place; past it they are told to come back later. As
/// many as the shell has calls of one shard in flight.
pub const HISTORIES_WAITING_MAX: usize = 4_096;
/// How long a history may take, its wait for a place included. After it nobody waits for the
/// answer any more, so nothing more is read.
pub const HISTORY_WAIT_MS: u64 = 10_000;
/// Bytes of content in one history, softly: the rest is asked for after its last message.
pub const HISTORY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Entities looked at per tick while idle ones are dropped, beside two for each that came since
/// the tick before.
pub const SWEEP_PER_TICK_MAX: usize = 256;
/// Friends and groups of one user, together. Each is loaded with the user and listed as a whole.
pub const RELATIONS_MAX: usize = 5_000;
/// What one user may be asked at a time (to be friends, to come into a group): with the longest
/// texts a quarter of a mebibyte, loaded with the user.
pub const USER_REQUESTS_MAX: usize = 256;
/// Users who are invited into one group, or ask to be let in, at a time.
pub const GROUP_REQUESTS_MAX: usize = 256;
/// Admins of one group: each is told of every application.
pub const ADMINS_MAX: usize = 64;
/// Notices of one user that are kept; past it the oldest are dropped. One event holds them all.
pub const NOTICES_MAX: usize = 256;
const _: () = assert!(NOTICES_MAX <= parlance_codecs::Event::PAGE_MESSAGES_MAX);
/// Members up to which everybody is told what happens to one of them. In larger groups only those
/// are told whom it happens to: what a change costs must not grow without bound.
pub const NOTICED_MEMBERS_MAX: usize = 1_000;
