//! A script's line as the input that it stands for.

use parlance_codecs::ask::{Direction, Duty, RequestSpan};
use parlance_codecs::dialect::{DialectName, Echo, Replaces};
use parlance_codecs::{
    Category, Content, ConversationId, Draft, DraftBody, MessageId, Request, Seq, Tag, UserId,
};

use crate::input::{ResumeStyle, SessionId, SessionStyle, SignIn};
use crate::mesh::{CallRequest, Notify};
use crate::paces::{Paced, Rate};
use crate::social::{FriendAct, GroupAct, MayRename, Namelessness};
use crate::store::NameKey;

/// Resolves a place such as `1#2`.
pub(super) type Ids<'a> = &'a dyn Fn(&str) -> MessageId;

/// A line's words: plain ones in order, and settings such as `key=k`.
#[derive(Debug)]
pub(super) struct Words<'a> {
    plain: Vec<&'a str>,
    set: Vec<(&'a str, &'a str)>,
}

impl<'a> Words<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        let (set, plain): (Vec<&str>, Vec<&str>) =
            line.split_whitespace().partition(|word| word.contains('='));
        let set = set.into_iter().filter_map(|word| word.split_once('=')).collect();
        Self { plain, set }
    }

    pub(super) fn at(&self, place: usize) -> &'a str {
        self.plain.get(place).copied().unwrap_or_else(|| panic!("too few words: {self:?}"))
    }

    pub(super) fn number(&self, place: usize) -> usize {
        self.at(place).parse().unwrap_or_else(|_| panic!("not a number: {self:?}"))
    }

    pub(super) fn shards_from(&self, place: usize) -> Vec<u8> {
        self.plain.iter().skip(place).map(|word| word.parse().expect("a shard")).collect()
    }

    fn set(&self, key: &str) -> Option<&'a str> {
        self.set.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }

    /// Where a call comes in: `on=1`, the first shard otherwise.
    pub(super) fn shard(&self) -> usize {
        self.set("on").map_or(0, |shard| shard.parse().expect("a shard"))
    }

    pub(super) fn category(&self, place: usize) -> Category {
        category(self.at(place))
    }

    fn user(&self, place: usize) -> UserId {
        self.at(place).parse().expect("a user")
    }

    fn users_from(&self, place: usize) -> Vec<UserId> {
        self.plain.iter().skip(place).map(|word| word.parse().expect("a user")).collect()
    }

    fn conversation(&self, place: usize) -> ConversationId {
        self.at(place).parse().expect("a conversation")
    }

    pub(super) fn sign_in(&self, session: SessionId) -> SignIn {
        let stream = SessionStyle {
            dialect: DialectName::Stream,
            resume: ResumeStyle::ById,
            echo: Echo::Nothing,
            friends_required: false,
            replaces: Replaces::Nothing,
            marks: true,
            notices: false,
        };
        let one_per_device = self.set("device").is_some();
        let onechat = SessionStyle {
            dialect: DialectName::Onechat,
            resume: ResumeStyle::ByCursor,
            echo: Echo::NotDirects,
            friends_required: self.set("friends") == Some("yes"),
            replaces: if one_per_device { Replaces::SameDevice } else { Replaces::Nothing },
            marks: false,
            notices: true,
        };
        let push = SessionStyle {
            resume: ResumeStyle::FromNow,
            echo: Echo::Everything,
            replaces: Replaces::SameDialect,
            notices: true,
            ..stream
        };
        let style = match self.at(3) {
            "stream" => stream,
            "onechat" => onechat,
            "push" => push,
            "rooms" => SessionStyle {
                resume: ResumeStyle::ByOneId,
                replaces: Replaces::Nothing,
                marks: false,
                notices: false,
                ..push
            },
            "im" => SessionStyle { dialect: DialectName::Im, echo: Echo::Nothing, ..push },
            "events" => SessionStyle { replaces: Replaces::Nothing, notices: false, ..push },
            other => panic!("no style {other}"),
        };
        SignIn {
            session,
            user: self.user(2),
            device: self.set("device").unwrap_or_default().into(),
            style,
            room: self.set("room").map(|room| room.parse().expect("a room")),
        }
    }

    /// A session's request: `a post 1 hi`, `a recall 1#1`, `a sync group=1#1`, …
    pub(super) fn request(&self, ids: Ids<'_>) -> Request {
        let tag = Tag("t".into());
        match self.at(1) {
            "post" | "recall" | "read" => Request::Post { tag, drafts: vec![self.draft(2, ids)] },
            "sync" => {
                let categories = self.set.iter().filter(|(key, _)| *key != "target");
                let after = categories
                    .map(|(key, id)| (category(key), (*id != "cursor").then(|| ids(id))))
                    .collect();
                let room = self.set("target").map(|room| room.parse().expect("a room"));
                Request::Sync { tag, after, room }
            }
            "ack" => {
                Request::Receipts { ids: self.plain.iter().skip(2).map(|id| ids(id)).collect() }
            }
            "ack-up-to" => {
                Request::ReceiptUpTo { category: self.category(2), up_to: ids(self.at(3)) }
            }
            "seen" => {
                Request::NoticesSeen { ids: self.plain.iter().skip(2).map(|id| ids(id)).collect() }
            }
            "join" => Request::Join { tag, room: self.conversation(2) },
            other => panic!("no request {other}"),
        }
    }

    /// `1 hello` from `place` on, or a message's place (`1#2`, `1 5` for a raw id).
    fn draft(&self, place: usize, ids: Ids<'_>) -> Draft {
        let what = self.at(place);
        let conversation = what.split('#').next().unwrap_or(what);
        let target = || ids(self.plain.get(place + 1).unwrap_or(&what));
        let body = match self.at(1) {
            "recall" => DraftBody::Recall { target: target() },
            "read" => DraftBody::Read { target: target() },
            _ => DraftBody::Content(Content::text(self.at(place + 1))),
        };
        Draft {
            conversation: conversation.parse().expect("a conversation"),
            category: self.set("as").map(category),
            body,
            expires_in_ms: self.set("expires").map(|ms| ms.parse().expect("milliseconds")),
            key: self.set("key").map(|key| key.as_bytes().into()),
        }
    }

    pub(super) fn call(&self, ids: Ids<'_>) -> CallRequest {
        let text = |key| self.set(key).map(str::to_owned);
        match self.at(1) {
            "name" => CallRequest::LookUpName { name: NameKey::Login(self.at(2).into()) },
            "external" => CallRequest::LookUpName { name: NameKey::External(self.at(2).into()) },
            "ensure" => CallRequest::EnsureUser { user: self.user(2) },
            "create-user" => CallRequest::CreateUser {
                id: self.set("id").map(|id| id.parse().expect("a user")),
                name: text("name"),
                password_hash: text("hash"),
                external_id: text("external"),
            },
            "password" => CallRequest::SetPassword {
                name: self.at(2).into(),
                password_hash: self.at(3).into(),
            },
            "group" | "channel" | "room" => self.create(),
            "add" => CallRequest::AddMembers {
                conversation: self.conversation(2),
                members: self.users_from(3),
                notify: self.notify(),
            },
            "remove" => CallRequest::RemoveMembers {
                conversation: self.conversation(2),
                members: self.users_from(3),
                notify: self.notify(),
            },
            "befriend" => {
                CallRequest::Befriend { a: self.user(2), b: self.user(3), notify: self.notify() }
            }
            "post" | "token-post" => CallRequest::Post {
                sender: self.user(2),
                draft: self.draft(3, ids),
                friends_required: false,
                create_sender: self.at(1) == "token-post",
                call_of: self.set("by").map(|_| DialectName::Im),
            },
            "describe" => CallRequest::Describe {
                conversation: self.conversation(2),
                user: self.set("user").map(|user| user.parse().expect("a user")),
            },
            "profile" => CallRequest::Profile { user: self.user(2) },
            "kick" => {
                CallRequest::Kick { user: self.user(2), device: self.set("device").map(Into::into) }
            }
            "pace" => CallRequest::Pace {
                user: self.user(2),
                paced: Paced::Send,
                rate: Rate { tokens: 1, per_ms: 1_000 },
            },
            "memberships" => CallRequest::Memberships { user: self.user(2) },
            "look" => CallRequest::Look { user: self.user(2), conversation: self.conversation(3) },
            "open" => CallRequest::OpenDirect { user: self.user(2), other: self.user(3) },
            "related" => CallRequest::Related { user: self.user(2) },
            "mark-read" => CallRequest::MarkRead {
                user: self.user(2),
                conversation: self.conversation(3),
                seq: Seq(self.at(4).parse().expect("a seq")),
            },
            "history" => CallRequest::HistoryAfter {
                user: self.user(2),
                after: ids(self.set("after").unwrap_or("0")),
                count: self.set("count").map_or(100, |count| count.parse().expect("a count")),
            },
            other => self.social(other),
        }
    }

    fn notify(&self) -> Notify {
        if self.set("notify").is_some() { Notify::Concerned } else { Notify::Nobody }
    }

    /// What a user does about friends and groups: `call ask 7 8` (7 asks 8), `call invite 7 1 8`
    /// (7 invites 8 into 1), …
    fn social(&self, what: &str) -> CallRequest {
        let by = self.user(2);
        let friend = |act| CallRequest::Friend { by, user: self.user(3), act };
        let group = |act| CallRequest::Group { by, group: self.conversation(3), act };
        let user = || self.user(4);
        // A setting can be longer than a word, and be empty.
        let name = || self.set("name").unwrap_or_default().to_owned();
        match what {
            "ask" => friend(FriendAct::Ask {
                text: self.set("text").unwrap_or_default().to_owned(),
                namelessness: match self.set("named") {
                    Some(_) => Namelessness::Refused,
                    None => Namelessness::Allowed,
                },
                agrees: false,
            }),
            "accept" => friend(FriendAct::Accept),
            "refuse" => friend(FriendAct::Refuse),
            "unfriend" => friend(FriendAct::Remove),
            "delete" => group(GroupAct::Delete),
            "leave" => group(GroupAct::Leave),
            "rename" => group(GroupAct::Rename {
                name: name(),
                who: match self.set("by") {
                    Some(_) => MayRename::Leaders,
                    None => MayRename::Members,
                },
            }),
            "bring" => group(GroupAct::Add { user: user() }),
            "throw-out" => group(GroupAct::Remove { user: user() }),
            "invite" => group(GroupAct::Invite { user: user() }),
            "accept-invite" => group(GroupAct::AcceptInvite),
            "refuse-invite" => group(GroupAct::RefuseInvite),
            "apply" => group(GroupAct::Apply),
            "let-in" => group(GroupAct::AcceptApplication { user: user() }),
            "turn-away" => group(GroupAct::RefuseApplication { user: user() }),
            "duty" => group(GroupAct::SetDuty { user: user(), duty: self.duty(5) }),
            "name-in" => group(GroupAct::SetName { name: name() }),
            "members" => CallRequest::Members { by, group: self.conversation(3) },
            "group-requests" => {
                CallRequest::GroupRequests { by, group: self.conversation(3), span: self.span() }
            }
            "requests" => CallRequest::Requests { user: by, span: self.span() },
            "own-name" => CallRequest::SetOwnName { user: by, name: name() },
            "alias" => {
                CallRequest::SetAlias { user: by, target: self.conversation(3), name: name() }
            }
            "may-relate" => CallRequest::MayRelate { user: by },
            "introduce" => {
                let said = |key| self.set(key).map(str::to_owned);
                CallRequest::Introduce { user: by, name: said("name"), photo: said("photo") }
            }
            other => panic!("no call {other}"),
        }
    }

    fn duty(&self, place: usize) -> Duty {
        match self.at(place) {
            "member" => Duty::Member,
            "admin" => Duty::Admin,
            "owner" => Duty::Owner,
            other => panic!("no duty {other}"),
        }
    }

    /// `after=0`, `before=9` (microseconds), or only how many.
    fn span(&self) -> RequestSpan {
        let page = |direction, cursor: &str| {
            let cursor_us = cursor.parse().expect("microseconds");
            RequestSpan::Page { cursor_us, direction }
        };
        match (self.set("after"), self.set("before")) {
            (Some(cursor), _) => page(Direction::After, cursor),
            (None, Some(cursor)) => page(Direction::Before, cursor),
            (None, None) => RequestSpan::Count,
        }
    }

    /// `call group 7 8`, with `history=no`, `owner=7`, `poster=8`.
    fn create(&self) -> CallRequest {
        let one = |key| self.set(key).map(|user| user.parse().expect("a user"));
        CallRequest::CreateConversation {
            category: self.category(1),
            name: "name".into(),
            owner: one("owner"),
            members: self.users_from(2),
            posters: one("poster").into_iter().collect(),
            history_for_new_members: self.set("history") != Some("no"),
            notify: self.notify(),
        }
    }
}

fn category(word: &str) -> Category {
    match word {
        "direct" => Category::Direct,
        "group" => Category::Group,
        "channel" => Category::Channel,
        "room" => Category::Room,
        other => panic!("no category {other}"),
    }
}
