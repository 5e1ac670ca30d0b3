//! Friendships, groups, names and requests: what users ask of one another.

use parlance_codecs::{Answer, Ask, Refusal, UserId};

use crate::shard_handle::ShardHandle;

pub(super) async fn answer(
    _shard: &ShardHandle,
    _user: UserId,
    _ask: &Ask,
) -> Result<Answer, Refusal> {
    Err(Refusal::Unavailable)
}
