//! Verifies a data directory: every record, every order, every cross-reference.
//!
//! It only reads, holds the directory's lock so that no server writes meanwhile, and goes on
//! after what it finds, so that one report names everything. What two shards are still telling
//! one another (an intent that is open) is no fault.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use parlance_codecs::{ConversationId, UserId};
use parlance_conversation::placement::{Partition, Placement, ShardIndex};
use parlance_conversation::store::Intent;

use crate::directory::layout::Layout;
use crate::directory::lock::DirectoryLock;
use crate::directory::wall_clock;
use crate::error::{DirectoryError, StoreError};
use crate::families::{Database, Family, Shared};
use crate::keys;
use crate::records;
use crate::rocks;
use crate::scan::{View, key_place};

mod entities;
mod logs;
mod relations;

/// Findings that a report spells out. The rest are counted: a directory that is wrong throughout
/// must not fill the memory with descriptions.
const FINDINGS_MAX: usize = 1_000;

/// What a check saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub shards: usize,
    pub epoch: u64,
    pub users: u64,
    pub conversations: u64,
    /// Messages and marks whose content is there.
    pub messages: u64,
    /// Places whose content is gone because it expired.
    pub messages_removed: u64,
    pub intents_open: u64,
    /// Records of every kind.
    pub records: u64,
    /// The first ones found, at most a thousand.
    pub findings: Vec<Finding>,
    pub findings_total: u64,
}

/// Something that is not as every store should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub shard: usize,
    /// The family, and the key in hexadecimal.
    pub place: String,
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shard {}, {}: {}", self.shard, self.place, self.what)
    }
}

impl Report {
    pub fn is_sound(&self) -> bool {
        self.findings_total == 0
    }

    fn find(&mut self, shard: ShardIndex, place: String, what: String) {
        self.findings_total = self.findings_total.saturating_add(1);
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { shard: shard.index(), place, what });
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} shards, epoch {}", self.shards, self.epoch)?;
        writeln!(f, "{} users, {} conversations", self.users, self.conversations)?;
        writeln!(f, "{} messages, {} expired and removed", self.messages, self.messages_removed)?;
        writeln!(f, "{} records in all, {} intents open", self.records, self.intents_open)?;
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        write!(f, "{} findings", self.findings_total)
    }
}

/// Reads a whole data directory that no server has open.
pub fn check(directory: &Path) -> Result<Report, DirectoryError> {
    let layout = Layout::read(directory)?
        .ok_or_else(|| DirectoryError::NoLayout { path: directory.to_owned() })?;
    let _lock = DirectoryLock::take_if_there(directory)?;
    let mut report = Report { epoch: layout.epoch, ..Report::default() };
    if layout.generation == 0 {
        return Ok(report);
    }
    report.shards = layout.shards;
    let shared = Shared::new(wall_clock);
    let mut databases = Vec::with_capacity(layout.shards);
    for shard in 0..layout.shards {
        let path = layout.store_path(directory, shard);
        let opened = rocks::open_read_only(&path, &shared);
        databases.push(opened.map_err(|source| DirectoryError::Store { path, source })?);
    }
    let stores = Stores::new(&databases, &mut report);
    stores.check(&mut report);
    Ok(report)
}

/// All shards' stores at one moment, with what their intents still say.
struct Stores<'d> {
    placement: Placement,
    views: Vec<View<'d>>,
    pending: Pending,
}

/// What is on its way between two homes, so that the two may differ about it.
#[derive(Default)]
struct Pending {
    memberships: BTreeSet<(UserId, ConversationId)>,
    /// What a user's home does not know yet about a direct's other user, or about a group that
    /// the user is asked into.
    requests: BTreeSet<(UserId, ConversationId)>,
}

