//! Makes a run's groups through the operator API.

use super::Setting;
use crate::error::BenchError;
use crate::workload::{self, Fanout};

/// The groups of a layout whose users begin with `first_user`.
pub(super) fn of_layout(
    layout: &Fanout,
    first_user: u64,
    setting: &Setting<'_>,
) -> Result<Vec<u64>, BenchError> {
    let members = |group| {
        let publisher = first_user + layout.publisher_of(group) as u64;
        (publisher..).take(layout.seats_per_group()).collect()
    };
    make(first_user, (0..layout.groups).map(members), setting)
}

/// A group of each list of users, who must have signed in before: a user exists from then on.
/// Clients of another server have made theirs as they opened. The groups' numbers, in order.
pub(super) fn make(
    first_user: u64,
    groups: impl Iterator<Item = Vec<u64>>,
    setting: &Setting<'_>,
) -> Result<Vec<u64>, BenchError> {
    if setting.target.wire.is_some() {
        return Ok((0..)
            .zip(groups)
            .map(|(at, _)| workload::group_number(first_user, at))
            .collect());
    }
    let operator = setting.target.operator.as_ref().ok_or(BenchError::NoOperator)?;
    let make = |(number, members): (usize, Vec<u64>)| {
        if setting.interrupt.is_raised() {
            return Err(BenchError::Interrupted);
        }
        operator.create_group(&format!("bench {:x} {number}", setting.seed), &members)
    };
    groups.enumerate().map(make).collect()
}
