//! Shards with their stores, joined by a mesh that keeps the order of each pair. Everything moves
//! at once, except what a script holds back.
//!
//! A script's first lines may set the world up:
//! `shards 2`, `page 3` (messages a page), `keep 2` (live messages beside a Sync), `gate 2` (held by the gate), `idle 0`
//! (entities kept in memory), `memory room`, `os group`, `stored group` (from the next start).
//! Then: `in a 7 stream [room=3]`, `in a 7 onechat [device=x]`,
//! `in a 7 push` and `in a 7 events` (live from now on; the first is one a user), `in a 7 rooms` (live from now on,
//! ids rising in all), `out a`, `drain a`, requests of a
//! session (`a post 1 hello [key=k] [expires=9]`), `busy a` (its posts in flight), calls (`call group 7 8`), `hold` and `let` with
//! `commits 0`, `loads 0`, `reads 0` or `mesh 0 1`, `wait 500` (milliseconds, then a tick),
//! `crash` (only what was committed is left), `still` and `go` (time stands or passes from line to
//! line), `quiet` (forget what was seen so far).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use parlance_codecs::{Category, ConversationId, Event, MessageId, Seq};

use super::store::Store;
use super::transcript;
use super::words::Words;
use crate::effect::Effect;
use crate::input::{CallId, CommitSeq, Input, Now, SessionId, Ticket};
use crate::mesh::MeshMessage;
use crate::placement::{Placement, ShardIndex};
use crate::shard::{Options, Shard};
use crate::store::{Change, Durability, LoadKey, LogQuery};

/// What a script may hold back, with the shards that it concerns.
type Held = (String, Vec<u8>);

/// One shard with what is on its way to and from its store.
#[derive(Debug)]
struct Place {
    shard: Shard,
    writes: VecDeque<Vec<Change>>,
    committed: u64,
    loads: VecDeque<(Ticket, LoadKey)>,
    reads: VecDeque<(Ticket, ShardIndex, LogQuery)>,
}

pub(super) struct World {
    pub(super) placement: Placement,
    options: Options,
    now_ms: u64,
    /// Time does not pass from line to line.
    still: bool,
    places: Vec<Place>,
    stores: Vec<Store>,
    links: BTreeMap<(u8, u8), VecDeque<MeshMessage>>,
    held: BTreeSet<Held>,
    pub(super) sessions: BTreeMap<String, (ShardIndex, SessionId)>,
    numbered: u32,
    names: BTreeMap<MessageId, String>,
    seen: Vec<String>,
}

