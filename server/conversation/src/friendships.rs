//! Friendships: decided at the home of their pair, after both users' homes were asked.
//!
//! The pair's home orders what the two do, and its intents bring the outcome to both users in
//! that order. Invariant: once no intent is open, both users have each other as friends or
//! neither has, and a request is in the list of the one who was asked as long as the pair says
//! that it stands.

use parlance_codecs::{Ask, ConversationId, News, Refusal, UserId};

use crate::cache::Found;
use crate::decision::Decision;
use crate::input::CommitSeq;
use crate::mesh::{CallAnswer, MeshBody, Notify, Origin};
use crate::placement::conversation_partition;
use crate::shard::Shard;
use crate::social::{FriendAct, Named, Namelessness};
use crate::store::{Change, Intent, LoadKey, PairRecord};
use crate::turn::{Reply, Turn};
use crate::user::User;

/// Two users in memory, also two strangers.
#[derive(Debug)]
pub(crate) struct Pair {
    /// The direct of the two.
    id: ConversationId,
    record: Option<PairRecord>,
    pub(crate) last_write: CommitSeq,
}

/// An act at the pair's home, with what the users' homes have said.
#[derive(Debug)]
pub(crate) struct PairWork {
    pub(crate) origin: Origin,
    pub(crate) by: Named,
    pub(crate) user: Named,
    pub(crate) act: FriendAct,
}

impl Shard {
    pub(crate) fn pair_work(&mut self, id: ConversationId, work: PairWork) {
        match self.pairs.get(&id, work) {
            Found::Live(pair, work) => pair.act(work, &mut self.turn),
            Found::Waits => {}
            Found::Absent => {
                let ticket = self.turn.load(LoadKey::Pair(id));
                self.pairs.loading(ticket, id);
            }
        }
    }
}

impl User {
    /// The first step of an act: what the acting user's home knows.
    pub(crate) fn begin_friend_act(
        &mut self,
        origin: Origin,
        user: UserId,
        act: FriendAct,
        turn: &mut Turn,
    ) {
        if let FriendAct::Vouch(_) = act {
            self.ensure(turn);
        }
        let act = match act {
            FriendAct::Ask { text, namelessness, .. } => {
                let about = ConversationId::direct(self.id, user);
                let agrees = about.is_some_and(|about| self.requests.contains_key(&about));
                FriendAct::Ask { text, namelessness, agrees }
            }
            other => other,
        };
        if let Err(refusal) = self.may_begin(user, &act) {
            turn.answer(origin, Reply::Call(refusal.into()));
            return;
        }
        let by = self.named();
        let (to, body) = match act {
            FriendAct::Ask { .. } | FriendAct::Accept | FriendAct::Vouch(_) => {
                let body = MeshBody::FriendConsent { origin, by, user, act };
                (turn.placement.home_of_user(user), body)
            }
            FriendAct::Refuse | FriendAct::Remove => {
                let user = Named { user, name: String::new() };
                let Some(pair) = pair_of(&by, &user) else { return };
                let body = MeshBody::Friend { origin, by, user, act };
                (turn.placement.home_of_conversation(pair), body)
            }
        };
        turn.tell(to, body);
    }

    fn may_begin(&self, user: UserId, act: &FriendAct) -> Result<(), Refusal> {
        let is_self = user == self.id;
        let is_full = self.has_no_room();
        match act {
            FriendAct::Ask { .. } | FriendAct::Vouch(_) if is_self => Err(Refusal::UnknownUser),
            FriendAct::Accept | FriendAct::Refuse if is_self => Err(Refusal::UnknownRequest),
            FriendAct::Remove if is_self => Err(Refusal::NotFriends),
            FriendAct::Ask { text, .. } if text.len() > Ask::REQUEST_TEXT_BYTES_MAX => {
                let max = Ask::REQUEST_TEXT_BYTES_MAX;
                Err(Refusal::TextTooLong { got: text.len(), max })
            }
            FriendAct::Ask { namelessness: Namelessness::Refused, .. }
                if self.shown_name().is_empty() =>
            {
                Err(Refusal::Nameless)
            }
            FriendAct::Ask { .. } | FriendAct::Accept if is_full => Err(Refusal::TooManyRelations),
            FriendAct::Ask { .. }
            | FriendAct::Accept
            | FriendAct::Refuse
            | FriendAct::Remove
            | FriendAct::Vouch(_) => Ok(()),
        }
    }

    /// The second step: what the other user's home knows.
    pub(crate) fn consent_to_friend(
        &mut self,
        origin: Origin,
        by: Named,
        act: FriendAct,
        turn: &mut Turn,
    ) {
        let refusal = match &act {
            FriendAct::Vouch(_) => {
                self.ensure(turn);
                None
            }
            FriendAct::Ask { .. } if self.record.is_none() => Some(Refusal::UnknownUser),
            FriendAct::Ask { agrees: false, .. } if self.has_no_room_for_requests() => {
                Some(Refusal::TooManyRequests)
            }
            FriendAct::Ask { .. } | FriendAct::Accept if self.has_no_room() => {
                Some(Refusal::TheirTooManyRelations)
            }
            FriendAct::Ask { .. } | FriendAct::Accept | FriendAct::Refuse | FriendAct::Remove => {
                None
            }
        };
        if let Some(refusal) = refusal {
            turn.answer(origin, Reply::Call(refusal.into()));
            return;
        }
        let user = self.named();
        let Some(pair) = pair_of(&by, &user) else { return };
        let to = turn.placement.home_of_conversation(pair);
        turn.tell(to, MeshBody::Friend { origin, by, user, act });
    }

