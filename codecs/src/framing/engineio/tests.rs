//! Payloads against the standard's examples and hostile ones, ids, and what answers are made of.

use proptest::prelude::*;

use super::payload::PACKETS_IN_MAX;
use super::{
    NOOP, Open, PAYLOAD_BYTES_MAX, PayloadError, Protocol, RequestError, Sid, append_heartbeat,
    append_message, append_packet, append_to_payload, first_packet, jsonp_answer, jsonp_body,
    read_payload,
};
use crate::dialect::EndReason;
use crate::framing::{FrameLimits, Splitter, Step, append_close};
use crate::seeded;

/// The packets of a body, as a polling splitter sees them.
fn packets(protocol: Protocol, is_binary: bool, body: &[u8]) -> Result<Vec<String>, PayloadError> {
    let mut kept = Vec::new();
    read_payload(protocol, is_binary, body, &mut kept)?;
    let mut packets = Vec::new();
    let mut rest = kept.as_slice();
    while let Some((length, after)) = varint(rest) {
        let (packet, left) = after.split_at(length);
        packets.push(String::from_utf8(packet.to_vec()).unwrap());
        rest = left;
    }
    Ok(packets)
}

fn varint(mut bytes: &[u8]) -> Option<(usize, &[u8])> {
    let length = prost::encoding::decode_varint(&mut bytes).ok()?;
    Some((usize::try_from(length).unwrap(), bytes))
}

#[test]
fn protocol_4_separates_packets() {
    let read = |body: &str| packets(Protocol::V4, false, body.as_bytes());
    assert_eq!(read("4hello"), Ok(vec!["4hello".to_owned()]));
    assert_eq!(read("4hello\u{1e}2\u{1e}4\u{20ac}").unwrap(), ["4hello", "2", "4\u{20ac}"]);
    for malformed in ["", "\u{1e}", "4hello\u{1e}", "\u{1e}4hello", "4a\u{1e}\u{1e}4b"] {
        assert_eq!(read(malformed), Err(PayloadError::Malformed), "{malformed:?}");
    }
}

/// The lengths are those of the protocol's page: UTF-16 units, so an emoji counts twice.
#[test]
fn protocol_3_puts_lengths_before_packets() {
    let read = |body: &str| packets(Protocol::V3, false, body.as_bytes());
    assert_eq!(read("6:4hello2:4\u{20ac}").unwrap(), ["4hello", "4\u{20ac}"]);
    assert_eq!(read("3:4\u{1f600}1:2").unwrap(), ["4\u{1f600}", "2"]);
    let malformed = [
        "",
        ":",
        "0:",
        "1",
        "1:",
        "a:2",
        "-1:2",
        "+1:2",
        "2:4",
        "2:4\u{1f600}",
        "1:2x",
        "1:22:",
        "00000001:2",
        "99999999:2",
        " 1:2",
    ];
    for malformed in malformed {
        assert_eq!(read(malformed), Err(PayloadError::Malformed), "{malformed:?}");
    }
}

#[test]
fn a_binary_body_of_protocol_3_gives_its_text_packets() {
    let read = |body: &[u8]| packets(Protocol::V3, true, body);
    let body = b"\x00\x06\xff4hello\x01\x01\x00\xff\x04123456789\x00\x01\xff2";
    assert_eq!(read(body).unwrap(), ["4hello", "2"]);
    let malformed: [&[u8]; 9] = [
        b"",
        b"\x00",
        b"\x00\xff4",
        b"\x02\x01\xff4",
        b"\x00\x02\xff4",
        b"\x00\x0a\xff4",
        b"\x00\x00\xff",
        b"\x00\x01\x01\x01\x01\x01\x01\x01\x01\xff4",
        b"\x00\x02\xff4\xff",
    ];
    for malformed in malformed {
        assert_eq!(read(malformed), Err(PayloadError::Malformed), "{malformed:?}");
    }
}

#[test]
fn a_body_is_bounded() {
    for protocol in [Protocol::V3, Protocol::V4] {
        let long = vec![b'4'; PAYLOAD_BYTES_MAX + 1];
        assert_eq!(packets(protocol, false, &long), Err(PayloadError::TooLong));
    }
    let many = |count: usize| vec!["2"; count].join("\u{1e}");
    assert_eq!(
        packets(Protocol::V4, false, many(PACKETS_IN_MAX).as_bytes()).unwrap().len(),
        PACKETS_IN_MAX
    );
    let too_many = packets(Protocol::V4, false, many(PACKETS_IN_MAX + 1).as_bytes());
    assert_eq!(too_many, Err(PayloadError::TooMany));
    let too_many = packets(Protocol::V3, false, "1:2".repeat(PACKETS_IN_MAX + 1).as_bytes());
    assert_eq!(too_many, Err(PayloadError::TooMany));
}

#[test]
fn not_utf8_is_malformed() {
    for protocol in [Protocol::V3, Protocol::V4] {
        assert_eq!(packets(protocol, false, b"2:4\xff"), Err(PayloadError::Malformed));
    }
}

#[test]
fn payloads_come_back_as_they_went() {
    let packet = "[0-6][^\u{1e}]{0,40}";
    let cases = (any::<bool>(), prop::collection::vec(packet, 1..20));
    seeded::check(2048, &cases, |(third, sent)| {
        let protocol = if third { Protocol::V3 } else { Protocol::V4 };
        let mut payload = Vec::new();
        for packet in &sent {
            append_to_payload(protocol, packet.as_bytes(), &mut payload);
        }
        prop_assert_eq!(packets(protocol, false, &payload).unwrap(), sent);
        Ok(())
    });
}

