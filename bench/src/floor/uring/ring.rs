//! An io_uring for one thread of sockets: all `unsafe` of the floors is in this file.
//!
//! Sockets are slots of the ring's own file table, so an operation takes no reference of the
//! process's. What is to be sent is copied once into the ring's own `outgoing` buffer; a send
//! never waits (`MSG_DONTWAIT`), so it is over when the submission that carries it returns, and
//! tells of itself only where it failed or was cut short. What is received arrives in buffers
//! that the kernel picks from a ring of them.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::io;
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::types::{BufRingEntry, Fd, Fixed};
use io_uring::{IoUring, cqueue, opcode, squeue};

/// Operations that are submitted in one system call at most.
const SUBMISSIONS: u32 = 4_096;
/// Room for completions: every send of a submission may fail, and every socket may have news.
const COMPLETIONS: u32 = 32_768;
/// Buffers that receives are given; a power of two.
const BUFFERS: u16 = 1_024;
const BUFFER_BYTES: u32 = 4_096;
const BUFFER_GROUP: u16 = 0;
/// The alignment that the kernel asks of a ring of buffers.
const PAGE_BYTES: usize = 4_096;
/// What one turn may send; a turn that has more is submitted in between.
pub(super) const OUTGOING_BYTES: usize = 1 << 20;
/// Messages of one submission, so that a number of them fits into an operation's name.
const MESSAGES_MAX: usize = 1 << 20;

/// What an operation was. Its number stands in the highest 4 bits of the operation's `user_data`,
/// a message's in the next 28, a slot's in the lowest 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Accept,
    Receive,
    Send,
    Flush,
    Room,
    Shutdown,
    Close,
}

const KINDS: [Kind; 7] =
    [Kind::Accept, Kind::Receive, Kind::Send, Kind::Flush, Kind::Room, Kind::Shutdown, Kind::Close];

/// A copy in `outgoing`: what is sent to each receiver of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    number: u32,
    from: usize,
    bytes: usize,
}

/// What the kernel reports. `more` is false where the operation has to be asked for again.
#[derive(Debug)]
pub(super) enum Completion {
    Accepted {
        slot: u32,
        more: bool,
    },
    /// `full` where no slot is free.
    AcceptEnded {
        full: bool,
    },
    Received {
        slot: u32,
        piece: Piece,
        more: bool,
    },
    /// The last of a receive: the peer's end, a fault, or only a lack of buffers.
    ReceiveEnded {
        slot: u32,
        starved: bool,
    },
    /// The end of a message was not taken; `None` where the connection is lost.
    Unsent {
        slot: u32,
        rest: Option<Vec<u8>>,
    },
    /// So many bytes of a flush were taken; `None` where the connection is lost.
    Flushed {
        slot: u32,
        sent: Option<usize>,
    },
    /// A full socket has room, or is lost.
    Room {
        slot: u32,
    },
    Closed,
}

/// Bytes in one of the ring's buffers. Given back with [`Ring::give_back`].
#[derive(Debug)]
pub(super) struct Piece {
    buffer: u16,
    bytes: usize,
}

pub(super) struct Ring {
    /// Dropped first: closing the ring ends every operation that knows of the memory below.
    ring: IoUring,
    buffers: Buffers,
    outgoing: Box<[u8]>,
    used: usize,
    /// Of the submission that is being gathered: where each message is in `outgoing`.
    messages: Vec<Message>,
    /// Counts submissions; what was sent before the current one is over.
    submission: u64,
    listener: TcpListener,
}

impl Ring {
    pub(super) fn new(listener: TcpListener, slots: u32) -> io::Result<Self> {
        let ring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_submit_all()
            .setup_cqsize(COMPLETIONS)
            .build(SUBMISSIONS)?;
        ring.submitter().register_files_sparse(slots)?;
        let buffers = Buffers::new();
        // SAFETY: the entries are page-aligned, as many as said, and live as long as the ring:
        // the field order drops the ring first.
        unsafe {
            let entries = buffers.entries.as_ptr() as u64;
            ring.submitter().register_buf_ring_with_flags(entries, BUFFERS, BUFFER_GROUP, 0)?;
        }
        // Written to, as all buffers here, so that no connection seems to need their memory.
        let outgoing = vec![1; OUTGOING_BYTES].into_boxed_slice();
        let messages = Vec::new();
        Ok(Self { ring, buffers, outgoing, used: 0, messages, submission: 0, listener })
    }

    /// Accepts until told that it ended.
    pub(super) fn accept(&mut self) -> io::Result<()> {
        let listener = Fd(self.listener.as_raw_fd());
        let entry = opcode::AcceptMulti::new(listener).allocate_file_index(true).build();
        self.push(entry.user_data(name(Kind::Accept, 0, 0)))
    }

    /// Receives until told that it ended.
    pub(super) fn receive(&mut self, slot: u32) -> io::Result<()> {
        let entry = opcode::RecvMulti::new(Fixed(slot), BUFFER_GROUP).build();
        self.push(entry.user_data(name(Kind::Receive, slot, 0)))
    }

