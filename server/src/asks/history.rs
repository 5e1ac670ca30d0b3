//! Profiles, what was said before, and where a user stands in it.

use parlance_codecs::{Answer, Ask, Refusal, UserId};

use crate::shard_handle::ShardHandle;

pub(super) async fn answer(
    _shard: &ShardHandle,
    _user: UserId,
    _ask: &Ask,
) -> Result<Answer, Refusal> {
    Err(Refusal::Unavailable)
}
