//! Bad peers: what they send is refused in the documented way, and the server lives on.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use parlance_e2e::deadline::WAIT;
use parlance_e2e::server::Server;
use parlance_e2e::stream::{PRIVATE, StreamClient};
use parlance_e2e::websocket::WebSocket;

fn server() -> Server {
    let server = Server::start();
    server.operator().create_users([1, 2]);
    server
}

/// Shows that the server still does its work.
#[track_caller]
fn lives(server: &Server) {
    let mut bob = StreamClient::connect(server, 2);
    bob.sync_by_cursor();
    let id = StreamClient::connect(server, 1).send_text(PRIVATE, 2, "still there?");
    loop {
        // Messages of earlier looks come first where bob has receipted nothing.
        if bob.next_post().id == id {
            return;
        }
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server accepts");
    stream.set_read_timeout(Some(WAIT)).expect("a timeout that is not zero");
    stream
}

/// Everything until the server closes.
#[track_caller]
fn all_until_close(stream: &mut TcpStream) -> Vec<u8> {
    let mut read = Vec::new();
    match stream.read_to_end(&mut read) {
        Ok(_) => read,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => read,
        Err(error) => panic!("not closed after {WAIT:?}, but {error}; read {read:?}"),
    }
}

/// Opens a WebSocket by hand and leaves the socket to the caller.
fn upgraded(server: &Server, user: u64) -> TcpStream {
    let mut stream = connect(server.addresses().main);
    let token = server.token(user);
    let request = format!(
        "GET /message/chat?token={token} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("the server reads");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("the server answers");
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("a head is ASCII");
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "RFC 6455's own example: {head}");
    stream
}

/// A client's frame, masked with zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("short");
    assert!(length < 126, "these tests need no longer frames");
    let mut bytes = vec![first, 0x80 | length, 0, 0, 0, 0];
    bytes.extend_from_slice(payload);
    bytes
}

/// The header of a frame with this length, and nothing of the frame.
fn announcing(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first, 0xFF];
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes
}

/// The code of the close frame that ends these bytes.
fn close_code(bytes: &[u8]) -> Option<u16> {
    let mut rest = bytes;
    while let [first, length, tail @ ..] = rest {
        let (length, tail) = match (*length, tail) {
            (126, [high, low, tail @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), tail),
            (length, tail) => (usize::from(length), tail),
        };
        if *first == 0x88 {
            return Some(u16::from_be_bytes([*tail.first()?, *tail.get(1)?]));
        }
        rest = tail.get(length..)?;
    }
    None
}

#[test]
fn broken_websocket_frames_are_closed_with_their_code() {
    let server = server();
    let cases: &[(&str, Vec<u8>, u16)] = &[
        ("unmasked", vec![0x81, 2, b'{', b'}'], 1002),
        ("a reserved bit", frame(0xC1, b"{}"), 1002),
        ("a reserved opcode", frame(0x83, b"{}"), 1002),
        ("a reserved control opcode", frame(0x8B, b""), 1002),
        ("a fragmented ping", frame(0x09, b""), 1002),
        ("a ping of 126 bytes", vec![0x89, 0xFE, 0, 126, 0, 0, 0, 0], 1002),
        ("a continuation of nothing", frame(0x80, b"{}"), 1002),
        ("text within a fragmented text", [frame(0x01, b"{"), frame(0x81, b"}")].concat(), 1002),
        ("a close of one byte", frame(0x88, b"\x03"), 1002),
        ("a reserved close code", frame(0x88, &1005_u16.to_be_bytes()), 1002),
        ("text that is not UTF-8", frame(0x81, b"\xc3\x28"), 1007),
        ("a length of 2 GiB", announcing(0x81, 0x7FFF_FFFF), 1009),
        ("a length of 1 TiB", announcing(0x82, 1 << 40), 1009),
        ("a length above 2^63", announcing(0x81, u64::MAX), 1002),
        ("a longer length than needed", announcing(0x81, 5), 1002),
    ];
    for (what, bytes, code) in cases {
        let mut stream = upgraded(&server, 1);
        stream.write_all(bytes).expect("the server reads");
        let answer = all_until_close(&mut stream);
        assert_eq!(close_code(&answer), Some(*code), "{what}: {answer:?}");
    }
    lives(&server);
    server.stop();
}

