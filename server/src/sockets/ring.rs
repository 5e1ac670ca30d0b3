//! One io_uring: sends that are done when the call returns, and polls that go on.
//!
//! Decides how both become submissions; everything unsafe about that ends here. Invariant: when
//! [`Ring::send_all`] returns, the kernel holds none of the bytes that it was given. Each send
//! is marked `MSG_DONTWAIT`, so the kernel completes it while it takes the submission, and
//! `send_all` does not return before it has seen every completion. Polls refer to no memory at
//! all.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::sync::atomic::{Ordering, fence};
use std::time::Duration;

use io_uring::{IoUring, cqueue, opcode, squeue, types};
use smallvec::SmallVec;

/// Sends of one submission: past some dozens, the price of the call no longer shows.
pub(crate) const SENDS_MAX: usize = 256;
const ENTRIES: u32 = 256;
/// Completions that wait to be looked at; the kernel keeps what is beyond them.
const COMPLETIONS: u32 = 2_048;

/// Chunks that are sent without an allocation; mostly there is one.
pub(crate) type Slices<'a> = SmallVec<[IoSlice<'a>; 2]>;

/// A shard's ring, which belongs to the thread that made it.
pub(super) struct Ring {
    ring: IoUring,
    /// Of the sends that have several chunks.
    headers: Vec<libc::msghdr>,
    /// What polls have found.
    found: VecDeque<Found>,
}

/// What is to be sent on one socket, and what came of it.
pub(crate) struct Sending<'a> {
    socket: BorrowedFd<'a>,
    slices: Slices<'a>,
    /// As of `send(2)`: how many bytes the kernel took.
    pub(crate) sent: io::Result<usize>,
}

impl<'a> Sending<'a> {
    pub(crate) fn new(socket: BorrowedFd<'a>, slices: Slices<'a>) -> Self {
        Self { socket, slices, sent: Ok(0) }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.slices.iter().map(|slice| slice.len()).sum()
    }
}

/// Whose poll it is. Sends have the numbers from zero up, polls those from `u64::MAX` down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token(pub(super) u64);

/// A poll found something, or has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) token: Token,
    /// `poll(2)`'s events; all of them where the poll failed, so that whoever asked asks the
    /// socket and hears of it.
    pub(super) events: i16,
    pub(super) has_ended: bool,
}

/// How a poll goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeats {
    Once,
    /// Until it is ended, whenever something new comes.
    Always,
}

impl Ring {
    pub(super) fn new() -> io::Result<Self> {
        let mut frugal = IoUring::builder();
        frugal.setup_single_issuer().setup_defer_taskrun().setup_taskrun_flag();
        frugal.setup_cqsize(COMPLETIONS);
        let mut plain = IoUring::builder();
        plain.setup_cqsize(COMPLETIONS);
        // Kernels before 6.1 do not know the frugal way.
        let ring = frugal.build(ENTRIES).or_else(|_| plain.build(ENTRIES))?;
        let headers = Vec::with_capacity(SENDS_MAX);
        Ok(Self { ring, headers, found: VecDeque::new() })
    }

    /// Has `bell` signalled when a poll finds something, from [`Ring::begin_signals`] on.
    pub(super) fn register_bell(&mut self, bell: RawFd) -> io::Result<()> {
        self.ring.completion().disable_eventfd();
        self.ring.submitter().register_eventfd(bell)
    }

    /// Signals what comes from now on. What came before is to be looked for after this.
    pub(super) fn begin_signals(&mut self) {
        self.ring.completion().enable_eventfd();
        // The kernel notes what has come and then looks whether to signal; this looks the other
        // way around, and one of the two must see the other.
        fence(Ordering::SeqCst);
    }

    pub(super) fn end_signals(&mut self) {
        self.ring.completion().disable_eventfd();
    }

