//! A WebSocket that is tried beside a polling session, to take polling's place.
//!
//! The client sends a probe and is answered; from then on the session's polls end at once, so that
//! the client can stop polling; then it says that the WebSocket counts, and the socket moves to
//! the session's shard. Whatever else it sends, or nothing within ten seconds, closes the
//! WebSocket, and the session polls on. Invariant: nothing of the session is sent here before
//! the socket has moved.

use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use futures_lite::future::or;
use parlance_codecs::dialect::Framing;
use parlance_codecs::framing::engineio::{PROBE, PROBED, Sid, UPGRADE, append_packet};
use parlance_codecs::framing::{FrameLimits, Splitter, Step};

use crate::connections::{Connections, Seat};
use crate::runtime;
use crate::sockets::Stream;
use crate::visits::Errand;

/// From the handshake to the word that the WebSocket counts.
const PROBE_DEADLINE: Duration = Duration::from_secs(10);
/// A probe is six bytes.
const PACKET_BYTES_MAX: usize = 125;

/// Has a WebSocket tried, and hands it to its session.
pub(super) async fn probe(
    connections: Rc<Connections>,
    stream: Stream,
    seat: Seat,
    leftover: Vec<u8>,
    sid: Sid,
) {
    let _seat = seat;
    let _guest = connections.stops().guest();
    let mut trial = Trial {
        connections: &connections,
        stream,
        splitter: Splitter::new(Framing::WebSocket),
        unread: leftover,
    };
    let tried = or(runtime::timeout(PROBE_DEADLINE, trial.run(sid)), async {
        connections.stops().until_drain().await;
        None
    });
    let counts = tried.await == Some(Some(()));
    let Trial { stream, unread, .. } = trial;
    let errand = match (counts, stream.into_moving()) {
        (true, Ok(stream)) => Errand::Upgrade { stream, unread },
        // The session polls on; the WebSocket is closed.
        (true, Err(_)) | (false, _) => Errand::NotUpgraded,
    };
    connections.handle().visit_once(sid, errand);
}

struct Trial<'c> {
    connections: &'c Connections,
    stream: Stream,
    splitter: Splitter,
    unread: Vec<u8>,
}

impl Trial<'_> {
    /// `None` where the WebSocket ends, or breaks the rules.
    async fn run(&mut self, sid: Sid) -> Option<()> {
        self.expect(PROBE).await?;
        let mut answer = Vec::new();
        append_packet(PROBED, &mut answer);
        self.write(&answer).await.ok()?;
        self.connections.handle().visit_once(sid, Errand::Probed);
        self.expect(UPGRADE).await
    }

    /// Waits for this packet; another is against the rules.
    async fn expect(&mut self, packet: &[u8]) -> Option<()> {
        let limits = FrameLimits { frame_bytes: PACKET_BYTES_MAX, ..FrameLimits::default() };
        loop {
            let (consumed, reply) = match self.splitter.next(&mut self.unread, &limits) {
                Step::Incomplete => {
                    self.read().await?;
                    continue;
                }
                Step::Frame { frame, consumed } if frame.payload == packet => {
                    self.unread.drain(..consumed);
                    return Some(());
                }
                Step::Consumed { consumed, reply } => (consumed, reply),
                Step::Frame { .. } | Step::Closed { .. } | Step::End(_) => return None,
            };
            self.unread.drain(..consumed);
            self.write(&reply).await.ok()?;
        }
    }

    async fn read(&mut self) -> Option<()> {
        let Self { connections, stream, unread, .. } = self;
        let length = poll_fn(|cx| {
            let mut buffer = connections.read_buffer();
            stream.poll_read(cx, &mut buffer).map_ok(|length| {
                unread.extend_from_slice(buffer.get(..length).unwrap_or_default());
                length
            })
        });
        length.await.ok().filter(|length| *length > 0).map(|_| ())
    }

    async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = poll_fn(|cx| self.stream.poll_write(cx, bytes)).await?;
            bytes = bytes.get(written..).unwrap_or_default();
        }
        Ok(())
    }
}
