//! The end of a turn: every outbox that got chunks is written once.
//!
//! Decides that sockets are written together, in one submission, and what is left over one by
//! one: links, polling sessions, and whoever has more to be sent than one send takes.

use std::rc::Rc;

use super::Connections;
use crate::connection::{Begun, Connection, Sent, see_to_gaps};
use crate::runtime;
use crate::sockets::SENDS_MAX;

/// Fewer than this are sent by a call each, which is as cheap.
const TOGETHER_MIN: usize = 3;

impl Connections {
    /// Flushes every outbox that got chunks, once each.
    pub(crate) fn flush_dirty(self: &Rc<Self>) {
        let now_ms = self.now().monotonic_ms;
        let dirty = self.dirty.take();
        for batch in dirty.chunks(SENDS_MAX) {
            if batch.len() >= TOGETHER_MIN {
                self.send_together(batch, now_ms);
            }
            for connection in batch {
                self.flush(connection, now_ms);
            }
        }
        self.report_unsent();
    }

    /// Gives the kernel the first of what waits for each of them.
    fn send_together(&self, batch: &[Rc<Connection>], now_ms: u64) {
        let begun: Vec<_> =
            batch.iter().filter_map(|connection| connection.begin_sending(now_ms)).collect();
        let mut sendings: Vec<_> = begun.iter().map(Begun::sending).collect();
        self.sockets.send_all(&mut sendings);
        let sent: Vec<_> =
            sendings.into_iter().map(|sending| (sending.bytes(), sending.sent)).collect();
        for (begun, (wanted, sent)) in begun.into_iter().zip(sent) {
            begun.settle(wanted, sent, now_ms, self.frame_gap);
        }
    }

    fn flush(self: &Rc<Self>, connection: &Rc<Connection>, now_ms: u64) {
        if connection.is_polling() {
            self.flush_polling(connection);
        } else {
            match connection.flush(now_ms, self.frame_gap) {
                Ok(Sent::All | Sent::Blocked) => {}
                Ok(Sent::Paced) => self.await_gap(connection),
                Err(_) => connection.lose(),
            }
        }
        self.recount(connection);
        self.notice_drain(connection);
    }

    fn await_gap(self: &Rc<Self>, connection: &Rc<Connection>) {
        if !connection.pace.begin_to_wait() {
            return;
        }
        let mut paced = self.paced.borrow_mut();
        paced.push(Rc::clone(connection));
        if let [_] = paced.as_slice() {
            runtime::spawn("frame gaps", see_to_gaps(Rc::clone(self)));
        }
    }

    /// Has everyone flushed who waited for a gap.
    pub(crate) fn end_gaps(&self) {
        for connection in self.paced.take() {
            connection.pace.waited();
            self.mark_dirty(&connection);
        }
    }

    fn report_unsent(&self) {
        let (now, before) = (self.unsent.get(), self.unsent_reported.replace(self.unsent.get()));
        let level = &self.metrics().outbox_bytes;
        level.rise(now.saturating_sub(before) as u64);
        level.fall(before.saturating_sub(now) as u64);
    }
}
