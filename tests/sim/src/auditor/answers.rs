//! Whether refusals and the operator's answers are true.
//!
//! A refusal is judged only where the facts were settled on disk before the request was sent and
//! nothing was under way that could change them.

use parlance_codecs::{Category, ConversationId, DraftBody, Refusal, UserId};
use parlance_conversation::mesh::{CallAnswer, CallRefusal, CallRequest};
use parlance_conversation::social::FriendAct;
use parlance_conversation::store::{Durability, NameKey};

use crate::auditor::Auditor;
use crate::drafts::DraftFact;
use crate::situations::Situation;
use crate::violation::{Checked, Promise, broken};

impl Auditor {
    /// A draft was refused: the reason has to hold.
    pub(crate) fn check_refusal(
        &mut self,
        token: u64,
        refusal: Refusal,
        friends_required: bool,
    ) -> Checked {
        let Some(fact) = self.drafts.fact(token) else {
            return broken(Promise::Contract, format!("a refusal for unknown draft {token}"));
        };
        let holds = self.refusal_holds(fact, refusal, friends_required);
        if !holds {
            return broken(Promise::Rights, format!("{fact:?} was refused: {refusal}"));
        }
        if fact.result.is_some() && fact.draft.key.is_some() && fact.fresh_answer {
            let may_have_changed = self.rights_may_have_changed(fact);
            if !may_have_changed {
                return broken(Promise::Once, format!("the retry of {fact:?} got {refusal}"));
            }
        }
        match refusal {
            Refusal::NotFriends => self.reach(Situation::NotFriends),
            Refusal::UnknownConversation => self.reach(Situation::StrangerRefused),
            Refusal::NotAPoster => self.reach(Situation::NotAPoster),
            Refusal::NotTheSender => self.reach(Situation::RecallRefused),
            Refusal::UnknownUser
            | Refusal::UnknownMessage
            | Refusal::ConversationFull
            | Refusal::TooManyMembers
            | Refusal::TextTooLong { .. }
            | Refusal::AlreadyFriends
            | Refusal::AlreadyAsked
            | Refusal::AlreadyMember
            | Refusal::UnknownRequest
            | Refusal::TooManyRequests
            | Refusal::TooManyRelations
            | Refusal::TheirTooManyRelations
            | Refusal::NotALeader
            | Refusal::NotAMember
            | Refusal::Nameless
            | Refusal::BadName { .. }
            | Refusal::TooFast
            | Refusal::Unavailable => {}
        }
        Ok(())
    }

    /// Rights end where a member is removed or a room is left; messages end with the process
    /// where nothing stores them.
    fn rights_may_have_changed(&self, fact: &DraftFact) -> bool {
        let conversation = fact.draft.conversation;
        let category = self.ledger.category_of(conversation);
        self.removing.contains(&(conversation, fact.user))
            || category.is_none_or(|category| {
                category == Category::Room || self.durability_of(category) != Durability::Sync
            })
    }

    fn refusal_holds(&self, fact: &DraftFact, refusal: Refusal, friends_required: bool) -> bool {
        let conversation = fact.draft.conversation;
        match refusal {
            Refusal::NotFriends => {
                let peer = conversation.peer_of(fact.user);
                friends_required && peer.is_some_and(|peer| !self.were_friends(fact, peer))
            }
            Refusal::UnknownUser => {
                let peer = conversation.peer_of(fact.user);
                let account = peer.and_then(|peer| self.ledger.accounts.get(&peer));
                !account.is_some_and(|it| it.record.is_some() && it.since_us < fact.first_sent_us)
            }
            Refusal::UnknownConversation => !self.was_member(fact),
            Refusal::NotAPoster => {
                let log = self.ledger.logs.get(&conversation);
                log.and_then(|log| log.record.as_ref()).is_some_and(|record| {
                    record.category == Category::Channel
                        && record.owner != Some(fact.user)
                        && !record.posters.contains(&fact.user)
                })
            }
            Refusal::UnknownMessage | Refusal::NotTheSender => self.target_is_not_theirs(fact),
            // Nothing in a run is large enough to be full, and nothing makes the server refuse.
            Refusal::ConversationFull
            | Refusal::TooManyMembers
            | Refusal::TextTooLong { .. }
            | Refusal::AlreadyFriends
            | Refusal::AlreadyAsked
            | Refusal::AlreadyMember
            | Refusal::UnknownRequest
            | Refusal::TooManyRequests
            | Refusal::TooManyRelations
            | Refusal::TheirTooManyRelations
            | Refusal::NotALeader
            | Refusal::NotAMember
            | Refusal::Nameless
            | Refusal::BadName { .. }
            | Refusal::TooFast
            | Refusal::Unavailable => false,
        }
    }

