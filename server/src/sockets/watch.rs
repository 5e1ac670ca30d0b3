//! What is known of one socket between two looks at it.

use std::task::{Context, Waker};

use super::ENDED;
use super::ring::{Found, Token};

/// What a poll is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Reading,
    /// The socket was full.
    Room,
}

#[derive(Default)]
pub(super) struct Watch {
    /// Whoever reads the socket also writes it.
    pub(super) waker: Option<Waker>,
    /// A read may find something.
    pub(super) is_readable: bool,
    /// What is read last is the end, or an error.
    pub(super) has_ended: bool,
    /// The socket is gone; the watch stays until its polls are.
    pub(super) is_forgotten: bool,
    reads: bool,
    awaits_room: bool,
}

/// Set in every watch's token, and in no number of a send.
const MARK: u64 = 1 << 62;

pub(super) fn token(key: usize, kind: Kind) -> Token {
    Token(MARK | (key as u64) << 1 | u64::from(kind == Kind::Room))
}

pub(super) fn of_token(token: Token) -> Option<(usize, Kind)> {
    let kind = if token.0 & 1 == 1 { Kind::Room } else { Kind::Reading };
    let key = usize::try_from((token.0 & !MARK) >> 1).ok()?;
    (token.0 & MARK != 0).then_some((key, kind))
}

impl Watch {
    pub(super) fn remember(&mut self, cx: &Context<'_>) {
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            self.waker = Some(cx.waker().clone());
        }
    }

    /// True where such a poll is not in the kernel yet; it is to be from now on.
    pub(super) fn begin(&mut self, kind: Kind) -> bool {
        !std::mem::replace(self.polls_for(kind), true)
    }

    /// Takes in what a poll found.
    pub(super) fn note(&mut self, kind: Kind, found: Found) {
        if found.has_ended {
            *self.polls_for(kind) = false;
        }
        if kind == Kind::Reading {
            self.is_readable = true;
            self.has_ended |= found.events & ENDED != 0;
        }
    }

    /// The polls that are in the kernel.
    pub(super) fn polls(&self) -> impl Iterator<Item = Kind> + use<> {
        let reads = self.reads.then_some(Kind::Reading);
        reads.into_iter().chain(self.awaits_room.then_some(Kind::Room))
    }

    /// Nobody and nothing refers to it any more.
    pub(super) fn is_over(&self) -> bool {
        self.is_forgotten && !self.reads && !self.awaits_room
    }

    fn polls_for(&mut self, kind: Kind) -> &mut bool {
        match kind {
            Kind::Reading => &mut self.reads,
            Kind::Room => &mut self.awaits_room,
        }
    }
}
