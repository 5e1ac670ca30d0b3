//! What the clients write and read, against frames written down by hand.

use super::*;
use crate::scenario::fake_server::server_frame;

const ALL: [Wire; 4] = [Wire::StreamWsJson, Wire::StreamWsProto, Wire::StreamTcp, Wire::Onechat];

#[test]
fn frames_of_every_length_are_cut_whole_and_only_then() {
    for wire in ALL {
        for length in [0, 1, 125, 126, 127, 128, 300, 65_535, 65_536] {
            let payload = vec![b'x'; length];
            let mut bytes = server_frame(wire, &payload);
            let whole = bytes.len();
            bytes.extend_from_slice(b"ONE");
            assert_eq!(
                wire.cut(Step::Ready, &bytes),
                Ok(Some((Piece::Frame(&payload), whole))),
                "{wire:?} {length}"
            );
            for cut in (0..whole.min(40)).chain([whole - 1]) {
                assert_eq!(wire.cut(Step::Ready, &bytes[..cut]), Ok(None), "{wire:?} {cut}");
            }
        }
    }
}

#[test]
fn hostile_headers_are_faults_and_never_a_wait_for_more() {
    for (wire, bytes) in [
        (Wire::StreamWsJson, &b"\x01\x05hello"[..]),
        (Wire::StreamWsJson, b"\xc1\x05hello"),
        (Wire::StreamWsJson, b"\x81\x85aaaahello"),
        (Wire::StreamWsJson, b"\x83\x00"),
        (Wire::StreamWsJson, b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff"),
        (Wire::StreamTcp, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        (Wire::StreamTcp, b"\xff\xff\xff\xff\x7f"),
        (Wire::Onechat, b"HTTP/1.1"),
        (Wire::Onechat, b"ONECHAT/1.0\r\nPAYLOAD_LEN: \r\n\r\n"),
        (Wire::Onechat, b"ONECHAT/1.0\r\nPAYLOAD_LEN: 12x"),
        (Wire::Onechat, b"ONECHAT/1.0\r\nPAYLOAD_LEN: 99999999999"),
        (Wire::Onechat, b"ONECHAT/1.0\r\nPAYLOAD_LEN: 999999999\r\n\r\n"),
    ] {
        assert!(wire.cut(Step::Ready, bytes).is_err(), "{wire:?} {bytes:?}");
    }
}

#[test]
fn control_frames() {
    let wire = Wire::StreamWsProto;
    assert_eq!(wire.cut(Step::Ready, b"\x89\x02hi"), Ok(Some((Piece::Ping(b"hi"), 4))));
    assert_eq!(wire.cut(Step::Ready, b"\x8a\x00"), Ok(Some((Piece::Pong, 2))));
    assert_eq!(wire.cut(Step::Ready, b"\x88\x02\x0b\xb9"), Ok(Some((Piece::Close(Some(3001)), 4))));
    assert_eq!(wire.cut(Step::Ready, b"\x88\x00"), Ok(Some((Piece::Close(None), 2))));
}

#[test]
fn upgrade_needs_101_and_the_accept_key() {
    let answer = |status: &str, accept: &str| {
        format!("HTTP/1.1 {status}\r\nupgrade: websocket\r\nSEC-WebSocket-Accept: {accept}\r\n\r\n")
    };
    let good = answer("101 Switching Protocols", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    let wire = Wire::StreamWsJson;
    let cut = wire.cut(Step::Upgrading, good.as_bytes());
    assert_eq!(cut, Ok(Some((Piece::Upgraded, good.len()))));
    assert_eq!(wire.cut(Step::Upgrading, &good.as_bytes()[..good.len() - 1]), Ok(None));
    for bad in [
        answer("401 Unauthorized", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        answer("101 Switching Protocols", "AAAA"),
        "x".repeat(HEAD_OVER),
    ] {
        assert!(wire.cut(Step::Upgrading, bad.as_bytes()).is_err(), "{bad:.80}");
    }
}

const HEAD_OVER: usize = crate::limits::HTTP_HEAD_BYTES_MAX + 1;

#[test]
fn client_frames_are_masked_and_unmask_to_the_dialect() {
    let mut out = Vec::new();
    let outgoing = Outgoing { sender: 7, group: 12, index: 3, text: "hello" };
    Wire::StreamWsJson.publish(outgoing, 0xa1b2_c3d4, &mut out);
    assert_eq!(out[0], 0x81);
    assert_eq!(out[1], 0x80 | 126, "the frame is masked and between 126 and 65,535 bytes long");
    let mask = [0xa1, 0xb2, 0xc3, 0xd4];
    assert_eq!(out[4..8], mask);
    let plain: Vec<u8> =
        out[8..].iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]).collect();
    assert_eq!(
        String::from_utf8(plain).expect("JSON"),
        r#"{"sn":"3","type":2,"postbox":{"posts":[{"postmark":{"category":2,"sender":"7","receiver":"12"},"type":1,"text":{"content":"hello"}}]}}"#
    );
}

#[test]
fn protobuf_has_the_documented_field_numbers() {
    let outgoing = Outgoing { sender: 7, group: 300, index: 3, text: "hi" };
    let mut out = Vec::new();
    Wire::StreamTcp.publish(outgoing, 0, &mut out);
    let expected: &[u8] = &[
        26, // The frame's length.
        0x0a, 1, b'3', // sn = 1
        0x18, 2, // type = 3: MESSAGES
        0x5a, 19, // postbox = 11
        0x0a, 17, // posts = 1
        0x0a, 7, 0x08, 2, 0x10, 7, 0x18, 0xac, 0x02, // postmark = 1
        0x10, 1, // type = 2: TEXT
        0x52, 4, 0x0a, 2, b'h', b'i', // text = 10, content = 1
    ];
    assert_eq!(out, expected);
}

#[test]
fn what_the_server_says_is_understood() {
    let json = |text: &str| Wire::StreamWsJson.read(Step::Ready, text.as_bytes());
    assert_eq!(json(r#"{"sn":"sync","type":2,"postbox":{"posts":[]}}"#), Ok(Said::Synced));
    assert_eq!(json(r#"{"sn":"sync","type":2,"postbox":{}}"#), Ok(Said::Synced));
    assert_eq!(json(r#"{"sn":"9","type":3,"receipts":{}}"#), Ok(Said::Acknowledged { index: 9 }));
    assert_eq!(json("\n"), Ok(Said::Other));
    assert_eq!(
        json(r#"{"sn":"9","type":2,"error":{"code":5,"message":"no"}}"#),
        Ok(Said::Refused { code: 5, message: "no".to_owned() })
    );
    let post = SeenPost { sender: Some(7), group: Some(12), text: "hi".to_owned() };
    assert_eq!(
        json(
            r#"{"sn":"x","type":2,"postbox":{"posts":[{"postmark":{"category":2,"sender":"7",
               "receiver":12,"unique_id":"88","timestamp":"2024-01-01T00:00:00Z"},"type":1,
               "text":{"content":"hi"}}]}}"#
        ),
        Ok(Said::Posts(vec![post.clone()]))
    );
    let onechat = |text: &str| Wire::Onechat.read(Step::Ready, text.as_bytes());
    assert_eq!(onechat(r#"{"cmd":"ack","action":"login","ack":"x"}"#), Ok(Said::SignedIn));
    assert_eq!(
        onechat(r#"{"cmd":"ack","action":"group_chat","ack":"17"}"#),
        Ok(Said::Acknowledged { index: 17 })
    );
    assert_eq!(
        onechat(r#"{"cmd":"group_chat","from":7,"to":12,"msg":"hi","ack":88}"#),
        Ok(Said::Posts(vec![post]))
    );
    assert_eq!(
        onechat(r#"{"cmd":"error","msg":"You are not in this room","code":10403}"#),
        Ok(Said::Refused { code: 10403, message: "You are not in this room".to_owned() })
    );
    assert_eq!(onechat(r#"{"cmd":"notification","from":0}"#), Ok(Said::Other));
    assert!(onechat("{").is_err() && json("{}").is_err());
}

#[test]
fn raw_tcp_signs_in_with_a_status() {
    assert_eq!(Wire::StreamTcp.read(Step::SigningIn, b""), Ok(Said::SignedIn));
    assert_eq!(
        Wire::StreamTcp.read(Step::SigningIn, b"\x08\x10\x12\x02no"),
        Ok(Said::Refused { code: 16, message: "no".to_owned() })
    );
}
