//! Names that lead to users, and the counters that number users and conversations.
//!
//! A name lives at its own home. Whoever creates a user claims its names one by one there, and
//! gives those back that it got when a later one is taken.

use parlance_codecs::{ConversationId, Refusal, UserId};

use crate::cache::Found;
use crate::input::CommitSeq;
use crate::limits::FIRST_ALLOCATED_USER;
use crate::mesh::{CallAnswer, CallRequest, ConversationDraft, MeshBody, Origin, UserClaims};
use crate::placement::ShardIndex;
use crate::shard::Shard;
use crate::store::{AllocatorState, Change, Durability, LoadKey, NameKey, NameRecord};
use crate::turn::{Reply, Turn};

/// A name in memory, also one that leads nowhere.
#[derive(Debug)]
pub(crate) struct Name {
    pub(crate) record: Option<NameRecord>,
    pub(crate) last_write: CommitSeq,
}

pub(crate) type NameWork = (ShardIndex, MeshBody);
pub(crate) type AllocatorWork = (Origin, CallRequest);

impl Shard {
    pub(crate) fn name_work(&mut self, key: NameKey, work: NameWork) {
        match self.names.get(&key, work) {
            Found::Live(name, (from, body)) => name.receive(key, from, body, &mut self.turn),
            Found::Waits => {}
            Found::Absent => {
                let ticket = self.turn.load(LoadKey::Name(key.clone()));
                self.names.loading(ticket, key);
            }
        }
    }

    pub(crate) fn allocator_work(&mut self, work: AllocatorWork) {
        match self.allocator.get(&(), work) {
            Found::Live(state, (origin, request)) => {
                allocate(state, origin, request, &mut self.turn);
            }
            Found::Waits => {}
            Found::Absent => {
                let ticket = self.turn.load(LoadKey::Allocator);
                self.allocator.loading(ticket, ());
            }
        }
    }
}

impl Name {
    fn receive(&mut self, key: NameKey, from: ShardIndex, body: MeshBody, turn: &mut Turn) {
        match body {
            MeshBody::Call { origin, request } => self.call(key, origin, request, turn),
            MeshBody::ClaimName { name, record } => {
                let user = record.user;
                let claimed = self.record.as_ref().is_none_or(|owner| owner.user == user);
                if claimed {
                    self.put(key, record, turn);
                }
                let body = MeshBody::NameClaimed { name, user, claimed };
                turn.tell_after_writes(from, body);
            }
            MeshBody::ReleaseName { user, .. } => {
                if self.record.as_ref().is_some_and(|record| record.user == user) {
                    self.record = None;
                    let changes = vec![Change::DeleteName { name: key }];
                    self.last_write = turn.write(changes, Durability::Sync);
                }
            }
            other => unreachable!("not for a name: {other:?}"),
        }
    }

    fn call(&mut self, key: NameKey, origin: Origin, request: CallRequest, turn: &mut Turn) {
        match request {
            CallRequest::LookUpName { .. } => {
                turn.answer(origin, Reply::Call(CallAnswer::Name(self.record.clone())));
            }
            CallRequest::SetPassword { password_hash, .. } => {
                let answer = match self.record.clone() {
                    Some(record) => {
                        let password_hash = Some(password_hash);
                        self.put(key, NameRecord { password_hash, ..record }, turn);
                        CallAnswer::Done
                    }
                    None => CallAnswer::Refused(Refusal::UnknownUser.into()),
                };
                turn.answer(origin, Reply::Call(answer));
            }
            other => unreachable!("not for a name: {other:?}"),
        }
    }

    fn put(&mut self, name: NameKey, record: NameRecord, turn: &mut Turn) {
        self.record = Some(record.clone());
        self.last_write = turn.write(vec![Change::PutName { name, record }], Durability::Sync);
    }
}

/// Gives out the next number and passes the request on to its home.
fn allocate(state: &mut AllocatorState, origin: Origin, request: CallRequest, turn: &mut Turn) {
    let (to, body) = match request {
        CallRequest::CreateUser { name, password_hash, external_id, .. } => {
            let raw = state.next_user.max(FIRST_ALLOCATED_USER);
            state.next_user = raw + 1;
            let Some(user) = UserId::new(raw) else {
                unreachable!("2^63 users were created");
            };
            let claims = UserClaims { name, password_hash, external_id };
            let body = MeshBody::CreateUserAt { origin, user, allocated: true, claims };
            (turn.placement.home_of_user(user), body)
        }
        CallRequest::CreateConversation {
            category,
            name,
            owner,
            members,
            posters,
            history_for_new_members,
            notify,
        } => {
            let raw = state.next_conversation.max(1);
            state.next_conversation = raw + 1;
            let Some(conversation) = ConversationId::number(raw) else {
                unreachable!("2^63 conversations were created");
            };
            let draft = ConversationDraft {
                category,
                name,
                owner,
                members,
                posters,
                history_for_new_members,
                notify,
            };
            let body = MeshBody::CreateConversationAt { origin, conversation, draft };
            (turn.placement.home_of_conversation(conversation), body)
        }
        other => unreachable!("not for the allocator: {other:?}"),
    };
    let AllocatorState { next_user, next_conversation } = *state;
    let changes = vec![Change::PutAllocator { next_user, next_conversation }];
    turn.write(changes, Durability::Sync);
    turn.tell_after_writes(to, body);
}
