//! Frames in and out: golden vectors, any split into reads, the outgoing forms.

use proptest::prelude::*;

use super::{
    FrameLimits, Splitter, Step, accept_key, append_close, append_frame, append_ping,
    payload_bytes, write_bytes,
};
use crate::dialect::{EndReason, Framing, PayloadKind};
use crate::seeded;
use crate::vectors::{self, masked};

const FRAMINGS: [Framing; 8] = [
    Framing::WebSocket,
    Framing::Pieces,
    Framing::Delimited,
    Framing::Grpc,
    Framing::Onechat,
    Framing::Bare,
    Framing::EngineIo3,
    Framing::EngineIo4,
];

#[test]
fn vectors_mean_what_they_say() {
    vectors::check_inbound("framing");
}

#[test]
fn a_key_is_the_base64_of_sixteen_bytes() {
    let accepted = accept_key(b"dGhlIHNhbXBsZSBub25jZQ==");
    assert_eq!(accepted.as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    let refused: [&[u8]; 6] = [
        b"",
        b"==",
        b"dGhlIHNhbXBsZSBub25jZQ",
        b"dGhlIHNhbXBsZSBub25jZR==",
        b"dGhlIHNhbXBsZSBub25j",
        b"dGhlIHNhbXBsZ\r\nBub25jZQ==",
    ];
    for key in refused {
        assert_eq!(accept_key(key), None, "{}", key.escape_ascii());
    }
}

#[test]
fn outgoing_frames_are_wrapped_as_their_framing_says() {
    let frame = |framing, kind| {
        let mut out = Vec::new();
        append_frame(framing, kind, b"{}", &mut out);
        out
    };
    assert_eq!(frame(Framing::WebSocket, PayloadKind::Text), b"\x81\x02{}");
    assert_eq!(frame(Framing::WebSocket, PayloadKind::Binary), b"\x82\x02{}");
    assert_eq!(frame(Framing::Delimited, PayloadKind::Binary), b"\x02{}");
    assert_eq!(frame(Framing::Grpc, PayloadKind::Binary), b"\0\0\0\0\x02{}");
    assert_eq!(
        frame(Framing::Onechat, PayloadKind::Text),
        b"ONECHAT/1.0\r\nPAYLOAD_LEN: 2\r\n\r\n{}"
    );
    assert_eq!(frame(Framing::Bare, PayloadKind::Text), b"{}");
}

#[test]
fn long_payloads_have_longer_lengths() {
    for (length, header) in [
        (125_usize, b"\x82\x7d".to_vec()),
        (126, b"\x82\x7e\x00\x7e".to_vec()),
        (65_535, b"\x82\x7e\xff\xff".to_vec()),
        (65_536, b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00".to_vec()),
    ] {
        let mut out = Vec::new();
        append_frame(Framing::WebSocket, PayloadKind::Binary, &vec![0; length], &mut out);
        assert_eq!(out[..header.len()], header, "{length}");
        assert_eq!(out.len(), header.len() + length);
    }
}

#[test]
fn closes_and_pings_stay_within_a_control_frame() {
    let mut out = Vec::new();
    append_close(Framing::WebSocket, EndReason::Drain, &mut out);
    assert_eq!(out, b"\x88\x07\x0b\xb9drain");
    for framing in [Framing::Delimited, Framing::Grpc, Framing::Onechat, Framing::Bare] {
        out.clear();
        append_close(framing, EndReason::Drain, &mut out);
        assert!(out.is_empty());
    }
    append_ping(&[b'p'; 200], &mut out);
    assert_eq!((out[0], out[1], out.len()), (0x89, 125, 127));
}

/// What a client would write: the server's frames, but masked where the framing is WebSocket.
fn from_client(framing: Framing, kind: PayloadKind, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match (framing, kind) {
        (Framing::WebSocket, PayloadKind::Text) => out = masked(0x81, payload),
        (Framing::WebSocket, PayloadKind::Binary) => out = masked(0x82, payload),
        (Framing::EngineIo3 | Framing::EngineIo4, _) => {
            out = masked(0x81, &[b"4", payload].concat());
        }
        _ => append_frame(framing, kind, payload, &mut out),
    }
    out
}

fn payloads() -> impl Strategy<Value = (Framing, Vec<Vec<u8>>, Vec<usize>)> {
    let json = any::<String>().prop_map(|text| serde_json::json!({ "msg": text }).to_string());
    let payload = json.prop_map(String::into_bytes);
    (
        prop::sample::select(FRAMINGS.to_vec()),
        prop::collection::vec(payload, 1..6),
        prop::collection::vec(1_usize..40, 1..10),
    )
}

#[test]
fn frames_survive_any_split_into_reads() {
    seeded::check(512, &payloads(), |(framing, payloads, sizes)| {
        let kind = match framing {
            Framing::Delimited | Framing::Grpc | Framing::Pieces => PayloadKind::Binary,
            Framing::WebSocket
            | Framing::Onechat
            | Framing::Bare
            | Framing::EngineIo3
            | Framing::EngineIo4 => PayloadKind::Text,
        };
        let wire: Vec<u8> =
            payloads.iter().flat_map(|payload| from_client(framing, kind, payload)).collect();
        let mut rest = wire.as_slice();
        let mut sizes = sizes.iter().copied().cycle();
        let mut splitter = Splitter::new(framing);
        let (mut unread, mut found) = (Vec::new(), Vec::new());
        while !rest.is_empty() {
            let (read, after) = rest.split_at(sizes.next().unwrap_or(1).min(rest.len()));
            unread.extend_from_slice(read);
            rest = after;
            loop {
                let consumed = match splitter.next(&mut unread, &FrameLimits::default()) {
                    Step::Frame { frame, consumed } => {
                        prop_assert_eq!(frame.kind, kind);
                        found.push(frame.payload.to_vec());
                        consumed
                    }
                    Step::Incomplete => break,
                    other => return Err(TestCaseError::fail(format!("{other:?}"))),
                };
                unread.drain(..consumed);
            }
        }
        prop_assert_eq!(found, payloads);
        prop_assert!(!splitter.is_mid_frame());
        Ok(())
    });
}

#[test]
fn skipped_and_fragmented_frames_count_as_begun() {
    let limits = FrameLimits { frame_bytes: 4, ..FrameLimits::default() };
    let cases: [(Framing, Vec<u8>); 3] = [
        (Framing::WebSocket, masked(0x01, b"a")),
        (Framing::Onechat, b"ONECHAT/1.0\r\nPAYLOAD_LEN: 9\r\n\r\n".to_vec()),
        (Framing::Bare, b"{\"abc\":".to_vec()),
    ];
    for (framing, wire) in cases {
        let mut splitter = Splitter::new(framing);
        assert!(!splitter.is_mid_frame());
        let mut unread = wire.clone();
        let step = splitter.next(&mut unread, &limits);
        let Step::Consumed { consumed, .. } = step else { panic!("{framing:?}: {step:?}") };
        assert_eq!(consumed, wire.len());
        assert!(splitter.is_mid_frame(), "{framing:?}");
        assert_eq!(splitter.next(&mut [], &limits), Step::Incomplete);
    }
}

#[test]
fn an_idle_splitter_is_small() {
    assert!(size_of::<Splitter>() <= 32, "{} bytes", size_of::<Splitter>());
}

#[test]
fn frames_of_the_plain_framings_are_written_one_by_one() {
    let payloads: [&[u8]; 3] = [b"{\"a\":\"}{\\\"\"}", b"{}", b"{\"b\":[{\"c\":1.5e3},null]}"];
    for framing in [Framing::Onechat, Framing::Bare] {
        let mut frames = Vec::new();
        let mut ends = Vec::new();
        for payload in payloads {
            append_frame(framing, PayloadKind::Text, payload, &mut frames);
            ends.push(frames.len());
        }
        let (mut start, mut found) = (0, Vec::new());
        while start < frames.len() {
            start += write_bytes(framing, &frames[start..]);
            found.push(start);
        }
        assert_eq!(found, ends, "{framing:?}");
        // Where a frame was begun by another write, its rest may go with what follows it.
        assert_eq!(write_bytes(framing, &frames[1..]), frames.len() - 1, "{framing:?}");
        assert_eq!(write_bytes(framing, b""), 0);
    }
    let mut frames = Vec::new();
    append_frame(Framing::WebSocket, PayloadKind::Text, b"{}", &mut frames);
    append_frame(Framing::WebSocket, PayloadKind::Text, b"{}", &mut frames);
    assert_eq!(write_bytes(Framing::WebSocket, &frames), frames.len());
}

/// The frames of a message, each as its first byte and the length of its payload.
fn pieces(mut frames: &[u8]) -> Vec<(u8, usize)> {
    let mut found = Vec::new();
    while let [first, length, rest @ ..] = frames {
        let (length, rest) = match length {
            126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
            length => (usize::from(*length), rest),
        };
        found.push((*first, length));
        frames = &rest[length..];
    }
    found
}

#[test]
fn long_messages_go_out_in_pieces() {
    let cases: [(usize, &[(u8, usize)]); 5] = [
        (0, &[(0x82, 0)]),
        (65_500, &[(0x82, 65_500)]),
        (65_501, &[(0x02, 65_500), (0x80, 1)]),
        (131_000, &[(0x02, 65_500), (0x80, 65_500)]),
        (131_001, &[(0x02, 65_500), (0x00, 65_500), (0x80, 1)]),
    ];
    for (length, expected) in cases {
        let payload: Vec<u8> = (0..length).map(|at| at.to_le_bytes()[0]).collect();
        let mut frames = Vec::new();
        append_frame(Framing::Pieces, PayloadKind::Binary, &payload, &mut frames);
        assert_eq!(pieces(&frames), expected, "{length} bytes");
        assert_eq!(payload_bytes(Framing::Pieces, &frames), length);
        let limits = FrameLimits { frame_bytes: length.max(1), ..FrameLimits::default() };
        let mut splitter = Splitter::new(Framing::Pieces);
        let whole = loop {
            match splitter.next(&mut frames, &limits) {
                Step::Consumed { consumed, .. } => frames.drain(..consumed),
                Step::Frame { frame, .. } => break frame.payload.to_vec(),
                other => panic!("{length} bytes: {other:?}"),
            };
        };
        assert!(whole == payload, "{length} bytes come back as others");
    }
}

#[test]
fn an_echo_is_eight_bytes_of_a_pong_and_taken_once() {
    let cases: [(Framing, u8, &[u8], Option<u64>); 5] = [
        (Framing::Pieces, 0x8a, &[0, 0, 0, 0, 0, 0, 1, 2], Some(258)),
        (Framing::Pieces, 0x8a, &[1, 2, 3, 4, 5, 6, 7], None),
        (Framing::Pieces, 0x8a, b"", None),
        (Framing::Pieces, 0x89, &[0, 0, 0, 0, 0, 0, 1, 2], None),
        (Framing::WebSocket, 0x8a, &[0, 0, 0, 0, 0, 0, 1, 2], None),
    ];
    for (framing, first, payload, echo) in cases {
        let mut splitter = Splitter::new(framing);
        let mut wire = masked(first, payload);
        let step = splitter.next(&mut wire, &FrameLimits::default());
        assert!(matches!(step, Step::Consumed { .. }), "{step:?}");
        assert_eq!(splitter.take_echo(), echo, "{framing:?} {first:#x} {payload:?}");
        assert_eq!(splitter.take_echo(), None);
    }
}