impl World {
    pub(super) fn run(script: &str) -> Vec<String> {
        let options = Options::default();
        let mut world = Self {
            placement: Placement::new(1),
            options,
            now_ms: 0,
            still: false,
            places: Vec::new(),
            stores: Vec::new(),
            links: BTreeMap::new(),
            held: BTreeSet::new(),
            sessions: BTreeMap::new(),
            numbered: 0,
            names: BTreeMap::new(),
            seen: Vec::new(),
        };
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            world.now_ms += u64::from(!world.still);
            world.line(&Words::new(line));
            world.settle();
        }
        for (shard, store) in (0..).zip(&world.stores) {
            store.check_home(ShardIndex(shard), world.placement);
        }
        world.seen
    }

    fn line(&mut self, words: &Words<'_>) {
        match words.at(0) {
            "shards" => self.placement = Placement::new(words.number(1)),
            "page" => self.options.page_messages = words.number(1),
            "keep" => self.options.sync_live_max = words.number(1),
            "gate" => self.options.held_messages_max = words.number(1),
            "idle" => self.options.idle_entities_max = words.number(1),
            "memory" => self.set_durability(words.category(1), Durability::Memory),
            "os" => self.set_durability(words.category(1), Durability::Os),
            "stored" => self.set_durability(words.category(1), Durability::Sync),
            _ => {
                if self.places.is_empty() {
                    self.start();
                }
                self.act(words);
            }
        }
    }

    fn set_durability(&mut self, category: Category, durability: Durability) {
        self.options.durability[category.index()] = durability;
    }

    fn act(&mut self, words: &Words<'_>) {
        let held = || (words.at(1).to_owned(), words.shards_from(2));
        match words.at(0) {
            "hold" => drop(self.held.insert(held())),
            "let" => assert!(self.held.remove(&held()), "not held: {words:?}"),
            "quiet" => {
                self.settle();
                self.seen.clear();
            }
            "crash" => self.start(),
            "still" | "go" => self.still = words.at(0) == "still",
            "wait" => {
                self.now_ms += words.number(1) as u64;
                for shard in 0..self.places.len() {
                    self.feed(shard, Input::Tick);
                }
            }
            "in" => {
                let number = self.number();
                let sign_in = words.sign_in(SessionId { slot: number, generation: number });
                let home = self.placement.home_of_user(sign_in.user);
                self.sessions.insert(words.at(1).to_owned(), (home, sign_in.session));
                self.feed(home.index(), Input::SignedIn(sign_in));
            }
            "out" => {
                let (home, session) = self.session(words.at(1));
                self.feed(home.index(), Input::Closed { session });
            }
            "busy" => {
                let (home, session) = self.session(words.at(1));
                let posts = self.places[home.index()].shard.posts_in_flight(session);
                self.note(session, &format!("busy {posts}"));
            }
            "drain" => {
                let (home, session) = self.session(words.at(1));
                self.feed(home.index(), Input::Drained { session });
            }
            "call" => {
                let call = CallId(u64::from(self.number()));
                let request = words.call(&|place| self.id_of(place));
                self.feed(words.shard(), Input::Call { call, request });
            }
            name => {
                let (home, session) = self.session(name);
                let request = words.request(&|place| self.id_of(place));
                self.feed(home.index(), Input::Request { session, request });
            }
        }
    }

    fn number(&mut self) -> u32 {
        self.numbered += 1;
        self.numbered
    }

    fn session(&self, name: &str) -> (ShardIndex, SessionId) {
        *self.sessions.get(name).unwrap_or_else(|| panic!("no session {name} in the script"))
    }

    /// The first start and every later one: only what the stores hold is there.
    fn start(&mut self) {
        self.links.clear();
        self.stores.resize_with(self.placement.shards(), Store::default);
        let floor = self.stores.iter().map(Store::clock).max().unwrap_or_default();
        let now = self.now();
        self.places = (0..)
            .zip(&self.stores)
            .map(|(shard, store)| Place {
                shard: Shard::new(
                    ShardIndex(shard),
                    self.placement,
                    self.options,
                    store.recovered(floor),
                    now,
                ),
                writes: VecDeque::new(),
                committed: 0,
                loads: VecDeque::new(),
                reads: VecDeque::new(),
            })
            .collect();
        for shard in 0..self.places.len() {
            self.feed(shard, Input::Tick);
        }
    }

    fn now(&self) -> Now {
        let wall_ms = MessageId::EPOCH_MS + 1_000_000 + self.now_ms;
        Now { monotonic_ms: self.now_ms, wall_ms }
    }

    /// The one place that calls the core.
    fn feed(&mut self, shard: usize, input: Input) {
        let now = self.now();
        self.places[shard].shard.handle(input, now);
        while let Some(effect) = self.places[shard].shard.poll_effect() {
            self.take(shard, effect);
        }
    }

    fn take(&mut self, shard: usize, effect: Effect) {
        let me = u8::try_from(shard).expect("few shards");
        match effect {
            Effect::Mesh { to, message } => {
                self.links.entry((me, to.0)).or_default().push_back(message);
            }
            Effect::Write { changes, durability } => {
                assert!(durability != Durability::Memory, "memory is never written");
                self.learn_names(&changes);
                self.places[shard].writes.push_back(changes);
            }
            Effect::Load { ticket, key } => self.places[shard].loads.push_back((ticket, key)),
            Effect::ReadLog { ticket, store, query } => {
                self.places[shard].reads.push_back((ticket, store, query));
            }
            Effect::FanOut { message, sessions } => {
                self.learn_name(message.id, message.conversation, message.seq, message.mark);
                for session in sessions {
                    self.show(session, &Event::Delivered(message.clone()));
                }
            }
            Effect::Send { session, event } => self.show(session, &event),
            Effect::AwaitDrain { session } => self.note(session, "full"),
            Effect::Close { session, reason } => self.note(session, &format!("closed: {reason:?}")),
            Effect::Answer { answer, .. } => {
                let line = transcript::answer(&answer, &|id| self.name_of(id));
                self.seen.push(format!("answer: {line}"));
            }
            Effect::Ready => {}
        }
    }

    fn show(&mut self, session: SessionId, event: &Event) {
        if let Event::Posted { results, .. } = event {
            for posted in results.iter().flatten() {
                self.learn_name(posted.id, posted.conversation, posted.seq, 0);
            }
        }
        let line = transcript::event(event, &|id| self.name_of(id));
        self.note(session, &line);
    }

    fn note(&mut self, session: SessionId, line: &str) {
        let named = self.sessions.iter().find(|(_, (_, id))| *id == session);
        let name = named.map_or("?", |(name, _)| name.as_str());
        self.seen.push(format!("{name} {line}"));
    }

    fn learn_names(&mut self, changes: &[Change]) {
        for change in changes {
            if let Change::PutMessage { message } = change {
                self.learn_name(message.id, message.conversation, message.seq, message.mark);
            }
            if let Change::PutNotice { notice } = change {
                let of_user = format!("{}n", notice.user);
                let named = self.names.values().filter(|name| name.starts_with(&of_user)).count();
                self.names.entry(notice.id).or_insert(format!("{of_user}{}", named + 1));
            }
        }
    }

    fn learn_name(&mut self, id: MessageId, conversation: ConversationId, seq: Seq, mark: u32) {
        let name = match mark {
            0 => format!("{conversation}#{}", seq.0),
            mark => format!("{conversation}#{}.{mark}", seq.0),
        };
        self.names.entry(id).or_insert(name);
    }

    fn name_of(&self, id: MessageId) -> String {
        self.names.get(&id).cloned().unwrap_or_else(|| format!("id {id}"))
    }

    /// The id of a place such as `1#2`; `0`, `5`: that very id; `max`: the largest.
    fn id_of(&self, place: &str) -> MessageId {
        let named = self.names.iter().find(|(_, name)| *name == place);
        match (named, place) {
            (Some((id, _)), _) => *id,
            (None, "max") => MessageId::MAX,
            (None, raw) => MessageId::from_raw(raw.parse().expect("a place or a raw id")),
        }
    }

    fn is_held(&self, what: &str, shards: &[u8]) -> bool {
        self.held.contains(&(what.to_owned(), shards.to_vec()))
    }

    /// Lets everything move that is not held back, until nothing does.
    fn settle(&mut self) {
        while self.step() {}
    }

    fn step(&mut self) -> bool {
        let links: Vec<(u8, u8)> = self.links.keys().copied().collect();
        for (from, to) in links {
            if !self.is_held("mesh", &[from, to])
                && let Some(message) = self.links.get_mut(&(from, to)).and_then(VecDeque::pop_front)
            {
                self.feed(usize::from(to), Input::Mesh { from: ShardIndex(from), message });
                return true;
            }
        }
        (0..self.places.len()).any(|shard| self.step_store(shard))
    }

    fn step_store(&mut self, shard: usize) -> bool {
        let me = u8::try_from(shard).expect("few shards");
        if !self.is_held("loads", &[me])
            && let Some((ticket, key)) = self.places[shard].loads.pop_front()
        {
            let loaded = self.stores[shard].load(&key);
            self.feed(shard, Input::Loaded { ticket, loaded });
            return true;
        }
        if !self.is_held("reads", &[me])
            && let Some((ticket, store, query)) = self.places[shard].reads.pop_front()
        {
            let page = self.stores[store.index()].read(&query);
            self.feed(shard, Input::Read { ticket, page });
            return true;
        }
        if !self.is_held("commits", &[me])
            && let Some(changes) = self.places[shard].writes.pop_front()
        {
            for change in changes {
                self.stores[shard].apply(change);
            }
            self.places[shard].committed += 1;
            let up_to = CommitSeq(self.places[shard].committed);
            self.feed(shard, Input::Committed { up_to });
            return true;
        }
        false
    }
}
