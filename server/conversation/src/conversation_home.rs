//! What a conversation's home does: creation, membership, posts, rooms, who may know of it.

use parlance_codecs::{Category, ConversationId, Refusal, Seq, UserId};

use crate::cache::Found;
use crate::conversation::{Arrived, Conversation};
use crate::input::Ticket;
use crate::limits::MEMBERS_MAX;
use crate::members::Told;
use crate::mesh::{CallAnswer, CallRequest, ConversationDraft, MeshBody, Notify, Origin, Standing};
use crate::placement::ShardIndex;
use crate::post::Submission;
use crate::shard::{ConversationWork, Shard};
use crate::social::Consent;
use crate::store::{Change, ConversationRecord, Durability, LoadKey};
use crate::turn::{PostWait, Reply, Turn};

impl Shard {
    pub(crate) fn conversation_work(&mut self, id: ConversationId, work: ConversationWork) {
        match self.conversations.get(&id, work) {
            Found::Live(conversation, (from, body)) => {
                conversation.receive(from, body, &mut self.turn);
            }
            Found::Waits => {}
            Found::Absent => {
                let ticket = self.turn.load(LoadKey::Conversation(id));
                self.conversations.loading(ticket, id);
            }
        }
    }

    /// What a conversation's first post waited for is loaded.
    pub(crate) fn post_wait_over(&mut self, ticket: Ticket, arrived: Arrived) {
        let Some(wait) = self.turn.waits.remove(&ticket) else { return };
        let PostWait { conversation } = wait;
        if let Some(conversation) = self.conversations.live_mut(&conversation) {
            conversation.resume(arrived, &mut self.turn);
        }
    }
}

impl Conversation {
    fn receive(&mut self, from: ShardIndex, body: MeshBody, turn: &mut Turn) {
        match body {
            MeshBody::Call { origin, request } => self.call(origin, request, turn),
            MeshBody::CreateConversationAt { origin, draft, .. } => {
                self.create(origin, draft, turn);
            }
            MeshBody::Post { origin, sender, draft, vouched, call_of } => {
                self.submit(Submission { origin, sender, draft, vouched, call_of }, turn);
            }
            MeshBody::UserIs { exists, .. } => self.resume(Arrived::Peer { exists }, turn),
            MeshBody::JoinRoom { room, user, session } => {
                let is_room = self.category() == Some(Category::Room);
                let result = if is_room { Ok(()) } else { Err(Refusal::UnknownConversation) };
                if is_room {
                    self.join(user, from);
                }
                let body = MeshBody::RoomJoined { room, session, result };
                turn.tell_after_writes(from, body);
            }
            MeshBody::LeaveRoom { user, .. } => self.leave(user, from),
            MeshBody::Group { origin, by, act, consent, .. } => {
                self.group_act(origin, by, act, consent, turn);
            }
            MeshBody::Look { origin, user, standing, .. } => {
                let answer = self.view(user, standing).map_or_else(unknown, CallAnswer::View);
                turn.answer(origin, Reply::Call(answer));
            }
            MeshBody::OpenDirect { origin, .. } => self.open_direct(origin, turn),
            MeshBody::MarkRead { origin, user, seq, standing, .. } => {
                self.mark_read(origin, user, seq, standing, turn);
            }
            other => unreachable!("not for a conversation: {other:?}"),
        }
    }

    /// A direct without messages, for both.
    fn open_direct(&mut self, origin: Origin, turn: &mut Turn) {
        let mut intents = Vec::new();
        if self.record.is_none() {
            self.create_direct(turn);
            let mut changes = Vec::new();
            let mut afters = Vec::new();
            intents = self.begin_direct(&mut changes, &mut afters, turn);
            self.last_write = turn.write(changes, Durability::Sync);
            for after in afters {
                turn.follow(after);
            }
        }
        turn.answer_when_done(origin, CallAnswer::Conversation(self.id), &intents);
    }

