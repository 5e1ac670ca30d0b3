//! Sign-ins, as many at a time as are allowed, until all sessions stand.

use serde::{Deserialize, Serialize};

use super::{check_between, check_connections};
use crate::client::Seat;
use crate::error::BenchError;
use crate::limits::OPENING_MAX;
use crate::wire::Wire;

/// What proves who a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SignIn {
    /// A JSON Web Token for each, signed before the clock starts.
    Jwt,
    /// The user's id, on a server that asks for no more.
    Open,
}

/// A closed loop: `at_once` connections are on their way at any time, as a fleet of clients
/// behind a load balancer's limit would have it, and the next one begins when one is signed in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Connect {
    pub(crate) connections: usize,
    pub(crate) at_once: usize,
    pub(crate) sign_in: SignIn,
    pub(crate) wire: Wire,
}

impl Default for Connect {
    fn default() -> Self {
        Self {
            connections: 10_000,
            at_once: OPENING_MAX,
            sign_in: SignIn::Jwt,
            wire: Wire::StreamWsJson,
        }
    }
}

impl Connect {
    pub(crate) fn check(&self) -> Result<(), BenchError> {
        check_between("at_once", self.at_once, 1..=OPENING_MAX)?;
        check_connections("connections", self.connections)
    }

    pub(super) fn connections(&self) -> usize {
        self.connections
    }

    /// See [`super::Workload::shrink`].
    pub(super) fn shrink(&mut self) {
        self.connections = self.connections.min(50);
    }

    pub(crate) fn seats(&self, first_user: u64) -> Vec<Seat> {
        let users = (first_user..).take(self.connections);
        users.map(|user| Seat { user, wire: self.wire, group: user }).collect()
    }
}
