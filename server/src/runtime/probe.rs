//! Whether this system lets executors be made. glommio panics where io_uring is forbidden, so
//! that is found out first.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use super::ExecutorError;
use crate::resources;

/// glommio makes no executor where less than this may be locked.
const LOCKED_BYTES_MIN: u64 = 512 << 10;
/// `struct io_uring_params` of the kernel's interface, which the call only fills.
const PARAMS_BYTES: usize = 120;

/// An error where no executor could be made, whatever the settings.
pub(crate) fn probe() -> Result<(), ExecutorError> {
    if resources::locked_memory_max().is_ok_and(|max| max < LOCKED_BYTES_MIN) {
        return Err(ExecutorError::LockedMemory);
    }
    let mut params = [0u64; PARAMS_BYTES / size_of::<u64>()];
    // SAFETY: the pointer is to a zeroed `io_uring_params` in size and alignment, which lives
    // throughout the call; one entry is a valid size for a ring.
    let ring = unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, params.as_mut_ptr()) };
    let Some(ring) = i32::try_from(ring).ok().filter(|ring| *ring >= 0) else {
        return Err(super::explain_os(io::Error::last_os_error()));
    };
    // SAFETY: the call returned a descriptor that nothing else owns.
    drop(unsafe { OwnedFd::from_raw_fd(ring) });
    Ok(())
}
