//! How a connection is closed: last words, then no more sending, then what the peer still sends is
//! thrown away until it closes too, because a socket closed over unread bytes takes the last
//! words with it.

use std::future::poll_fn;
use std::net::Shutdown;
use std::rc::Rc;
use std::task::Poll;

use futures_lite::future::or;
use parlance_codecs::dialect::EndReason;
use parlance_codecs::framing::append_close;

use super::intake::Parting;
use super::{Connection, LINGER, Sent};
use crate::connections::Connections;
use crate::runtime;

/// Bytes of a closed connection that are thrown away before it is cut off.
const DISCARDED_BYTES_MAX: usize = 1 << 20;

/// Says the last words and closes, within [`LINGER`].
pub(super) async fn close(
    connections: Rc<Connections>,
    connection: Rc<Connection>,
    parting: Parting,
) {
    // Whoever decided first has the better reason.
    let parting = connection.decided_end().unwrap_or(parting);
    let words = last_words(&connection, &parting);
    connections.end_session(&connection);
    let reason = match parting {
        Parting::Because(reason) | Parting::After { reason, .. } => reason,
        Parting::Answer(_) => EndReason::Left,
        Parting::Gone => {
            connection.lose();
            return;
        }
    };
    connection.end(reason);
    connection.conclude(reason);
    tracing::debug!(connection = ?connection.id, reason = reason.as_str(), "closing");
    let goodbye = async {
        if connection.send_last(&connections, reason, words).await.is_ok() {
            connection.shut_down_writing();
            discard(&connections, &connection).await;
        }
    };
    // The deadline, or the order to hurry, ends the goodbye.
    or(
        async {
            let _ = runtime::timeout(LINGER, goodbye).await;
        },
        connections.stops().until_hurry(),
    )
    .await;
}

pub(super) fn last_words(connection: &Connection, parting: &Parting) -> Vec<u8> {
    let form = connection.form();
    let mut words = Vec::new();
    match parting {
        Parting::Because(reason) => {
            let dialect = form.dialect.dialect();
            if connection.is_session() {
                dialect.encode_end(form, *reason, &mut words);
            } else {
                dialect.encode_early_end(form, *reason, &mut words);
            }
            append_close(form.framing, *reason, &mut words);
        }
        Parting::After { reply, reason } => {
            words.extend_from_slice(reply);
            append_close(form.framing, *reason, &mut words);
        }
        Parting::Answer(reply) => words.extend_from_slice(reply),
        Parting::Gone => {}
    }
    words
}

impl Connection {
    /// Sends everything that waits and the last words behind it. A slow consumer has shown that
    /// it does not read, so of what waits for it only the rest of a begun frame is sent.
    async fn send_last(
        &self,
        connections: &Connections,
        reason: EndReason,
        words: Vec<u8>,
    ) -> std::io::Result<()> {
        if reason == EndReason::SlowConsumer {
            self.outbox.borrow_mut().drop_unbegun();
            connections.recount(self);
        }
        if !words.is_empty() {
            self.outbox.borrow_mut().push_last(words.into());
        }
        while !self.outbox.borrow().is_empty() {
            match self.flush(connections.now().monotonic_ms, connections.frame_gap())? {
                Sent::Paced => runtime::sleep(connections.frame_gap()).await,
                Sent::All | Sent::Blocked => poll_fn(|cx| self.poll_room(cx)).await?,
            }
        }
        Ok(())
    }

    fn shut_down_writing(&self) {
        if let Some(stream) = self.stream.borrow_mut().as_mut() {
            stream.shut_down(Shutdown::Write);
        }
    }

    fn conclude(&self, reason: EndReason) {
        if let Some(stream) = self.stream.borrow().as_ref() {
            stream.conclude(reason);
        }
    }
}

/// Throws away what the peer still sends, until it closes.
async fn discard(connections: &Connections, connection: &Connection) {
    let mut discarded = 0;
    while discarded < DISCARDED_BYTES_MAX {
        let read = poll_fn(|cx| {
            let mut buffer = connections.read_buffer();
            match connection.stream.borrow_mut().as_mut() {
                Some(stream) => stream.poll_read(cx, &mut buffer),
                None => Poll::Ready(Ok(0)),
            }
        });
        match read.await {
            Ok(0) | Err(_) => return,
            Ok(length) => discarded += length,
        }
        runtime::yield_to_reactor().await;
    }
}
