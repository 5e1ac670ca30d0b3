//! `parlance-counts`: runs one operation so many times, for whoever counts its instructions.
//!
//! Without arguments it names every operation. `cargo xtask counts` runs each one under valgrind
//! twice, with one number of runs and with twice that, so that what came before the runs cancels out.

use std::process::ExitCode;

/// The server's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let operations = parlance_micro::operations();
    let Some(name) = arguments.next() else {
        // What waits for a disk is not counted.
        for operation in operations.iter().filter(|operation| !operation.waits) {
            println!("{}", operation.name);
        }
        return ExitCode::SUCCESS;
    };
    let runs = arguments.next().and_then(|runs| runs.parse::<u64>().ok());
    let operation = operations.iter().find(|operation| operation.name == name);
    let (Some(runs), Some(operation)) = (runs, operation) else {
        eprintln!("usage: parlance-counts [OPERATION RUNS]");
        return ExitCode::FAILURE;
    };
    let mut run = operation.prepare();
    for _ in 0..runs {
        run();
    }
    ExitCode::SUCCESS
}
