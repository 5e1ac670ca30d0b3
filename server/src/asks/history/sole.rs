//! A message that names no conversation, from a user who is in one.

use parlance_codecs::dialect::DialectName;
use parlance_codecs::{
    Category, Content, ConversationId, Draft, DraftBody, Posted, Refusal, UserId,
};
use parlance_conversation::mesh::{CallAnswer, CallRequest};

use super::refusal;
use crate::shard_handle::ShardHandle;

pub(super) async fn post(
    shard: &ShardHandle,
    user: UserId,
    dialect: DialectName,
    content: &Content,
) -> Result<Posted, Refusal> {
    let conversation = match shard.call(CallRequest::Memberships { user }).await {
        CallAnswer::Memberships(all) => only(&all).ok_or(Refusal::UnknownConversation)?,
        other => return Err(refusal(&other)),
    };
    let draft = Draft {
        conversation,
        category: None,
        body: DraftBody::Content(content.clone()),
        expires_in_ms: None,
        key: None,
    };
    let call = CallRequest::Post {
        sender: user,
        draft,
        friends_required: false,
        create_sender: true,
        call_of: Some(dialect),
    };
    match shard.call(call).await {
        CallAnswer::Posted(posted) => Ok(posted),
        other => Err(refusal(&other)),
    }
}

/// Nobody joins a direct: those that there are do not make it less plain which chat is meant.
fn only(all: &[(ConversationId, Category)]) -> Option<ConversationId> {
    let mut joined = all.iter().filter(|(_, category)| *category != Category::Direct);
    match (joined.next(), joined.next()) {
        (Some((conversation, _)), None) => Some(*conversation),
        (_, _) => None,
    }
}
