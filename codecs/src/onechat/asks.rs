//! The commands about friends and rooms, and what became of them.
//!
//! Decides what each of these commands asks for, in the order in which the dialect checks, and how
//! its outcome is told: only `create_friendship` is acknowledged, and before any word of what was
//! wrong with it; the others end in a notification or in an error. Rooms here are groups of the
//! model.

use crate::ask::Ask;
use crate::dialect::{Decoded, Framing};
use crate::event::Refusal;
use crate::json::{Json, Object};
use crate::model::{ConversationId, UserId};
use crate::request::{Request, Tag};

use super::decode::{integer, tag, text};
use super::reply::{Fault, append_ack, append_error};

const CREATE_FRIENDSHIP: &str = "create_friendship";

/// Appends what a command asks for; an unknown one is a fault.
pub(super) fn decode(
    framing: Framing,
    user: UserId,
    command: &str,
    object: Object<'_, '_>,
    out: &mut Vec<Decoded>,
) -> Result<(), Fault> {
    let (tag, ask) = match command {
        CREATE_FRIENDSHIP => create_friendship(framing, user, object, out)?,
        "access_friendship" => {
            let user = other(user, object)?.ok_or(Fault::UnknownRequest)?;
            (Tag::default(), Ask::AcceptFriend { user })
        }
        "deny_friendship" => {
            let user = other(user, object)?.ok_or(Fault::UnknownRequest)?;
            (Tag::default(), Ask::RefuseFriend { user })
        }
        "del_friendship" => {
            let user = other(user, object)?.ok_or(Fault::NotFriends)?;
            (Tag::default(), Ask::RemoveFriend { user })
        }
        "create_room" => (Tag::default(), create_room(user, object)?),
        "del_room" => (Tag::default(), Ask::DeleteGroup { group: room(object)? }),
        "leave_room" => (Tag::default(), Ask::LeaveGroup { group: room(object)? }),
        "join_room" => (Tag::default(), Ask::Apply { group: room(object)? }),
        "change_room_info" => {
            let name = text(object, "newname")?.ok_or(Fault::NotText { field: "newname" })?;
            let group = room(object)?;
            (Tag::default(), Ask::RenameGroup { group, name: name.into(), leaders_only: false })
        }
        "pull_to_room" => {
            let pulled = integer(object, "userid").ok_or(Fault::NotInteger { field: "userid" })?;
            let group = room(object)?;
            let user = pulled.and_then(UserId::new).ok_or(Fault::UnknownUser)?;
            (Tag::default(), Ask::AddMember { group, user })
        }
        _ => return Err(not_a_command(framing, command)),
    };
    out.push(Decoded::Request(Request::Ask { tag, ask }));
    Ok(())
}

/// The target's type is checked before the acknowledgement, whether there is one such user after
/// it.
fn create_friendship(
    framing: Framing,
    user: UserId,
    object: Object<'_, '_>,
    out: &mut Vec<Decoded>,
) -> Result<(Tag, Ask), Fault> {
    let to = other(user, object)?;
    let tag = tag(object)?;
    let message = text(object, "msg")?.unwrap_or_default();
    if message.len() > Ask::REQUEST_TEXT_BYTES_MAX {
        return Err(Fault::LongField { field: "msg", max: Ask::REQUEST_TEXT_BYTES_MAX });
    }
    if message.contains('\0') {
        return Err(Fault::NulInMessage);
    }
    let Some(user) = to else {
        let mut ack = Vec::new();
        append_ack(framing, CREATE_FRIENDSHIP, &tag.0, &mut ack);
        out.push(Decoded::Reply(ack));
        return Err(Fault::UnknownUser);
    };
    Ok((tag, Ask::RequestFriend { user, text: message.into(), named_only: false }))
}

/// What the documents have beside name and members is passed over: nothing here has use for it.
fn create_room(user: UserId, object: Object<'_, '_>) -> Result<Ask, Fault> {
    let name = text(object, "name")?.ok_or(Fault::NotText { field: "name" })?;
    let named: &[Json<'_>] = match object.field("members").ok().flatten() {
        None => &[],
        Some(Json::Array(named)) => named,
        Some(_) => return Err(Fault::Members),
    };
    if named.len() > Ask::GROUP_MEMBERS_MAX {
        return Err(Fault::TooManyMembers);
    }
    let mut members = Vec::with_capacity(named.len());
    for member in named {
        let id = match member {
            Json::Integer(id) => *id,
            Json::Negative(_) => return Err(Fault::UnknownUser),
            _ => return Err(Fault::Members),
        };
        members.push(UserId::new(id).ok_or(Fault::UnknownUser)?);
    }
    // The creator is in it anyway, and nobody is in it twice.
    members.retain(|member| *member != user);
    members.sort_unstable();
    members.dedup();
    Ok(Ask::CreateGroup { name: name.into(), members })
}

/// The user that `to` names; `None` where it can be no user but oneself.
fn other(user: UserId, object: Object<'_, '_>) -> Result<Option<UserId>, Fault> {
    let to = integer(object, "to").ok_or(Fault::UserTarget)?;
    Ok(to.and_then(UserId::new).filter(|other| *other != user))
}

fn room(object: Object<'_, '_>) -> Result<ConversationId, Fault> {
    let id = integer(object, "roomid").ok_or(Fault::NotInteger { field: "roomid" })?;
    id.and_then(ConversationId::number).ok_or(Fault::NotInRoom)
}

/// Calls were relayed to WebSockets that were there; here nobody ever is. Elsewhere the documents
/// know no such commands.
fn not_a_command(framing: Framing, command: &str) -> Fault {
    match (framing, command) {
        (
            Framing::WebSocket,
            "webrtc_create"
            | "webrtc_send_offer"
            | "webrtc_send_answer"
            | "webrtc_send_ice_candidate",
        ) => Fault::NotOnline,
        (Framing::WebSocket, "webrtc_join" | "webrtc_leave") => Fault::UnknownCall,
        _ => Fault::UnknownCommand,
    }
}

/// Appends what became of an ask.
pub(super) fn append_outcome(
    framing: Framing,
    tag: &Tag,
    ask: &Ask,
    outcome: Result<(), Refusal>,
    out: &mut Vec<u8>,
) {
    // The acknowledgement says that the request was taken, not that it came to something; the
    // only ones without it are those that were not looked at.
    let taken = !matches!(outcome, Err(Refusal::Unavailable | Refusal::TooFast));
    if matches!(ask, Ask::RequestFriend { .. }) && taken {
        append_ack(framing, CREATE_FRIENDSHIP, &tag.0, out);
    }
    if let Err(refusal) = outcome {
        append_error(framing, fault(ask, refusal), out);
    }
}

/// Who asks about a user by id is told that there is none; where it is about what is between the
/// two, a stranger and nobody are the same.
fn fault(ask: &Ask, refusal: Refusal) -> Fault {
    match (ask, refusal) {
        (
            Ask::RequestFriend { .. } | Ask::CreateGroup { .. } | Ask::AddMember { .. },
            Refusal::UnknownUser,
        ) => Fault::UnknownUser,
        (Ask::AcceptFriend { .. } | Ask::RefuseFriend { .. }, Refusal::UnknownUser) => {
            Fault::UnknownRequest
        }
        (Ask::Apply { .. }, Refusal::AlreadyAsked) => Fault::AlreadyApplied,
        (_, refusal) => refusal.into(),
    }
}
