//! What happened, as a hash that two runs of one seed share, and as text to read.

use std::fmt::{self, Write};

use xxhash_rust::xxh3::Xxh3;

/// How much of a run is recorded. Formatting everything takes most of a run's time, so only runs
/// that are compared or read pay for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    Off,
    Hash,
    Print,
}

pub(crate) struct Trace {
    recording: Recording,
    hash: Xxh3,
}

impl Trace {
    pub(crate) fn new(recording: Recording) -> Self {
        Self { recording, hash: Xxh3::new() }
    }

    pub(crate) fn line(&mut self, at_us: u64, line: fmt::Arguments<'_>) {
        match self.recording {
            Recording::Off => {}
            Recording::Hash => {
                // Writing into a hash cannot fail.
                let _ = write!(Hashed(&mut self.hash), "{at_us} {line}");
            }
            Recording::Print => {
                println!("{:>12.3} ms  {line}", at_us as f64 / 1000.0);
                let _ = write!(Hashed(&mut self.hash), "{at_us} {line}");
            }
        }
    }

    pub(crate) fn digest(&self) -> u64 {
        self.hash.digest()
    }
}

struct Hashed<'a>(&'a mut Xxh3);

impl Write for Hashed<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}
