//! libFuzzer's way to the target of this file's name.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| parlance_fuzz::run("stream-text", bytes));
