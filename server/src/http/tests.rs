//! Heads, origins and fields as they come from peers, hostile ones too.

use hyper::Request;
use hyper::header::{HeaderMap, HeaderValue, ORIGIN};

use super::guard::Guard;
use super::head::{HEAD_BYTES_MAX, end_of_head, is_unambiguous};
use super::websocket::{HandshakeError, handshake};
use super::{body, browser, fields};
use crate::config::AllowedOrigins;

const PLAIN: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// What hyper is given of `sent`, which arrives in pieces of `piece` bytes; each head is taken to
/// announce a body of `body` bytes.
fn handed(sent: &[u8], piece: usize, room: usize, body: Option<u64>) -> Vec<u8> {
    let mut guard = Guard::for_http1(Vec::new());
    let mut handed = Vec::new();
    for piece in sent.chunks(piece) {
        guard.put(piece);
        loop {
            let taken = guard.take(room);
            if taken.is_empty() {
                break;
            }
            handed.extend_from_slice(&taken);
            if handed.ends_with(b"\r\n\r\n") {
                guard.body_follows(body);
            }
        }
    }
    handed
}

#[test]
fn whole_heads_are_handed_over_however_they_arrive() {
    let sent = PLAIN.repeat(3);
    for piece in [1, 2, 7, 1000] {
        for room in [1, 5, 1000] {
            let got = handed(sent.as_bytes(), piece, room, Some(0));
            assert_eq!(got, sent.as_bytes(), "pieces of {piece}, room for {room}");
        }
    }
    let mut guard = Guard::for_http1(b"GET / HTTP/1.1\r\n".to_vec());
    assert!(guard.take(1000).is_empty(), "half a head is held back");
    assert!(!guard.is_between_requests());
}

#[test]
fn a_body_is_counted_and_the_next_head_is_looked_at() {
    let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";
    // A body may hold what no head may.
    let good = format!("{post}\n\0\r\n{PLAIN}");
    assert_eq!(handed(good.as_bytes(), 3, 64, Some(4)), good.as_bytes());
    let smuggled = format!("{post}bodyGET / HTTP/1.1\nHost: a\n\n{PLAIN}");
    let got = handed(smuggled.as_bytes(), 1000, 1000, Some(4));
    assert_eq!(got, format!("{post}body\0").as_bytes());
}

#[test]
fn a_body_of_unknown_length_goes_through() {
    let chunked =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
    assert_eq!(handed(chunked.as_bytes(), 1000, 1000, None), chunked.as_bytes());
}

#[test]
fn a_head_without_end_is_handed_on_to_be_refused() {
    let endless = format!("GET / HTTP/1.1\r\nHost: {}", "a".repeat(HEAD_BYTES_MAX));
    let got = handed(endless.as_bytes(), 1000, 1000, Some(0));
    assert_eq!(got.len(), endless.len());
}

#[test]
fn ambiguous_heads_are_refused() {
    for head in [
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "\r\n\r\n",
    ] {
        assert!(!is_unambiguous(head.as_bytes()), "{head:?}");
        let got = handed(head.as_bytes(), 1000, 1000, Some(0));
        assert_eq!(got, b"\0", "{head:?}");
    }
    for head in [PLAIN, "GET / HTTP/1.0\r\n\r\n", "\r\nGET / HTTP/1.1\r\nHost:a\r\nX:\r\n\r\n"] {
        assert!(is_unambiguous(head.as_bytes()), "{head:?}");
    }
}

#[test]
fn the_end_of_a_head_is_found_across_pieces() {
    let bytes = PLAIN.as_bytes();
    for seen in 0..bytes.len() {
        assert_eq!(end_of_head(bytes, seen), Some(bytes.len()), "{seen} bytes seen");
    }
    assert_eq!(end_of_head(b"", 0), None);
    assert_eq!(end_of_head(b"\r\n\r", 2), None);
}

fn shaking_hands(fields: &[(&'static str, &'static str)]) -> Request<()> {
    let mut request = Request::builder();
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(()).expect("a valid request")
}

const KEY: (&str, &str) = ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
const VERSION: (&str, &str) = ("sec-websocket-version", "13");
const UPGRADE: (&str, &str) = ("upgrade", "websocket");
const CONNECTION: (&str, &str) = ("connection", "keep-alive, Upgrade");

