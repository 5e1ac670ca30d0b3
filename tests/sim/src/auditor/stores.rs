//! After a crash: what is on disk is what was committed, less what a power cut may take.
//!
//! The ledger is replayed from each shard's journal without the writes that the store says it
//! lost, and then every conversation, user and name is read back and compared.

use std::collections::BTreeMap;
use std::sync::Arc;

use parlance_codecs::{Category, ConversationId, Message, MessageId, Seq, UserId};
use parlance_conversation::placement::Placement;
use parlance_conversation::store::{
    Durability, LoadKey, Loaded, LogQuery, LogRange, NameKey, NoticeMark,
};
use parlance_storage::Store;

use crate::auditor::Auditor;
use crate::violation::{Checked, Promise, Violation, broken};

/// How a run's stores are read: by the shard's number.
pub(crate) type Stores<'a> = &'a [&'a dyn Store];

impl Auditor {
    /// The process is gone. `lost` says how many of each shard's newest writes went with it.
    pub(crate) fn crashed(&mut self, lost: &[usize]) -> Checked {
        if lost.iter().any(|lost| *lost > 0) {
            self.replay(lost)?;
        }
        self.forget_unsynced(lost);
        let accounts = &self.ledger.accounts;
        self.left.retain(|(user, conversation)| {
            !accounts.get(user).is_some_and(|it| it.memberships.contains_key(conversation))
        });
        for session in self.sessions.values_mut() {
            session.ended = true;
        }
        Ok(())
    }

    fn replay(&mut self, lost: &[usize]) -> Checked {
        let mut ledger = self.base.clone();
        for (shard, journal) in self.journals.iter_mut().enumerate() {
            let gone = lost.get(shard).copied().unwrap_or_default();
            journal.truncate(journal.len().saturating_sub(gone));
        }
        for (shard, journal) in self.journals.iter().enumerate() {
            let index = self.shard_index(shard);
            for (changes, at_us) in journal {
                ledger.apply(index, changes, *at_us)?;
            }
        }
        self.ledger = ledger;
        Ok(())
    }

    /// Everything has its home by another number of shards.
    pub(crate) fn place(&mut self, placement: Placement) {
        if placement != self.placement {
            self.placement = placement;
            self.ledger.reshard(placement);
        }
    }

    /// A process begins on what the last one left.
    pub(crate) fn restarted(&mut self, placement: Placement) {
        self.place(placement);
        self.marked_read.clear();
        self.base = self.ledger.clone();
        self.journals = vec![Vec::new(); placement.shards()];
    }

    /// Where a category does not promise to outlive a crash, results and places are open again.
    fn forget_unsynced(&mut self, lost: &[usize]) {
        let any_lost = lost.iter().any(|lost| *lost > 0);
        let durability = self.durability;
        let ledger = &self.ledger;
        let open = |category: Option<Category>| match category {
            None => true,
            Some(category) => match durability[category.index()] {
                Durability::Memory => true,
                Durability::Os => any_lost,
                Durability::Sync => false,
            },
        };
        self.shown_at.retain(|(conversation, _), id| {
            ledger.ids.contains_key(id) || !open(ledger.category_of(*conversation))
        });
        for (token, fact) in &mut self.drafts.facts {
            let stored = ledger.drafts.contains_key(token);
            if !stored && open(ledger.category_of(fact.draft.conversation)) {
                fact.result = None;
                fact.fresh_answer = false;
            }
        }
    }

    /// Reads everything back and compares it with the ledger.
    pub(crate) fn compare(&self, stores: Stores<'_>) -> Checked {
        for (conversation, log) in &self.ledger.logs {
            let home = self.placement.home_of_conversation(*conversation).index();
            let Some(store) = stores.get(home) else { continue };
            let read = read_log(*store, *conversation)?;
            let expected: Vec<_> = match log.deleted {
                true => Vec::new(),
                false => log.entries.values().cloned().collect(),
            };
            if read != expected {
                return broken(
                    Promise::Durable,
                    format!("{conversation} holds {read:?} on disk, committed is {expected:?}"),
                );
            }
            self.compare_conversation(*store, *conversation)?;
        }
        for user in self.ledger.accounts.keys() {
            let home = self.placement.home_of_user(*user).index();
            let Some(store) = stores.get(home) else { continue };
            self.compare_user(*store, *user)?;
        }
        for (pair, record) in &self.ledger.pairs {
            let home = self.placement.home_of_conversation(*pair).index();
            let Some(store) = stores.get(home) else { continue };
            let loaded = load(*store, &LoadKey::Pair(*pair))?;
            if loaded != Loaded::Pair(Some(*record)) {
                return broken(Promise::Durable, format!("pair {pair} on disk is {loaded:?}"));
            }
        }
        for name in self.ledger.names.keys() {
            let home = self.placement.home_of_name(name).index();
            let Some(store) = stores.get(home) else { continue };
            self.compare_name(*store, name)?;
        }
        Ok(())
    }

    fn compare_conversation(&self, store: &dyn Store, conversation: ConversationId) -> Checked {
        let Some(log) = self.ledger.logs.get(&conversation) else { return Ok(()) };
        let loaded = load(store, &LoadKey::Conversation(conversation))?;
        let Loaded::Conversation(state) = loaded else {
            return broken(Promise::Contract, format!("{conversation} loads as {loaded:?}"));
        };
        let Some(state) = state else {
            if log.record.is_none() {
                return Ok(());
            }
            return broken(Promise::Durable, format!("{conversation} is gone from disk"));
        };
        let (seq, mark, id) =
            log.last().map_or((Seq(0), 0, MessageId::ZERO), |last| (last.seq, last.mark, last.id));
        let same = Some(&state.record) == log.record.as_ref()
            && state.members == listed(&log.members)
            && state.requests == listed(&log.requests)
            && (state.last_seq, state.last_mark, state.last_id) == (seq, mark, id);
        if same {
            return Ok(());
        }
        broken(Promise::Durable, format!("{conversation} on disk is {state:?}"))
    }

    fn compare_user(&self, store: &dyn Store, user: UserId) -> Checked {
        let Some(account) = self.ledger.accounts.get(&user) else { return Ok(()) };
        let loaded = load(store, &LoadKey::User(user))?;
        let Loaded::User(state) = loaded else {
            return broken(Promise::Contract, format!("user {user} loads as {loaded:?}"));
        };
        let Some(state) = state else {
            if account.record.is_none() {
                return Ok(());
            }
            return broken(Promise::Durable, format!("user {user} is gone from disk"));
        };
        let memberships: Vec<_> =
            account.memberships.iter().map(|(id, (record, _))| (*id, record.clone())).collect();
        let friends: Vec<_> =
            account.friends.iter().map(|(id, (record, _))| (*id, record.clone())).collect();
        let notices: Vec<_> = account.notices.values().cloned().collect();
        let marks = account.notice_marks.iter();
        let marks: Vec<_> =
            marks.map(|(origin, up_to)| NoticeMark { origin: *origin, up_to: *up_to }).collect();
        let same = Some(&state.record) == account.record.as_ref()
            && state.memberships == memberships
            && state.friends == friends
            && state.requests == listed(&account.requests)
            && state.notices == notices
            && state.notice_marks == marks;
        if same {
            return Ok(());
        }
        broken(Promise::Durable, format!("user {user} on disk is {state:?}"))
    }

    fn compare_name(&self, store: &dyn Store, name: &NameKey) -> Checked {
        let loaded = load(store, &LoadKey::Name(name.clone()))?;
        if loaded == Loaded::Name(self.ledger.names.get(name).cloned()) {
            return Ok(());
        }
        broken(Promise::Durable, format!("{name:?} on disk is {loaded:?}"))
    }
}

fn listed<K: Copy, V: Clone>(of: &BTreeMap<K, V>) -> Vec<(K, V)> {
    of.iter().map(|(key, value)| (*key, value.clone())).collect()
}

fn load(store: &dyn Store, key: &LoadKey) -> Result<Loaded, Violation> {
    store.load(key, 0).or_else(|error| broken(Promise::Durable, format!("{key:?}: {error}")))
}

/// The whole log, recalled and expired messages too.
fn read_log(
    store: &dyn Store,
    conversation: ConversationId,
) -> Result<Vec<Arc<Message>>, Violation> {
    let mut messages = Vec::new();
    let mut after_id = MessageId::ZERO;
    loop {
        let range = LogRange { conversation, after_id, after_seq: Seq(0), up_to: MessageId::MAX };
        let query = LogQuery {
            ranges: vec![range],
            messages_max: LogQuery::MESSAGES_MAX,
            bytes_max: usize::MAX,
            // Long before anything expires.
            now_ms: 0,
            with_recalled: true,
        };
        let page = store
            .read_log(&query)
            .or_else(|error| broken(Promise::Durable, format!("{conversation}: {error}")))?;
        messages.extend(page.messages);
        if page.complete_up_to == MessageId::MAX {
            return Ok(messages);
        }
        if page.complete_up_to <= after_id {
            return broken(Promise::Contract, format!("{query:?} does not advance"));
        }
        after_id = page.complete_up_to;
    }
}