#[test]
fn hostile_bodies_never_panic() {
    let cases = (any::<bool>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..60));
    seeded::check(8192, &cases, |(third, is_binary, body)| {
        let protocol = if third { Protocol::V3 } else { Protocol::V4 };
        // What is accepted is read by the splitter as well.
        let mut kept = Vec::new();
        if read_payload(protocol, is_binary, &body, &mut kept).is_ok() {
            let mut splitter = Splitter::polling(protocol);
            while !kept.is_empty() {
                match splitter.next(&mut kept, &FrameLimits::default()) {
                    Step::Frame { consumed, .. } | Step::Consumed { consumed, .. } => {
                        kept.drain(..consumed);
                    }
                    Step::Closed { .. } | Step::End(EndReason::Malformed) => break,
                    step => panic!("{step:?}"),
                }
            }
        }
        Ok(())
    });
}

/// An outbox's bytes come apart into the packets that were put into it, WebSocket's own frames
/// left out.
#[test]
fn packets_are_found_in_their_frames() {
    let mut unsent = Vec::new();
    append_message(b"2[\"x\"]", &mut unsent);
    append_heartbeat(&mut unsent);
    append_message("é".repeat(70_000).as_bytes(), &mut unsent);
    append_packet(NOOP, &mut unsent);
    append_close(Protocol::V4.framing(), EndReason::Drain, &mut unsent);
    let mut found = Vec::new();
    let mut rest = unsent.as_slice();
    while let Some((length, packet)) = first_packet(rest) {
        assert!(first_packet(&rest[..length - 1]).is_none(), "a part is no frame");
        found.push(packet.map(|packet| String::from_utf8(packet.to_vec()).unwrap()));
        rest = &rest[length..];
    }
    assert!(rest.is_empty());
    let long = format!("4{}", "é".repeat(70_000));
    let packets = ["42[\"x\"]", "2", &long, "6"].map(|packet| Some(packet.to_owned()));
    assert_eq!(found, packets.into_iter().chain([None]).collect::<Vec<_>>());
}

#[test]
fn an_id_names_its_shard() {
    for shard in [0, 1, 2, 33, 63] {
        for byte in [0x00, 0xff, 0xa5] {
            let sid = Sid::new(shard, [byte; Sid::RANDOM_BYTES]).unwrap();
            assert_eq!(sid.as_str().len(), Sid::CHARS);
            assert_eq!(sid.shard(), shard);
            assert_eq!(sid.as_str().parse(), Ok(sid));
            assert!(!format!("{sid:?}").contains(sid.as_str()), "a log shows it whole");
        }
    }
    assert_eq!(Sid::new(64, [0; Sid::RANDOM_BYTES]), None);
    let others =
        ["", "short", "123456789012345678901", "1234567890123456789!", "é234567890123456789"];
    for other in others {
        assert!(other.parse::<Sid>().is_err(), "{other}");
    }
}

/// Protocol 3 as the reference server of the dialect's documents says it, to the byte.
#[test]
fn the_first_packet_is_the_documents() {
    let sid: Sid = "abcdefghij0123456789".parse().unwrap();
    let open = |protocol, by_polling, ping_timeout_ms| {
        let open = Open { protocol, sid, by_polling, ping_interval_ms: 25_000, ping_timeout_ms };
        String::from_utf8(open.packet()).unwrap()
    };
    let third = open(Protocol::V3, true, 5_000);
    assert_eq!(
        third,
        "0{\"sid\":\"abcdefghij0123456789\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000,\
         \"pingTimeout\":5000}"
    );
    let mut payload = Vec::new();
    append_to_payload(Protocol::V3, third.as_bytes(), &mut payload);
    append_to_payload(Protocol::V3, b"40", &mut payload);
    assert_eq!(String::from_utf8(payload).unwrap(), format!("96:{third}2:40"));
    assert_eq!(
        open(Protocol::V4, false, 20_000),
        "0{\"sid\":\"abcdefghij0123456789\",\"upgrades\":[],\"pingInterval\":25000,\
         \"pingTimeout\":20000,\"maxPayload\":1000000}"
    );
}

#[test]
fn request_errors_have_the_documents_words() {
    let bodies = RequestError::ALL.map(|error| (error.http_status(), error.body()));
    let expected = [
        (400, r#"{"code":0,"message":"Transport unknown"}"#),
        (400, r#"{"code":1,"message":"Session ID unknown"}"#),
        (400, r#"{"code":2,"message":"Bad handshake method"}"#),
        (400, r#"{"code":3,"message":"Bad request"}"#),
        (403, r#"{"code":4,"message":"Forbidden"}"#),
        (400, r#"{"code":5,"message":"Unsupported protocol version"}"#),
    ];
    assert_eq!(bodies, expected.map(|(status, body)| (status, body.to_owned())));
}

#[test]
fn scripts_are_handed_their_payload() {
    let answer = jsonp_answer("0", "2:40\u{2028}\"\\".as_bytes()).unwrap();
    assert_eq!(String::from_utf8(answer).unwrap(), "___eio[0](\"2:40\\u2028\\\"\\\\\");");
    for number in ["", "x", "0](alert)(", "-1", "12345678901"] {
        assert_eq!(jsonp_answer(number, b"2:40"), None, "{number}");
    }
    assert_eq!(jsonp_body("1:2"), "1:2");
    assert_eq!(jsonp_body("9:4a\\nb\\\\nc"), "9:4a\nb\\nc");
    assert_eq!(jsonp_body("\\n\\n"), "\n\n");
}
