//! The core's steps: a post in a group and everything that follows from it on one shard, and an
//! acknowledgement that is looked up.

use parlance_conversation::input::ResumeStyle;
use parlance_conversation::store::Durability;

use crate::Operation;
use crate::world::World;

/// How many are shown one message.
const AUDIENCES: [u32; 4] = [1, 10, 100, 10_000];

pub fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    for members in AUDIENCES {
        all.push(post(members, "memory", ResumeStyle::ById, Durability::Memory));
    }
    all.push(post(10, "sync", ResumeStyle::ById, Durability::Sync));
    all.push(post(10, "memory, by cursor", ResumeStyle::ByCursor, Durability::Memory));
    all.push(Operation::new("core/acknowledge", || {
        let mut world = World::new(2, ResumeStyle::ByCursor, Durability::Sync);
        let id = world.last;
        move || world.acknowledge(id)
    }));
    all
}

fn post(members: u32, how: &str, resume: ResumeStyle, durability: Durability) -> Operation {
    Operation::new(format!("core/post to {members}, {how}"), move || {
        let mut world = World::new(members, resume, durability);
        move || {
            let before = world.shown;
            world.post();
            assert_eq!(world.shown - before, members as usize, "everyone is shown it");
        }
    })
}