    pub(crate) fn named(&self) -> Named {
        Named { user: self.id, name: self.shown_name().to_owned() }
    }
}

/// The pair of two users; there is none of a user with themselves.
pub(crate) fn pair_of(a: &Named, b: &Named) -> Option<ConversationId> {
    ConversationId::direct(a.user, b.user)
}

impl Pair {
    pub(crate) fn loaded(id: ConversationId, record: Option<PairRecord>) -> Self {
        Self { id, record, last_write: CommitSeq(0) }
    }

    /// The last step: what the pair is decides.
    fn act(&mut self, work: PairWork, turn: &mut Turn) {
        let PairWork { origin, by, user, act } = work;
        let asked_by = match self.record {
            Some(PairRecord::Asked { by }) => Some(by),
            Some(PairRecord::Friends) | None => None,
        };
        let are_friends = self.record == Some(PairRecord::Friends);
        let mut decision = Decision::of(conversation_partition(self.id));
        let answer = match act {
            FriendAct::Ask { .. } | FriendAct::Accept if are_friends => {
                Err(Refusal::AlreadyFriends)
            }
            FriendAct::Ask { .. } if asked_by == Some(by.user) => Err(Refusal::AlreadyAsked),
            FriendAct::Ask { .. } if asked_by.is_some() => {
                self.befriend(&by, &user, Notify::Concerned, &mut decision, turn);
                Ok(CallAnswer::Befriended(true))
            }
            FriendAct::Ask { text, .. } => {
                self.ask(&by, &user, text, &mut decision, turn);
                Ok(CallAnswer::Befriended(false))
            }
            FriendAct::Accept | FriendAct::Refuse if asked_by != Some(user.user) => {
                Err(Refusal::UnknownRequest)
            }
            FriendAct::Accept => {
                self.befriend(&by, &user, Notify::Concerned, &mut decision, turn);
                Ok(CallAnswer::Done)
            }
            FriendAct::Refuse => {
                self.refuse(&by, &user, &mut decision, turn);
                Ok(CallAnswer::Done)
            }
            FriendAct::Remove if !are_friends => Err(Refusal::NotFriends),
            FriendAct::Remove => {
                self.part(&by, &user, &mut decision, turn);
                Ok(CallAnswer::Done)
            }
            FriendAct::Vouch(notify) => {
                self.befriend(&by, &user, notify, &mut decision, turn);
                Ok(CallAnswer::Done)
            }
        };
        match answer {
            Ok(answer) => {
                let write = turn.decide(decision, origin, answer);
                self.last_write = write.unwrap_or(self.last_write);
            }
            Err(refusal) => turn.answer(origin, Reply::Call(refusal.into())),
        }
    }

    fn ask(
        &mut self,
        by: &Named,
        user: &Named,
        text: String,
        decision: &mut Decision,
        turn: &mut Turn,
    ) {
        self.put(PairRecord::Asked { by: by.user }, decision);
        let (user, from) = (user.user, by.user);
        decision.intend(Intent::FriendAsked { user, from, text: text.clone() }, turn);
        decision.notify(user, News::FriendRequested { by: from, text }, turn);
    }

    /// Both come to know, and what one of them had asked is settled with it.
    fn befriend(
        &mut self,
        by: &Named,
        user: &Named,
        notify: Notify,
        decision: &mut Decision,
        turn: &mut Turn,
    ) {
        self.put(PairRecord::Friends, decision);
        for (one, other) in [(by, user), (user, by)] {
            let intent = Intent::Befriended { user: one.user, friend: other.user };
            decision.intend(intent, turn);
            if notify == Notify::Concerned {
                let with_name = other.name.clone();
                let what = News::Befriended { with: other.user, with_name };
                decision.notify(one.user, what, turn);
            }
        }
    }

    fn refuse(&mut self, by: &Named, user: &Named, decision: &mut Decision, turn: &mut Turn) {
        self.delete(decision);
        let over = Intent::RequestOver { user: by.user, about: self.id };
        decision.intend(over, turn);
        decision.notify(user.user, News::FriendRefused { by: by.user }, turn);
    }

    fn part(&mut self, by: &Named, user: &Named, decision: &mut Decision, turn: &mut Turn) {
        self.delete(decision);
        for (one, other) in [(by, user), (user, by)] {
            let intent = Intent::Unfriended { user: one.user, friend: other.user };
            decision.intend(intent, turn);
            let what = News::Unfriended { with: other.user, by: by.user };
            decision.notify(one.user, what, turn);
        }
    }

    fn put(&mut self, record: PairRecord, decision: &mut Decision) {
        self.record = Some(record);
        decision.changes.push(Change::PutPair { pair: self.id, record });
    }

    fn delete(&mut self, decision: &mut Decision) {
        self.record = None;
        decision.changes.push(Change::DeletePair { pair: self.id });
    }
}
