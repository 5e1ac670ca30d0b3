//! Asks several shards at a time, but not all that there is to ask.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Calls of one ask that wait at a time: enough to hide the way between shards, few beside what a
/// shard's table of calls holds.
const AT_ONCE_MAX: usize = 32;

/// The outputs of the futures that `begin` makes of the items, in the items' order.
pub(in crate::asks) async fn all<'i, I, F: Future>(
    items: &'i [I],
    begin: impl Fn(&'i I) -> F,
) -> Vec<F::Output> {
    let mut outputs = Vec::with_capacity(items.len());
    for some in items.chunks(AT_ONCE_MAX) {
        let mut waiting: Vec<Waiting<F>> =
            some.iter().map(|item| Waiting::For(Box::pin(begin(item)))).collect();
        poll_fn(|cx| {
            let mut open = false;
            for one in &mut waiting {
                if let Waiting::For(future) = one {
                    match future.as_mut().poll(cx) {
                        Poll::Ready(output) => *one = Waiting::Over(output),
                        Poll::Pending => open = true,
                    }
                }
            }
            if open { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        outputs.extend(waiting.into_iter().filter_map(|one| match one {
            Waiting::For(_) => None,
            Waiting::Over(output) => Some(output),
        }));
    }
    outputs
}

enum Waiting<F: Future> {
    For(Pin<Box<F>>),
    Over(F::Output),
}

#[cfg(test)]
mod tests;
