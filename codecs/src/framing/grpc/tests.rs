//! Calls' bytes in pieces of every size, and the values of their headers.

use std::time::Duration;

use super::{
    GrpcFault, Inward, LastStatus, Outward, append_message, append_status, is_taken, only_message,
    percent_encoded, timeout,
};

const MAX: usize = 8;

fn message(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    append_message(payload, &mut out);
    out
}

/// What the watcher says of `bytes` in pieces of `size`.
fn checked(bytes: &[u8], size: usize) -> Result<bool, GrpcFault> {
    let mut inward = Inward::default();
    for piece in bytes.chunks(size) {
        inward.check(piece, MAX)?;
    }
    Ok(inward.is_between_messages())
}

#[test]
fn what_a_client_sends_is_judged_in_pieces_of_any_size() {
    let good = [message(b"abc"), message(b""), message(b"12345678")].concat();
    for size in 1..=good.len() {
        assert_eq!(checked(&good, size), Ok(true), "pieces of {size}");
        let cut = &good[..good.len() - 1];
        assert_eq!(checked(cut, size), Ok(false), "pieces of {size}");
        for (wrong, fault) in [
            (&b"\x01\0\0\0\x01a"[..], GrpcFault::Compressed),
            (b"\x80\0\0\0\x01a", GrpcFault::Flag(0x80)),
            (b"\0\0\0\0\x09", GrpcFault::TooLong { got: 9, max: MAX }),
            (b"\0\xff\xff\xff\xff", GrpcFault::TooLong { got: 0xffff_ffff, max: MAX }),
        ] {
            let bytes = [&good[..], wrong].concat();
            assert_eq!(checked(&bytes, size), Err(fault), "pieces of {size}");
        }
    }
}

#[test]
fn the_status_is_taken_out_of_what_a_session_is_sent() {
    let messages = [message(b"abc"), message(b""), message(&[7; 300])].concat();
    let mut sent = messages.clone();
    append_status(14, "drain", &mut sent);
    for size in 1..=sent.len() {
        let mut outward = Outward::default();
        let mut passed = Vec::new();
        let mut status = None;
        for piece in sent.chunks(size) {
            assert_eq!(status, None, "nothing follows a status");
            status = outward.pass(piece, &mut passed);
        }
        assert_eq!(passed, messages, "pieces of {size}");
        let expected = LastStatus { code: 14, message: "drain".to_owned() };
        assert_eq!(status, Some(expected), "pieces of {size}");
    }
}

#[test]
fn a_unary_call_has_one_whole_message() {
    assert_eq!(only_message(&message(b"abc"), MAX), Ok(&b"abc"[..]));
    assert_eq!(only_message(&message(b""), MAX), Ok(&b""[..]));
    for (body, fault) in [
        (&b""[..], GrpcFault::NotOne),
        (b"\0\0\0", GrpcFault::BrokenOff),
        (b"\0\0\0\0\x02a", GrpcFault::BrokenOff),
        (b"\0\0\0\0\x01ab", GrpcFault::NotOne),
        (b"\0\0\0\0\x09", GrpcFault::TooLong { got: 9, max: MAX }),
        (b"\x01\0\0\0\0", GrpcFault::Compressed),
    ] {
        assert_eq!(only_message(body, MAX), Err(fault), "{}", body.escape_ascii());
    }
}

#[test]
fn a_timeout_is_at_most_eight_digits_and_a_unit() {
    for (value, expected) in [
        ("1H", Some(Duration::from_secs(3600))),
        ("2M", Some(Duration::from_secs(120))),
        ("3S", Some(Duration::from_secs(3))),
        ("4m", Some(Duration::from_millis(4))),
        ("5u", Some(Duration::from_micros(5))),
        ("99999999n", Some(Duration::from_nanos(99_999_999))),
        ("0S", Some(Duration::ZERO)),
        ("", None),
        ("S", None),
        ("12", None),
        ("123456789S", None),
        ("+1S", None),
        ("1s", None),
        ("1ß", None),
    ] {
        assert_eq!(timeout(value), expected, "{value:?}");
    }
}

#[test]
fn a_sentence_is_percent_encoded() {
    assert_eq!(percent_encoded("no such user"), "no such user");
    assert_eq!(percent_encoded("100% \"ü\"\n"), "100%25 \"%C3%BC\"%0A");
    let long = "ü".repeat(2000);
    let mut out = Vec::new();
    append_status(3, &long, &mut out);
    let status = Outward::default().pass(&out, &mut Vec::new());
    assert!(long.starts_with(&status.expect("a status").message), "cut between two characters");
}

#[test]
fn grpc_with_protobuf_is_taken() {
    for good in ["application/grpc", "application/grpc+proto", "Application/GRPC; charset=utf-8"] {
        assert!(is_taken(good.as_bytes()), "{good}");
    }
    for bad in ["", "application/grpc+json", "application/grpc-web", "application/json"] {
        assert!(!is_taken(bad.as_bytes()), "{bad}");
    }
}
