//! Which cores this process may run on. A container or `taskset` may allow fewer than there are.

use std::io;

/// The numbers of the cores that this process may run on, rising; never empty.
pub(crate) fn allowed_cores() -> io::Result<Vec<usize>> {
    // SAFETY: `cpu_set_t` is a plain array of bits, for which all zeros is a value.
    let mut allowed: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer and the size are those of a live `cpu_set_t`, which the call fills.
    let failed =
        unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut allowed) };
    if failed != 0 {
        return Err(io::Error::last_os_error());
    }
    let cores: Vec<usize> = (0..8 * size_of::<libc::cpu_set_t>())
        // SAFETY: `core` is below the number of bits in the set.
        .filter(|&core| unsafe { libc::CPU_ISSET(core, &allowed) })
        .collect();
    if cores.is_empty() {
        return Err(io::Error::other("the kernel allows this process no core"));
    }
    Ok(cores)
}
