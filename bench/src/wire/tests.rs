//! What the clients write and read, against frames written down by hand.

use super::*;
use crate::client::Seat;
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
    let outgoing =
        Outgoing { sender: 7, category: Category::Group, group: 12, index: 3, text: "hello" };
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
    let outgoing =
        Outgoing { sender: 7, category: Category::Group, group: 300, index: 3, text: "hi" };
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
    let post = SeenPost { sender: Some(7), group: Some(12), id: Some(88), text: "hi".to_owned() };
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
        Ok(Said::Posts(vec![SeenPost { id: None, ..post }]))
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

const SEAT: Seat = Seat { user: 7, wire: Wire::Rooms, group: 1 };

fn outgoing(category: Category) -> Outgoing<'static> {
    Outgoing { sender: 9, category, group: 7, index: 3, text: "hi" }
}

/// A frame of a client over WebSocket, with a mask of zeros.
fn unmasked(frame: &[u8]) -> String {
    assert_eq!(frame[1] & 0x80, 0x80, "a client masks");
    let head = if frame[1] & 0x7f == 126 { 8 } else { 6 };
    String::from_utf8(frame[head..].to_vec()).expect("text")
}

fn posts(sender: u64, group: Option<u64>) -> Result<Said, WireFault> {
    let text = "hi".to_owned();
    Ok(Said::Posts(vec![SeenPost { sender: Some(sender), group, id: None, text }]))
}

#[test]
fn dialects_that_sign_in_by_a_frame_do_so_after_the_handshake() {
    for (wire, expected) in [
        (Wire::Rooms, r#"{"auth_token":"7"}"#),
        (Wire::Events, r#"40{"token":"7"}"#),
        (Wire::Im, "\u{1}\0\0\u{0}7"),
    ] {
        let (mut head, mut out) = (Vec::new(), Vec::new());
        assert_eq!(wire.open(SEAT, None, "h", &mut head), Step::Upgrading, "{wire:?}");
        assert!(head.starts_with(b"GET /"), "{wire:?}");
        assert_eq!(wire.upgraded(SEAT, None, None, 0, &mut out), Step::SigningIn, "{wire:?}");
        assert_eq!(unmasked(&out), expected, "{wire:?}");
        let mut out = Vec::new();
        wire.upgraded(SEAT, Some("T"), None, 0, &mut out);
        assert!(unmasked(&out).contains('T'), "{wire:?}");
    }
}

#[test]
fn rooms_are_named_by_texts_and_the_echo_is_all_that_answers() {
    let mut out = Vec::new();
    Wire::Rooms.publish(outgoing(Category::Direct), 0, &mut out);
    assert_eq!(unmasked(&out), r#"{"room":"7-9","message":"hi"}"#);
    let read = |text: &str| Wire::Rooms.read(Step::Ready, text.as_bytes());
    assert_eq!(read(r#"{"status":"CONNECTED","type":"status"}"#), Ok(Said::SignedIn));
    let message = |room: &str| {
        read(&format!(
            r#"{{"message":{{"id":5,"message":"hi","poster":"9","room":"{room}","timestamp":1}},"type":"message"}}"#
        ))
    };
    assert_eq!(message("12"), posts(9, Some(12)));
    assert_eq!(message("7-9"), posts(9, None));
    assert!(matches!(
        read(r#"{"error":"no","error_code":"AUTH_TOKEN_INVALID"}"#),
        Ok(Said::Refused { .. })
    ));
    assert!(read("{}").is_err() && !Wire::Rooms.acknowledges());
}

#[test]
fn events_count_one_of_a_messages_two_events_and_no_callback() {
    let mut out = Vec::new();
    Wire::Events.publish(outgoing(Category::Group), 0, &mut out);
    assert_eq!(unmasked(&out), r#"423["new-message",{"chat":{"id":"7"},"msg":"hi"}]"#);
    let read = |text: &str| Wire::Events.read(Step::Ready, text.as_bytes());
    let body = r#"{"status":"ok","id":"5","msg":"hi","user_id":"9","chat_id":"12"}"#;
    assert_eq!(read(r#"0{"sid":"x"}"#), Ok(Said::Other));
    assert_eq!(read(r#"40{"sid":"x"}"#), Ok(Said::SignedIn));
    assert!(matches!(read(r#"44{"message":"unauthorized"}"#), Ok(Said::Refused { .. })));
    let callback = format!("433[{body}]");
    assert_eq!(read(&callback), Ok(Said::Acknowledged { index: 3 }));
    assert_eq!(Wire::Events.nature(callback.as_bytes()), Nature::Answer);
    let any = format!(r#"42["new-message",{body}]"#);
    assert_eq!(Wire::Events.nature(any.as_bytes()), Nature::PassedOver);
    let of_chat = format!(r#"42["/chat/12/new-message",{body}]"#);
    assert_eq!(Wire::Events.nature(of_chat.as_bytes()), Nature::One);
    assert_eq!(read(&of_chat), posts(9, Some(12)));
    let heartbeat = Wire::Events.cut(Step::Ready, b"\x81\x012");
    assert_eq!(heartbeat, Ok(Some((Piece::Ping(b"2"), 3))));
    let mut pong = Vec::new();
    Wire::Events.pong(b"2", 0, &mut pong);
    assert_eq!(unmasked(&pong), "3");
    assert!(read("9").is_err() && read("42[]").is_err());
}

#[test]
fn im_receives_pushes_and_is_no_publisher() {
    let read = |frame: &[u8]| Wire::Im.read(Step::Ready, frame);
    assert_eq!(read(&[4, 0, 0, 0]), Ok(Said::SignedIn));
    let push = |kind: &str| {
        format!(
            r#"{{"Type":"msg","Content":{{"sender":"9","msg":"hi","target":"12","target_type":"{kind}"}}}}"#
        )
    };
    assert_eq!(read(push("group").as_bytes()), posts(9, Some(12)));
    assert_eq!(read(push("user").as_bytes()), posts(9, None));
    assert_eq!(read(br#"{"Type":"groupJoin","Content":{"member":"9"}}"#), Ok(Said::Other));
    assert!(!Wire::Im.publishes() && read(b"x").is_err());
}

#[test]
fn answers_by_http_are_cut_whole() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 4";
    let whole = answer.len() - 10;
    let cut = Wire::ImCalls.cut(Step::Ready, answer);
    assert_eq!(cut, Ok(Some((Piece::Frame(&answer[..whole]), whole))));
    assert_eq!(Wire::ImCalls.cut(Step::Ready, &answer[..whole - 1]), Ok(None));
    assert!(Wire::ImCalls.cut(Step::Ready, b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    let call = im_calls::pull("T", 12, 1, 50);
    let call = String::from_utf8(call).expect("text");
    assert!(call.contains("Token: T\r\n") && call.ends_with('}'), "{call}");
}

#[test]
fn a_session_that_resumes_names_what_it_saw() {
    let mut out = Vec::new();
    Wire::StreamWsJson.sync(Some(88), 0, &mut out);
    let expected = r#"{"sn":"sync","type":1,"local":{"ids":[{"category":2,"last_id":"88"}]}}"#;
    assert_eq!(unmasked(&out), expected);
}
