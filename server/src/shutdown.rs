//! SIGTERM and SIGINT, as reports to the main thread.
//!
//! The handler only writes a byte into a pipe; a thread of its own reads it. What a signal leads
//! to, [`crate::topology`] decides.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::shard_loop::Lifecycle;

/// Reports every SIGTERM and SIGINT from now on. The thread ends with the process.
pub(crate) fn report_signals(reports: flume::Sender<Lifecycle>) -> io::Result<()> {
    let (mut reader, writer) = UnixStream::pair()?;
    signal_hook::low_level::pipe::register(SIGTERM, writer.try_clone()?)?;
    signal_hook::low_level::pipe::register(SIGINT, writer)?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut byte = [0];
        // A full channel means that a signal is waiting to be heard already.
        while reader.read_exact(&mut byte).is_ok() {
            let _ = reports.try_send(Lifecycle::Signal);
        }
    })?;
    Ok(())
}
