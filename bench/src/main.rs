//! The binary: flags in, report out.

use std::process::ExitCode;

/// The server's own allocator, so that both sides of a measurement allocate alike.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    parlance_bench::main()
}
