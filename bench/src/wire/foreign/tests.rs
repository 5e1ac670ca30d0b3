//! What clients of other servers write and read, against frames of the specifications and of the
//! servers themselves.

use super::*;
use crate::wire::Category;

const ALL: [Foreign; 11] = [
    Foreign::Lines,
    Foreign::Nats,
    Foreign::NatsJetStream,
    Foreign::MqttQos0,
    Foreign::MqttQos1,
    Foreign::Redis,
    Foreign::RedisStream,
    Foreign::Xmpp,
    Foreign::Nchan,
    Foreign::SocketIo,
    Foreign::WebSocket,
];

fn seat(foreign: Foreign) -> Seat {
    Seat { user: 7, wire: super::super::Wire::Foreign(foreign), group: 5 }
}

fn opening(foreign: Foreign) -> String {
    let mut out = Vec::new();
    foreign.open(seat(foreign), "h", &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn published(foreign: Foreign) -> String {
    let mut out = Vec::new();
    let outgoing =
        Outgoing { sender: 7, category: Category::Group, group: 5, index: 3, text: "hi" };
    foreign.publish(outgoing, 0, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// What a server wrote, cut into pieces; the same comes of it when it arrives byte by byte.
fn pieces(foreign: Foreign, bytes: &[u8]) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let whole = foreign.cut(Step::Ready, rest).expect("of the protocol").expect("whole");
        for short in 0..whole.1 {
            let early = foreign.cut(Step::Ready, &rest[..short]);
            assert_eq!(early, Ok(None), "{foreign:?} {short} of {:?}", whole.0);
        }
        found.push(whole.0);
        rest = &rest[whole.1..];
    }
    found
}

fn said(foreign: Foreign, step: Step, bytes: &[u8]) -> Vec<Said> {
    pieces(foreign, bytes)
        .into_iter()
        .map(|piece| match piece {
            Piece::Frame(frame) => foreign.read(step, frame).expect("of the protocol"),
            other => panic!("no frame: {other:?}"),
        })
        .collect()
}

fn hi() -> Said {
    Said::Posts(vec![SeenPost { sender: None, group: None, id: None, text: "hi".to_owned() }])
}

fn acknowledged() -> Said {
    Said::Acknowledged { index: 3 }
}

#[test]
fn nats_speaks_its_protocol() {
    for foreign in [Foreign::Nats, Foreign::NatsJetStream] {
        assert!(opening(foreign).starts_with("CONNECT {"), "{foreign:?}");
        assert!(opening(foreign).contains("\r\nSUB group.5 1\r\n"), "{foreign:?}");
        assert!(opening(foreign).ends_with("\r\nPING\r\n"), "{foreign:?}");
    }
    assert_eq!(published(Foreign::Nats), "PUB group.5 2\r\nhi\r\n");
    assert_eq!(published(Foreign::NatsJetStream), "PUB group.5 _INBOX.7.3 2\r\nhi\r\n");
    let stored = b"MSG _INBOX.7.3 2 27\r\n{\"stream\":\"bench\", \"seq\":1}\r\n";
    let heard = b"INFO {}\r\nPONG\r\nMSG group.5 1 2\r\nhi\r\n";
    let expected = [Said::Other, Said::SignedIn, hi(), acknowledged()];
    assert_eq!(said(Foreign::NatsJetStream, Step::Ready, &[&heard[..], stored].concat()), expected);
    assert_eq!(pieces(Foreign::Nats, b"PING\r\n"), [Piece::Ping(b"")]);
    let refused = said(Foreign::Nats, Step::Ready, b"-ERR 'Unknown Protocol Operation'\r\n");
    assert!(matches!(&refused[..], [Said::Refused { .. }]), "{refused:?}");
    let refused =
        said(Foreign::NatsJetStream, Step::Ready, b"MSG _INBOX.7.3 2 12\r\n{\"error\":{}}\r\n");
    assert!(matches!(&refused[..], [Said::Refused { .. }]), "{refused:?}");
}

#[test]
fn mqtt_speaks_version_3_1_1() {
    let connect = "\x10\x12\0\x04MQTT\x04\x02\0\0\0\x06bench7";
    assert_eq!(opening(Foreign::MqttQos1), format!("{connect}\u{fffd}\x0c\0\x01\0\x07group/5\x01"));
    assert_eq!(published(Foreign::MqttQos0), "0\x0b\0\x07group/5hi");
    assert_eq!(published(Foreign::MqttQos1), "2\x0d\0\x07group/5\0\x04hi");
    // As mosquitto wrote them: CONNACK, SUBACK, a message, PUBACK.
    let heard = b" \x02\x00\x00\x90\x03\x00\x01\x012\x0b\x00\x05group\x00\x01hi@\x02\x00\x04";
    let expected = [Said::Other, Said::SignedIn, hi(), acknowledged()];
    assert_eq!(said(Foreign::MqttQos1, Step::Ready, heard), expected);
    let mut out = Vec::new();
    Foreign::MqttQos1.answer(&heard[9..22], &mut out);
    assert_eq!(out, b"@\x02\x00\x01", "each message is acknowledged");
    out.clear();
    Foreign::MqttQos1.answer(b"@\x02\x00\x04", &mut out);
    Foreign::MqttQos0.answer(&heard[9..22], &mut out);
    assert_eq!(out, b"", "nothing else is");
    let refused = said(Foreign::MqttQos0, Step::SigningIn, b" \x02\x00\x05");
    assert!(matches!(&refused[..], [Said::Refused { code: 5, .. }]), "{refused:?}");
    assert!(Foreign::MqttQos0.cut(Step::Ready, b"0\xff\xff\xff\xff\x01").is_err());
}

#[test]
fn redis_speaks_resp3() {
    let hello = "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n";
    let subscribe = "*2\r\n$9\r\nSUBSCRIBE\r\n$7\r\ngroup:5\r\n";
    assert_eq!(opening(Foreign::Redis), format!("{hello}{subscribe}"));
    assert_eq!(published(Foreign::Redis), "*3\r\n$7\r\nPUBLISH\r\n$7\r\ngroup:5\r\n$2\r\nhi\r\n");
    assert_eq!(
        published(Foreign::RedisStream),
        "*5\r\n$4\r\nXADD\r\n$7\r\ngroup:5\r\n$3\r\n3-1\r\n$4\r\ntext\r\n$2\r\nhi\r\n"
    );
    // As redis 7.0 wrote them: HELLO's map, the subscription, a message, how many it went to.
    let heard = b"%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nmodules\r\n*0\r\n\
        >3\r\n$9\r\nsubscribe\r\n$7\r\ngroup:5\r\n:1\r\n\
        >3\r\n$7\r\nmessage\r\n$7\r\ngroup:5\r\n$2\r\nhi\r\n:1\r\n";
    let expected = [Said::Other, Said::SignedIn, hi(), Said::Other];
    assert_eq!(said(Foreign::Redis, Step::Ready, heard), expected);
    let heard = b"+PONG\r\n$3\r\n3-1\r\n";
    let expected = [Said::SignedIn, acknowledged()];
    assert_eq!(said(Foreign::RedisStream, Step::Ready, heard), expected);
    let refused = said(Foreign::Redis, Step::Ready, b"-ERR no\r\n");
    assert!(matches!(&refused[..], [Said::Refused { .. }]), "{refused:?}");
    assert!(Foreign::Redis.cut(Step::Ready, b"?\r\n").is_err());
    assert!(Foreign::Redis.cut(Step::Ready, b"$99999999999\r\n").is_err());
}

#[test]
fn xmpp_enters_a_room_step_by_step() {
    let foreign = Foreign::Xmpp;
    // As ejabberd 23.01 wrote them, shortened.
    let stream = "<?xml version='1.0'?><stream:stream id='1' version='1.0'>";
    let features = "<stream:features><bind xmlns='b'/><x><y/></x></stream:features>";
    let greeting = format!("{stream}{features}");
    let entered = "<presence from='g5@conference.localhost/u7'><x><status code='110'/></x></presence>\
                   <message from='g5@conference.localhost' type='groupchat'><subject/></message>";
    let answers = [
        (greeting.as_str(), "<auth "),
        ("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", "<?xml version='1.0'?>"),
        (greeting.as_str(), "<iq type='set' id='b'><bind "),
        ("<iq type='result' id='b'><bind><jid>a@b/c</jid></bind></iq>", "<presence to='g5@"),
        (entered, ""),
    ];
    let mut step = foreign.open(seat(foreign), "h", &mut Vec::new());
    for (answer, next) in answers {
        let heard = said(foreign, step, answer.as_bytes());
        assert_eq!(heard.last(), Some(&Said::SignedIn), "{answer}");
        assert!(heard[..heard.len() - 1].iter().all(|said| *said == Said::Other), "{heard:?}");
        let mut out = Vec::new();
        step = foreign.proceed(step, seat(foreign), 0, &mut out);
        assert!(String::from_utf8_lossy(&out).starts_with(next), "{out:?}");
    }
    assert_eq!(step, Step::Ready);
    let message = published(foreign);
    assert_eq!(
        message,
        "<message to='g5@conference.localhost' type='groupchat' id='3'><body>hi</body></message>"
    );
    assert_eq!(said(foreign, Step::Ready, message.as_bytes()), [hi()]);
    assert_eq!(said(foreign, Step::Ready, b" "), [Said::Other]);
    assert_eq!(pieces(foreign, b"</stream:stream>"), [Piece::Close(None)]);
    let refused = said(foreign, step, b"<failure xmlns='x'><not-authorized/></failure>");
    assert!(matches!(&refused[..], [Said::Refused { .. }]), "{refused:?}");
    assert!(foreign.cut(Step::Ready, b"what?").is_err());
}

#[test]
fn socket_io_opens_connects_and_joins() {
    let foreign = Foreign::SocketIo;
    let frame =
        |text: &str| [&[0x81, u8::try_from(text.len()).expect("short")], text.as_bytes()].concat();
    let mut step = foreign.upgraded(seat(foreign), 0, &mut Vec::new());
    for (answer, next) in
        [("0{\"sid\":\"x\"}", "40"), ("40{\"sid\":\"y\"}", "420[\"join\",\"5\"]"), ("430[]", "")]
    {
        assert_eq!(said(foreign, step, &frame(answer)), [Said::SignedIn], "{answer}");
        let mut out = Vec::new();
        step = foreign.proceed(step, seat(foreign), 0, &mut out);
        assert!(String::from_utf8_lossy(&out).ends_with(next), "{out:?}");
    }
    assert_eq!(step, Step::Ready);
    assert!(published(foreign).ends_with(r#"423["message","5","hi"]"#));
    let heard = [frame(r#"42["message","hi"]"#), frame("433[]")].concat();
    assert_eq!(said(foreign, step, &heard), [hi(), acknowledged()]);
    assert_eq!(pieces(foreign, &frame("2")), [Piece::Ping(b"2")]);
    let mut out = Vec::new();
    foreign.pong(b"2", 0, &mut out);
    assert_eq!(out, b"\x81\x81\0\0\0\x003");
}

#[test]
fn bare_websockets_carry_bare_texts() {
    assert!(opening(Foreign::Nchan).starts_with("GET /group/5 HTTP/1.1\r\n"));
    assert!(opening(Foreign::WebSocket).starts_with("GET / HTTP/1.1\r\n"));
    let mut out = Vec::new();
    let step = Foreign::WebSocket.upgraded(seat(Foreign::WebSocket), 0, &mut out);
    assert_eq!(out, b"\x81\x81\0\0\0\x005", "the group comes first");
    assert_eq!(said(Foreign::WebSocket, step, b"\x81\x06joined"), [Said::SignedIn]);
    for foreign in [Foreign::Nchan, Foreign::WebSocket] {
        assert!(published(foreign).ends_with("hi"));
        assert_eq!(said(foreign, Step::Ready, b"\x81\x02hi"), [hi()]);
    }
}

#[test]
fn every_wire_is_named_once_and_opens_with_something() {
    let names: std::collections::BTreeSet<&str> = ALL.map(Foreign::name).into();
    assert_eq!(names.len(), ALL.len());
    for foreign in ALL {
        assert!(!opening(foreign).is_empty(), "{foreign:?}");
        assert!(published(foreign).contains("hi"), "{foreign:?}");
    }
}
