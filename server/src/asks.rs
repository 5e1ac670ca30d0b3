//! Answers what users ask for beside messages, whatever dialect they ask in.
//!
//! An ask is one or several calls into the core and reads of the logs, put together here; the
//! core decides. Invariant: everything is asked in the name of `user`, who has signed in.

use parlance_codecs::{Answer, Ask, Refusal, UserId};

use crate::shard_handle::ShardHandle;

/// Has one ask of a signed-in user answered.
pub(crate) async fn answer(
    _shard: &ShardHandle,
    _user: UserId,
    _ask: &Ask,
) -> Result<Answer, Refusal> {
    Err(Refusal::Unavailable)
}
