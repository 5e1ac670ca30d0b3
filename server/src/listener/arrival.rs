//! From an accepted socket to whoever speaks with it.
//!
//! On the main port the first bytes decide; they are handed on with the stream. HTTP is
//! [`crate::http`]'s until it ends or becomes a WebSocket, which is a framed connection like the
//! others from then on. Invariant: a task holds its seat as long as it holds the socket.

use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

use futures_lite::future::or;
use parlance_codecs::detect::{Detected, detect};
use parlance_codecs::dialect::{DialectName, Form, Framing, PayloadKind};
use parlance_codecs::framing::Splitter;

use super::Service;
use super::probe::probe;
use crate::connection::{Engine, Intake, Opening, SIGN_IN_DEADLINE, SignedIn, serve};
use crate::connections::{Connections, Seat};
use crate::http::{self, EngineUpgrade, HttpEnd, Upgrade};
use crate::runtime;
use crate::sockets::Stream;

/// How long an HTTP exchange may go on once the server drains.
const DRAIN_GRACE: Duration = Duration::from_secs(1);

/// Starts the task that speaks with an accepted peer.
pub(super) fn begin(service: Service, stream: Stream, seat: Seat, connections: &Rc<Connections>) {
    let shard = Rc::clone(connections);
    match service {
        Service::Main => runtime::spawn("arrival", arrive(shard, stream, seat)),
        Service::Push => runtime::spawn("arrival", arrive_at_push(shard, stream, seat)),
        Service::Operator => runtime::spawn("operator", serve_operator(shard, stream, seat)),
        Service::Stream => {
            let form = Form {
                dialect: DialectName::Stream,
                framing: Framing::Delimited,
                kind: PayloadKind::Binary,
            };
            become_framed(&shard, stream, seat, form, Vec::new(), Opening::Greeting);
        }
    }
}

/// Finds out what a peer on the main port speaks, and hands it on.
async fn arrive(connections: Rc<Connections>, mut stream: Stream, seat: Seat) {
    let _guest = connections.stops().guest();
    let judge = |prefix: &[u8]| match detect(prefix) {
        Detected::Incomplete => None,
        detected => Some(detected),
    };
    let sniffed = sniff_in_time(&connections, &mut stream, judge).await;
    let Some((prefix, detected)) = sniffed else { return };
    let framing = match detected {
        Detected::Http1 | Detected::Http2 => {
            // Boxed, because most connections never hold it.
            let serving = Box::pin(http::serve_main(stream, prefix, Rc::clone(&connections)));
            return Box::pin(serve_http(&connections, serving, seat)).await;
        }
        Detected::Onechat => Framing::Onechat,
        Detected::Bare => Framing::Bare,
        Detected::Incomplete | Detected::Unknown => return,
    };
    let form = Form { dialect: DialectName::Onechat, framing, kind: PayloadKind::Text };
    become_framed(&connections, stream, seat, form, prefix, Opening::Greeting);
}

/// No frame of the push channel begins with this byte, and every handshake does.
const HANDSHAKE_BYTE: u8 = b'G';

/// Finds out whether a peer on the push port begins with a handshake.
async fn arrive_at_push(connections: Rc<Connections>, mut stream: Stream, seat: Seat) {
    let _guest = connections.stops().guest();
    let judge = |prefix: &[u8]| prefix.first().map(|first| *first == HANDSHAKE_BYTE);
    let sniffed = sniff_in_time(&connections, &mut stream, judge).await;
    let Some((prefix, is_handshake)) = sniffed else { return };
    if is_handshake {
        let serving = Box::pin(http::serve_push(stream, prefix, connections.handle().clone()));
        return Box::pin(serve_http(&connections, serving, seat)).await;
    }
    let (dialect, kind) = (DialectName::Im, PayloadKind::Binary);
    let form = Form { dialect, framing: dialect.dialect().websocket_framing(), kind };
    become_framed(&connections, stream, seat, form, prefix, Opening::Greeting);
}

/// `None` where the peer ends first, or takes too long, or the server drains.
async fn sniff_in_time<T>(
    connections: &Connections,
    stream: &mut Stream,
    judge: impl Fn(&[u8]) -> Option<T>,
) -> Option<(Vec<u8>, T)> {
    let sniffed =
        or(runtime::timeout(SIGN_IN_DEADLINE, sniff(connections, stream, judge)), async {
            connections.stops().until_drain().await;
            None
        });
    sniffed.await.flatten()
}

