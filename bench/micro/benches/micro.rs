//! The time of every operation, by criterion. `cargo bench -p parlance-micro`, with a part of a
//! name for some of them.

use criterion::{Criterion, criterion_group, criterion_main};

/// The server's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn operations(criterion: &mut Criterion) {
    for operation in parlance_micro::operations() {
        criterion.bench_function(&operation.name, |bencher| {
            bencher.iter(operation.prepare());
        });
    }
}

criterion_group!(benches, operations);
criterion_main!(benches);
