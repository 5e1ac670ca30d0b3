//! Real sockets: what is sent arrives, in order, and what is full or broken says so.

use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use super::*;

fn pairs(count: usize) -> Vec<(UnixStream, UnixStream)> {
    (0..count).map(|_| UnixStream::pair().unwrap()).collect()
}

fn sending<'a>(socket: &'a UnixStream, chunks: &'a [Vec<u8>]) -> Sending<'a> {
    Sending::new(socket.as_fd(), chunks.iter().map(|chunk| IoSlice::new(chunk)).collect())
}

#[test]
fn each_socket_gets_its_own_bytes_whatever_their_number() {
    let mut ring = Ring::new().unwrap();
    let pairs = pairs(SENDS_MAX + 3);
    let chunks: Vec<Vec<Vec<u8>>> = (0..pairs.len())
        .map(|number| (0..=number % 5).map(|part| format!("{number}/{part} ").into()).collect())
        .collect();
    let mut sendings: Vec<_> =
        pairs.iter().zip(&chunks).map(|((here, _), chunks)| sending(here, chunks)).collect();
    ring.send_all(&mut sendings);
    for sending in &sendings {
        assert_eq!(*sending.sent.as_ref().unwrap(), sending.bytes());
    }
    drop(sendings);
    for ((here, mut there), chunks) in pairs.into_iter().zip(chunks) {
        drop(here);
        let mut got = Vec::new();
        there.read_to_end(&mut got).unwrap();
        assert_eq!(got, chunks.concat());
    }
}

#[test]
fn a_full_socket_and_one_whose_peer_is_gone_do_not_hold_up_the_others() {
    let mut ring = Ring::new().unwrap();
    let pairs = pairs(3);
    let large = vec![vec![7u8; 8 << 20]];
    let mut sendings = [sending(&pairs[0].0, &large)];
    ring.send_all(&mut sendings);
    let taken = *sendings[0].sent.as_ref().unwrap();
    assert!(taken > 0 && taken < sendings[0].bytes(), "a part is taken: {taken}");
    pairs[1].0.shutdown(std::net::Shutdown::Write).unwrap();
    let small = vec![b"small".to_vec()];
    let mut sendings: Vec<_> = pairs.iter().map(|(here, _)| sending(here, &small)).collect();
    ring.send_all(&mut sendings);
    assert_eq!(sendings[0].sent.as_ref().unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(sendings[1].sent.as_ref().unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(*sendings[2].sent.as_ref().unwrap(), 5);
}

#[test]
fn nothing_to_send_is_no_call() {
    Ring::new().unwrap().send_all(&mut []);
}
