//! Values for tests: fixed ones by number, and random ones from a seed.

use std::sync::Arc;

use parlance_codecs::ask::Duty;
use parlance_codecs::{
    Category, Content, ConversationId, Media, MediaKind, Message, MessageId, News, Notice, Seq,
    UserId,
};
use parlance_conversation::placement::Partition;
use parlance_conversation::store::{
    Change, ConversationRecord, DedupeIdentity, DedupeRecord, Durability, FriendRecord,
    GroupRequestRecord, Intent, IntentId, LoadKey, Loaded, MemberDuty, MemberRecord,
    MembershipRecord, NameKey, NameRecord, NoticeMark, PairRecord, RequestRecord, UserRecord,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::Store;

/// A time well after the ids' epoch.
pub(crate) const NOW_MS: u64 = MessageId::EPOCH_MS + 100 * 24 * 60 * 60 * 1000;

/// Runs a test with some seeds. The output shows the seed of the one that failed.
pub(crate) fn with_seeds(count: u64, mut test: impl FnMut(&mut ChaCha8Rng)) {
    for seed in 0..count {
        eprintln!("seed {seed}");
        test(&mut ChaCha8Rng::seed_from_u64(seed));
    }
}

pub(crate) fn user(raw: u64) -> UserId {
    UserId::new(raw).expect("the test's own user id")
}

pub(crate) fn number(raw: u64) -> ConversationId {
    ConversationId::number(raw).expect("the test's own conversation number")
}

pub(crate) fn direct(a: u64, b: u64) -> ConversationId {
    ConversationId::direct(user(a), user(b)).expect("two users")
}

pub(crate) fn id(raw: u64) -> MessageId {
    MessageId::from_raw(raw)
}

/// The first id of a Unix millisecond.
pub(crate) fn id_at(unix_ms: u64) -> MessageId {
    MessageId::from_parts(unix_ms - MessageId::EPOCH_MS, 0, 0)
}

pub(crate) fn put(store: &dyn Store, changes: &[Change]) {
    store.commit(changes, Durability::Os).expect("the store takes the commit");
}

pub(crate) fn load(store: &dyn Store, key: LoadKey) -> Loaded {
    store.load(&key, NOW_MS).expect("the store loads")
}

/// A message of a group, without expiry.
pub(crate) fn message(of: ConversationId, seq: u32, mark: u32, raw_id: u64) -> Message {
    let content = match mark {
        0 => Content::text(format!("{seq}")),
        _ => Content::Read { target: id(raw_id.saturating_sub(1)) },
    };
    Message {
        id: id(raw_id),
        seq: Seq(seq),
        mark,
        conversation: of,
        category: Category::Group,
        sender: user(7),
        content,
        created_at_ms: NOW_MS,
        expires_at_ms: None,
        recall_index: None,
    }
}

pub(crate) fn put_message(message: Message) -> Change {
    Change::PutMessage { message: Arc::new(message) }
}

pub(crate) fn any_user(rng: &mut impl Rng) -> UserId {
    // Few enough that histories meet, with both ends of the range among them.
    match rng.random_range(0..12) {
        0 => user(1),
        1 => user(UserId::MAX),
        _ => user(rng.random_range(2..30)),
    }
}

pub(crate) fn any_conversation(rng: &mut impl Rng) -> ConversationId {
    let direct = ConversationId::direct(any_user(rng), any_user(rng));
    direct.filter(|_| rng.random()).unwrap_or_else(|| match rng.random_range(0..12) {
        0 => number(UserId::MAX),
        _ => number(rng.random_range(1..20)),
    })
}

fn any_category(rng: &mut impl Rng) -> Category {
    Category::ALL[rng.random_range(0..Category::COUNT)]
}

fn any_text(rng: &mut impl Rng) -> String {
    (0..rng.random_range(0..8)).map(|_| rng.random::<char>()).collect()
}

fn any_media(rng: &mut impl Rng) -> Media {
    Media { url: any_text(rng), thumbnail: rng.random::<bool>().then(|| any_text(rng)) }
}

fn any_rising(rng: &mut impl Rng) -> Vec<u32> {
    let mut all: Vec<u32> = (0..rng.random_range(0..6)).map(|_| rng.random()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Content of a message, or of a mark.
pub(crate) fn any_content(rng: &mut impl Rng, is_mark: bool) -> Content {
    const KINDS: [MediaKind; 6] = [
        MediaKind::Audio,
        MediaKind::Sticker,
        MediaKind::Photo,
        MediaKind::Video,
        MediaKind::Gif,
        MediaKind::File,
    ];
    let target = MessageId::from_raw(rng.random());
    match (is_mark, rng.random_range(0..5)) {
        (true, 0..3) => {
            Content::Recall { target, target_seq: Seq(rng.random()), index: rng.random() }
        }
        (true, _) => Content::Read { target },
        (false, 0) => Content::Text { text: any_text(rng), extra: any_text(rng) },
        (false, 1) => Content::Media { kind: KINDS[rng.random_range(0..6)], media: any_media(rng) },
        (false, 2) => {
            let (latitude, longitude) = (rng.random_range(-90.0..90.0), rng.random());
            Content::Location { latitude, longitude }
        }
        (false, 3) => Content::ContactText { text: any_text(rng) },
        (false, _) => Content::ContactMedia { media: any_media(rng) },
    }
}

pub(crate) fn any_user_record(rng: &mut impl Rng) -> UserRecord {
    UserRecord {
        name: rng.random::<bool>().then(|| any_text(rng)),
        external_id: rng.random::<bool>().then(|| any_text(rng)),
        created_at_ms: rng.random(),
        delivered_up_to: std::array::from_fn(|_| MessageId::from_raw(rng.random())),
        own_name: any_text(rng),
        photo: any_text(rng),
    }
}

pub(crate) fn any_membership(rng: &mut impl Rng) -> MembershipRecord {
    MembershipRecord {
        category: any_category(rng),
        delivered: Seq(rng.random()),
        delivered_above: any_rising(rng).into_iter().map(Seq).collect(),
        read: Seq(rng.random()),
        hidden_up_to: Seq(rng.random()),
        alias: any_text(rng),
    }
}

pub(crate) fn any_conversation_record(rng: &mut impl Rng) -> ConversationRecord {
    ConversationRecord {
        category: any_category(rng),
        name: any_text(rng),
        owner: rng.random::<bool>().then(|| any_user(rng)),
        posters: any_rising(rng).into_iter().map(|raw| user(u64::from(raw) + 1)).collect(),
        created_at_ms: rng.random(),
        recalls: rng.random(),
        history_for_new_members: rng.random(),
    }
}

pub(crate) fn any_friend(rng: &mut impl Rng) -> FriendRecord {
    FriendRecord { alias: any_text(rng) }
}

pub(crate) fn any_pair(rng: &mut impl Rng) -> ConversationId {
    direct(rng.random_range(1..5), rng.random_range(5..9))
}

pub(crate) fn any_pair_record(rng: &mut impl Rng) -> PairRecord {
    match rng.random() {
        true => PairRecord::Asked { by: any_user(rng) },
        false => PairRecord::Friends,
    }
}

pub(crate) fn any_member(rng: &mut impl Rng) -> MemberRecord {
    let duty = if rng.random() { MemberDuty::Admin } else { MemberDuty::Member };
    MemberRecord { name: any_text(rng), duty }
}

pub(crate) fn any_request(rng: &mut impl Rng) -> RequestRecord {
    RequestRecord { from: any_user(rng), text: any_text(rng), at_us: rng.random() }
}

pub(crate) fn any_group_request(rng: &mut impl Rng) -> GroupRequestRecord {
    let applied_at_us = rng.random::<bool>().then(|| rng.random());
    let invited = applied_at_us.is_none() || rng.random();
    GroupRequestRecord { invited_by: invited.then(|| any_user(rng)), applied_at_us }
}

pub(crate) fn any_notice(rng: &mut impl Rng) -> Notice {
    let id = MessageId::from_raw(rng.random_range(0..9));
    Notice { id, user: any_user(rng), what: any_news(rng), created_at_ms: rng.random() }
}

fn any_news(rng: &mut impl Rng) -> News {
    let (by, member) = (any_user(rng), any_user(rng));
    let (group, name) = (number(rng.random_range(1..20)), any_text(rng));
    match rng.random_range(0..14) {
        0 => News::FriendRequested { by, text: name },
        1 => News::Befriended { with: by, with_name: name },
        2 => News::FriendRefused { by },
        3 => News::Unfriended { with: member, by },
        4 => News::Invited { group, by },
        5 => News::InviteRefused { group, by },
        6 => News::Applied { group, by },
        7 => News::ApplicationRefused { group },
        8 => News::Joined { group, group_name: name, member, member_name: any_text(rng), by },
        9 => News::Left { group, member, by },
        10 => News::Deleted { group, by },
        11 => News::Renamed { group, name, by },
        12 => News::Created { group, group_name: name, by },
        _ => {
            let duty = [Duty::Member, Duty::Admin, Duty::Owner][rng.random_range(0..3)];
            News::DutyChanged { group, member, duty }
        }
    }
}

pub(crate) fn any_name(rng: &mut impl Rng) -> NameKey {
    let text = format!("name {}", rng.random_range(0..20));
    if rng.random() { NameKey::Login(text) } else { NameKey::External(text) }
}

pub(crate) fn any_name_record(rng: &mut impl Rng) -> NameRecord {
    NameRecord { user: any_user(rng), password_hash: rng.random::<bool>().then(|| any_text(rng)) }
}

pub(crate) fn any_dedupe(rng: &mut impl Rng) -> DedupeRecord {
    let sent_at_ms = NOW_MS - rng.random_range(0..2 * 24 * 60 * 60 * 1000);
    DedupeRecord {
        identity: DedupeIdentity(rng.random()),
        id: id_at(sent_at_ms),
        seq: Seq(rng.random()),
        created_at_ms: rng.random(),
        expires_at_ms: rng.random::<bool>().then(|| rng.random()),
        recall_index: rng.random::<bool>().then(|| rng.random()),
    }
}

pub(crate) fn any_intent_id(rng: &mut impl Rng) -> IntentId {
    IntentId { origin: Partition(rng.random()), number: rng.random_range(0..4) }
}

pub(crate) fn any_intent(rng: &mut impl Rng) -> Intent {
    let (user, conversation) = (any_user(rng), any_conversation(rng));
    match rng.random_range(0..8) {
        0 => Intent::Joined {
            user,
            conversation,
            category: any_category(rng),
            joined_at: Seq(rng.random()),
            hidden_up_to: Seq(rng.random()),
        },
        1 => Intent::Left { user, conversation },
        2 => Intent::Befriended { user, friend: any_user(rng) },
        3 => Intent::Unfriended { user, friend: any_user(rng) },
        4 => Intent::FriendAsked { user, from: any_user(rng), text: any_text(rng) },
        5 => Intent::Invited { user, group: conversation, from: any_user(rng) },
        6 => Intent::RequestOver { user, about: conversation },
        _ => Intent::Notify { notice: Arc::new(any_notice(rng)) },
    }
}

/// One change of any kind but a message, which has to follow its log's order.
pub(crate) fn any_change(rng: &mut impl Rng) -> Change {
    let (user, conversation) = (any_user(rng), any_conversation(rng));
    match rng.random_range(0..24) {
        0 | 1 => Change::PutUser { user, record: any_user_record(rng) },
        2 => Change::DeleteUser { user },
        3 => Change::PutMembership { user, conversation, record: any_membership(rng) },
        4 => Change::DeleteMembership { user, conversation },
        5 => Change::PutFriend { user, friend: any_user(rng), record: any_friend(rng) },
        6 => Change::PutName { name: any_name(rng), record: any_name_record(rng) },
        7 => Change::DeleteName { name: any_name(rng) },
        8 => Change::PutAllocator { next_user: rng.random(), next_conversation: rng.random() },
        9 => Change::PutConversation { conversation, record: any_conversation_record(rng) },
        10 => Change::PutMember { conversation, user, record: any_member(rng) },
        11 => Change::DeleteMember { conversation, user },
        12 => Change::PutDedupe { conversation, sender: user, record: any_dedupe(rng) },
        13 => Change::PutIntent { id: any_intent_id(rng), intent: any_intent(rng) },
        14 => Change::DeleteFriend { user, friend: any_user(rng) },
        15 => Change::PutRequest { user, about: conversation, record: any_request(rng) },
        16 => Change::DeleteRequest { user, about: conversation },
        17 => Change::PutNotice { notice: Arc::new(any_notice(rng)) },
        18 => Change::DeleteNotice { user, id: any_notice(rng).id },
        19 => {
            let (origin, up_to) = (Partition(rng.random_range(0..4)), id(rng.random_range(0..9)));
            Change::PutNoticeMark { user, mark: NoticeMark { origin, up_to } }
        }
        20 => match rng.random() {
            true => Change::PutPair { pair: any_pair(rng), record: any_pair_record(rng) },
            false => Change::DeletePair { pair: any_pair(rng) },
        },
        21 => Change::PutGroupRequest { conversation, user, record: any_group_request(rng) },
        22 => match rng.random() {
            true => Change::DeleteGroupRequest { conversation, user },
            false => Change::DeleteConversation { conversation },
        },
        _ => match rng.random() {
            true => Change::DeleteIntent { id: any_intent_id(rng) },
            false => Change::PutClock { ceiling: MessageId::from_raw(rng.random()) },
        },
    }
}

/// A log's next entries: messages and marks with rising places and ids, some recalled, some
/// with an expiry around [`NOW_MS`].
pub(crate) struct LogWriter {
    pub(crate) conversation: ConversationId,
    seq: u32,
    mark: u32,
}

impl LogWriter {
    pub(crate) fn new(conversation: ConversationId) -> Self {
        Self { conversation, seq: 0, mark: 0 }
    }

    pub(crate) fn next(&mut self, rng: &mut impl Rng, id: MessageId) -> Message {
        let is_mark = rng.random_bool(0.3);
        if is_mark {
            self.mark += 1;
        } else {
            (self.seq, self.mark) = (self.seq + 1, 0);
        }
        Message {
            id,
            seq: Seq(self.seq),
            mark: self.mark,
            conversation: self.conversation,
            category: any_category(rng),
            sender: any_user(rng),
            content: any_content(rng, is_mark),
            created_at_ms: rng.random(),
            expires_at_ms: rng.random_bool(0.2).then(|| rng.random_range(NOW_MS - 1..=NOW_MS + 1)),
            recall_index: (!is_mark && rng.random_bool(0.2)).then(|| rng.random()),
        }
    }
}
