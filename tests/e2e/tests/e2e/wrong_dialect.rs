//! Clients at the wrong door: each dialect's first bytes, and those of no dialect, at each port.
//!
//! Every one of them gets an answer in words that it or the port's own clients can read, or no
//! answer; then an end that is no reset (a reset takes an answer along that was not read yet), in
//! bounded time. Right doors are not here: a good client stays.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use parlance_e2e::deadline::WAIT;
use parlance_e2e::seed::Random;
use parlance_e2e::server::Server;
use parlance_e2e::stream::{PRIVATE, StreamClient};

/// The deadline of a sign-in is 10 s; after the last word the server listens 2 s more.
const LONGEST: Duration = Duration::from_secs(45);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Port {
    Main,
    Stream,
    Push,
    Operator,
}

/// In whose words the answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    /// None at all.
    Nothing,
    /// HTTP/1.1 with a status of 400 and above.
    HttpError,
    /// A varint-delimited `google.rpc.Status` that is not 0.
    Status,
    /// A WebSocket's close frame for a breach of the protocol.
    CloseFrame,
    /// An `onechat` error as bare JSON.
    BareError,
}

struct Opening {
    name: &'static str,
    bytes: Vec<u8>,
    /// What each wrong port says to it; a port where it is right is absent.
    answers: &'static [(Port, Words)],
}

fn opening(
    name: &'static str,
    bytes: impl Into<Vec<u8>>,
    answers: &'static [(Port, Words)],
) -> Opening {
    Opening { name, bytes: bytes.into(), answers }
}

fn openings(token: &str) -> Vec<Opening> {
    use Port::{Main, Operator, Push, Stream};
    use Words::{BareError, CloseFrame, HttpError, Nothing, Status};
    let login = format!(r#"{{"cmd":"login","name":"","pass":"{token}","ack":"1","device":"d"}}"#);
    let framed = format!("ONECHAT/1.0\r\nPAYLOAD_LEN: {}\r\n\r\n{login}", login.len());
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nHost: localhost\r\n\r\n";
    let chat = format!("GET /message/chat?token={token} HTTP/1.1\r\n{upgrade}");
    let polling = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\n\
                   Connection: close\r\n\r\n";
    let settings = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    vec![
        opening(
            "onechat, framed",
            framed,
            &[(Stream, Status), (Push, CloseFrame), (Operator, HttpError)],
        ),
        opening(
            "onechat, bare",
            login,
            &[(Stream, Status), (Push, CloseFrame), (Operator, Nothing)],
        ),
        opening(
            "a stream sign-in",
            sign_in(token),
            &[(Main, Nothing), (Push, CloseFrame), (Operator, HttpError)],
        ),
        opening("a WebSocket", chat, &[(Stream, Status), (Operator, HttpError)]),
        opening(
            "Engine.IO",
            polling,
            &[(Stream, Status), (Push, HttpError), (Operator, HttpError)],
        ),
        opening("HTTP/2", settings, &[(Stream, Status), (Push, CloseFrame), (Operator, HttpError)]),
        opening(
            "an im push login",
            push_login(token),
            &[(Main, Nothing), (Stream, Status), (Operator, HttpError)],
        ),
        opening(
            "TLS",
            client_hello(),
            &[(Main, Nothing), (Stream, Status), (Push, CloseFrame), (Operator, HttpError)],
        ),
        opening(
            "HTTP/0.9",
            "GET /\r\n",
            &[(Main, Nothing), (Stream, Status), (Push, Nothing), (Operator, Nothing)],
        ),
        opening(
            "SSH",
            "SSH-2.0-OpenSSH_9.9\r\n",
            &[(Main, Nothing), (Stream, Status), (Push, CloseFrame), (Operator, Nothing)],
        ),
        opening(
            "another's JSON",
            r#"{"auth_token":"x"}"#,
            &[(Main, BareError), (Stream, Status), (Push, CloseFrame), (Operator, Nothing)],
        ),
        opening(
            "silence",
            "",
            &[(Main, Nothing), (Stream, Status), (Push, Nothing), (Operator, Nothing)],
        ),
    ]
}

/// `parlance.SignIn` with its length before it.
fn sign_in(token: &str) -> Vec<u8> {
    let token = [&[0x0A][..], &varint(token.len()), token.as_bytes()].concat();
    [varint(token.len()), token].concat()
}

fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7F).expect("seven bits") | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).expect("below 0x80"));
    bytes
}

/// One binary WebSocket frame, masked with zeros: a length of 64 KiB, then the token.
fn push_login(token: &str) -> Vec<u8> {
    let payload = [&65_536_u32.to_be_bytes()[..], token.as_bytes()].concat();
    let length = u16::try_from(payload.len()).expect("a token is short");
    [&[0x82, 0xFE][..], &length.to_be_bytes(), &[0; 4], &payload].concat()
}