#[test]
fn a_handshake_is_answered_as_the_standard_says() {
    let request = shaking_hands(&[UPGRADE, CONNECTION, VERSION, KEY]);
    let answer = handshake(&request).expect("a handshake").accept();
    assert_eq!(answer.status(), 101);
    assert_eq!(answer.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(answer.headers()["upgrade"], "websocket");
}

#[test]
fn what_is_no_handshake_is_told_what_would_be() {
    for fields in [
        &[][..],
        &[CONNECTION, VERSION, KEY],
        &[UPGRADE, VERSION, KEY],
        &[("upgrade", "h2c"), CONNECTION, VERSION, KEY],
        &[UPGRADE, CONNECTION, ("sec-websocket-version", "8"), KEY],
    ] {
        let refused = handshake(&shaking_hands(fields)).expect_err("no handshake");
        assert_eq!(refused, HandshakeError::UpgradeRequired, "{fields:?}");
        let answer = refused.answer();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["sec-websocket-version"]),
            (426, &HeaderValue::from_static("13"))
        );
    }
    for fields in [
        &[UPGRADE, CONNECTION, KEY][..],
        &[UPGRADE, CONNECTION, VERSION],
        &[UPGRADE, CONNECTION, VERSION, KEY, KEY],
        &[UPGRADE, CONNECTION, VERSION, ("sec-websocket-key", "c2hvcnQ=")],
        &[UPGRADE, CONNECTION, VERSION, ("sec-websocket-key", "not base64 at all, no!!!")],
    ] {
        let refused = handshake(&shaking_hands(fields)).expect_err("no handshake");
        assert!(matches!(refused, HandshakeError::Malformed(_)), "{fields:?}");
        assert_eq!(refused.answer().status(), 400);
    }
}

fn head(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    shaking_hands(fields).headers().clone()
}

#[test]
fn origins_are_checked_and_shared() {
    let listed = AllowedOrigins::Listed(vec!["https://a.example".to_owned()]);
    let any = AllowedOrigins::Any;
    let none = head(&[]);
    let ours = head(&[("origin", "https://a.example")]);
    let other = head(&[("origin", "https://b.example")]);
    let two = head(&[("origin", "https://a.example"), ("origin", "https://b.example")]);
    assert!(browser::is_allowed(&listed, &none) && browser::is_allowed(&listed, &ours));
    assert!(!browser::is_allowed(&listed, &other) && !browser::is_allowed(&listed, &two));
    assert!([&none, &ours, &other, &two].iter().all(|head| browser::is_allowed(&any, head)));
    let shared = |allowed: &AllowedOrigins, head: &HeaderMap| {
        let mut answer = super::answer::empty(hyper::StatusCode::OK);
        browser::share(allowed, head, &mut answer);
        assert!(!answer.headers().contains_key("access-control-allow-credentials"));
        answer.headers().get("access-control-allow-origin").cloned()
    };
    assert_eq!(shared(&any, &ours), Some(HeaderValue::from_static("*")));
    assert_eq!(shared(&listed, &ours), ours.get(ORIGIN).cloned());
    assert_eq!(shared(&listed, &none), None);
}

#[test]
fn the_operator_port_is_for_its_own_pages() {
    let allowed = |fields: &[_]| browser::is_same_origin(&shaking_hands(fields));
    let host = ("host", "127.0.0.1:7780");
    assert!(allowed(&[host]));
    assert!(allowed(&[host, ("origin", "http://127.0.0.1:7780")]));
    assert!(!allowed(&[host, ("origin", "http://127.0.0.1:7700")]));
    assert!(!allowed(&[host, ("origin", "https://evil.example")]));
    assert!(!allowed(&[host, ("origin", "null")]));
    assert!(!allowed(&[("origin", "http://127.0.0.1:7780")]));
}

#[test]
fn only_json_counts_as_json() {
    for (value, expected) in [
        ("application/json", true),
        ("Application/JSON; charset=utf-8", true),
        ("application/json ;x", true),
        ("text/plain", false),
        ("application/jsonp", false),
        ("application/x-www-form-urlencoded", false),
        ("", false),
    ] {
        assert_eq!(body::is_json(&head(&[("content-type", value)])), expected, "{value}");
    }
    assert!(!body::is_json(&head(&[])));
    let twice = [("content-type", "application/json"), ("content-type", "text/plain")];
    assert!(!body::is_json(&head(&twice)));
}

#[test]
fn tokens_and_parameters_are_found() {
    let bearer = |value| fields::bearer(&head(&[("authorization", value)])).map(str::to_owned);
    assert_eq!(bearer("Bearer abc").as_deref(), Some("abc"));
    assert_eq!(bearer("bearer  abc ").as_deref(), Some("abc"));
    assert_eq!(bearer("Basic abc"), None);
    assert_eq!(bearer("abc"), None);
    let uri = "/message/chat?token=a%2Bb&x&token=c&room=12".parse().expect("a URI");
    assert_eq!(fields::query(&uri, "token").as_deref(), Some("a+b"));
    assert_eq!(fields::query(&uri, "x").as_deref(), Some(""));
    assert_eq!(fields::query(&uri, "y"), None);
    assert_eq!(fields::query_names(&uri).count(), 4);
}