    /// What a visitor of a room has read, or a reader of what is not stored, is kept nowhere.
    fn mark_read(
        &self,
        origin: Origin,
        user: UserId,
        seq: Seq,
        standing: Standing,
        turn: &mut Turn,
    ) {
        let view = match self.view(user, standing) {
            Some(view) if seq <= view.last_seq => view,
            Some(_) => {
                let answer = CallAnswer::Refused(Refusal::UnknownMessage.into());
                return turn.answer(origin, Reply::Call(answer));
            }
            None => return turn.answer(origin, Reply::Call(unknown())),
        };
        let is_kept = view.category != Category::Room && turn.options.is_stored(view.category);
        if seq > standing.read && is_kept {
            let to = turn.placement.home_of_user(user);
            let (conversation, origin) = (self.id, Some(origin));
            turn.tell_after_writes(to, MeshBody::ReadUpTo { user, conversation, seq, origin });
        } else {
            turn.answer(origin, Reply::Call(CallAnswer::Done));
        }
    }

    fn call(&mut self, origin: Origin, request: CallRequest, turn: &mut Turn) {
        match request {
            CallRequest::AddMembers { members, notify, .. } => {
                self.add_members(origin, members, notify, turn);
            }
            CallRequest::RemoveMembers { members, notify, .. } => {
                self.remove_members(origin, members, notify, turn);
            }
            CallRequest::Group { by, act, .. } => {
                self.group_act(origin, by, act, Consent::NotAsked, turn);
            }
            CallRequest::Members { by, .. } => {
                let answer = self.list_members(by).map_or_else(Into::into, CallAnswer::Members);
                turn.answer(origin, Reply::Call(answer));
            }
            CallRequest::GroupRequests { by, span, .. } => {
                let answer = match self.check_leads(by) {
                    Ok(_) => self.list_applications(span),
                    Err(refusal) => refusal.into(),
                };
                turn.answer(origin, Reply::Call(answer));
            }
            CallRequest::Describe { user, .. } => {
                let visible = match user {
                    Some(user) => self.is_visible_to(user),
                    None => self.record.is_some(),
                };
                let answer = match &self.record {
                    Some(record) if visible => CallAnswer::Described(self.describe(record)),
                    Some(_) | None => unknown(),
                };
                turn.answer(origin, Reply::Call(answer));
            }
            other => unreachable!("not for a conversation: {other:?}"),
        }
    }

    fn create(&mut self, origin: Origin, draft: ConversationDraft, turn: &mut Turn) {
        assert!(self.record.is_none(), "the number of {} was given out twice", self.id);
        let mut posters = draft.posters;
        posters.sort_unstable();
        posters.dedup();
        let mut members = draft.members;
        members.extend(draft.owner);
        members.extend(&posters);
        members.sort_unstable();
        members.dedup();
        if members.len() > MEMBERS_MAX {
            let refusal = Refusal::TooManyMembers.into();
            turn.answer(origin, Reply::Call(CallAnswer::Refused(refusal)));
            return;
        }
        let record = ConversationRecord {
            category: draft.category,
            name: draft.name,
            owner: draft.owner,
            posters,
            created_at_ms: turn.now.wall_ms,
            recalls: 0,
            history_for_new_members: draft.history_for_new_members,
        };
        self.record = Some(record.clone());
        let conversation = self.id;
        let changes = vec![Change::PutConversation { conversation, record }];
        self.last_write = turn.write(changes, Durability::Sync);
        // A room's members are those who have joined it, for as long as they are connected.
        let lasting = if draft.category == Category::Room { &[][..] } else { &members };
        let answer = CallAnswer::Conversation(conversation);
        let told = match draft.notify {
            Notify::Nobody => Told::Nothing,
            Notify::Concerned => Told::OfCreation,
        };
        self.bring_in(origin, lasting, told, answer, turn);
    }
}

/// What one may not see does not exist.
fn unknown() -> CallAnswer {
    Refusal::UnknownConversation.into()
}
