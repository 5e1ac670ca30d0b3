//! What peers are started with, and that each one that is installed serves its own clients.

use std::collections::BTreeSet;

use super::*;
use crate::report::progress::Progress;
use crate::scenario::{Setting, fanout};
use crate::wire::Category;
use crate::workload::Fanout;

#[test]
fn every_placeholder_of_a_configuration_is_filled_in() {
    let address = "127.0.0.1:4000".parse().expect("an address");
    for peer in PEERS {
        let filling = peer.filling(Path::new("/data"), address, true);
        let texts = peer.arguments.iter().copied().chain(peer.configuration);
        for text in texts {
            // What the comments speak of, in general, is `{…}`.
            let filled = filling.fill(text).replace("{…}", "");
            let open = filled.match_indices('{').any(|(at, _)| {
                filled[at + 1..].starts_with(|next: char| next.is_ascii_uppercase())
            });
            assert!(!open, "{} {filled}", peer.name);
        }
    }
}

#[test]
fn peers_have_names_of_their_own_and_say_what_they_lack() {
    let names: BTreeSet<&str> = PEERS.iter().map(|peer| peer.name).collect();
    assert_eq!(names.len(), PEERS.len());
    for peer in PEERS {
        assert!(Peer::find(peer.name).is_some_and(|found| found.name == peer.name));
        assert!(peer.settings(true).get("lacks").is_some_and(|lacks| !lacks.is_empty()));
        assert!(!super::super::OWN.contains(&peer.name));
    }
    let jetstream = Peer::find("nats-jetstream").expect("a peer");
    assert!(jetstream.settings(false)["lacks"].contains("2.10"));
}

#[test]
fn jetstream_syncs_from_2_10_on() {
    for (version, expected) in [
        ("nats-server 2.9.10-1+b3; nats-server: v2.9.10", false),
        ("nats-server 2.12.1; nats-server: v2.12.1", true),
        ("nats-server: v3.0.0", true),
        ("nats-server", false),
    ] {
        assert_eq!(jetstream::can_sync(Some(version)), expected, "{version}");
    }
    assert!(!jetstream::can_sync(None));
}

/// Where a peer is not installed, there is nothing to be run; which were is printed.
#[test]
fn each_installed_peer_delivers_everything_once_and_in_order() {
    for peer in PEERS.iter().filter(|peer| peer.fans_out) {
        if let Some(command) = peer.missing() {
            println!("{} is missing: {command}", peer.name);
            continue;
        }
        println!("{} is run", peer.name);
        let start = Start::default();
        let interrupt = Interrupt::default();
        let target = peer.start(&start, &interrupt).expect(peer.name);
        let wire = target.wire.expect("a wire of its own");
        let workload = Fanout {
            groups: 2,
            members: 5,
            rate: 20.0,
            size: 120,
            seconds: 1,
            warmup: 0,
            wires: vec![wire],
            ..Fanout::default()
        };
        let (interrupt, progress) = (&interrupt, &Progress::silent());
        let setting = Setting { target: &target, seed: 5, settle_ns: 0, interrupt, progress };
        let result = fanout::run(&workload, &setting).expect(peer.name);
        target.stop().expect(peer.name);
        assert!(!result.faults.any(), "{} {:?}", peer.name, result.fault_examples);
        assert_eq!(result.published, 40, "{}", peer.name);
        assert_eq!(
            result.receipts,
            40 * (5 + u64::from(wire.echoes(Category::Group))),
            "{}",
            peer.name
        );
    }
}
