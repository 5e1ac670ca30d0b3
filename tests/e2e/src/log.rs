//! What the server writes, kept until a test wants it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Enough to see what led to a failure; a server that logs without end must not fill the
/// tests' memory.
const LINES_MAX: usize = 2_000;

#[derive(Clone, Default)]
pub struct Log {
    shared: Arc<(Mutex<VecDeque<String>>, Condvar)>,
}

impl Log {
    /// Takes over an output; its thread ends when the output does.
    pub fn follow(&self, output: impl Read + Send + 'static) {
        let log = self.clone();
        thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n') {
                let Ok(line) = line else {
                    return;
                };
                log.push(String::from_utf8_lossy(&line).into_owned());
            }
        });
    }

    /// Everything kept, as one text.
    pub fn text(&self) -> String {
        let lines = self.lines();
        lines.iter().fold(String::new(), |text, line| text + line + "\n")
    }

    /// Returns when a line comes, at the latest after `limit`.
    pub fn wait_for_line(&self, limit: Duration) {
        let lines = self.lines();
        drop(self.shared.1.wait_timeout(lines, limit));
    }

    fn push(&self, line: String) {
        let mut lines = self.lines();
        if lines.len() == LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(line);
        self.shared.1.notify_all();
    }

    /// A thread that panicked while holding the lines has left them whole.
    fn lines(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
