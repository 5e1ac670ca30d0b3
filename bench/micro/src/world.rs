//! One shard's core with a store in memory, for operations on it.
//!
//! Everything that the core asks for is done at once. What is written while a group is made is
//! kept; after that writes are only said to be committed, so that an operation measures the core
//! and not the model of a store.

use parlance_codecs::dialect::{DialectName, Echo, Replaces};
use parlance_codecs::{
    Category, Content, ConversationId, Draft, DraftBody, MessageId, Request, Tag,
};
use parlance_conversation::input::{
    CallId, CommitSeq, Now, ResumeStyle, SessionId, SessionStyle, SignIn,
};
use parlance_conversation::mesh::{CallAnswer, CallRequest, Notify};
use parlance_conversation::placement::{Placement, ShardIndex};
use parlance_conversation::store::{Durability, Recovered};
use parlance_conversation::{Effect, Input, Options, Shard};
use parlance_storage::{MemoryStore, Store as _};

use crate::sample::{text, user};

/// 2026: any time after the ids' epoch.
const BEGINS_MS: u64 = 1_767_225_600_000;

pub(crate) struct World {
    shard: Shard,
    store: MemoryStore,
    keeps: bool,
    written: u64,
    now: Now,
    group: Option<ConversationId>,
    posts: u64,
    text: String,
    /// Sessions that live messages were fanned out to.
    pub(crate) shown: usize,
    /// The message shown last.
    pub(crate) last: MessageId,
}

impl World {
    /// A group of this many members, each with one session, and all of it live.
    pub(crate) fn new(members: u32, resume: ResumeStyle, durability: Durability) -> Self {
        let now = Now { monotonic_ms: 1, wall_ms: BEGINS_MS };
        let mut options = Options::default();
        options.durability[Category::Group.index()] = durability;
        let recovered = Recovered { clock_ceiling: MessageId::ZERO, intents: Vec::new() };
        let shard = Shard::new(ShardIndex(0), Placement::new(1), options, recovered, now);
        let mut world = Self {
            shard,
            store: MemoryStore::new(),
            keeps: true,
            written: 0,
            now,
            group: None,
            posts: 0,
            text: text(),
            shown: 0,
            last: MessageId::ZERO,
        };
        let users = (1..=u64::from(members)).map(user).collect();
        let request = CallRequest::CreateConversation {
            category: Category::Group,
            name: String::new(),
            owner: Some(user(1)),
            members: users,
            posters: Vec::new(),
            history_for_new_members: true,
            notify: Notify::Nobody,
        };
        world.feed(Input::Call { call: CallId(1), request });
        for slot in 0..members {
            world.sign_in(slot, resume);
        }
        world.keeps = false;
        world.post();
        assert!(world.shown > 0, "somebody is shown the first message");
        world
    }

    fn sign_in(&mut self, slot: u32, resume: ResumeStyle) {
        let session = session(slot);
        let style = SessionStyle {
            dialect: DialectName::Stream,
            resume,
            echo: Echo::NotDirects,
            friends_required: false,
            replaces: Replaces::Nothing,
            marks: true,
            notices: false,
        };
        let user = user(u64::from(slot) + 1);
        let sign_in = SignIn { session, user, device: "".into(), style, room: None };
        self.feed(Input::SignedIn(sign_in));
        let after = Category::ALL.map(|category| (category, Some(MessageId::ZERO))).into();
        let request = Request::Sync { tag: Tag::default(), after, room: None };
        self.feed(Input::Request { session, request });
    }

    /// The first member posts, by its own key, and everything that follows is done.
    pub(crate) fn post(&mut self) {
        self.posts += 1;
        let draft = Draft {
            conversation: self.group.expect("made before"),
            category: Some(Category::Group),
            body: DraftBody::Content(Content::text(self.text.clone())),
            expires_in_ms: None,
            key: Some(self.posts.to_be_bytes().into()),
        };
        let request = Request::Post { tag: Tag("s1".into()), drafts: vec![draft] };
        self.feed(Input::Request { session: session(0), request });
    }

    /// A member acknowledges one message.
    pub(crate) fn acknowledge(&mut self, id: MessageId) {
        let request = Request::Receipts { ids: vec![id] };
        self.feed(Input::Request { session: session(0), request });
    }

    fn feed(&mut self, input: Input) {
        self.now.monotonic_ms += 1;
        self.now.wall_ms += 1;
        self.shard.handle(input, self.now);
        while let Some(effect) = self.shard.poll_effect() {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        let answer = match effect {
            Effect::Write { changes, durability } => {
                self.written += 1;
                if self.keeps {
                    self.store.commit(&changes, durability).expect("a store in memory");
                }
                Input::Committed { up_to: CommitSeq(self.written) }
            }
            Effect::Load { ticket, key } => {
                let loaded = self.store.load(&key, self.now.wall_ms).expect("a store in memory");
                Input::Loaded { ticket, loaded }
            }
            Effect::ReadLog { ticket, query, .. } => {
                let page = self.store.read_log(&query).expect("a store in memory");
                Input::Read { ticket, page }
            }
            Effect::AwaitDrain { session } => Input::Drained { session },
            Effect::FanOut { message, sessions } => {
                self.shown += sessions.len();
                self.last = message.id;
                return;
            }
            Effect::Answer { answer: CallAnswer::Conversation(group), .. } => {
                self.group = Some(group);
                return;
            }
            Effect::Mesh { .. } => unreachable!("there is one shard"),
            Effect::Close { reason, .. } => unreachable!("closed: {reason:?}"),
            Effect::Answer { .. } | Effect::Send { .. } | Effect::Ready => return,
        };
        self.shard.handle(answer, self.now);
    }
}

fn session(slot: u32) -> SessionId {
    SessionId { slot, generation: 1 }
}
