//! What one synced write costs on a disk: the figure beside which acknowledgements are read.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use crate::error::BenchError;
use crate::histogram::Latencies;

/// Appends `count` times `bytes` to a file of its own in `directory`, each time followed by
/// `fdatasync`, as a log is written. The file grows, as a log does, so its size is synced too.
pub(crate) fn record_syncs(
    directory: &Path,
    bytes: usize,
    count: usize,
    latencies: &mut Latencies,
) -> Result<(), BenchError> {
    let failed = |source| BenchError::io("measuring the disk's fdatasync", source);
    let mut file = tempfile::tempfile_in(directory).map_err(failed)?;
    let block = vec![b'x'; bytes];
    for _ in 0..count {
        let begun = Instant::now();
        append(&mut file, &block).map_err(failed)?;
        latencies.record(u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    Ok(())
}

fn append(file: &mut File, block: &[u8]) -> std::io::Result<()> {
    file.write_all(block)?;
    file.sync_data()
}
