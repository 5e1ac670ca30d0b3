//! What one seed draws before it runs: sizes, rates of faults, delays.
//!
//! Swarm testing: every seed has its own mix, and many seeds have a fault not at all, because a
//! bug often needs one thing to happen much more, or much less, than on average. The plan also
//! holds the planted fault by which the auditor is tested.

use parlance_codecs::Category;
use parlance_conversation::store::Durability;

use crate::dice::{Delay, Dice};

/// A fault of the world itself, against the core's contract, which the auditor must notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// Writes are reported as committed before they are.
    EarlyCommit,
    /// A write that was asked to be synced never reaches the disk.
    LostCommit,
    /// A message between two shards never arrives.
    MeshLoss,
    /// Two messages between two shards change places.
    MeshSwap,
    /// A session is shown a message twice.
    DoubleDelivery,
    /// A session is never shown a message.
    LostDelivery,
    /// A load finds no dedupe records though there are some.
    ForgottenKeys,
    /// A message is shown to a session whose user has no part in it.
    WrongSession,
    /// Two requests of a session change places.
    RequestSwap,
    /// A message is missing in what a caller is told of all conversations.
    HistoryGap,
}

/// One seed's draws.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) shards: usize,
    pub(crate) users: u64,
    /// Groups, channels and rooms that the operator makes.
    pub(crate) conversations: Vec<Category>,
    pub(crate) by_id_clients: usize,
    pub(crate) by_cursor_clients: usize,
    pub(crate) by_one_id_clients: usize,
    pub(crate) friends_required_per_mille: u32,
    pub(crate) durability: [Durability; Category::COUNT],
    pub(crate) active_us: u64,
    pub(crate) think_us: u64,
    pub(crate) operator_think_us: u64,
    pub(crate) tick_us: u64,
    pub(crate) mesh: Delay,
    pub(crate) commit: Delay,
    pub(crate) read: Delay,
    pub(crate) wire: Delay,
    /// Times a thousand client turns end with the client gone.
    pub(crate) drop_per_mille: u32,
    /// Times a thousand inputs the shell handles another input before it performs the effects.
    pub(crate) late_effects_per_mille: u32,
    /// Mean time between crashes; zero for none.
    pub(crate) crash_us: u64,
    pub(crate) power_cut_per_mille: u32,
    /// How far the wall clock may stand from the undisturbed one; zero for never.
    pub(crate) wall_jump_ms: i64,
    pub(crate) acknowledge_per_mille: u32,
    pub(crate) batch_max: u64,
    /// Drafts in one Post, at most.
    pub(crate) drafts_max: u64,
    /// The core's bound on messages in a page, and on live ones kept during a Sync.
    pub(crate) page_messages_max: usize,
    pub(crate) sync_live_max: usize,
    pub(crate) idle_entities_max: usize,
    /// Entries that a log read looks at, at most, before its page ends.
    pub(crate) examined_max: usize,
    /// Times a thousand a restart comes with another number of shards.
    pub(crate) reshard_per_mille: u32,
    pub(crate) planted: Option<Planted>,
}

/// More than the widest difference of two clock readings at which a dedupe window still holds is
/// a day; half of it either way keeps every retry inside the window.
const JUMP_INSIDE_WINDOW_MS: i64 = 11 * 60 * 60 * 1000;
const JUMP_DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Plan {
    pub(crate) fn draw(seed: u64, planted: Option<Planted>) -> Self {
        let mut dice = Dice::new(seed ^ 0x7061_726c_616e_6365);
        let dice = &mut dice;
        let numbered = dice.between(1, 5);
        let small = dice.chance(400);
        Self {
            seed,
            shards: [1, 2, 3, 4][dice.below(4)],
            users: dice.between(2, 6),
            conversations: (0..numbered).map(|_| draw_category(dice)).collect(),
            by_id_clients: draw_clients(dice),
            by_cursor_clients: draw_clients(dice),
            by_one_id_clients: [0, 0, 1, 3][dice.below(4)],
            friends_required_per_mille: [0, 0, 300, 1000][dice.below(4)],
            durability: draw_durability(dice),
            active_us: dice.between(1_000_000, 4_000_000),
            think_us: dice.between(20_000, 200_000),
            operator_think_us: dice.between(30_000, 500_000),
            tick_us: dice.between(5_000, 100_000),
            mesh: draw_delay(dice, 2_000),
            commit: draw_delay(dice, 20_000),
            read: draw_delay(dice, 20_000),
            wire: draw_delay(dice, 20_000),
            drop_per_mille: [0, 10, 40, 150][dice.below(4)],
            late_effects_per_mille: [0, 0, 100, 500][dice.below(4)],
            crash_us: [0, 300_000, 1_000_000, 2_000_000][dice.below(4)],
            power_cut_per_mille: 500,
            wall_jump_ms: [0, JUMP_INSIDE_WINDOW_MS, JUMP_DAY_MS][dice.below(3)],
            acknowledge_per_mille: [0, 300, 700, 1000][dice.below(4)],
            batch_max: [1, 4, 1000][dice.below(3)],
            // Tiny pages and a huge backlog would only make a run long.
            drafts_max: [1, 1, 3, if small { 3 } else { 40 }][dice.below(4)],
            page_messages_max: if small { 1 + dice.below(6) } else { 256 },
            sync_live_max: if small { 1 + dice.below(4) } else { 1_024 },
            idle_entities_max: if dice.chance(500) { dice.below(4) } else { 100_000 },
            examined_max: if small { 2 + dice.below(6) } else { 4_096 },
            reshard_per_mille: [0, 0, 500][dice.below(3)],
            planted,
        }
    }

    /// Whether a retry is sure to be recognised although the clock jumped since the first send.
    /// Where not, the clock jumps at restarts only, and nobody retries over one.
    pub(crate) fn jumps_stay_inside_window(&self) -> bool {
        self.wall_jump_ms <= JUMP_INSIDE_WINDOW_MS
    }
}

fn draw_category(dice: &mut Dice) -> Category {
    match dice.below(10) {
        0..=5 => Category::Group,
        6..=7 => Category::Channel,
        _ => Category::Room,
    }
}

fn draw_clients(dice: &mut Dice) -> usize {
    [0, 1, 2, 4, 6][dice.below(5)]
}

/// Directs and groups are always synced here: they carry the promises. Channels and rooms now
/// and then are not, and are then judged by what remains promised.
fn draw_durability(dice: &mut Dice) -> [Durability; Category::COUNT] {
    let channel = if dice.chance(150) { Durability::Os } else { Durability::Sync };
    let room = [Durability::Sync, Durability::Os, Durability::Memory][dice.below(3)];
    [Durability::Sync, Durability::Sync, channel, room]
}

fn draw_delay(dice: &mut Dice, usual_max_us: u64) -> Delay {
    let usual_us = dice.between(10, usual_max_us);
    Delay {
        usual_us,
        slow_us: dice.between(usual_us, 400_000),
        slow_per_mille: [0, 0, 20, 100, 300][dice.below(5)],
    }
}
