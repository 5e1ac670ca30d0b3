//! HTTP/2 peers that break the rules or lean on them: each costs a bounded amount, is answered
//! in the protocol's words, and takes nothing from others.

use std::time::{Duration, Instant};

use parlance_e2e::deadline::until;
use parlance_e2e::http2::{
    CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, Frame, GOAWAY, HEADERS,
    Http2, PING, REFUSED_STREAM, RST_STREAM, SETTINGS, STATUS_200, WINDOW_UPDATE, block, call,
    frame,
};
use parlance_e2e::operator::Http;
use parlance_e2e::server::{Server, Setup};
use parlance_e2e::stream::{PRIVATE, StreamClient};

const INTERACT: &str = "/appootb.message.Chat/Interact";
const REFLECT: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const SEND: &str = "/appootb.message.Chat/Send";
/// The settings' numbers.
const INITIAL_WINDOW_SIZE: u16 = 4;
/// An answer whose peer takes nothing is over after half a minute.
const STALL: Duration = Duration::from_secs(30);

fn server() -> Server {
    let server = Server::start();
    server.operator().create_users([1, 2]);
    server
}

fn open(server: &Server) -> Http2 {
    Http2::open(server.addresses().main, &[])
}

/// A message of gRPC.
fn message(payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0];
    bytes.extend_from_slice(&u32::try_from(payload.len()).expect("short").to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// `ServerReflectionRequest {list_services: "x"}`, which anyone may ask and is always answered.
fn question() -> Vec<u8> {
    message(&[0x3a, 1, b'x'])
}

/// Asks on a new stream and waits for the answer, which shows that the connection is well.
#[track_caller]
fn still_answers(http2: &mut Http2, stream: u32) {
    let head = frame(HEADERS, END_HEADERS, stream, &call(REFLECT, "", &[]));
    let body = frame(DATA, END_STREAM, stream, &question());
    http2.write(&[head, body].concat()).expect("the server reads");
    let answer = http2.until("the answer", |frame| {
        assert_ne!((frame.kind, frame.stream), (RST_STREAM, stream), "{frame:?}");
        frame.stream == stream && frame.kind == DATA
    });
    assert!(answer.payload.windows(20).any(|found| found == b"appootb.message.Chat"));
    http2.until("its end", |frame| frame.stream == stream && frame.flags & END_STREAM != 0);
}

/// The value of a metric, of all shards together.
fn metric(server: &Server, name: &str) -> u64 {
    let page = Http::to(server.addresses().operator).get("/metrics", &[]).expect("the metrics");
    let rows = page.text.lines().filter(|line| line.starts_with(name));
    rows.filter_map(|row| row.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

fn sessions(server: &Server) -> u64 {
    metric(server, "parlance_sessions{")
}

/// Shows that the server still does its work for others.
#[track_caller]
fn lives(server: &Server) {
    let mut bob = StreamClient::connect(server, 2);
    bob.sync_by_cursor();
    let id = StreamClient::connect(server, 1).send_text(PRIVATE, 2, "still there?");
    while bob.next_post().id != id {}
    still_answers(&mut open(server), 1);
}

#[test]
fn the_limits_are_announced() {
    let server = server();
    let settings = open(&server).until("SETTINGS", |frame| frame.kind == SETTINGS);
    let found: Vec<(u16, u32)> = settings
        .payload
        .chunks_exact(6)
        .map(|entry| {
            let number = u16::from_be_bytes([entry[0], entry[1]]);
            (number, u32::from_be_bytes([entry[2], entry[3], entry[4], entry[5]]))
        })
        .collect();
    for wanted in [(3, 100), (4, 65_536), (5, 16_384), (6, 16_384)] {
        assert!(found.contains(&wanted), "{wanted:?} in {found:?}");
    }
    server.stop();
}

#[test]
fn a_stream_too_many_is_refused_and_the_others_go_on() {
    let server = server();
    let mut http2 = open(&server);
    let token = server.token(1);
    for number in 0..=100 {
        let head = frame(HEADERS, END_HEADERS, 2 * number + 1, &call(REFLECT, &token, &[]));
        http2.write(&head).expect("the server reads");
    }
    let refused = http2.until("RST_STREAM", |frame| frame.kind == RST_STREAM);
    assert_eq!((refused.stream, refused.error()), (201, Some(REFUSED_STREAM)));
    http2.write(&frame(DATA, END_STREAM, 1, &question())).expect("the server reads");
    http2.until("an answer", |frame| frame.stream == 1 && frame.kind == DATA);
    http2.until("its end", |frame| frame.stream == 1 && frame.flags & END_STREAM != 0);
    still_answers(&mut http2, 203);
    lives(&server);
    server.stop();
}

#[test]
fn a_head_that_is_too_long_is_refused_alone() {
    let server = server();
    let mut http2 = open(&server);
    let long = "x".repeat(1_000);
    let others: Vec<(&str, &str)> = (0..17).map(|_| ("x-long", long.as_str())).collect();
    let head = call(REFLECT, "", &others);
    let (first, rest) = head.split_at(16_000);
    let bytes =
        [frame(HEADERS, END_STREAM, 1, first), frame(CONTINUATION, END_HEADERS, 1, rest)].concat();
    http2.write(&bytes).expect("the server reads");
    let answer = http2.until("an answer", |frame| frame.stream == 1);
    let is_refused = answer.kind == RST_STREAM || answer.payload.first() != Some(&STATUS_200);
    assert!(is_refused, "{answer:?}");
    still_answers(&mut http2, 3);
    server.stop();
}

#[test]
fn a_head_without_end_ends_the_connection() {
    let server = server();
    for size in [0, 1, 1_000, 16_000] {
        let mut http2 = open(&server);
        let piece = vec![0; size];
        let begin = call(REFLECT, "", &[]);
        http2.write(&frame(HEADERS, 0, 1, &begin)).expect("the server reads");
        let mut sent = 0_usize;
        // Far more than any head may have; a server that takes it all has no bound.
        while sent < 1 << 20 && http2.write(&frame(CONTINUATION, 0, 1, &piece)).is_ok() {
            sent += size + 9;
        }
        let error = http2.goaway();
        assert!(sent < 1 << 20 || error.is_some(), "frames of {size} bytes went on");
    }
    lives(&server);
    server.stop();
}

#[test]
fn a_flood_of_resets_ends_the_connection() {
    let server = server();
    let mut http2 = open(&server);
    let mut flood = Vec::new();
    for number in 0..1_000 {
        let stream = 2 * number + 1;
        flood.extend(frame(HEADERS, END_HEADERS, stream, &call(REFLECT, "", &[])));
        flood.extend(frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes()));
    }
    // The server may go away before it has read all of it.
    let _ = http2.write(&flood);
    assert_eq!(http2.goaway(), Some(ENHANCE_YOUR_CALM));
    lives(&server);
    server.stop();
}

#[test]
fn pings_and_settings_in_masses_are_bounded() {
    let server = server();
    for (what, one) in
        [("PING", frame(PING, 0, 0, &[7; 8])), ("SETTINGS", frame(SETTINGS, 0, 0, &[]))]
    {
        let mut http2 = open(&server);
        let many = one.repeat(10_000);
        // Nothing of the answers is read meanwhile. Either the server stops reading, or it goes
        // away, or it answers them all.
        let written = http2.write(&many);
        if written.is_ok() {
            println!("all of 10,000 {what} were read");
            still_answers(&mut http2, 1);
        }
    }
    lives(&server);
    server.stop();
}

#[test]
fn an_answer_that_nobody_takes_is_reset_alone() {
    let server = server();
    let mut http2 = Http2::open(server.addresses().main, &[(INITIAL_WINDOW_SIZE, 0)]);
    let began = Instant::now();
    let head = frame(HEADERS, END_HEADERS, 1, &call(REFLECT, "", &[]));
    let body = frame(DATA, END_STREAM, 1, &question());
    http2.write(&[head, body].concat()).expect("the server reads");
    let reset = patient(&mut http2, |frame| frame.stream == 1 && frame.kind == RST_STREAM);
    assert_eq!(reset.error(), Some(CANCEL));
    assert!(began.elapsed() > STALL - Duration::from_secs(5), "after {:?}", began.elapsed());
    // The connection goes on: a stream that is given room is answered.
    let head = frame(HEADERS, END_HEADERS, 3, &call(REFLECT, "", &[]));
    let room = frame(WINDOW_UPDATE, 0, 3, &100_000_u32.to_be_bytes());
    let body = frame(DATA, END_STREAM, 3, &question());
    http2.write(&[head, room, body].concat()).expect("the server reads");
    http2.until("an answer", |frame| frame.stream == 3 && frame.kind == DATA);
    server.stop();
}

/// The frame that is `wanted`, however long before it nothing comes.
#[track_caller]
fn patient(http2: &mut Http2, wanted: impl Fn(&Frame) -> bool) -> Frame {
    let deadline = Instant::now() + 3 * STALL;
    loop {
        match http2.receive_until(deadline) {
            Some(Some(frame)) if wanted(&frame) => return frame,
            Some(Some(_)) => {}
            Some(None) => panic!("closed instead"),
            None => panic!("nothing after {:?}", 3 * STALL),
        }
    }
}

#[test]
fn a_session_that_does_not_read_is_evicted() {
    let setup = Setup {
        settings: vec![("LIMITS__OUTBOX_BYTES", (1 << 18).to_string())],
        ..Setup::default()
    };
    let server = Server::with(setup);
    server.operator().create_users([1, 2]);
    let mut http2 = Http2::open(server.addresses().main, &[(INITIAL_WINDOW_SIZE, 0)]);
    let head = frame(HEADERS, END_HEADERS, 1, &call(INTERACT, &server.token(2), &[]));
    // Stream {sn: "s", type: SYNC}
    let sync = message(&[0x0a, 1, b's', 0x18, 1]);
    http2.write(&[head, frame(DATA, 0, 1, &sync)].concat()).expect("the server reads");
    http2.until("the answer's head", |frame| frame.stream == 1 && frame.kind == HEADERS);
    let mut ann = StreamClient::connect(&server, 1);
    ann.sync_by_cursor();
    let text = "x".repeat(30_000);
    until("it is evicted", || {
        ann.send_text(PRIVATE, 2, &text);
        (metric(&server, "parlance_evictions_total") > 0).then_some(())
    });
    until("its session is over", || (sessions(&server) == 1).then_some(()));
    // What was promised to the window is all that it gets; then its stream is reset.
    let reset = patient(&mut http2, |frame| frame.stream == 1 && frame.kind == RST_STREAM);
    assert_eq!(reset.error(), Some(CANCEL));
    still_answers_with_room(&mut http2);
    server.stop();
}

/// As [`still_answers`], where no stream has a window of its own.
#[track_caller]
fn still_answers_with_room(http2: &mut Http2) {
    let head = frame(HEADERS, END_HEADERS, 3, &call(REFLECT, "", &[]));
    let room = frame(WINDOW_UPDATE, 0, 3, &100_000_u32.to_be_bytes());
    let body = frame(DATA, END_STREAM, 3, &question());
    http2.write(&[head, room, body].concat()).expect("the server reads");
    http2.until("an answer", |frame| frame.stream == 3 && frame.kind == DATA);
}

#[test]
fn a_connection_that_rests_or_is_silent_is_closed() {
    let server = server();
    let began = Instant::now();
    let mut resting = open(&server);
    let mut silent = open(&server);
    silent.answers_pings = false;
    // A request that goes on, so that silence is all that speaks against it.
    let head = frame(HEADERS, END_HEADERS, 1, &call(INTERACT, &server.token(1), &[]));
    silent.write(&head).expect("the server reads");
    let goaway = patient(&mut resting, |frame| frame.kind == GOAWAY);
    assert_eq!(goaway.error(), Some(0), "in good order");
    assert!(began.elapsed() > Duration::from_secs(50), "after {:?}", began.elapsed());
    for http2 in [&mut resting, &mut silent] {
        let deadline = Instant::now() + 2 * STALL;
        while http2.receive_until(deadline).expect("closed in time").is_some() {}
    }
    until("no session", || (sessions(&server) == 0).then_some(()));
    lives(&server);
    server.stop();
}

#[test]
fn with_no_seat_left_a_stream_is_refused_and_later_taken() {
    const SEATS: u32 = 4;
    let settings = vec![("LIMITS__CONNECTIONS", SEATS.to_string())];
    let server = Server::with(Setup { settings, ..Setup::default() });
    let token = server.token(1);
    let mut http2 = open(&server);
    let mut taken = Vec::new();
    for stream in (1..=19).step_by(2) {
        let head = frame(HEADERS, END_HEADERS, stream, &call(INTERACT, &token, &[]));
        http2.write(&head).expect("the server reads");
        let answer = http2.until("an answer", |frame| frame.stream == stream);
        assert_eq!(answer.kind, HEADERS, "{answer:?}");
        if answer.flags & END_STREAM == 0 {
            taken.push(stream);
        }
    }
    let first = *taken.first().expect("there was a seat");
    assert!(taken.len() < SEATS as usize, "the connection itself has one: {taken:?}");
    http2.write(&frame(RST_STREAM, 0, first, &CANCEL.to_be_bytes())).expect("the server reads");
    let mut next = 21;
    until("the seat is free", || {
        let head = frame(HEADERS, END_HEADERS, next, &call(INTERACT, &token, &[]));
        http2.write(&head).expect("the server reads");
        let answer = http2.until("an answer", |frame| frame.stream == next);
        next += 2;
        (answer.flags & END_STREAM == 0).then_some(())
    });
    server.stop();
}

#[test]
fn a_call_that_is_not_quite_one_is_refused_by_http() {
    let server = server();
    let mut http2 = open(&server);
    let get = block(&[
        (":method", "GET"),
        (":scheme", "http"),
        (":path", SEND),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ]);
    http2.write(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &get)).expect("the server reads");
    let answer = http2.until("an answer", |frame| frame.stream == 1);
    assert_eq!(answer.kind, HEADERS);
    assert_ne!(answer.payload.first(), Some(&STATUS_200), "405 is none of the table's");
    let no_te = block(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":path", SEND),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
    ]);
    http2.write(&frame(HEADERS, END_HEADERS | END_STREAM, 3, &no_te)).expect("the server reads");
    let answer = http2.until("an answer", |frame| frame.stream == 3);
    assert_eq!(answer.payload.first(), Some(&STATUS_200), "the status is gRPC's");
    assert_eq!(answer.flags & END_STREAM, END_STREAM, "and told in the head");
    still_answers(&mut http2, 5);
    server.stop();
}

