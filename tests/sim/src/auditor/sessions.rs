//! What one session was asked and shown, and in which order that has to be.
//!
//! A session that resumes by id is shown rising ids in each category, from where its Sync began;
//! one by one id for everything is shown rising ids in all; one that resumes by the server's cursors is shown each conversation in the log's order. Both
//! get one answer to everything they ask, and nothing once they are gone.

use std::collections::BTreeMap;

use parlance_codecs::{Category, ConversationId, Event, Message, MessageId, Seq, Tag, UserId};
use parlance_conversation::input::{ResumeStyle, SessionStyle};

use crate::auditor::ledger::{Account, Place};
use crate::violation::{Checked, Promise, broken};

/// A Sync that waits for its answer, or is being answered.
#[derive(Debug)]
struct Sync {
    after: BTreeMap<Category, Option<MessageId>>,
    begun: bool,
}

/// Why a message is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Live,
    /// In a Sync's answer.
    Answer,
    /// Because the server's cursors say that it is missing.
    Missed,
}

pub(crate) struct SessionAudit {
    pub(crate) user: UserId,
    pub(crate) style: SessionStyle,
    /// By category: later messages have larger ids.
    floors: [MessageId; Category::COUNT],
    places: BTreeMap<ConversationId, Place>,
    syncs: BTreeMap<Tag, Sync>,
    /// Posts that wait for their results: the tokens of their drafts.
    pub(crate) posts: BTreeMap<Tag, Vec<u64>>,
    /// The place of each draft among those that this session's client wrote.
    ordinals: BTreeMap<u64, u64>,
    joins: BTreeMap<Tag, ConversationId>,
    /// The last live place of each room: what follows it is shown without a gap.
    room_places: BTreeMap<ConversationId, Place>,
    /// Rooms it is in, or asked for at sign-in, with the log's end when it came in.
    pub(crate) rooms: BTreeMap<ConversationId, Place>,
    /// Live messages may come: the first page has ended.
    live: bool,
    pub(crate) ended: bool,
    /// Where the user's cursors stood, on disk, when the session began.
    cursors: BTreeMap<ConversationId, Vec<u32>>,
    cursor_floors: BTreeMap<ConversationId, u32>,
    up_to: [MessageId; Category::COUNT],
    /// Fresh results by conversation: the place among the session's drafts, and the id.
    order: BTreeMap<ConversationId, BTreeMap<u64, MessageId>>,
    pub(crate) pages_in_answer: u32,
    /// Live messages that reached the shard while a Sync was being answered.
    pub(crate) live_while_syncing: usize,
}

impl SessionAudit {
    pub(crate) fn new(
        user: UserId,
        style: SessionStyle,
        room: Option<ConversationId>,
        account: Option<&Account>,
    ) -> Self {
        let mut session = Self {
            user,
            style,
            floors: [MessageId::ZERO; Category::COUNT],
            places: BTreeMap::new(),
            syncs: BTreeMap::new(),
            posts: BTreeMap::new(),
            ordinals: BTreeMap::new(),
            // What it named when it signed in is told of under no tag.
            joins: room.into_iter().map(|room| (Tag::default(), room)).collect(),
            room_places: BTreeMap::new(),
            rooms: room.into_iter().map(|room| (room, (Seq(u32::MAX), 0))).collect(),
            live: style.resume == ResumeStyle::ByOneId,
            ended: false,
            cursors: BTreeMap::new(),
            cursor_floors: BTreeMap::new(),
            up_to: [MessageId::ZERO; Category::COUNT],
            order: BTreeMap::new(),
            pages_in_answer: 0,
            live_while_syncing: 0,
        };
        if let Some(account) = account {
            session.up_to =
                account.record.as_ref().map(|it| it.delivered_up_to).unwrap_or_default();
            for (conversation, (record, _)) in &account.memberships {
                session.cursor_floors.insert(*conversation, record.delivered.0);
                let above = record.delivered_above.iter().map(|seq| seq.0).collect();
                session.cursors.insert(*conversation, above);
            }
        }
        session
    }