impl<'d> Stores<'d> {
    fn new(databases: &'d [Database], report: &mut Report) -> Self {
        let views = databases.iter().map(View::new).collect();
        let placement = Placement::new(databases.len());
        let mut stores = Self { placement, views, pending: Pending::default() };
        let mut pending = Pending::default();
        stores.walk(Family::Intents, report, |entry, report| {
            let id = keys::parse_intent(entry.key).ok_or(NO_KEY)?;
            report.intents_open = report.intents_open.saturating_add(1);
            match records::decode_intent(entry.value).map_err(text)? {
                Intent::Joined { user, conversation, .. } => {
                    pending.memberships.insert((user, conversation));
                    pending.requests.insert((user, conversation));
                }
                Intent::Left { user, conversation } => {
                    pending.memberships.insert((user, conversation));
                }
                Intent::Befriended { user, friend: other }
                | Intent::Unfriended { user, friend: other }
                | Intent::FriendAsked { user, from: other, .. } => {
                    let pair = ConversationId::direct(user, other).ok_or(NO_PAIR)?;
                    pending.requests.insert((user, pair));
                }
                Intent::Invited { user, group: about, .. }
                | Intent::RequestOver { user, about } => {
                    pending.requests.insert((user, about));
                }
                Intent::Notify { .. } => {}
            }
            Ok(id.origin)
        });
        stores.pending = pending;
        stores
    }

    fn check(&self, report: &mut Report) {
        self.check_users(report);
        self.check_conversations(report);
        self.check_relations(report);
        self.check_shards(report);
        for (view, shard) in self.shards() {
            logs::check(view, shard, report, |report, entry, partition| {
                self.check_home(shard, entry, partition, report);
            });
        }
    }

    fn shards(&self) -> impl Iterator<Item = (&View<'d>, ShardIndex)> {
        self.views.iter().zip((0..=u8::MAX).map(ShardIndex))
    }

    /// Gives `each` every entry of a family, on every shard. What it returns is the partition
    /// that the entry should be in, or what is wrong with it.
    fn walk(
        &self,
        family: Family,
        report: &mut Report,
        mut each: impl FnMut(Record<'_>, &mut Report) -> Result<Partition, String>,
    ) {
        for (view, shard) in self.shards() {
            walk_shard(view, shard, family, report, |entry, report| match each(entry, report) {
                Ok(partition) => self.check_home(shard, entry, partition, report),
                Err(what) => report.find(shard, entry.place(), what),
            });
        }
    }

    /// Whether an entry's key begins with its partition and that is this shard's.
    fn check_home(
        &self,
        shard: ShardIndex,
        entry: Record<'_>,
        partition: Partition,
        report: &mut Report,
    ) {
        if keys::partition(entry.key) != Some(partition) {
            let what = format!("its key should begin with partition {}", partition.0);
            report.find(shard, entry.place(), what);
        }
        let home = self.placement.shard_of(partition);
        if home != shard {
            let what = format!("it belongs to shard {}", home.index());
            report.find(shard, entry.place(), what);
        }
    }

    /// Whether the store that should hold a key does.
    fn holds(&self, family: Family, key: &[u8]) -> Result<bool, String> {
        let home = keys::partition(key).map(|partition| self.placement.shard_of(partition));
        match home.and_then(|home| self.views.get(home.index())) {
            Some(view) => view.get(family, key).map(|found| found.is_some()).map_err(text),
            None => Err(NO_KEY.to_owned()),
        }
    }
}

const NO_PAIR: &str = "a pair of one user";
const NO_KEY: &str = "a key that was never written";

/// One entry of a family.
#[derive(Clone, Copy)]
struct Record<'s> {
    family: Family,
    key: &'s [u8],
    value: &'s [u8],
}

impl Record<'_> {
    fn place(&self) -> String {
        key_place(self.family, self.key)
    }
}

/// Gives `each` every entry of a family of one shard. What cannot be read ends the walk and is a
/// finding itself.
fn walk_shard(
    view: &View<'_>,
    shard: ShardIndex,
    family: Family,
    report: &mut Report,
    mut each: impl FnMut(Record<'_>, &mut Report),
) {
    let result = (|| -> Result<(), StoreError> {
        let mut scan = view.scan(family);
        let mut entry = scan.seek(&[])?;
        while let Some((key, value)) = entry {
            report.records = report.records.saturating_add(1);
            each(Record { family, key, value }, report);
            entry = scan.next()?;
        }
        Ok(())
    })();
    if let Err(error) = result {
        report.find(shard, family.name().to_owned(), error.to_string());
    }
}

fn text(error: impl ToString) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests;