    /// Which submission is being gathered. Two messages to one slot must not share one: the first
    /// may be cut short where the second fits.
    pub(super) fn submission(&self) -> u64 {
        self.submission
    }

    /// Takes a message to be sent; `None` where a submission must go first.
    pub(super) fn message(&mut self, bytes: &[u8]) -> Option<Message> {
        let from = self.used;
        let number = u32::try_from(self.messages.len()).ok()?;
        let room = self.outgoing.get_mut(from..from + bytes.len())?;
        if self.messages.len() == MESSAGES_MAX {
            return None;
        }
        room.copy_from_slice(bytes);
        self.used += bytes.len();
        let message = Message { number, from, bytes: bytes.len() };
        self.messages.push(message);
        Some(message)
    }

    /// Sends a message of the submission that is being gathered; silent unless it fails.
    pub(super) fn send(
        &mut self,
        slots: impl Iterator<Item = u32>,
        message: Message,
    ) -> io::Result<()> {
        let blank = self.send_entry(message);
        self.push_all(slots.map(|slot| {
            let entry = blank(slot).flags(squeue::Flags::SKIP_SUCCESS);
            entry.user_data(name(Kind::Send, slot, message.number))
        }))
    }

    /// Sends and always says how much was taken.
    pub(super) fn flush(&mut self, slot: u32, message: Message) -> io::Result<()> {
        let entry = self.send_entry(message)(slot);
        self.push(entry.user_data(name(Kind::Flush, slot, message.number)))
    }

    /// Says when a full socket has room.
    pub(super) fn await_room(&mut self, slot: u32) -> io::Result<()> {
        let events = u32::try_from(libc::POLLOUT).unwrap_or_default();
        let entry = opcode::PollAdd::new(Fixed(slot), events).build();
        self.push(entry.user_data(name(Kind::Room, slot, 0)))
    }

    /// Ends a connection both ways, which ends what is pending on it.
    pub(super) fn shut_down(&mut self, slot: u32) -> io::Result<()> {
        let entry = opcode::Shutdown::new(Fixed(slot), libc::SHUT_RDWR).build();
        self.push(entry.user_data(name(Kind::Shutdown, slot, 0)))
    }

    /// Frees a slot on which nothing is pending.
    pub(super) fn close(&mut self, slot: u32) -> io::Result<()> {
        let entry = opcode::Close::new(Fixed(slot)).build();
        self.push(entry.user_data(name(Kind::Close, slot, 0)))
    }

    /// Submits what was gathered, waits for `wanted` completions, and appends what there is.
    pub(super) fn turn(&mut self, wanted: usize, out: &mut Vec<Completion>) -> io::Result<()> {
        match self.ring.submit_and_wait(wanted) {
            Ok(_) => {}
            // Busy: completions wait in the kernel for room, which reaping them below makes.
            Err(error) if is_transient(&error) => {}
            Err(error) => return Err(error),
        }
        while !self.ring.submission().is_empty() {
            self.reap(out);
            match self.ring.submit() {
                Err(error) if !is_transient(&error) => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        // Every send was issued, and those that failed told so: `outgoing` is free.
        self.reap(out);
        self.used = 0;
        self.messages.clear();
        self.submission += 1;
        Ok(())
    }

    pub(super) fn bytes(&self, piece: &Piece) -> &[u8] {
        self.buffers.bytes(piece)
    }

    pub(super) fn give_back(&mut self, piece: Piece) {
        self.buffers.give(piece.buffer);
    }

    fn send_entry(&self, message: Message) -> impl Fn(u32) -> squeue::Entry + use<> {
        // A message of an earlier submission would name other bytes, or none; never freed ones.
        let bytes = self.outgoing.get(message.from..message.from + message.bytes);
        let bytes = bytes.unwrap_or_default();
        // Refusing to wait keeps the kernel from looking at the bytes later; asking for all of
        // them makes a short send a failure, which is told.
        let flags = libc::MSG_DONTWAIT | libc::MSG_WAITALL | libc::MSG_NOSIGNAL;
        let (start, length) = (bytes.as_ptr(), u32::try_from(bytes.len()).unwrap_or_default());
        move |slot| opcode::Send::new(Fixed(slot), start, length).flags(flags).build()
    }

    fn push(&mut self, entry: squeue::Entry) -> io::Result<()> {
        self.push_all(std::iter::once(entry))
    }

    fn push_all(&mut self, entries: impl Iterator<Item = squeue::Entry>) -> io::Result<()> {
        let mut queue = self.ring.submission();
        for entry in entries {
            // SAFETY: the entry points at nothing, or into `outgoing`. That buffer is never moved,
            // is freed after the ring, and is written again only in `message`: behind what is in
            // use, or from the start once `turn` has seen every send issued, after which
            // MSG_DONTWAIT lets the kernel look at none of it.
            while unsafe { queue.push(&entry) }.is_err() {
                drop(queue);
                match self.ring.submit() {
                    Err(error) if !is_transient(&error) => return Err(error),
                    Ok(_) | Err(_) => {}
                }
                queue = self.ring.submission();
            }
        }
        Ok(())
    }

    fn reap(&mut self, out: &mut Vec<Completion>) {
        let Self { ring, messages, outgoing, .. } = self;
        out.extend(ring.completion().filter_map(|entry| read(&entry, messages, outgoing)));
    }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINTR | libc::EBUSY | libc::EAGAIN))
}

