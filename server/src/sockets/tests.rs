//! Real sockets, and a waker that counts: nobody waits for what is there.

use std::io::{self, Write as _};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Wake};
use std::time::Instant;

use super::*;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

struct Bench {
    sockets: Rc<Sockets>,
    /// What the ring signals; nobody listens.
    _signal: OwnedFd,
    counter: Arc<Counter>,
    waker: Waker,
}

impl Bench {
    fn new() -> Self {
        let counter = Arc::new(Counter::default());
        let waker = Waker::from(Arc::clone(&counter));
        let (sockets, signal) = Sockets::with_signal(Doorbell::new().unwrap()).unwrap();
        Self { sockets: Rc::new(sockets), _signal: signal, counter, waker }
    }

    /// A socket that is watched here, and its peer.
    fn pair(&self) -> (Stream, UnixStream) {
        let (here, there) = UnixStream::pair().unwrap();
        (MovingStream::Socket(OwnedFd::from(here)).arrive(&self.sockets), there)
    }

    fn read(&self, stream: &mut Stream, room: usize) -> Poll<io::Result<Vec<u8>>> {
        let mut buffer = vec![0; room];
        let mut cx = Context::from_waker(&self.waker);
        stream.poll_read(&mut cx, &mut buffer).map_ok(|length| buffer[..length].to_vec())
    }

    fn reads(&self, stream: &mut Stream, expected: &[u8]) {
        match self.read(stream, 64) {
            Poll::Ready(Ok(read)) => assert_eq!(read, expected),
            other => panic!("expected {expected:?}, got {other:?}"),
        }
    }

    fn waits(&self, stream: &mut Stream) {
        assert!(self.read(stream, 64).is_pending(), "nothing is there");
    }

    fn woken(&self) -> usize {
        self.counter.0.swap(0, Ordering::SeqCst)
    }

    /// Looks until the waker was called.
    fn until_woken(&self) {
        assert!(self.sockets.wait(PATIENCE), "something comes");
        assert!(self.woken() > 0, "whoever waits is woken");
    }
}

#[test]
fn whoever_waits_to_read_is_woken_by_each_arrival() {
    let bench = Bench::new();
    let (mut here, mut there) = bench.pair();
    bench.waits(&mut here);
    for text in [b"one".as_slice(), b"two", b"three"] {
        there.write_all(text).unwrap();
        bench.until_woken();
        bench.reads(&mut here, text);
        bench.waits(&mut here);
    }
}

#[test]
fn what_came_before_the_first_read_is_found() {
    let bench = Bench::new();
    let (mut here, mut there) = bench.pair();
    there.write_all(b"early").unwrap();
    bench.waits(&mut here);
    bench.until_woken();
    bench.reads(&mut here, b"early");
}

#[test]
fn a_short_buffer_is_asked_again_without_a_wake_up() {
    let bench = Bench::new();
    let (mut here, mut there) = bench.pair();
    bench.waits(&mut here);
    there.write_all(b"abcdef").unwrap();
    bench.until_woken();
    for expected in [b"abc", b"def"] {
        let Poll::Ready(Ok(read)) = bench.read(&mut here, 3) else { panic!("it is there") };
        assert_eq!(read, expected);
    }
    bench.waits(&mut here);
}

#[test]
fn the_end_behind_the_last_bytes_is_found_though_they_came_together() {
    let bench = Bench::new();
    let (mut here, mut there) = bench.pair();
    bench.waits(&mut here);
    bench.sockets.look();
    there.write_all(b"bye").unwrap();
    there.shutdown(Shutdown::Write).unwrap();
    bench.until_woken();
    bench.reads(&mut here, b"bye");
    bench.reads(&mut here, b"");
}

#[test]
fn whoever_waits_for_room_is_woken_once_the_peer_reads() {
    let bench = Bench::new();
    let (mut here, there) = bench.pair();
    let bytes = vec![1; 1 << 20];
    let mut cx = Context::from_waker(&bench.waker);
    let mut sent = 0;
    while let Poll::Ready(taken) = here.poll_write(&mut cx, &bytes) {
        sent += taken.unwrap();
    }
    bench.sockets.look();
    assert_eq!(bench.woken(), 0, "the socket is full");
    let mut left = sent;
    let mut buffer = vec![0; 1 << 20];
    while left > 0 {
        left -= io::Read::read(&mut &there, &mut buffer).unwrap();
    }
    bench.until_woken();
    assert!(here.poll_write(&mut cx, b"more").is_ready());
}

#[test]
fn a_dropped_socket_is_closed_at_once_and_its_watch_is_given_back() {
    let bench = Bench::new();
    let (mut here, mut there) = bench.pair();
    bench.waits(&mut here);
    bench.sockets.look();
    drop(here);
    assert_eq!(io::Read::read(&mut there, &mut [0; 8]).unwrap(), 0, "the peer sees the end");
    let began = Instant::now();
    while !bench.sockets.watches.borrow().is_empty() {
        assert!(began.elapsed() < PATIENCE, "the poll ends");
        bench.sockets.wait(Duration::from_millis(1));
    }
}

#[test]
fn a_socket_that_moves_keeps_what_was_not_read() {
    let (one, other) = (Bench::new(), Bench::new());
    let (mut here, mut there) = one.pair();
    one.waits(&mut here);
    one.sockets.look();
    there.write_all(b"for the other").unwrap();
    let mut moved = here.into_moving().unwrap().arrive(&other.sockets);
    other.waits(&mut moved);
    other.until_woken();
    other.reads(&mut moved, b"for the other");
    one.sockets.look();
    there.write_all(b"more").unwrap();
    other.waits(&mut moved);
    other.until_woken();
    other.reads(&mut moved, b"more");
}

#[test]
fn another_threads_ring_ends_the_wait() {
    let bench = Bench::new();
    let doorbell = Arc::clone(&bench.sockets.doorbell);
    doorbell.fall_asleep();
    let ringer = std::thread::spawn(move || doorbell.ring());
    assert!(bench.sockets.wait(PATIENCE), "the ring is heard");
    ringer.join().unwrap();
}

#[test]
fn a_wait_without_events_ends_with_its_patience() {
    let bench = Bench::new();
    bench.sockets.look();
    assert!(!bench.sockets.wait(Duration::from_millis(1)));
}

#[test]
fn what_comes_before_parking_is_seen_and_what_comes_after_is_signalled() {
    let bench = Bench::new();
    let (mut here, mut there) = bench.pair();
    bench.waits(&mut here);
    bench.sockets.look();
    there.write_all(b"before").unwrap();
    assert!(bench.sockets.begin_to_park(), "it is there already");
    bench.sockets.end_to_park();
    bench.until_woken();
    bench.reads(&mut here, b"before");
    bench.waits(&mut here);
    assert!(!bench.sockets.begin_to_park());
    there.write_all(b"after").unwrap();
    assert!(bench.sockets.begin_to_park(), "it came");
}
