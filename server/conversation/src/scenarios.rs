//! The core's own tests: short scripts, and what sessions and callers then see.
//!
//! [`check`] is the only place that calls the core: it runs a script in a small world of shards
//! whose stores, mesh and commits are plain collections, and compares the transcript. Every line
//! of a script is let run until nothing moves any more, except what the script holds back.
//! `scenarios/world.rs` lists the words of a script, `scenarios/transcript.rs` those of a
//! transcript. A message is named by its place, `1#2` (conversation 1, seq 2).

mod store;
mod transcript;
mod words;
mod world;

mod calls;
mod dedupe;
mod delivery;
mod durability;
mod friends;
mod from_now;
mod gate;
mod groups;
mod history;
mod invitations;
mod limits;
mod marks;
mod membership;
mod memory;
mod notices;
mod receipts;
mod resume;
mod rights;
mod rooms;
mod sessions;
mod standing;
mod views;

/// Runs the script and compares what each session and the callers saw, in their order. Between two
/// of them no order is promised, and indentation does not count.
fn check(script: &str, expected: &str) {
    let seen = by_receiver(world::World::run(script));
    let lines = expected.lines().map(str::trim).filter(|line| !line.is_empty());
    let expected = by_receiver(lines.map(str::to_owned).collect());
    assert!(
        seen == expected,
        "script:\n{script}\nexpected:\n  {}\nseen:\n  {}",
        expected.join("\n  "),
        seen.join("\n  ")
    );
}

fn by_receiver(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_by(|a, b| a.split(' ').next().cmp(&b.split(' ').next()));
    lines
}
