//! What one end writes and the other reads, on one thread and on two.

use std::future::poll_fn;
use std::thread;

use futures_lite::future::block_on;

use super::*;

fn slices(bytes: &[u8]) -> [IoSlice<'_>; 1] {
    [IoSlice::new(bytes)]
}

/// Everything that comes until the end.
async fn read_all(mut reader: LinkReader) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(chunk) = poll_fn(|cx| reader.poll_chunk(cx)).await {
        all.extend_from_slice(&chunk);
    }
    all
}

async fn write_all(writer: &mut LinkWriter, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let written = poll_fn(|cx| writer.poll_write(cx, bytes)).await.unwrap();
        bytes = &bytes[written..];
    }
}

#[test]
fn a_link_is_bounded_in_bytes_until_it_is_read() {
    let (mut one, mut other) = link();
    let bytes = vec![7; 2 * CHUNK_BYTES_MAX];
    for _ in 0..CHUNKS_MAX {
        assert_eq!(one.try_write(&slices(&bytes)).unwrap(), CHUNK_BYTES_MAX, "one chunk at most");
    }
    let full = one.try_write(&slices(&bytes)).unwrap_err();
    assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
    let mut buffer = vec![0; 100];
    let read = block_on(poll_fn(|cx| other.poll_read(cx, &mut buffer))).unwrap();
    assert_eq!(read, 100, "the rest of the chunk is kept");
    assert_eq!(one.try_write(&slices(b"more")).unwrap(), 4, "the chunk's room is free");
    assert_eq!(
        one.try_write(&slices(b"more")).unwrap_err().kind(),
        io::ErrorKind::WouldBlock,
        "and no more than that"
    );
}

#[test]
fn slices_are_joined_into_one_chunk() {
    let (mut one, other) = link();
    let written = one.try_write(&[IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cd")]);
    assert_eq!(written.unwrap(), 4);
    one.shut_down(Shutdown::Write);
    let (mut reader, _writer) = other.split();
    let first = block_on(poll_fn(|cx| reader.poll_chunk(cx)));
    assert_eq!(first.as_deref(), Some(&b"abcd"[..]));
    assert_eq!(block_on(poll_fn(|cx| reader.poll_chunk(cx))), None);
}

#[test]
fn what_was_written_is_read_before_the_end() {
    let (mut one, other) = link();
    one.try_write(&slices(b"last words")).unwrap();
    one.conclude(EndReason::Drain);
    one.conclude(EndReason::Internal);
    drop(one);
    let (mut reader, _writer) = other.split();
    let words = block_on(poll_fn(|cx| reader.poll_chunk(cx)));
    assert_eq!(words.as_deref(), Some(&b"last words"[..]));
    assert_eq!(block_on(poll_fn(|cx| reader.poll_chunk(cx))), None);
    assert_eq!(reader.conclusion(), Some(EndReason::Drain), "the first word stands");
}

#[test]
fn writes_fail_once_nobody_reads() {
    let (mut one, other) = link();
    let (reader, mut writer) = other.split();
    drop(reader);
    let error = loop {
        // Tokens that were there may still be used; nobody sees what they carry.
        if let Err(error) = one.try_write(&slices(b"x")) {
            break error;
        }
    };
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    let gone = block_on(poll_fn(|cx| one.poll_write(cx, b"x"))).unwrap_err();
    assert_eq!(gone.kind(), io::ErrorKind::BrokenPipe);
    // The other direction still works.
    assert_eq!(writer.try_write(&slices(b"y")).unwrap(), 1);
    writer.finish();
    assert_eq!(writer.try_write(&slices(b"z")).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    let mut buffer = [0; 8];
    assert_eq!(block_on(poll_fn(|cx| one.poll_read(cx, &mut buffer))).unwrap(), 1);
    assert_eq!(block_on(poll_fn(|cx| one.poll_read(cx, &mut buffer))).unwrap(), 0, "the end");
}

#[test]
fn both_directions_carry_megabytes_between_two_threads() {
    const BYTES: usize = 4 << 20;
    let pattern = |seed: usize| -> Vec<u8> {
        (0..BYTES).map(|place| u8::try_from((place * 31 + seed) % 251).unwrap()).collect()
    };
    let (one, other) = link();
    let echo = thread::spawn(move || {
        let (mut reader, mut writer) = other.split();
        block_on(async {
            while let Some(chunk) = poll_fn(|cx| reader.poll_chunk(cx)).await {
                write_all(&mut writer, &chunk).await;
            }
        });
    });
    let sent = pattern(3);
    let (reader, mut writer) = one.split();
    let reading = thread::spawn(move || block_on(read_all(reader)));
    block_on(write_all(&mut writer, &sent));
    drop(writer);
    assert!(reading.join().unwrap() == sent, "what came back is what was sent");
    echo.join().unwrap();
}
