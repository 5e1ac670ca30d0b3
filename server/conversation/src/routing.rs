//! Where calls and messages go: to the user, conversation, pair or name that they concern.
//!
//! Decides nothing else. Invariant: a message that is received here concerns something whose
//! home this shard is, or one of its sessions.

use parlance_codecs::{Event, MessageId, Refusal};

use crate::effect::Effect;
use crate::friendships::{PairWork, pair_of};
use crate::history::Asked;
use crate::mesh::{CallAnswer, CallRequest, MeshBody, Origin, UserClaims};
use crate::placement::ShardIndex;
use crate::shard::Shard;
use crate::store::NameKey;
use crate::turn::Reply;
use crate::user_home::UserWork;

impl Shard {
    /// Sends a call to the home of what it is about first.
    pub(crate) fn route_call(&mut self, origin: Origin, request: CallRequest) {
        let placement = self.turn.placement;
        let (to, body) = match request {
            CallRequest::CreateUser { id: Some(user), name, password_hash, external_id } => {
                let claims = UserClaims { name, password_hash, external_id };
                let body = MeshBody::CreateUserAt { origin, user, allocated: false, claims };
                (placement.home_of_user(user), body)
            }
            CallRequest::CreateUser { id: None, .. } | CallRequest::CreateConversation { .. } => {
                (placement.home_of_allocator(), MeshBody::Call { origin, request })
            }
            CallRequest::LookUpName { ref name } => {
                (placement.home_of_name(name), MeshBody::Call { origin, request })
            }
            CallRequest::SetPassword { ref name, .. } => {
                let name = NameKey::Login(name.clone());
                (placement.home_of_name(&name), MeshBody::Call { origin, request })
            }
            CallRequest::EnsureUser { user }
            | CallRequest::Befriend { a: user, .. }
            | CallRequest::Profile { user }
            | CallRequest::Memberships { user }
            | CallRequest::Look { user, .. }
            | CallRequest::OpenDirect { other: user, .. }
            | CallRequest::Related { user }
            | CallRequest::MarkRead { user, .. }
            | CallRequest::HistoryAfter { user, .. }
            | CallRequest::Friend { by: user, .. }
            | CallRequest::MayRelate { user }
            | CallRequest::SetOwnName { user, .. }
            | CallRequest::Introduce { user, .. }
            | CallRequest::SetAlias { user, .. }
            | CallRequest::Requests { user, .. }
            | CallRequest::Pace { user, .. }
            | CallRequest::Kick { user, .. }
            | CallRequest::Post { sender: user, .. } => {
                (placement.home_of_user(user), MeshBody::Call { origin, request })
            }
            CallRequest::AddMembers { conversation, .. }
            | CallRequest::RemoveMembers { conversation, .. }
            | CallRequest::Group { group: conversation, .. }
            | CallRequest::Members { group: conversation, .. }
            | CallRequest::GroupRequests { group: conversation, .. }
            | CallRequest::Describe { conversation, .. } => {
                (placement.home_of_conversation(conversation), MeshBody::Call { origin, request })
            }
        };
        self.turn.tell(to, body);
    }

    /// A message from a shard, to what it concerns here.
    pub(crate) fn receive(&mut self, from: ShardIndex, body: MeshBody) {
        match body {
            MeshBody::Answer { call, answer } => {
                self.turn.has_shown(last_shown(&answer));
                self.turn.effect(Effect::Answer { call, answer });
            }
            MeshBody::Posted { session, post, draft, result } => {
                self.posted(session, post, draft, result);
            }
            MeshBody::Deliver { message, by } => self.delivered(from, message, by),
            MeshBody::Close { up_to, round } => self.close_up_to(from, up_to, round),
            MeshBody::Closed { up_to, round } => self.shard_closed(from, up_to, round),
            MeshBody::Done { id } => self.turn.intent_done(id),
            MeshBody::RoomJoined { room, session, result } => {
                self.room_joined(room, session, result);
            }
            MeshBody::ClaimName { ref name, .. } | MeshBody::ReleaseName { ref name, .. } => {
                let name = name.clone();
                self.name_work(name, (from, body));
            }
            MeshBody::Noticed { session, notice } => {
                if self.sessions.get(session).is_some() {
                    self.turn.send(session, Event::Noticed(notice));
                }
            }
            MeshBody::Notices { session, notices } => {
                if self.sessions.get(session).is_some() {
                    self.turn.send(session, Event::Notices(notices));
                }
            }
            MeshBody::Friend { origin, by, user, act } => {
                // Who acts on their own is refused before.
                if let Some(pair) = pair_of(&by, &user) {
                    self.pair_work(pair, PairWork { origin, by, user, act });
                }
            }
            MeshBody::CreateUserAt { user, .. }
            | MeshBody::NameClaimed { user, .. }
            | MeshBody::ReadUpTo { user, .. }
            | MeshBody::FriendConsent { user, .. }
            | MeshBody::GroupConsent { user, .. }
            | MeshBody::AskUser { user, .. } => self.user_work(user, UserWork::Mesh(from, body)),
            MeshBody::Intend { ref intent, .. } => {
                let user = intent.user();
                self.user_work(user, UserWork::Mesh(from, body));
            }
            MeshBody::Post { ref draft, .. } => {
                let conversation = draft.conversation;
                self.conversation_work(conversation, (from, body));
            }
            MeshBody::CreateConversationAt { conversation, .. }
            | MeshBody::Group { group: conversation, .. }
            | MeshBody::UserIs { conversation, .. }
            | MeshBody::Look { conversation, .. }
            | MeshBody::OpenDirect { conversation, .. }
            | MeshBody::MarkRead { conversation, .. }
            | MeshBody::JoinRoom { room: conversation, .. }
            | MeshBody::LeaveRoom { room: conversation, .. } => {
                self.conversation_work(conversation, (from, body));
            }
            MeshBody::Call { origin, request } => self.receive_call(from, origin, request),
        }
    }