    /// Settled before the draft was sent, and nobody asked to end it.
    fn were_friends(&self, fact: &DraftFact, peer: UserId) -> bool {
        if self.parting.contains(&(fact.user.min(peer), fact.user.max(peer))) {
            return false;
        }
        let since = self.ledger.accounts.get(&fact.user).and_then(|it| it.friends.get(&peer));
        since.is_some_and(|(_, since)| *since < fact.first_sent_us)
    }

    /// Settled at both homes before the draft was sent, and nobody asked to end it.
    fn was_member(&self, fact: &DraftFact) -> bool {
        let conversation = fact.draft.conversation;
        if self.removing.contains(&(conversation, fact.user)) {
            return false;
        }
        let Some(log) = self.ledger.logs.get(&conversation) else { return false };
        let Some(category) = self.ledger.category_of(conversation) else { return false };
        let by_draft = fact.draft.category.is_none_or(|meant| meant == category);
        let account = self.ledger.accounts.get(&fact.user);
        let since = account.and_then(|it| it.memberships.get(&conversation)).map(|(_, at)| *at);
        let settled = since.is_some_and(|since| since < fact.first_sent_us);
        by_draft
            && settled
            && category != Category::Room
            && (category == Category::Direct || log.stay(fact.user).is_some())
    }

    fn target_is_not_theirs(&self, fact: &DraftFact) -> bool {
        let (DraftBody::Recall { target } | DraftBody::Read { target }) = fact.draft.body else {
            return false;
        };
        let Some(stored) = self.ledger.message(target) else { return true };
        let same_place = stored.conversation == fact.draft.conversation;
        let recall = matches!(fact.draft.body, DraftBody::Recall { .. });
        // What has expired is no message any more, and marks are none either.
        !same_place
            || stored.mark > 0
            || stored.expires_at_ms.is_some()
            || stored.recall_index.is_some() && !recall
            || recall && stored.sender != fact.user
    }

    pub(crate) fn check_joined(
        &mut self,
        room: ConversationId,
        result: Result<(), Refusal>,
    ) -> Checked {
        let is_room = self.ledger.category_of(room) == Some(Category::Room);
        match result {
            Ok(()) if is_room => self.reach(Situation::RoomJoined),
            Err(Refusal::UnknownConversation) if !is_room => self.reach(Situation::RoomRefused),
            Ok(()) | Err(_) => {
                return broken(Promise::Rights, format!("joining {room} gave {result:?}"));
            }
        }
        Ok(())
    }

    /// The operator's answer is true on disk at the moment it is given.
    pub(crate) fn answered(
        &mut self,
        request: &CallRequest,
        token: Option<u64>,
        answer: &CallAnswer,
    ) -> Checked {
        match (request, answer) {
            (CallRequest::Post { .. }, CallAnswer::Posted(posted)) => {
                let Some(token) = token else {
                    return broken(Promise::Contract, "a result for no draft");
                };
                return self.check_posted(token, *posted);
            }
            (CallRequest::CreateUser { .. }, CallAnswer::Refused(CallRefusal::Taken)) => {
                self.reach(Situation::NameConflict);
                // A crash may lose the release of those names that it did get.
                self.abandon_names(request);
            }
            (_, CallAnswer::Refused(CallRefusal::Refused(Refusal::Unavailable))) => {
                return broken(Promise::Liveness, format!("{request:?} was refused"));
            }
            (_, CallAnswer::Refused(_)) => {}
            (_, _) if self.is_true(request, answer) => {}
            (_, _) => {
                return broken(Promise::Durable, format!("{request:?} was answered {answer:?}"));
            }
        }
        Ok(())
    }