    /// Sends what each socket takes now; never waits ([`io::ErrorKind::WouldBlock`]).
    pub(super) fn send_all(&mut self, sendings: &mut [Sending<'_>]) {
        for batch in sendings.chunks_mut(SENDS_MAX) {
            self.send_batch(batch);
        }
    }

    fn send_batch(&mut self, batch: &mut [Sending<'_>]) {
        self.headers.clear();
        for number in 0..batch.len() {
            let Some(sending) = batch.get(number) else { break };
            let entry = entry(sending, &mut self.headers).user_data(number as u64);
            // The socket is borrowed and its bytes are in slices that outlive this call, which
            // returns only once every send of the batch is complete. A header stays where it is
            // until the next batch, because there is room for `SENDS_MAX` of them.
            self.push(&entry);
        }
        let mut incomplete = batch.len();
        while incomplete > 0 {
            self.submit(incomplete, None);
            for completion in self.ring.completion() {
                let place = usize::try_from(completion.user_data());
                match place.ok().and_then(|place| batch.get_mut(place)) {
                    Some(sending) => {
                        sending.sent = usize::try_from(completion.result())
                            .map_err(|_| io::Error::from_raw_os_error(-completion.result()));
                        incomplete -= 1;
                    }
                    None => self.found.extend(found(&completion)),
                }
            }
        }
    }

    /// Begins a poll. It may find what is there already.
    pub(super) fn poll(&mut self, socket: RawFd, events: i16, repeats: Repeats, token: Token) {
        let events = u32::from(events.unsigned_abs());
        let poll = opcode::PollAdd::new(types::Fd(socket), events);
        let entry = poll.multi(repeats == Repeats::Always).build().user_data(token.0);
        self.push(&entry);
    }

    /// Ends a poll, which is then found to have ended.
    pub(super) fn end_poll(&mut self, token: Token) {
        // Not a removal, which a poll escapes that has just found something.
        let entry = opcode::AsyncCancel::new(token.0).build().user_data(IGNORED);
        self.push(&entry);
    }

    /// Whether the kernel has something for this shard, or is to be given something.
    pub(super) fn has_work(&mut self) -> bool {
        if !self.found.is_empty() {
            return true;
        }
        let mut submission = self.ring.submission();
        submission.sync();
        let (waits, runs) = (!submission.is_empty(), submission.taskrun());
        drop(submission);
        waits || runs || !self.ring.completion().is_empty()
    }

    /// Gives the kernel what there is for it and takes what it has, without waiting.
    pub(super) fn look(&mut self) {
        let mut submission = self.ring.submission();
        submission.sync();
        let enters = !submission.is_empty() || submission.taskrun() || submission.cq_overflow();
        drop(submission);
        if enters {
            self.submit(0, None);
        }
        self.take_found();
    }

    /// The same, once there is something, or `patience` has passed.
    pub(super) fn wait(&mut self, patience: Duration) {
        self.submit(1, Some(patience));
        self.take_found();
    }

    pub(super) fn next_found(&mut self) -> Option<Found> {
        self.found.pop_front()
    }

    fn take_found(&mut self) {
        self.found.extend(self.ring.completion().filter_map(|completion| found(&completion)));
    }

    fn push(&mut self, entry: &squeue::Entry) {
        // SAFETY: a send is pushed by `send_batch` alone, which upholds what its bytes need; the
        // other entries refer to no memory.
        while unsafe { self.ring.submission().push(entry) }.is_err() {
            self.submit(0, None);
        }
    }

    fn submit(&self, want: usize, patience: Option<Duration>) {
        let submitter = self.ring.submitter();
        let submitted = match patience {
            None => submitter.submit_and_wait(want),
            Some(patience) => {
                let patience = types::Timespec::from(patience);
                submitter.submit_with_args(want, &types::SubmitArgs::new().timespec(&patience))
            }
        };
        match submitted.as_ref().map_err(io::Error::raw_os_error) {
            Ok(_) => {}
            // The time has passed, a signal came, or memory is short for the moment: what was not
            // submitted still is to be.
            Err(Some(libc::ETIME | libc::EINTR | libc::EAGAIN | libc::EBUSY | libc::ENOMEM)) => {}
            Err(_) => panic!("a ring that was made takes nothing: {submitted:?}"),
        }
    }
}

/// The token of what nobody waits for.
const IGNORED: u64 = u64::MAX;

fn found(completion: &cqueue::Entry) -> Option<Found> {
    let token = Token(completion.user_data());
    let events = i16::try_from(completion.result()).unwrap_or(!0);
    let events = if completion.result() < 0 { !0 } else { events };
    let has_ended = !cqueue::more(completion.flags());
    (token.0 != IGNORED).then_some(Found { token, events, has_ended })
}

/// One send as the kernel reads it, with its header where it needs one.
fn entry(sending: &Sending<'_>, headers: &mut Vec<libc::msghdr>) -> squeue::Entry {
    let socket = types::Fd(sending.socket.as_raw_fd());
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    if let [slice] = sending.slices.as_slice() {
        let length = u32::try_from(slice.len()).unwrap_or(u32::MAX);
        return opcode::Send::new(socket, slice.as_ptr(), length).flags(flags).build();
    }
    // SAFETY: all zeros is a valid `msghdr`: no address, no slices, no control bytes.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    // `IoSlice` is an `iovec` by its documentation, and the kernel does not write to it.
    header.msg_iov = sending.slices.as_ptr().cast_mut().cast();
    header.msg_iovlen = sending.slices.len();
    headers.push(header);
    let header = headers.last().map_or(std::ptr::null(), std::ptr::from_ref);
    opcode::SendMsg::new(socket, header).flags(flags.unsigned_abs()).build()
}

#[cfg(test)]
mod tests;
