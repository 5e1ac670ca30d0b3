//! Which first bytes lead where, at every length.

use super::{DETECT_BYTES, Detected, detect};

#[test]
fn each_start_is_told_at_any_length() {
    let whole: [(&[u8], Detected); 8] = [
        (b"GET /onechat HTTP/1.1\r\n", Detected::Http1),
        (b"OPTIONS * HTTP/1.1\r\n", Detected::Http1),
        (b"TRACE / HTTP/1.1\r\n", Detected::Http1),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Detected::Http2),
        (b"ONECHAT/1.0\r\n", Detected::Onechat),
        (b"{\"cmd\":\"login\"}", Detected::Bare),
        (b" \r\n{}", Detected::Bare),
        (b"\x16\x03\x01\x02\x00", Detected::Unknown),
    ];
    for (bytes, detected) in whole {
        assert_eq!(detect(bytes), detected, "{}", bytes.escape_ascii());
        assert_eq!(detect(&bytes[..DETECT_BYTES]), detected);
        for length in 0..DETECT_BYTES {
            let early = detect(&bytes[..length]);
            assert!(early == detected || early == Detected::Incomplete, "{length}: {early:?}");
        }
    }
}

#[test]
fn nothing_is_decided_while_two_are_possible() {
    assert_eq!(detect(b""), Detected::Incomplete);
    assert_eq!(detect(b"O"), Detected::Incomplete);
    assert_eq!(detect(b"OPT"), Detected::Incomplete);
    assert_eq!(detect(b"P"), Detected::Incomplete);
    assert_eq!(detect(b"OPEN"), Detected::Unknown);
    assert_eq!(detect(b"get "), Detected::Unknown);
    assert_eq!(detect(b"X"), Detected::Unknown);
}