/// Reads until the bytes say what they are, or the peer ends.
async fn sniff<T>(
    connections: &Connections,
    stream: &mut Stream,
    judge: impl Fn(&[u8]) -> Option<T>,
) -> Option<(Vec<u8>, T)> {
    let mut prefix = Vec::new();
    loop {
        let length = poll_fn(|cx| {
            let mut buffer = connections.read_buffer();
            stream.poll_read(cx, &mut buffer).map_ok(|length| {
                prefix.extend_from_slice(buffer.get(..length).unwrap_or_default());
                length
            })
        });
        match length.await {
            Ok(0) | Err(_) => return None,
            Ok(_) => {}
        }
        if let Some(judged) = judge(&prefix) {
            return Some((prefix, judged));
        }
    }
}

async fn serve_http(
    connections: &Rc<Connections>,
    serving: impl Future<Output = HttpEnd>,
    seat: Seat,
) {
    let counted = Counted::new(connections);
    let drained = async {
        grace(connections).await;
        HttpEnd::Closed
    };
    let ended = or(serving, drained).await;
    drop(counted);
    match ended {
        HttpEnd::Closed => {}
        HttpEnd::WebSocket { stream, leftover, upgrade } => {
            become_websocket(connections, stream, seat, leftover, upgrade);
        }
    }
}

async fn serve_operator(connections: Rc<Connections>, stream: Stream, seat: Seat) {
    let _seat = seat;
    let _guest = connections.stops().guest();
    let _counted = Counted::new(&connections);
    let serving = Box::pin(http::serve_operator(stream, connections.handle().clone()));
    or(serving, grace(&connections)).await;
}

/// Ends a while after the drain began.
async fn grace(connections: &Connections) {
    connections.stops().until_drain().await;
    or(runtime::sleep(DRAIN_GRACE), connections.stops().until_hurry()).await;
}

fn become_websocket(
    connections: &Rc<Connections>,
    stream: Stream,
    seat: Seat,
    leftover: Vec<u8>,
    upgrade: Upgrade,
) {
    let Upgrade { dialect, signed_in, device, room, engine } = upgrade;
    match engine {
        None => {}
        Some(EngineUpgrade::Probe { sid }) => {
            let trial = probe(Rc::clone(connections), stream, seat, leftover, sid);
            return runtime::spawn("probe", trial);
        }
        Some(EngineUpgrade::Begin { sid, protocol, vouched }) => {
            let engine = Engine::new(sid, protocol, vouched, None);
            return become_engine(connections, stream, seat, leftover, engine);
        }
    }
    // Text before the client's first frame; dialects that follow the client change it.
    let framing = dialect.dialect().websocket_framing();
    let form = Form { dialect, framing, kind: PayloadKind::Text };
    let opening = match signed_in {
        None => Opening::Greeting,
        Some(user) => Opening::SignedIn(Box::new(SignedIn { user, device, tag: None, room })),
    };
    become_framed(connections, stream, seat, form, leftover, opening);
}

/// Begins an Engine.IO session over a WebSocket alone.
fn become_engine(
    connections: &Rc<Connections>,
    stream: Stream,
    seat: Seat,
    unread: Vec<u8>,
    engine: Engine,
) {
    let framing = engine.protocol.framing();
    let form = Form { dialect: DialectName::Events, framing, kind: PayloadKind::Text };
    let connection = connections.insert(Some(stream), form, seat, Some(engine));
    let opening = match connections.greet(&connection) {
        None => Opening::Greeting,
        Some(signed_in) => Opening::SignedIn(Box::new(signed_in)),
    };
    let intake = Intake::new(Splitter::new(framing), unread);
    runtime::spawn("connection", serve(Rc::clone(connections), connection, intake, opening));
}

fn become_framed(
    connections: &Rc<Connections>,
    stream: Stream,
    seat: Seat,
    form: Form,
    unread: Vec<u8>,
    opening: Opening,
) {
    let connection = connections.insert(Some(stream), form, seat, None);
    let intake = Intake::new(Splitter::new(form.framing), unread);
    runtime::spawn("connection", serve(Rc::clone(connections), connection, intake, opening));
}

/// Counts a connection that is not framed (yet) in the metrics.
struct Counted<'a>(&'a Connections);

impl<'a> Counted<'a> {
    fn new(connections: &'a Connections) -> Self {
        connections.metrics().connections.rise(1);
        Self(connections)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.metrics().connections.fall(1);
    }
}
