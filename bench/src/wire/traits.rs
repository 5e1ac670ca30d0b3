//! What a session on a wire can do, as far as a scenario has to know.
//!
//! Decides nothing of bytes: those are [`super::Wire`]'s other matters.

use parlance_codecs::dialect::{DialectName, Echo};

use super::{Category, Wire};

impl Wire {
    /// Whether the sending session is sent its own messages.
    pub(crate) fn echoes(self, category: Category) -> bool {
        let dialect = match self {
            Self::StreamWsJson | Self::StreamWsProto | Self::StreamTcp => DialectName::Stream,
            Self::Onechat => DialectName::Onechat,
            Self::Im | Self::ImCalls => DialectName::Im,
            Self::Events => DialectName::Events,
            Self::Rooms => DialectName::Rooms,
            Self::Foreign(foreign) => return foreign.traits().echoes,
        };
        match dialect.dialect().traits().echo {
            Echo::Nothing => false,
            Echo::NotDirects => category == Category::Group,
            Echo::Everything => true,
        }
    }

    /// Whether a session can send messages.
    pub(crate) fn publishes(self) -> bool {
        !matches!(self, Self::Im | Self::ImCalls)
    }

    /// Whether a message is answered once the server has it.
    pub(crate) fn acknowledges(self) -> bool {
        match self {
            Self::StreamWsJson
            | Self::StreamWsProto
            | Self::StreamTcp
            | Self::Onechat
            | Self::Events => true,
            Self::Im | Self::ImCalls | Self::Rooms => false,
            Self::Foreign(foreign) => foreign.traits().acknowledges,
        }
    }

    /// Whether a session can name the last message that it saw, and is sent what came after it.
    pub(crate) fn resumes(self) -> bool {
        matches!(self, Self::StreamWsJson | Self::StreamWsProto | Self::StreamTcp)
    }
}
