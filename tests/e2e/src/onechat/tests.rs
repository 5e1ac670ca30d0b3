//! Where a frame ends, in each framing.

use super::{json_extent, onechat_extent};

#[test]
fn a_json_text_ends_with_its_last_brace() {
    assert_eq!(json_extent(b"{\"a\":\"}\"}{\"b\""), Some(9));
    assert_eq!(json_extent(b"{\"a\":1"), None);
    assert_eq!(json_extent(b""), None);
}

#[test]
fn a_header_says_how_long_its_payload_is() {
    let two = b"ONECHAT/1.0\r\nPAYLOAD_LEN: 2\r\n\r\n{}ONECHAT/1.0\r\n";
    assert_eq!(onechat_extent(two), Some((31, 33)));
    assert_eq!(onechat_extent(&two[..32]), None, "half a payload");
    assert_eq!(onechat_extent(&two[..20]), None, "half a header");
}

#[test]
#[should_panic(expected = "a header as documented")]
fn a_header_that_is_not_as_documented_is_a_failure() {
    onechat_extent(b"ONECHAT/1.0\r\nLENGTH: 2\r\n\r\n{}");
}
