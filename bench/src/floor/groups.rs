//! Who is in which group: slots of connections, by the number that they joined with.
//!
//! A group is a plain list, so that a broadcast is one pass over it. It exists while it has
//! members.

use std::collections::HashMap;

#[derive(Debug, Default)]
pub(super) struct Groups {
    by_number: HashMap<u64, u32>,
    groups: Vec<Group>,
    /// Indexes of `groups` without members.
    free: Vec<u32>,
}

#[derive(Debug, Default)]
struct Group {
    number: u64,
    members: Vec<u32>,
}

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) group: u32,
    at: u32,
}

impl Groups {
    pub(super) fn join(&mut self, number: u64, slot: u32) -> Place {
        let group = match self.by_number.get(&number) {
            Some(group) => *group,
            None => self.create(number),
        };
        let members = &mut self.groups[group as usize].members;
        // There are no more members than slots, whose numbers are u32.
        let at = u32::try_from(members.len()).unwrap_or(u32::MAX);
        members.push(slot);
        Place { group, at }
    }

    /// Leaves; returns the member that stands in this place from now on, if one does.
    pub(super) fn leave(&mut self, place: Place) -> Option<u32> {
        let group = &mut self.groups[place.group as usize];
        group.members.swap_remove(place.at as usize);
        let moved = group.members.get(place.at as usize).copied();
        if group.members.is_empty() {
            self.by_number.remove(&group.number);
            *group = Group::default();
            self.free.push(place.group);
        }
        moved
    }

    pub(super) fn members(&self, group: u32) -> &[u32] {
        self.groups.get(group as usize).map_or(&[], |group| &group.members)
    }

    fn create(&mut self, number: u64) -> u32 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.groups.push(Group::default());
            // There are no more groups than slots.
            u32::try_from(self.groups.len() - 1).unwrap_or(u32::MAX)
        });
        self.groups[index as usize].number = number;
        self.by_number.insert(number, index);
        index
    }
}
