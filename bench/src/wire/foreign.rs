//! The wires of servers that are no Parlance, which a run against them speaks throughout.
//!
//! It decides what each of them can do, and hands everything else to its module.

use serde::{Deserialize, Serialize};

use super::{Outgoing, Piece, Said, Step, WireFault, lines};
use crate::client::Seat;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Foreign {
    /// Plain lines, as the floors speak them.
    Lines,
}

/// What a wire's clients are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Traits {
    /// A publisher that is in the group receives its own messages.
    pub(crate) echoes: bool,
    /// A publisher is told that the server has its message.
    pub(crate) acknowledges: bool,
}

impl Foreign {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lines => "lines",
        }
    }

    pub(super) fn traits(self) -> Traits {
        match self {
            Self::Lines => Traits { echoes: false, acknowledges: false },
        }
    }

    pub(super) fn open(self, seat: Seat, _host: &str, out: &mut Vec<u8>) -> Step {
        match self {
            Self::Lines => lines::join(seat.group, out),
        }
        Step::SigningIn
    }

    pub(super) fn publish(self, outgoing: Outgoing<'_>, _mask: u32, out: &mut Vec<u8>) {
        match self {
            Self::Lines => lines::write(outgoing, out),
        }
    }

    pub(super) fn pong(self, _payload: &[u8], _mask: u32, _out: &mut Vec<u8>) {
        match self {
            Self::Lines => {}
        }
    }

    pub(super) fn cut(
        self,
        _step: Step,
        bytes: &[u8],
    ) -> Result<Option<(Piece<'_>, usize)>, WireFault> {
        match self {
            Self::Lines => lines::cut(bytes),
        }
    }

    pub(super) fn read(self, _step: Step, frame: &[u8]) -> Result<Said, WireFault> {
        match self {
            Self::Lines => lines::read(frame),
        }
    }
}