fn name(kind: Kind, slot: u32, message: u32) -> u64 {
    (kind as u64) << 60 | u64::from(message) << 32 | u64::from(slot)
}

/// `None` for what nobody waits for.
fn read(entry: &cqueue::Entry, messages: &[Message], outgoing: &[u8]) -> Option<Completion> {
    let (data, result, flags) = (entry.user_data(), entry.result(), entry.flags());
    let kind = KINDS.get(usize::try_from(data >> 60).ok()?)?;
    let number = usize::try_from(data >> 32 & 0x0fff_ffff).ok()?;
    let slot = u32::try_from(data & u64::from(u32::MAX)).ok()?;
    let more = cqueue::more(flags);
    // What a send took; nothing is no loss where the socket is only full.
    let taken = usize::try_from(result).ok().or((result == -libc::EAGAIN).then_some(0));
    Some(match kind {
        Kind::Accept => match u32::try_from(result) {
            Ok(slot) => Completion::Accepted { slot, more },
            Err(_) => {
                Completion::AcceptEnded { full: matches!(-result, libc::ENFILE | libc::EMFILE) }
            }
        },
        Kind::Receive => match (usize::try_from(result), cqueue::buffer_select(flags)) {
            (Ok(bytes), Some(buffer)) => {
                Completion::Received { slot, piece: Piece { buffer, bytes }, more }
            }
            (Ok(_) | Err(_), _) => {
                Completion::ReceiveEnded { slot, starved: result == -libc::ENOBUFS }
            }
        },
        Kind::Send => {
            let message = messages.get(number)?;
            let end = message.from + message.bytes;
            let rest = taken.and_then(|sent| outgoing.get(message.from + sent..end));
            Completion::Unsent { slot, rest: rest.map(<[u8]>::to_vec) }
        }
        Kind::Flush => Completion::Flushed { slot, sent: taken },
        Kind::Room => Completion::Room { slot },
        Kind::Shutdown => return None,
        Kind::Close => Completion::Closed,
    })
}

/// The ring of buffers that receives are given.
struct Buffers {
    /// `BUFFERS` entries, page-aligned; the first one's last field is the ring's tail.
    entries: NonNull<BufRingEntry>,
    memory: Box<[u8]>,
    tail: u16,
}

impl Buffers {
    fn new() -> Self {
        let layout = Self::layout();
        // SAFETY: the layout has a size. All zeroes are valid entries, which are plain integers.
        let memory = unsafe { alloc_zeroed(layout) };
        let Some(entries) = NonNull::new(memory.cast()) else { handle_alloc_error(layout) };
        let memory = vec![1; usize::from(BUFFERS) * BUFFER_BYTES as usize].into_boxed_slice();
        let mut buffers = Self { entries, memory, tail: 0 };
        (0..BUFFERS).for_each(|buffer| buffers.give(buffer));
        buffers
    }

    fn layout() -> Layout {
        Layout::array::<BufRingEntry>(BUFFERS.into())
            .and_then(|layout| layout.align_to(PAGE_BYTES))
            .expect("16 KiB on a page's boundary")
    }

    fn bytes(&self, piece: &Piece) -> &[u8] {
        let from = usize::from(piece.buffer) * BUFFER_BYTES as usize;
        self.memory.get(from..from + piece.bytes).unwrap_or_default()
    }

    fn give(&mut self, buffer: u16) {
        assert!(buffer < BUFFERS, "only the ring's own buffers are given back");
        let address = self.memory[usize::from(buffer) * BUFFER_BYTES as usize..].as_ptr() as u64;
        // SAFETY: the index is below BUFFERS, and the kernel reads entries below the tail only,
        // which this one is not before the store at the end. The tail is in the first entry.
        unsafe {
            let entry = &mut *self.entries.as_ptr().add((self.tail % BUFFERS).into());
            entry.set_addr(address);
            entry.set_len(BUFFER_BYTES);
            entry.set_bid(buffer);
            self.tail = self.tail.wrapping_add(1);
            let tail = BufRingEntry::tail(self.entries.as_ptr()).cast_mut();
            AtomicU16::from_ptr(tail).store(self.tail, Ordering::Release);
        }
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout; the ring that knew of it is closed.
        unsafe { dealloc(self.entries.as_ptr().cast(), Self::layout()) }
    }
}
