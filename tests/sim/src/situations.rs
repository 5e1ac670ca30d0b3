//! The situations that the workload is meant to reach, counted.
//!
//! A test that never gets where the bugs are proves nothing, so a long run in which one of these
//! was never reached fails.

use std::fmt;

macro_rules! situations {
    ($($name:ident => $text:literal,)*) => {
        /// One thing that should happen sometimes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Situation { $($name,)* }

        impl Situation {
            const ALL: &[(Situation, &'static str)] = &[$((Situation::$name, $text),)*];
        }
    };
}

situations! {
    Crash => "crash",
    PowerCut => "power cut",
    CrashWithWritesInFlight => "crash with writes in flight",
    CrashBetweenCommitAndAnswer => "crash between commit and answer",
    UnsyncedWriteLost => "an unsynced write lost by a power cut",
    Resharded => "a restart with another number of shards",
    IntentRedriven => "intents found and re-driven after a crash",
    WallJumpedBack => "wall clock jumped back",
    WallJumpedForward => "wall clock jumped forward",
    SyncOverlapsLive => "a live message arrived while a Sync was being answered",
    SyncOverflow => "more live messages during a Sync than are kept",
    SyncManyPages => "a Sync answered in several pages",
    SyncUnasked => "a Sync that the client left to the server",
    SyncByCursor => "a Sync by the server's cursors",
    SyncAgain => "a second Sync in one session",
    GateHeld => "a message held back for another shard's promise",
    RetryInFlight => "a retry met the first send in flight",
    RetryDuplicate => "a retry answered with the first result",
    RetryAfterCrash => "a retry after a crash",
    KeyWithOtherContent => "a key used again with other content",
    DedupeLoaded => "a dedupe window loaded from the store",
    DirectFromBothSides => "a direct begun from both sides at once",
    RemovedWhilePosting => "a member removed while posting",
    AddedAgain => "a removed member added again",
    HistoryHidden => "a member added to a group that hides its past",
    StrangerRefused => "a stranger's post refused",
    NotAPoster => "a reader's post in a channel refused",
    NotFriends => "a stranger's direct refused",
    NameConflict => "a name wanted twice",
    Recalled => "a message recalled",
    RecalledTwice => "a message recalled twice",
    RecallRefused => "another's message not recalled",
    ReadMarked => "a read mark",
    RoomJoined => "a room joined",
    RoomRefused => "joining what is no room refused",
    RoomAtSignIn => "a room joined at sign-in",
    Dropped => "a connection dropped",
    RequestsLost => "requests lost with their connection",
    EventsLost => "events lost with their connection",
    Replaced => "a session replaced by its own device",
    Resumed => "a client resumed after a crash",
    AwaitDrain => "the core waited for an outbox to drain",
    Acknowledged => "acknowledgements found durable at sign-in",
    Expiring => "a message that expires",
    ManyDrafts => "a Post of many drafts",
    HistoryAnswered => "messages over all conversations read by a caller",
    HistoryInParts => "such a history that had more",
    HistoryOverlapsLive => "a live message before the history asked for at sign-in",
    DirectOpened => "a direct opened without a message",
    ReadBySeq => "a read mark by seq",
    EffectsLate => "effects performed after a later input",
    NoticesSeen => "notices acknowledged",
}

/// How often each [`Situation`] was reached.
#[derive(Clone, Debug)]
pub struct Situations {
    counts: Vec<u64>,
}

impl Default for Situations {
    fn default() -> Self {
        Self { counts: vec![0; Situation::ALL.len()] }
    }
}

impl Situations {
    pub(crate) fn reach(&mut self, situation: Situation) {
        if let Some(count) = self.counts.get_mut(situation as usize) {
            *count += 1;
        }
    }

    pub fn add(&mut self, other: &Situations) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    /// Those that were never reached, in words.
    pub fn missing(&self) -> Vec<&'static str> {
        let all = Situation::ALL.iter().zip(&self.counts);
        all.filter(|(_, count)| **count == 0).map(|((_, text), _)| *text).collect()
    }
}

impl fmt::Display for Situations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((_, text), count) in Situation::ALL.iter().zip(&self.counts) {
            writeln!(f, "{count:>12}  {text}")?;
        }
        Ok(())
    }
}