    /// The names that a CreateUser wanted may stay claimed for a user who never comes to be.
    pub(crate) fn abandon_names(&mut self, request: &CallRequest) {
        let CallRequest::CreateUser { name, external_id, .. } = request else { return };
        self.abandoned_names.extend(name.clone().map(NameKey::Login));
        self.abandoned_names.extend(external_id.clone().map(NameKey::External));
    }

    fn is_true(&self, request: &CallRequest, answer: &CallAnswer) -> bool {
        match (request, answer) {
            // A name may be given back, or lead to another password, while the answer travels.
            (CallRequest::LookUpName { name }, CallAnswer::Name(found)) => found
                .as_ref()
                .is_none_or(|it| self.ledger.names_ever.contains(&(name.clone(), it.user))),
            (CallRequest::EnsureUser { user }, CallAnswer::Done) => self.exists(*user),
            (CallRequest::CreateUser { id, name, external_id, .. }, CallAnswer::User(user)) => {
                let leads =
                    |key: NameKey| self.ledger.names.get(&key).is_some_and(|it| it.user == *user);
                id.is_none_or(|id| id == *user)
                    && self.exists(*user)
                    && name.clone().is_none_or(|name| leads(NameKey::Login(name)))
                    && external_id.clone().is_none_or(|name| leads(NameKey::External(name)))
            }
            // The name may be given back at once by whoever was only claiming it.
            (CallRequest::SetPassword { .. }, CallAnswer::Done) => true,
            (CallRequest::CreateConversation { members, category, .. }, answer) => {
                let CallAnswer::Conversation(conversation) = answer else { return false };
                self.ledger.category_of(*conversation) == Some(*category)
                    && members.iter().all(|user| self.is_in(*conversation, *user))
            }
            (CallRequest::AddMembers { conversation, members, .. }, CallAnswer::Done) => {
                let stays = |user: &UserId| {
                    self.is_in(*conversation, *user)
                        || self.removing.contains(&(*conversation, *user))
                };
                members.iter().all(stays)
            }
            (CallRequest::RemoveMembers { conversation, members, .. }, CallAnswer::Done) => {
                let gone = |user: &UserId| {
                    let log = self.ledger.logs.get(conversation);
                    let stays = log.and_then(|log| log.stays.get(user));
                    // Another call may have added them at once.
                    stays.is_none_or(|stays| stays.iter().any(|stay| stay.until.is_some()))
                        || self.adding.contains(&(*conversation, *user))
                };
                members.iter().all(gone)
            }
            (CallRequest::Befriend { a, b, .. }, CallAnswer::Done) => {
                self.are_friends(*a, *b)
                    || self.are_friends(*b, *a)
                    || self.parting.contains(&(*a.min(b), *a.max(b)))
            }
            // Others may have gone on with it while the answer travels; that both know the same is
            // looked at when all is quiet.
            (CallRequest::Friend { act, .. }, answer) => match act {
                FriendAct::Ask { .. } => matches!(answer, CallAnswer::Befriended(_)),
                FriendAct::Accept | FriendAct::Refuse | FriendAct::Remove => {
                    *answer == CallAnswer::Done
                }
                FriendAct::Vouch(_) => false,
            },
            (CallRequest::Describe { conversation, .. }, CallAnswer::Described(description)) => {
                description.conversation == *conversation
                    && self.ledger.category_of(*conversation) == Some(description.category)
                    && description.members.is_sorted()
            }
            (_, _) => false,
        }
    }

    fn exists(&self, user: UserId) -> bool {
        self.ledger.accounts.get(&user).is_some_and(|account| account.record.is_some())
    }

    fn is_in(&self, conversation: ConversationId, user: UserId) -> bool {
        self.ledger.logs.get(&conversation).is_some_and(|log| log.stay(user).is_some())
    }

    fn are_friends(&self, a: UserId, b: UserId) -> bool {
        self.ledger.accounts.get(&a).is_some_and(|account| account.friends.contains_key(&b))
    }
}
