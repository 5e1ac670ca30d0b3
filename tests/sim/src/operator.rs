//! The operator: makes conversations, moves members, makes friends, posts, wants names.
//!
//! Calls go to any shard. One that a crash leaves unanswered may or may not have happened; the
//! operator simply asks for something again later.

use parlance_codecs::{Category, ConversationId, Draft, UserId};
use parlance_conversation::Input;
use parlance_conversation::mesh::{CallAnswer, CallRequest, Notify};
use parlance_conversation::social::{FriendAct, Namelessness};
use parlance_conversation::store::NameKey;

use crate::drafts::{DraftFact, Sender, body_of};
use crate::plan::Plan;
use crate::situations::Situation;
use crate::violation::Checked;
use crate::world::process::Purpose;
use crate::world::{Happening, Phase, World};

/// Names that the operator picks from: few, so that they collide.
const NAMES: [&str; 3] = ["ada", "bob", "cy"];

pub(crate) struct Operator {
    /// Conversations that it still wants to make.
    wanted: Vec<Category>,
    /// Those that it was told of.
    pub(crate) known: Vec<(ConversationId, Category)>,
}

impl Operator {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self { wanted: plan.conversations.clone(), known: Vec::new() }
    }

    pub(crate) fn answered(&mut self, request: &CallRequest, answer: &CallAnswer) {
        let CallRequest::CreateConversation { category, .. } = request else { return };
        let CallAnswer::Conversation(id) = answer else { return };
        self.known.push((*id, *category));
        if let Some(at) = self.wanted.iter().position(|wanted| wanted == category) {
            self.wanted.swap_remove(at);
        }
    }
}

impl World {
    pub(crate) fn operator_turn(&mut self) -> Checked {
        if self.phase == Phase::Quiet {
            return Ok(());
        }
        let next = if self.operator.wanted.is_empty() {
            self.dice.between(1, self.plan.operator_think_us * 2)
        } else {
            50_000
        };
        self.agenda.after(next, Happening::OperatorTurn);
        let ready = self.process.as_ref().is_some_and(|process| process.is_ready());
        if !ready {
            return Ok(());
        }
        let mut token = None;
        let request = match self.operator.wanted.first().copied() {
            Some(category) => Some(self.create_conversation(category)),
            None => self.next_request(&mut token),
        };
        if let Some(request) = request {
            self.call(request, token)?;
        }
        // Users ask at about the operator's pace.
        self.ask_something()
    }

    fn call(&mut self, request: CallRequest, token: Option<u64>) -> Checked {
        let shard = self.dice.below(self.placement.shards());
        let Some(process) = &mut self.process else { return Ok(()) };
        let call = process.new_call(Purpose::Operator { request: request.clone(), token });
        if let Some(token) = token {
            self.note_arrival(token);
        }
        self.feed(shard, Input::Call { call, request })
    }

    pub(crate) fn some_user(&mut self) -> Option<UserId> {
        UserId::new(self.dice.between(1, self.plan.users))
    }

    fn some_users(&mut self, per_mille: u32) -> Vec<UserId> {
        let users: Vec<u64> = (1..=self.plan.users).collect();
        users.into_iter().filter(|_| self.dice.chance(per_mille)).filter_map(UserId::new).collect()
    }

    fn create_conversation(&mut self, category: Category) -> CallRequest {
        let owner = if self.dice.chance(500) { self.some_user() } else { None };
        let mut members = self.some_users(700);
        if category == Category::Room {
            members.clear();
        }
        CallRequest::CreateConversation {
            category,
            name: "a name".to_owned(),
            owner,
            members,
            posters: if category == Category::Channel { self.some_users(500) } else { Vec::new() },
            history_for_new_members: self.dice.chance(600),
            notify: self.notify(),
        }
    }

    fn notify(&mut self) -> Notify {
        if self.dice.chance(500) { Notify::Concerned } else { Notify::Nobody }
    }

