//! That no dialect and no framing is without vectors, and that the fuzzers begin with all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::{Inbound, all, escape, inbound, parts, unescape};
use crate::dialect::{DialectName, Framing, PayloadKind};
use crate::framing::{FrameLimits, Step};
use crate::im::Call;

/// Longer inputs teach a fuzzer nothing that shorter ones do not.
const SEED_BYTES_MAX: usize = 1024;

/// In which framings a dialect is spoken.
const SPOKEN: &[(DialectName, &[Framing])] = &[
    (DialectName::Events, &[Framing::EngineIo3, Framing::EngineIo4]),
    (DialectName::Im, &[Framing::Pieces]),
    (DialectName::Onechat, &[Framing::WebSocket, Framing::Onechat, Framing::Bare]),
    (DialectName::Rooms, &[Framing::WebSocket]),
    (DialectName::Stream, &[Framing::WebSocket, Framing::Delimited, Framing::Grpc]),
];

#[test]
fn every_dialect_has_vectors_in_every_framing_of_its_own() {
    for (dialect, framings) in SPOKEN {
        let found = inbound(dialect.as_str());
        for framing in *framings {
            let among = found.iter().any(|vector| vector.connection.framing == *framing);
            assert!(among, "{} has no vector in {framing:?}", dialect.as_str());
        }
    }
    let framed: BTreeSet<Framing> =
        inbound("framing").iter().map(|vector| vector.connection.framing).collect();
    assert_eq!(framed.len(), 8, "{framed:?}");
}

/// The fuzz target that decodes the frames of a framing.
fn framing_target(framing: Framing) -> &'static str {
    match framing {
        Framing::WebSocket => "websocket",
        Framing::Pieces => "pieces",
        Framing::Delimited => "delimited",
        Framing::Grpc => "grpc",
        Framing::Onechat => "onechat-framing",
        Framing::Bare => "bare",
        Framing::EngineIo3 => "engineio3",
        Framing::EngineIo4 => "engineio4",
    }
}

/// What a vector says to the targets: its bytes to its framing's, its payloads to its dialect's.
fn seeds(vector: &Inbound) -> Vec<(String, Vec<u8>)> {
    let framing = framing_target(vector.connection.framing);
    let mut seeds = vec![(framing.to_owned(), vector.wire.clone())];
    let Some(dialect) = vector.connection.dialect else { return seeds };
    let mut splitter = vector.connection.splitter();
    let mut unread = vector.wire.clone();
    loop {
        let consumed = match splitter.next(&mut unread, &FrameLimits::default()) {
            Step::Frame { frame, consumed } => {
                let name = match frame.kind {
                    PayloadKind::Text if dialect == DialectName::Stream => "stream-text",
                    PayloadKind::Binary if dialect == DialectName::Stream => "stream-binary",
                    PayloadKind::Text | PayloadKind::Binary => dialect.as_str(),
                };
                seeds.push((name.to_owned(), frame.payload.to_vec()));
                consumed
            }
            Step::Consumed { consumed, .. } => consumed,
            Step::Incomplete | Step::Closed { .. } | Step::End(_) => return seeds,
        };
        unread.drain(..consumed);
    }
}

/// The bodies of `im`'s calls, which come in no framing.
fn bodies() -> impl Iterator<Item = (String, Vec<u8>)> {
    Call::ALL.iter().flat_map(|call| {
        let name = call.path().rsplit('/').next().unwrap();
        let bodies = parts(&format!("im-bodies/{name}.txt"));
        bodies.into_iter().map(|body| ("im-calls".to_owned(), unescape(&body)))
    })
}

/// `PARLANCE_WRITE_VECTORS=1` adds the vectors that are not there yet.
#[test]
fn the_fuzzers_begin_with_vectors() {
    let mut expected: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (target, input) in all().iter().flat_map(seeds).chain(bodies()) {
        if input.len() <= SEED_BYTES_MAX {
            expected.entry(target).or_default().insert(escape(&input));
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus");
    for (target, seeds) in expected {
        let path = folder.join(format!("{target}.txt"));
        let text = fs::read_to_string(&path).unwrap_or_default();
        let mut kept: BTreeSet<&str> = text.lines().collect();
        if std::env::var_os("PARLANCE_WRITE_VECTORS").is_some() {
            kept.extend(seeds.iter().map(String::as_str));
            let lines: Vec<&str> = kept.into_iter().collect();
            fs::write(&path, lines.join("\n") + "\n").unwrap();
        } else {
            let among = seeds.iter().any(|seed| kept.contains(seed.as_str()));
            assert!(among, "{} begins with no vector", path.display());
        }
    }
}