    pub(crate) fn resumes_by_id(&self) -> bool {
        self.style.resume == ResumeStyle::ById
    }

    pub(crate) fn asked_sync(&mut self, tag: Tag, after: &[(Category, Option<MessageId>)]) {
        let after = after.iter().copied().collect();
        self.syncs.insert(tag, Sync { after, begun: false });
    }

    /// The client has written these drafts, in this order.
    pub(crate) fn sent(&mut self, tokens: &[u64]) {
        for token in tokens {
            self.ordinals.insert(*token, self.ordinals.len() as u64);
        }
    }

    pub(crate) fn asked_post(&mut self, tag: Tag, tokens: &[u64]) {
        self.posts.insert(tag, tokens.to_vec());
    }

    pub(crate) fn asked_join(&mut self, tag: Tag, room: ConversationId) {
        self.joins.insert(tag, room);
    }

    pub(crate) fn is_syncing(&self) -> bool {
        !self.syncs.is_empty() || (self.resumes_by_id() && !self.live)
    }

    /// What it still waits for, in words; `None` where everything was answered.
    pub(crate) fn unanswered(&self) -> Option<String> {
        if self.syncs.is_empty() && self.posts.is_empty() && self.joins.is_empty() && self.live {
            return None;
        }
        Some(format!(
            "syncs {:?}, posts {:?}, joins {:?}, first page ended {}",
            self.syncs.keys(),
            self.posts,
            self.joins,
            self.live
        ))
    }

    /// A page's beginning: a Sync's floors count from here on.
    pub(crate) fn page(&mut self, tag: Option<&Tag>, empty: bool) -> Checked {
        let Some(tag) = tag else {
            if self.live && self.style.resume != ResumeStyle::ByOneId {
                return broken(Promise::Resume, "what was missed came after live messages");
            }
            return Ok(());
        };
        let Some(sync) = self.syncs.get_mut(tag) else {
            return broken(Promise::Contract, format!("a page answers {tag:?}, never asked"));
        };
        if !sync.begun {
            sync.begun = true;
            self.pages_in_answer = 0;
            for category in Category::ALL {
                let after = match sync.after.get(&category) {
                    Some(after) => *after,
                    None if sync.after.is_empty() => None,
                    None => continue,
                };
                self.floors[category.index()] = after.unwrap_or_default();
            }
            // By an older id, or by cursors, what was shown before may be shown again.
            self.places.clear();
            self.room_places.clear();
        }
        self.pages_in_answer += u32::from(!empty);
        Ok(())
    }

    pub(crate) fn page_end(&mut self, tag: Option<&Tag>) -> Checked {
        self.page(tag, true)?;
        self.live = true;
        self.live_while_syncing = 0;
        if let Some(tag) = tag {
            self.syncs.remove(tag);
        }
        Ok(())
    }

    /// A join is answered; `end` is where the room's log ends, and `None` where it was refused.
    pub(crate) fn joined(
        &mut self,
        tag: &Tag,
        room: ConversationId,
        end: Option<Place>,
    ) -> Checked {
        if self.joins.remove(tag) != Some(room) {
            return broken(Promise::Contract, format!("{tag:?} asked for no join of {room}"));
        }
        if let Some(end) = end {
            let since = self.rooms.entry(room).or_insert(end);
            *since = end.min(*since);
        }
        Ok(())
    }

    /// A live message in a room: the place of the one before it in this session.
    pub(crate) fn room_place_before(&mut self, message: &Message, shown: Shown) -> Option<Place> {
        if message.category != Category::Room || shown != Shown::Live {
            return None;
        }
        self.room_places.insert(message.conversation, (message.seq, message.mark))
    }