    fn next_request(&mut self, token: &mut Option<u64>) -> Option<CallRequest> {
        let groups: Vec<_> = self
            .operator
            .known
            .iter()
            .filter(|(_, category)| *category != Category::Room)
            .map(|(id, _)| *id)
            .collect();
        let group = self.dice.pick(&groups);
        match self.dice.below(10) {
            0 | 1 => self.add_members(group?),
            2 => self.remove_members(group?),
            3 => {
                if self.dice.chance(300) {
                    self.befriend()
                } else {
                    self.friend_act()
                }
            }
            4 | 5 => self.operator_post(token),
            6 => Some(CallRequest::Describe { conversation: group?, user: self.some_user() }),
            7 | 8 => Some(self.create_user()),
            _ => {
                let name = self.dice.pick(&NAMES)?.to_owned();
                Some(match self.dice.chance(500) {
                    true => CallRequest::LookUpName { name: NameKey::Login(name) },
                    false => CallRequest::SetPassword { name, password_hash: "hash".to_owned() },
                })
            }
        }
    }

    fn add_members(&mut self, conversation: ConversationId) -> Option<CallRequest> {
        let members = self.some_users(300);
        self.auditor.adding.extend(members.iter().map(|user| (conversation, *user)));
        Some(CallRequest::AddMembers { conversation, members, notify: self.notify() })
    }

    fn remove_members(&mut self, conversation: ConversationId) -> Option<CallRequest> {
        // User 1 is never removed: somebody is a member for the whole run.
        let members: Vec<_> =
            self.some_users(150).into_iter().filter(|user| user.raw() > 1).collect();
        let facts = &self.auditor.drafts;
        let posting = self.clients.iter().flat_map(|client| &client.open_drafts).any(|token| {
            facts.fact(*token).is_some_and(|fact| {
                fact.draft.conversation == conversation && members.contains(&fact.user)
            })
        });
        if posting {
            self.auditor.reach(Situation::RemovedWhilePosting);
        }
        for user in &members {
            self.auditor.removing.insert((conversation, *user));
        }
        Some(CallRequest::RemoveMembers { conversation, members, notify: self.notify() })
    }

    fn befriend(&mut self) -> Option<CallRequest> {
        let (a, b) = (self.some_user()?, self.some_user()?);
        if a == b {
            return None;
        }
        self.auditor.befriending.insert((a.min(b), a.max(b)));
        Some(CallRequest::Befriend { a, b, notify: self.notify() })
    }

    /// What a user does about a friendship, asked by a call as dialects have it asked.
    fn friend_act(&mut self) -> Option<CallRequest> {
        let (by, user) = (self.some_user()?, self.some_user()?);
        let pair = (by.min(user), by.max(user));
        let act = match self.dice.below(6) {
            0..=2 => FriendAct::Ask {
                text: "hello".to_owned(),
                namelessness: Namelessness::Allowed,
                agrees: false,
            },
            3 => FriendAct::Accept,
            4 => FriendAct::Refuse,
            _ => {
                self.auditor.parting.insert(pair);
                FriendAct::Remove
            }
        };
        if let FriendAct::Ask { .. } | FriendAct::Accept = act {
            self.auditor.befriending.insert(pair);
        }
        Some(CallRequest::Friend { by, user, act })
    }

    fn operator_post(&mut self, token: &mut Option<u64>) -> Option<CallRequest> {
        let sender = self.some_user()?;
        let conversation = self.conversation_for(sender)?;
        let number = self.auditor.drafts.next_token();
        let draft = Draft {
            conversation,
            category: None,
            body: body_of(number, false),
            expires_in_ms: None,
            key: None,
        };
        let seen = parlance_codecs::MessageId::ZERO;
        self.register(number, DraftFact::new(Sender::Operator, sender, draft.clone(), seen));
        *token = Some(number);
        let friends_required = self.dice.chance(200);
        let create_sender = self.dice.chance(500);
        let call_of = None;
        Some(CallRequest::Post { sender, draft, friends_required, create_sender, call_of })
    }

    fn create_user(&mut self) -> CallRequest {
        let id = if self.dice.chance(300) { self.some_user() } else { None };
        let some_name = |world: &mut Self| {
            if world.dice.chance(500) { world.dice.pick(&NAMES).map(str::to_owned) } else { None }
        };
        let name = some_name(self);
        let external_id = some_name(self);
        let password_hash = name.as_ref().map(|_| "hash".to_owned());
        CallRequest::CreateUser { id, name, password_hash, external_id }
    }
}
