//! Both floors over real sockets, and what they keep account of.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::thread;
use std::time::Duration;

use super::groups::Groups;
use super::lines::{TooLong, Unread, group_number};
use super::*;

const BOTH: [Floor; 2] = [Floor::Epoll, Floor::Uring];
/// Longer than any answer takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// The thread ends with the test's process.
fn start(floor: Floor) -> SocketAddr {
    let listener = listen((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
    let address = listener.local_addr().expect("bound");
    thread::spawn(move || floor.serve(listener).expect("a floor"));
    address
}

struct Member {
    reader: BufReader<TcpStream>,
}

impl Member {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        Self { reader: BufReader::new(stream) }
    }

    fn join(address: SocketAddr, group: u64) -> Self {
        let mut member = Self::connect(address);
        member.say(&format!("{group}\n"));
        assert_eq!(member.hear(), "\n", "the answer to a join");
        member
    }

    fn say(&mut self, text: &str) {
        self.reader.get_mut().write_all(text.as_bytes()).expect("written");
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).expect("a line in time");
        line
    }
}

#[test]
fn a_line_goes_to_each_other_member_of_its_group_and_to_nobody_else() {
    for floor in BOTH {
        let address = start(floor);
        let mut members: Vec<Member> = (0..4).map(|_| Member::join(address, 7)).collect();
        let mut strangers: Vec<Member> = (0..2).map(|_| Member::join(address, 8)).collect();
        members[0].say("first\nsec");
        for member in &mut members[1..] {
            assert_eq!(member.hear(), "first\n", "{floor:?}");
        }
        members[0].say("ond\nthird\n");
        for member in &mut members[1..] {
            assert_eq!(member.hear(), "second\n", "{floor:?}");
            assert_eq!(member.hear(), "third\n", "{floor:?}");
        }
        // What the sender and the strangers hear next was said after all that.
        members[1].say("answer\n");
        strangers[0].say("elsewhere\n");
        assert_eq!(members[0].hear(), "answer\n", "{floor:?}");
        assert_eq!(strangers[1].hear(), "elsewhere\n", "{floor:?}");
    }
}

#[test]
fn a_join_and_messages_may_come_at_once() {
    for floor in BOTH {
        let address = start(floor);
        let mut listener = Member::join(address, 1);
        let mut eager = Member::connect(address);
        eager.say("1\nhello\nworld\n");
        assert_eq!((listener.hear(), listener.hear()), ("hello\n".into(), "world\n".into()));
        assert_eq!(eager.hear(), "\n", "{floor:?}");
    }
}

#[test]
fn members_come_and_go() {
    for floor in BOTH {
        let address = start(floor);
        let mut speaker = Member::join(address, 3);
        for round in 0..50 {
            let mut members: Vec<Member> = (0..5).map(|_| Member::join(address, 3)).collect();
            // Leaving in another order than coming.
            drop(members.remove(1));
            let text = format!("round {round}\n");
            speaker.say(&text);
            for member in &mut members {
                assert_eq!(member.hear(), text, "{floor:?}");
            }
        }
    }
}

#[test]
fn who_is_not_understood_is_closed() {
    for floor in BOTH {
        let address = start(floor);
        for first in ["hello\n", "-1\n", "\n", "99999999999999999999999\n"] {
            let mut stranger = Member::connect(address);
            stranger.say(first);
            assert_eq!(stranger.hear(), "", "{floor:?} {first:?}");
        }
        let mut endless = Member::connect(address);
        // The end may be a reset, for the rest of the line is never read.
        let line = vec![b'x'; 2 * LINE_BYTES_MAX];
        let _reset = endless.reader.get_mut().write_all(&line);
        let mut end = [0];
        assert!(!matches!(endless.reader.read(&mut end), Ok(1..)), "{floor:?}");
        Member::join(address, 1);
    }
}

#[test]
fn a_slow_member_is_dropped_and_stops_nobody() {
    for floor in BOTH {
        let address = start(floor);
        let mut speaker = Member::join(address, 5);
        let mut quick = Member::join(address, 5);
        let mut slow = Member::join(address, 5);
        let line = "y".repeat(64 * 1024 - 1) + "\n";
        // Far more than the kernel's buffers and the bound hold together.
        let lines = 40 * UNSENT_BYTES_MAX / line.len();
        for _ in 0..lines {
            speaker.say(&line);
            assert_eq!(quick.hear().len(), line.len(), "{floor:?}");
        }
        // The slow one finds whole lines, in order, and then its end.
        let mut heard = Vec::new();
        let end = slow.reader.read_to_end(&mut heard);
        assert!(heard.len() < lines * line.len(), "{floor:?} {end:?} {}", heard.len());
        let intact = heard.chunks(line.len()).all(|chunk| line.as_bytes().starts_with(chunk));
        assert!(intact, "{floor:?}");
        speaker.say("after\n");
        assert_eq!(quick.hear(), "after\n", "{floor:?}");
    }
}

#[test]
fn a_member_that_pauses_misses_nothing_within_the_bound() {
    for floor in BOTH {
        let address = start(floor);
        let mut speaker = Member::join(address, 6);
        let mut quick = Member::join(address, 6);
        let mut paused = Member::join(address, 6);
        // More than the kernel holds for one socket as it begins, less than the bound.
        let texts: Vec<String> =
            (0..90).map(|number| format!("{number:08}{}\n", "z".repeat(40_000))).collect();
        for text in &texts {
            speaker.say(text);
            assert_eq!(&quick.hear(), text, "{floor:?}");
        }
        for text in &texts {
            assert_eq!(&paused.hear(), text, "{floor:?}");
        }
        speaker.say("after\n");
        assert_eq!(paused.hear(), "after\n", "{floor:?}");
    }
}

#[test]
fn groups_keep_account_of_places() {
    let mut groups = Groups::default();
    let first = groups.join(9, 10);
    let second = groups.join(9, 11);
    let third = groups.join(9, 12);
    let other = groups.join(4, 13);
    assert_eq!(groups.members(first.group), [10, 11, 12]);
    assert_eq!(groups.leave(first), Some(12));
    assert_eq!(groups.members(first.group), [12, 11]);
    // The third stands where the first stood.
    assert_eq!(groups.leave(second), None);
    assert_eq!(groups.leave(first), None);
    assert_ne!(third, first);
    assert_eq!(groups.members(other.group), [13]);
    // A number without members begins anew, in the place that is free.
    assert_eq!(groups.join(5, 14).group, first.group);
}

#[test]
fn lines_are_cut_wherever_the_reads_end() {
    let text = b"7\nhello\n\nworld\n";
    for size in 1..=text.len() {
        let mut unread = Unread::default();
        let mut lines: Vec<Vec<u8>> = Vec::new();
        for piece in text.chunks(size) {
            assert_eq!(unread.complete(piece, |line| lines.push(line.to_vec())), Ok(()));
        }
        assert_eq!(lines, [&b"7\n"[..], b"hello\n", b"\n", b"world\n"], "{size}");
    }
    let mut unread = Unread::default();
    assert_eq!(unread.complete(&vec![b'x'; LINE_BYTES_MAX], |_| ()), Ok(()));
    assert_eq!(unread.complete(b"x", |_| ()), Err(TooLong));
    assert_eq!(group_number(b"42\r\n"), Some(42));
    assert_eq!(group_number(b"4 2\n"), None);
}