#[test]
fn a_reset_call_ends_its_session() {
    let server = server();
    let mut http2 = open(&server);
    for stream in [1, 3] {
        let head = frame(HEADERS, END_HEADERS, stream, &call(INTERACT, &server.token(1), &[]));
        http2.write(&head).expect("the server reads");
    }
    until("both sessions", || (sessions(&server) == 2).then_some(()));
    http2.write(&frame(RST_STREAM, 0, 1, &CANCEL.to_be_bytes())).expect("the server reads");
    until("one session", || (sessions(&server) == 1).then_some(()));
    drop(http2);
    until("no session", || (sessions(&server) == 0).then_some(()));
    server.stop();
}

#[test]
fn a_deadline_holds_where_the_client_forgets_it() {
    let server = server();
    let mut http2 = open(&server);
    let head = call(INTERACT, &server.token(1), &[("grpc-timeout", "500m")]);
    http2.write(&frame(HEADERS, END_HEADERS, 1, &head)).expect("the server reads");
    http2.until("trailers", |frame| {
        frame.stream == 1 && frame.kind == HEADERS && frame.flags & END_STREAM != 0
    });
    until("no session", || (sessions(&server) == 0).then_some(()));
    let head = call(SEND, &server.token(1), &[("grpc-timeout", "500m")]);
    // Its message never comes.
    http2.write(&frame(HEADERS, END_HEADERS, 3, &head)).expect("the server reads");
    http2.until("the status", |frame| {
        frame.stream == 3 && frame.kind == HEADERS && frame.flags & END_STREAM != 0
    });
    server.stop();
}
