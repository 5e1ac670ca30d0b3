//! Slots for connections, each with a generation that grows whenever the slot is used again.

use std::rc::Rc;

use parlance_conversation::input::SessionId;

use crate::connection::Connection;

#[derive(Default)]
pub(super) struct Table {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

#[derive(Default)]
struct Slot {
    generation: u32,
    connection: Option<Rc<Connection>>,
}

impl Table {
    pub(super) fn insert(
        &mut self,
        connection: impl FnOnce(SessionId) -> Rc<Connection>,
    ) -> Rc<Connection> {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            u32::try_from(self.slots.len() - 1).expect("fewer connections than descriptors")
        });
        let place = &mut self.slots[slot as usize];
        place.generation = place.generation.wrapping_add(1);
        let connection = connection(SessionId { slot, generation: place.generation });
        place.connection = Some(Rc::clone(&connection));
        connection
    }

    pub(super) fn get(&self, id: SessionId) -> Option<Rc<Connection>> {
        let slot = self.slots.get(id.slot as usize)?;
        slot.connection.as_ref().filter(|_| slot.generation == id.generation).map(Rc::clone)
    }

    pub(super) fn remove(&mut self, id: SessionId) {
        if let Some(slot) = self.slots.get_mut(id.slot as usize)
            && slot.generation == id.generation
            && slot.connection.take().is_some()
        {
            self.free.push(id.slot);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.free.len() == self.slots.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Rc<Connection>> {
        self.slots.iter().filter_map(|slot| slot.connection.as_ref())
    }
}
