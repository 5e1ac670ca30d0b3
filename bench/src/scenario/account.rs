//! One receiver's account of one group: what it has seen of messages 0, 1, 2 and so on.
//!
//! Exact, and small: the next number expected, and the gaps below it. There are at most as many
//! gaps as half the messages of the run, and none with a server that does its work.

use std::ops::Range;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    /// All numbers below it were seen or are in a gap.
    next: u32,
    /// Rising, apart from one another, never empty.
    gaps: Vec<Range<u32>>,
}

/// What a receipt means for the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receipt {
    /// The next one, or one after a gap that a later receipt may still fill.
    InOrder,
    /// It was overtaken by a message that was published after it.
    Reordered,
    /// Seen before.
    Duplicate,
}

impl Account {
    pub(crate) fn receive(&mut self, index: u32) -> Receipt {
        if index >= self.next {
            if index > self.next {
                self.gaps.push(self.next..index);
            }
            // Numbers are below MESSAGES_MAX: the caller refuses those that were not published.
            self.next = index.saturating_add(1);
            return Receipt::InOrder;
        }
        let at = self.gaps.partition_point(|gap| gap.end <= index);
        let Some(gap) = self.gaps.get_mut(at).filter(|gap| gap.contains(&index)) else {
            return Receipt::Duplicate;
        };
        let above = index + 1..gap.end;
        gap.end = index;
        if gap.start == gap.end {
            self.gaps.remove(at);
            if above.start < above.end {
                self.gaps.insert(at, above);
            }
        } else if above.start < above.end {
            self.gaps.insert(at + 1, above);
        }
        Receipt::Reordered
    }

    /// The first of the `published` messages that was never seen.
    pub(crate) fn first_missing(&self, published: u32) -> Option<u32> {
        let first = self.gaps.first().map_or(self.next, |gap| gap.start);
        (first < published).then_some(first)
    }

    /// How many of the first `published` messages were never seen.
    pub(crate) fn missing(&self, published: u32) -> u64 {
        let in_gaps: u64 = self.gaps.iter().map(|gap| gap.len() as u64).sum();
        in_gaps + u64::from(published.saturating_sub(self.next))
    }
}

#[cfg(test)]
mod tests;
