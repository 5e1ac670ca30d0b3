//! What the system lets this process have: descriptors, and how many of them are for
//! connections; locked memory.
//!
//! The soft limit on descriptors is raised to the hard one. What the stores, lanes, rings and listeners need is
//! set aside first, so that a flood of connections never keeps a store from opening a file.

use std::io;

/// Descriptors of one shard that are no connections: its store's files and log, its rings, its
/// listeners.
const RESERVED_PER_SHARD: usize = 192;
/// Those of the process: standard streams, directories, signals, and some for whoever looks.
const RESERVED: usize = 64;

/// How many connections there may be: as configured (0: as many as fit), and no more than fit.
pub(crate) fn connections_max(configured: usize, shards: usize) -> io::Result<usize> {
    Ok(share(raise_limit()?, configured, shards))
}

fn share(limit: usize, configured: usize, shards: usize) -> usize {
    // Where very few descriptors are allowed, stores and connections share them evenly.
    let reserved = (RESERVED + shards * RESERVED_PER_SHARD).min(limit / 2);
    let fits = limit - reserved;
    if configured == 0 {
        return fits;
    }
    if configured > fits {
        tracing::warn!(
            configured,
            fits,
            descriptors = limit,
            "limits.connections is more than the limit on open files leaves room for"
        );
    }
    configured.min(fits)
}

/// Raises the limit on open files as far as it goes, and returns it.
fn raise_limit() -> io::Result<usize> {
    let mut limit = limit_on(libc::RLIMIT_NOFILE)?;
    let raised = libc::rlimit { rlim_cur: limit.rlim_max, ..limit };
    // SAFETY: the pointer is to a live `rlimit`, which the call reads.
    if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const raised) } == 0 {
        limit = raised;
    }
    Ok(usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX))
}

/// Bytes of memory that this process may lock.
pub(crate) fn locked_memory_max() -> io::Result<u64> {
    limit_on(libc::RLIMIT_MEMLOCK).map(|limit| limit.rlim_cur)
}

fn limit_on(resource: libc::__rlimit_resource_t) -> io::Result<libc::rlimit> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is to a live `rlimit`, which the call fills.
    if unsafe { libc::getrlimit(resource, &raw mut limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(limit)
}

#[cfg(test)]
mod tests;