/// A ClientHello of TLS 1.2 with one cipher and no extension, whole.
fn client_hello() -> Vec<u8> {
    let hello = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0]].concat();
    let length = u8::try_from(hello.len()).expect("short");
    [&[0x16, 3, 1, 0, length + 4, 1, 0, 0, length][..], &hello].concat()
}

/// Everything until the end, which must be no reset.
fn answer_of(address: SocketAddr, bytes: &[u8], half_close: bool) -> Result<Vec<u8>, String> {
    let started = Instant::now();
    let mut stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
    stream.set_read_timeout(Some(WAIT)).map_err(|error| error.to_string())?;
    stream.write_all(bytes).map_err(|error| format!("while writing: {error}"))?;
    if half_close {
        stream.shutdown(Shutdown::Write).map_err(|error| error.to_string())?;
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(|error| format!("{error} after {answer:?}"))?;
    match started.elapsed() {
        took if took <= LONGEST => Ok(answer),
        took => Err(format!("only after {took:?}")),
    }
}

fn words_of(answer: &[u8]) -> Option<Words> {
    if answer.is_empty() {
        return Some(Words::Nothing);
    }
    if let Some(status) = answer.strip_prefix(b"HTTP/1.1 ") {
        return matches!(status, [b'4' | b'5', ..]).then_some(Words::HttpError);
    }
    if answer.starts_with(br#"{"cmd":"error","#) && answer.ends_with(b"}") {
        return Some(Words::BareError);
    }
    // A whole close frame and no other, code 1002.
    if let [0x88, length, 0x03, 0xEA, ..] = answer {
        return (usize::from(*length) == answer.len() - 2).then_some(Words::CloseFrame);
    }
    // A length of one byte; then field 1 of a `Status`, a code that is not 0; or an empty `sn`,
    // a type of 0, and such a `Status` in field 15.
    match answer {
        [length, ..] if usize::from(*length) != answer.len() - 1 => None,
        [_, 0x08, code, ..] if *code > 0 => Some(Words::Status),
        _ => None,
    }
}

#[track_caller]
fn lives(server: &Server) {
    let id = StreamClient::connect(server, 1).send_text(PRIVATE, 2, "still there?");
    let mut bob = StreamClient::connect(server, 2);
    assert_eq!(bob.sync_by_cursor().last().map(|post| post.id), Some(id));
}

fn address_of(server: &Server, port: Port) -> SocketAddr {
    let addresses = server.addresses();
    match port {
        Port::Main => addresses.main,
        Port::Stream => addresses.stream,
        Port::Push => addresses.push,
        Port::Operator => addresses.operator,
    }
}

#[test]
fn every_wrong_door_answers_in_words_or_closes() {
    let server = Server::start();
    server.operator().create_users([1, 2]);
    let openings = openings(&server.token(1));
    // At once, because some of them are given their ten seconds to say more.
    let wrong: Vec<String> = thread::scope(|scope| {
        let cells: Vec<_> = openings
            .iter()
            .flat_map(|opening| opening.answers.iter().map(move |answer| (opening, answer)))
            .flat_map(|(opening, answer)| [(opening, answer, false), (opening, answer, true)])
            .map(|(opening, (port, words), half_close)| {
                let address = address_of(&server, *port);
                let asking = scope.spawn(move || answer_of(address, &opening.bytes, half_close));
                (opening.name, *port, *words, half_close, asking)
            })
            .collect();
        let judged = cells.into_iter().map(|(name, port, words, half_close, asking)| {
            let answer = asking.join().expect("no panic");
            let found = answer.as_deref().map(words_of);
            // Who has said that nothing more comes may be left without an answer.
            let is_right =
                found == Ok(Some(words)) || half_close && found == Ok(Some(Words::Nothing));
            let shown = answer.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            (!is_right).then(|| {
                format!(
                    "{name} at {port:?} (half closed: {half_close}): not {words:?} but {shown:?}"
                )
            })
        });
        judged.flatten().collect()
    });
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    lives(&server);
    server.stop();
}

#[test]
fn much_of_no_protocol_is_read_to_a_clean_end() {
    let server = Server::start();
    server.operator().create_users([1, 2]);
    let mut random = Random::announced();
    for port in [Port::Main, Port::Stream, Port::Push, Port::Operator] {
        for length in [100, 4_000, 100_000] {
            let mut bytes: Vec<u8> = (0..length).map(|_| random.draw().to_le_bytes()[0]).collect();
            // No beginning that a port could take for its own: for `stream` the length of a frame
            // that is there and is no sign-in, for the others nothing that is printed.
            bytes[..2].copy_from_slice(&[0x10, 0xFF]);
            let answer = answer_of(address_of(&server, port), &bytes, false);
            let found = answer.as_deref().map(words_of);
            assert!(matches!(found, Ok(Some(_))), "{length} bytes at {port:?}: {answer:?}");
        }
    }
    lives(&server);
    server.stop();
}
