//! Sessions that only hold their connection.

use serde::{Deserialize, Serialize};

use super::{check_connections, group_number};
use crate::client::Seat;
use crate::error::BenchError;
use crate::limits::SCHEDULE_SECONDS_MAX;
use crate::wire::Wire;

/// Sessions that only hold their connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Idle {
    pub(crate) connections: usize,
    /// How long they are held while the server's CPU time is measured.
    pub(crate) seconds: u64,
    pub(crate) wire: Wire,
}

impl Default for Idle {
    fn default() -> Self {
        Self { connections: 10_000, seconds: 10, wire: Wire::StreamWsJson }
    }
}

impl Idle {
    pub(crate) fn check(&self) -> Result<(), BenchError> {
        if self.seconds > SCHEDULE_SECONDS_MAX {
            let allowed = format!("{SCHEDULE_SECONDS_MAX} s");
            return Err(BenchError::setting("seconds", self.seconds, allowed));
        }
        check_connections("connections", self.connections)
    }

    pub(super) fn connections(&self) -> usize {
        self.connections
    }

    /// See [`super::Workload::shrink`].
    pub(super) fn shrink(&mut self) {
        self.connections = self.connections.min(50);
        self.seconds = self.seconds.min(1);
    }

    pub(crate) fn seats(&self, first_user: u64) -> Vec<Seat> {
        let users = (first_user..).take(self.connections);
        let group = group_number(first_user, 0);
        users.map(|user| Seat { user, wire: self.wire, group }).collect()
    }
}
