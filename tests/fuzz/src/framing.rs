//! What the framings promise: progress within the bytes that are there, nothing touched while a
//! frame is not whole, no payload over its limit, and the same meaning however the bytes arrive.

use parlance_codecs::detect::{DETECT_BYTES, Detected, detect};
use parlance_codecs::dialect::{EndReason, Framing, PayloadKind};
use parlance_codecs::framing::engineio::{self, Protocol};
use parlance_codecs::framing::grpc::{self, Inward, Outward};
use parlance_codecs::framing::{FrameLimits, Splitter, Step};

/// Limits that short inputs can break.
const TIGHT: FrameLimits = FrameLimits { frame_bytes: 64, websocket_fragments: 3 };

/// What a splitter said.
#[derive(Debug, PartialEq)]
enum Said {
    Frame(PayloadKind, Vec<u8>),
    Reply(Vec<u8>),
    Closed(Vec<u8>),
    End(EndReason),
}

pub(crate) fn check(framing: Framing, wire: &[u8]) {
    check_splitter(framing, || Splitter::new(framing), wire);
}

fn check_splitter(framing: Framing, splitter: impl Fn() -> Splitter, wire: &[u8]) {
    for limits in [TIGHT, FrameLimits::default()] {
        let whole = split(framing, splitter(), &limits, [wire]);
        let bytes = split(framing, splitter(), &limits, wire.chunks(1));
        // Bare JSON drops what has arrived behind malformed input; where it says nothing of the
        // kind, reads make no difference to it either.
        let answers = |said: &[Said]| said.iter().any(|said| matches!(said, Said::Reply(_)));
        if framing != Framing::Bare || !(answers(&whole) || answers(&bytes)) {
            assert_eq!(whole, bytes, "one byte at a time");
        }
    }
}

fn split<'r>(
    framing: Framing,
    mut splitter: Splitter,
    limits: &FrameLimits,
    reads: impl IntoIterator<Item = &'r [u8]>,
) -> Vec<Said> {
    let (payload_bytes_max, has_utf8) = match framing {
        Framing::WebSocket | Framing::Pieces => (limits.frame_bytes, true),
        Framing::EngineIo3 | Framing::EngineIo4 => (engineio::PAYLOAD_BYTES_MAX, true),
        Framing::Delimited | Framing::Grpc | Framing::Onechat | Framing::Bare => {
            (limits.frame_bytes, false)
        }
    };
    let mut unread: Vec<u8> = Vec::new();
    let mut said = Vec::new();
    for read in reads {
        unread.extend_from_slice(read);
        while !unread.is_empty() {
            let before = unread.clone();
            let consumed = match splitter.next(&mut unread, limits) {
                Step::Incomplete => {
                    assert_eq!(before, unread, "an incomplete frame was touched");
                    break;
                }
                Step::Frame { frame, consumed } => {
                    assert!(frame.payload.len() <= payload_bytes_max, "a payload over its limit");
                    let text = frame.kind == PayloadKind::Text && has_utf8;
                    assert!(!text || std::str::from_utf8(frame.payload).is_ok(), "no UTF-8");
                    said.push(Said::Frame(frame.kind, frame.payload.to_vec()));
                    consumed
                }
                Step::Consumed { consumed, reply } => {
                    if !reply.is_empty() {
                        said.push(Said::Reply(reply));
                    }
                    consumed
                }
                Step::Closed { reply } => {
                    said.push(Said::Closed(reply));
                    return said;
                }
                Step::End(reason) => {
                    said.push(Said::End(reason));
                    return said;
                }
            };
            assert!(0 < consumed && consumed <= before.len(), "no progress: {consumed}");
            unread.drain(..consumed);
        }
    }
    said
}

/// As a framing, and as the machines that watch a call's bytes on their way.
pub(crate) fn check_grpc(wire: &[u8]) {
    check(Framing::Grpc, wire);
    let max = TIGHT.frame_bytes;
    let watch = |size: usize| {
        let mut inward = Inward::default();
        let found: Result<(), _> = wire.chunks(size).try_for_each(|piece| inward.check(piece, max));
        found.map(|()| inward.is_between_messages())
    };
    assert_eq!(watch(1), watch(wire.len().max(1)), "one byte at a time");
    if let Ok(message) = grpc::only_message(wire, max) {
        let said = split(Framing::Grpc, Splitter::Grpc, &TIGHT, [wire]);
        assert_eq!(said, [Said::Frame(PayloadKind::Binary, message.to_vec())]);
    }
    let pass = |size: usize| {
        let (mut outward, mut out) = (Outward::default(), Vec::new());
        let status = wire.chunks(size).find_map(|piece| outward.pass(piece, &mut out));
        (status, out)
    };
    assert_eq!(pass(1), pass(wire.len().max(1)), "one byte at a time");
    if let Ok(text) = std::str::from_utf8(wire) {
        grpc::timeout(text);
        assert!(grpc::percent_encoded(text).bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    }
    grpc::is_taken(wire);
}

/// As what comes on a WebSocket, as what polling bodies become, and as such a body.
pub(crate) fn check_engineio(protocol: Protocol, wire: &[u8]) {
    check(protocol.framing(), wire);
    check_splitter(protocol.framing(), || Splitter::polling(protocol), wire);
    for is_binary in [false, true] {
        check_payload(protocol, is_binary, wire);
    }
    let is_utf8 = std::str::from_utf8(wire).inspect(|text| {
        assert!(engineio::jsonp_body(text).len() <= text.len());
    });
    assert_eq!(engineio::jsonp_answer("0", wire).is_some(), is_utf8.is_ok());
}

/// A body that is taken holds whole packets, and an answer of these packets holds the same.
fn check_payload(protocol: Protocol, is_binary: bool, body: &[u8]) {
    let mut packets = Vec::new();
    if engineio::read_payload(protocol, is_binary, body, &mut packets).is_err() {
        return;
    }
    let (mut splitter, mut unread) = (Splitter::Delimited, packets.clone());
    let mut answer = Vec::new();
    while !unread.is_empty() {
        match splitter.next(&mut unread, &FrameLimits::default()) {
            Step::Frame { frame, consumed } => {
                assert!(!frame.payload.is_empty(), "an empty packet");
                engineio::append_to_payload(protocol, frame.payload, &mut answer);
                unread.drain(..consumed);
            }
            other => panic!("no whole packet: {other:?}"),
        }
    }
    // A binary body may have nothing but attachments.
    if !answer.is_empty() {
        let mut again = Vec::new();
        assert_eq!(engineio::read_payload(protocol, false, &answer, &mut again), Ok(()));
        assert_eq!(again, packets);
    }
}

/// Once it is decided, more bytes decide nothing else; and four always decide.
pub(crate) fn check_detect(wire: &[u8]) {
    let whole = detect(wire);
    for length in 0..wire.len().min(DETECT_BYTES) {
        let early = detect(&wire[..length]);
        assert!(early == Detected::Incomplete || early == whole, "{length} bytes: {early:?}");
    }
    assert!(wire.len() < DETECT_BYTES || whole != Detected::Incomplete);
}
