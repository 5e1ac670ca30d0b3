//! The example dialect as its README has it tested: what each frame means, whole, one byte at a
//! time and cut at every length; what each event becomes; every kind of content; hostile bytes.
//!
//! The example is no part of the crate here, so that the form names another dialect; the example
//! does not look at that.

use std::sync::Arc;

use parlance_codecs::dialect::{
    Credentials, Decoded, Dialect, DialectName, EndReason, Form, Frame, Framing, PayloadKind,
    SignInResult,
};
use parlance_codecs::framing::{FrameLimits, Splitter, Step};
use parlance_codecs::{
    Category, Content, ConversationId, DraftBody, Event, Message, MessageId, Posted, Refusal,
    Request, Seq, Tag, UserId,
};
use proptest::prelude::*;

#[path = "../examples/arrays.rs"]
pub mod arrays;

use arrays::Arrays;

const FORM: Form =
    Form { dialect: DialectName::Rooms, framing: Framing::WebSocket, kind: PayloadKind::Binary };

fn user() -> Option<UserId> {
    UserId::new(7)
}

fn array(texts: &[&str]) -> Vec<u8> {
    rmp_serde::to_vec(texts).expect("texts are MessagePack")
}

/// A client's frame: masked, with a mask of zeros.
fn from_client(payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("a short payload");
    assert!(length < 126, "a test's frame has a short length");
    [&[0x82, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

/// What a server's frames say.
fn texts_of(mut wire: &[u8]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    while let [0x82, length, rest @ ..] = wire {
        let (payload, after) = rest.split_at((*length).into());
        found.push(rmp_serde::from_slice(payload).expect("an array of texts"));
        wire = after;
    }
    assert!(wire.is_empty(), "not a short binary frame: {}", wire.escape_ascii());
    found
}

fn decoded(user: Option<UserId>, payload: &[u8]) -> Vec<Decoded> {
    let mut out = Vec::new();
    let frame = Frame { kind: PayloadKind::Binary, payload };
    Arrays.decode(&mut FORM.clone(), user, frame, &mut out);
    out
}

/// A line for each thing that was meant.
fn meaning(reads: &[&[u8]]) -> Vec<String> {
    let (mut splitter, mut unread, mut signed_in) =
        (Splitter::new(Framing::WebSocket), Vec::new(), None);
    let mut lines = Vec::new();
    for read in reads {
        unread.extend_from_slice(read);
        loop {
            let step = splitter.next(&mut unread, &FrameLimits::default());
            let Step::Frame { frame, consumed } = step else {
                assert_eq!(step, Step::Incomplete);
                break;
            };
            let mut out = Vec::new();
            Arrays.decode(&mut FORM.clone(), signed_in, frame, &mut out);
            for meant in out {
                if matches!(meant, Decoded::SignIn(_)) {
                    signed_in = user();
                }
                lines.push(shown(&meant));
            }
            unread.drain(..consumed);
        }
    }
    lines
}

fn shown(meant: &Decoded) -> String {
    match meant {
        Decoded::SignIn(frame) => match &frame.credentials {
            Credentials::Token(token) => format!("sign in {token}"),
            Credentials::Password { name, .. } => format!("sign in as {name}"),
            Credentials::Handshake => "sign in by handshake".to_owned(),
        },
        Decoded::SignOut => "sign out".to_owned(),
        Decoded::Identify { claim, .. } => format!("{claim:?}"),
        Decoded::Request(request) => format!("{request:?}"),
        Decoded::Reply(reply) => format!("{:?}", texts_of(reply)),
        Decoded::End { reason, .. } => format!("{reason:?}"),
    }
}

#[test]
fn a_conversation_means_what_it_says_however_it_is_split() {
    let frames = [
        from_client(&array(&["auth", "secret", ""])),
        from_client(&array(&["send", "7-9", "hello"])),
        from_client(&array(&["send", "nobody", "hello"])),
        from_client(&array(&["send", "12", ""])),
        from_client(&array(&["dance", "", ""])),
    ];
    let wire = frames.concat();
    let whole = meaning(&[&wire]);
    assert_eq!(whole.len(), frames.len());
    assert_eq!(whole[0], "sign in secret");
    assert!(whole[1].starts_with("Post "), "{}", whole[1]);
    assert_eq!(whole[2], r#"[["refused", "no such conversation", ""]]"#);
    assert_eq!(whole[3], r#"[["refused", "the text is empty", ""]]"#);
    assert_eq!(whole[4], r#"[["refused", "unknown word", ""]]"#);
    let bytes: Vec<&[u8]> = wire.chunks(1).collect();
    assert_eq!(meaning(&bytes), whole, "one byte at a time");
    for length in 0..wire.len() {
        assert!(whole.starts_with(&meaning(&[&wire[..length]])), "the first {length} bytes");
    }
}

#[test]
fn what_is_no_frame_ends_the_connection() {
    let longer = [array(&["send", "12", "x"]), vec![0xc0]].concat();
    for payload in [&b""[..], b"\xc1", &array(&["send", "12"]), &array(&[""; 4]), &longer] {
        for (user, expected) in [(None, EndReason::Malformed), (user(), EndReason::Malformed)] {
            let [Decoded::End { reason, .. }] = decoded(user, payload)[..] else {
                panic!("{} was taken", payload.escape_ascii());
            };
            assert_eq!(reason, expected);
        }
    }
    let early = decoded(None, &array(&["send", "12", "x"]));
    assert!(matches!(early[..], [Decoded::End { reason: EndReason::NotSignedIn, .. }]));
}

fn encoded(event: &Event) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    Arrays.encode(FORM, event, &mut out);
    texts_of(&out)
}

#[test]
fn each_event_has_its_array() {
    let conversation = ConversationId::number(12).unwrap();
    let message = |content| {
        Event::Delivered(Arc::new(Message {
            id: MessageId::from_raw(4096),
            seq: Seq(1),
            mark: 0,
            conversation,
            category: Category::Group,
            sender: user().unwrap(),
            content,
            created_at_ms: 0,
            expires_at_ms: None,
            recall_index: None,
        }))
    };
    assert_eq!(encoded(&message(Content::text("hi"))), [["message", "12", "hi"]]);
    let place = Content::Location { latitude: 1.5, longitude: -2.0 };
    assert_eq!(encoded(&message(place)), [["message", "12", "geo:1.5,-2"]]);
    let posted = Posted {
        conversation,
        category: Category::Group,
        sender: user().unwrap(),
        id: MessageId::from_raw(4096),
        seq: Seq(1),
        created_at_ms: 0,
        expires_at_ms: None,
        recall_index: None,
        duplicate: false,
    };
    let results = vec![Ok(posted), Err(Refusal::UnknownConversation)];
    assert_eq!(
        encoded(&Event::Posted { tag: Tag("12".into()), results }),
        [["sent", "12", "4096"], ["refused", "no such conversation", ""]]
    );
    for (result, texts) in [
        (SignInResult::Accepted, ["auth", "ok", ""]),
        (SignInResult::Refused, ["refused", "token", ""]),
        (SignInResult::Expired, ["refused", "token", ""]),
        (SignInResult::Busy, ["refused", "busy", ""]),
    ] {
        let mut out = Vec::new();
        Arrays.encode_sign_in(FORM, &Tag::default(), result, &mut out);
        assert_eq!(texts_of(&out), [texts]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_comes_through(said in "[^\0]{1,200}", number in 1_u64..=UserId::MAX) {
        let payload = array(&["send", &number.to_string(), &said]);
        let [Decoded::Request(Request::Post { drafts, .. })] = &decoded(user(), &payload)[..] else {
            panic!("{said:?} was refused");
        };
        prop_assert_eq!(drafts[0].conversation, ConversationId::number(number).unwrap());
        prop_assert_eq!(&drafts[0].body, &DraftBody::Content(Content::text(said)));
    }

    #[test]
    fn any_bytes_mean_one_thing(payload: Vec<u8>, signed_in: bool) {
        let user = if signed_in { user() } else { None };
        prop_assert_eq!(decoded(user, &payload).len(), 1);
    }
}