#[test]
fn well_formed_frames_of_every_shape_are_taken() {
    let server = server();
    let mut stream = upgraded(&server, 1);
    let sync = br#"{"sn":"s","type":1,"local":{"ids":[]}}"#;
    let (head, tail) = sync.split_at(7);
    // A ping between two fragments, an empty one at the end.
    let bytes =
        [frame(0x01, head), frame(0x89, b"ping"), frame(0x00, tail), frame(0x80, b"")].concat();
    stream.write_all(&bytes).expect("the server reads");
    let mut pong = [0; 6];
    stream.read_exact(&mut pong).expect("a pong");
    assert_eq!(&pong, b"\x8a\x04ping");
    let answer = br#"{"sn":"s","type":2,"postbox":{"posts":[]}}"#;
    let mut found = vec![0; 2 + answer.len()];
    stream.read_exact(&mut found).expect("the SYNC's answer");
    assert_eq!(found[2..], *answer);
    stream.write_all(&frame(0x88, &1000_u16.to_be_bytes())).expect("the server reads");
    assert_eq!(close_code(&all_until_close(&mut stream)), Some(1000));
    server.stop();
}

#[test]
fn handshakes_without_a_good_token_are_refused() {
    let server = server();
    let main = server.addresses().main;
    let token = server.token(1);
    let cut = &token[..token.len() - 3];
    let none = format!("/message/chat?token={}.{}.", "eyJhbGciOiJub25lIn0", "eyJzdWIiOiIxIn0");
    for path in
        ["/message/chat", "/message/chat?token=", &format!("/message/chat?token={cut}"), &none]
    {
        assert_eq!(WebSocket::open(main, path, &[]).err(), Some(401), "{path}");
    }
    let expired = server.token_with(1, &["--ttl", "1s"]);
    let path = format!("/message/chat?token={expired}");
    assert!(WebSocket::open(main, &path, &[]).is_ok(), "not expired yet");
    assert_eq!(WebSocket::open(main, &format!("/nothing?token={token}"), &[]).err(), Some(404));
    let header = format!("Bearer {token}");
    assert!(WebSocket::open(main, "/message/chat", &[("authorization", &header)]).is_ok());
    server.stop();
}

#[test]
fn bad_http_is_refused_and_closed() {
    let server = server();
    let long_line = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(200_000));
    let cases: &[&[u8]] = &[
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /message/chat/send HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /message/chat/send HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        long_line.as_bytes(),
    ];
    for bytes in cases {
        let mut stream = connect(server.addresses().main);
        // The server may close before it has read all of a long one.
        let _ = stream.write_all(bytes);
        let answer = String::from_utf8_lossy(&all_until_close(&mut stream)).into_owned();
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
        assert!(answer.starts_with("HTTP/1.1 4") || answer.is_empty(), "{start:?}: {answer}");
        assert_eq!(
            answer.matches("HTTP/1.1").count().max(1),
            1,
            "one answer to {start:?}: {answer}"
        );
    }
    lives(&server);
    server.stop();
}

#[test]
fn bytes_of_no_protocol_are_closed() {
    let server = server();
    for bytes in [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], b"SSH-2.0-x\r\n", &[0; 64]]
    {
        let mut stream = connect(server.addresses().main);
        stream.write_all(bytes).expect("the server reads");
        all_until_close(&mut stream);
    }
    lives(&server);
    server.stop();
}

#[test]
fn a_peer_that_does_not_finish_is_closed() {
    let server = server();
    let addresses = server.addresses();
    let openings: &[(SocketAddr, &[u8])] = &[
        (addresses.main, b""),
        (addresses.main, b"G"),
        (addresses.main, b"GET /message/chat HTTP/1.1\r\nHost: a\r\nX-Slow: "),
        (addresses.main, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        (addresses.main, b"{\"cmd\":"),
        (addresses.main, b"ONECHAT/1.0\r\nPAYLOAD_LEN: 50\r\n\r\n{"),
        (addresses.stream, b""),
        (addresses.stream, b"\x20\x0a"),
    ];
    let mut streams: Vec<TcpStream> = openings
        .iter()
        .map(|(address, bytes)| {
            let mut stream = connect(*address);
            stream.write_all(bytes).expect("the server reads");
            stream
        })
        .collect();
    // A half frame of a signed-in session has the same deadline.
    let mut half = upgraded(&server, 1);
    half.write_all(&[0x81, 0xFE, 0x04]).expect("the server reads");
    streams.push(half);
    for stream in &mut streams {
        all_until_close(stream);
    }
    lives(&server);
    server.stop();
}