    fn receive_call(&mut self, from: ShardIndex, origin: Origin, request: CallRequest) {
        match request {
            CallRequest::Kick { user, device } => self.kick(origin, user, device.as_deref()),
            CallRequest::Pace { user, paced, rate } => {
                let taken = self.paces.take(user, paced, rate, self.turn.now.monotonic_ms);
                let refused = CallAnswer::Refused(Refusal::TooFast.into());
                let answer = if taken { CallAnswer::Done } else { refused };
                self.turn.answer(origin, Reply::Call(answer));
            }
            CallRequest::HistoryAfter { user, after, count } => {
                // Behind a sign-in that waits for its user: what the session is not shown is read.
                let asked = Asked { origin, user, after, count };
                self.user_work(user, UserWork::HistoryAsked(asked));
            }
            CallRequest::LookUpName { ref name } => {
                let name = name.clone();
                self.name_work(name, (from, MeshBody::Call { origin, request }));
            }
            CallRequest::SetPassword { ref name, .. } => {
                let name = NameKey::Login(name.clone());
                self.name_work(name, (from, MeshBody::Call { origin, request }));
            }
            CallRequest::CreateUser { .. } | CallRequest::CreateConversation { .. } => {
                self.allocator_work((origin, request));
            }
            CallRequest::EnsureUser { user }
            | CallRequest::Befriend { a: user, .. }
            | CallRequest::Profile { user }
            | CallRequest::Memberships { user }
            | CallRequest::Look { user, .. }
            | CallRequest::OpenDirect { other: user, .. }
            | CallRequest::Related { user }
            | CallRequest::MarkRead { user, .. }
            | CallRequest::Friend { by: user, .. }
            | CallRequest::MayRelate { user }
            | CallRequest::SetOwnName { user, .. }
            | CallRequest::Introduce { user, .. }
            | CallRequest::SetAlias { user, .. }
            | CallRequest::Requests { user, .. }
            | CallRequest::Post { sender: user, .. } => {
                let body = MeshBody::Call { origin, request };
                self.user_work(user, UserWork::Mesh(from, body));
            }
            CallRequest::AddMembers { conversation, .. }
            | CallRequest::RemoveMembers { conversation, .. }
            | CallRequest::Group { group: conversation, .. }
            | CallRequest::Members { group: conversation, .. }
            | CallRequest::GroupRequests { group: conversation, .. }
            | CallRequest::Describe { conversation, .. } => {
                self.conversation_work(conversation, (from, MeshBody::Call { origin, request }));
            }
        }
    }
}

/// The largest id that a caller is shown with an answer, or may read because of it.
fn last_shown(answer: &CallAnswer) -> MessageId {
    match answer {
        CallAnswer::Posted(posted) => posted.id,
        CallAnswer::View(view) => view.last_id,
        CallAnswer::History { messages, .. } => {
            messages.last().map_or(MessageId::ZERO, |message| message.id)
        }
        CallAnswer::Name(_)
        | CallAnswer::User(_)
        | CallAnswer::Conversation(_)
        | CallAnswer::Described(_)
        | CallAnswer::Profile(_)
        | CallAnswer::Memberships(_)
        | CallAnswer::Related(_)
        | CallAnswer::Befriended(_)
        | CallAnswer::Members(_)
        | CallAnswer::Requests { .. }
        | CallAnswer::Done
        | CallAnswer::Refused(_) => MessageId::ZERO,
    }
}