    pub(crate) fn shown(&mut self, message: &Message, shown: Shown) -> Checked {
        if self.style.resume == ResumeStyle::ByOneId {
            self.shown_by_one_id(message, shown)
        } else if self.resumes_by_id() {
            self.shown_by_id(message, shown)
        } else {
            self.shown_by_place(message, shown)
        }
    }

    fn shown_by_id(&mut self, message: &Message, shown: Shown) -> Checked {
        if shown == Shown::Live && !self.live {
            return broken(
                Promise::Resume,
                format!("{message:?} was shown live before the first Sync was answered"),
            );
        }
        let Some(floor) = self.floors.get_mut(message.category.index()) else { return Ok(()) };
        if message.id <= *floor {
            return broken(
                Promise::Order,
                format!("{message:?} was shown ({shown:?}) after id {floor}"),
            );
        }
        *floor = message.id;
        Ok(())
    }

    /// Ids rise in all that it is shown, live or read again.
    fn shown_by_one_id(&mut self, message: &Message, shown: Shown) -> Checked {
        let floor = self.floors.iter().copied().max().unwrap_or_default();
        if message.id <= floor {
            return broken(
                Promise::Order,
                format!("{message:?} was shown ({shown:?}) after id {floor}"),
            );
        }
        self.floors = [message.id; Category::COUNT];
        Ok(())
    }

    fn shown_by_place(&mut self, message: &Message, shown: Shown) -> Checked {
        let place = (message.seq, message.mark);
        if let Some(before) = self.places.insert(message.conversation, place)
            && before >= place
        {
            return broken(
                Promise::Order,
                format!("{message:?} was shown ({shown:?}) after place {before:?}"),
            );
        }
        if shown == Shown::Missed && self.was_acknowledged(message) {
            return broken(
                Promise::Resume,
                format!("{message:?} was shown again, acknowledged on disk before sign-in"),
            );
        }
        Ok(())
    }

    fn was_acknowledged(&self, message: &Message) -> bool {
        let seq = message.seq.0;
        let by_floor =
            self.cursor_floors.get(&message.conversation).is_some_and(|floor| seq <= *floor);
        let one_by_one =
            self.cursors.get(&message.conversation).is_some_and(|above| above.contains(&seq));
        by_floor || one_by_one || message.id <= self.up_to[message.category.index()]
    }

    /// Whether the session began with acknowledgements on disk.
    pub(crate) fn has_cursors(&self) -> bool {
        self.cursor_floors.values().any(|floor| *floor > 0)
            || self.cursors.values().any(|above| !above.is_empty())
    }

    /// Results of one session's first sends stand in the log in the order of sending.
    pub(crate) fn stored(
        &mut self,
        conversation: ConversationId,
        token: u64,
        id: MessageId,
    ) -> Checked {
        let Some(ordinal) = self.ordinals.get(&token).copied() else { return Ok(()) };
        let order = self.order.entry(conversation).or_default();
        let before = order.range(..ordinal).next_back().map(|(_, id)| *id);
        let after = order.range(ordinal + 1..).next().map(|(_, id)| *id);
        order.insert(ordinal, id);
        if before.is_some_and(|before| before >= id) || after.is_some_and(|after| after <= id) {
            return broken(
                Promise::Order,
                format!("draft {token} of a session in {conversation} has {id}, out of order"),
            );
        }
        Ok(())
    }
}

/// What an event is called in a violation.
pub(crate) fn name_of(event: &Event) -> &'static str {
    match event {
        Event::Delivered(_) => "Delivered",
        Event::Posted { .. } => "Posted",
        Event::Page { .. } => "Page",
        Event::PageEnd { .. } => "PageEnd",
        Event::Joined { .. } => "Joined",
        Event::Answered { .. } => "Answered",
        Event::Noticed(_) => "Noticed",
        Event::Notices(_) => "Notices",
        Event::Refused { .. } => "Refused",
    }
}
