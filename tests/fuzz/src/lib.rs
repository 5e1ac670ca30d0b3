//! What every decoder promises of any bytes, as functions that panic where it does not hold.
//!
//! The same functions are run by libFuzzer (`cargo xtask fuzz TARGET`) and, over the kept corpus and
//! seeded mutations of it, by this crate's test. A target is a line of [`TARGETS`] and a file in
//! `fuzz_targets`.

use parlance_codecs::dialect::{DialectName, Framing, PayloadKind};
use parlance_codecs::framing::engineio::Protocol;

pub mod corpus;
mod dialect;
mod framing;
mod json;

#[cfg(test)]
mod mutation;
#[cfg(test)]
mod tests;

pub struct Target {
    pub name: &'static str,
    run: fn(&[u8]),
}

pub const TARGETS: [Target; 19] = [
    Target { name: "bare", run: |bytes| framing::check(Framing::Bare, bytes) },
    Target { name: "delimited", run: |bytes| framing::check(Framing::Delimited, bytes) },
    Target { name: "detect", run: framing::check_detect },
    Target { name: "engineio3", run: |bytes| framing::check_engineio(Protocol::V3, bytes) },
    Target { name: "engineio4", run: |bytes| framing::check_engineio(Protocol::V4, bytes) },
    Target {
        name: "events",
        run: |bytes| dialect::check(DialectName::Events, PayloadKind::Text, bytes),
    },
    Target { name: "grpc", run: framing::check_grpc },
    Target { name: "im", run: |bytes| dialect::check(DialectName::Im, PayloadKind::Binary, bytes) },
    Target { name: "im-calls", run: dialect::check_im_calls },
    Target { name: "json", run: json::check },
    Target {
        name: "onechat",
        run: |bytes| dialect::check(DialectName::Onechat, PayloadKind::Text, bytes),
    },
    Target { name: "onechat-framing", run: |bytes| framing::check(Framing::Onechat, bytes) },
    Target { name: "pieces", run: |bytes| framing::check(Framing::Pieces, bytes) },
    Target {
        name: "rooms",
        run: |bytes| dialect::check(DialectName::Rooms, PayloadKind::Text, bytes),
    },
    Target { name: "rooms-calls", run: dialect::check_rooms_calls },
    Target {
        name: "stream-binary",
        run: |bytes| dialect::check(DialectName::Stream, PayloadKind::Binary, bytes),
    },
    Target { name: "stream-calls", run: dialect::check_stream_calls },
    Target {
        name: "stream-text",
        run: |bytes| dialect::check(DialectName::Stream, PayloadKind::Text, bytes),
    },
    Target { name: "websocket", run: |bytes| framing::check(Framing::WebSocket, bytes) },
];

/// Runs a target. Panics where a promise is broken, and where there is no target of the name.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.unwrap_or_else(|| panic!("no target is called {name}"));
    (target.run)(bytes);
}
