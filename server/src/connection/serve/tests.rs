//! What a connection costs while nothing happens on it.

use super::*;

/// A connection's task is held for as long as the connection, so its size is part of what an
/// idle connection costs.
#[test]
fn a_connections_task_is_small() {
    fn future_bytes<A, B, C, D, F>(_: fn(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }
    let bytes = future_bytes(serve);
    println!("task {bytes} bytes, connection {} bytes", size_of::<Connection>());
    assert!(bytes <= 96, "{bytes} bytes");
    // With the counters of its `Rc`, the allocator's next class of sizes is 448 bytes.
    assert!(size_of::<Connection>() <= 432, "{} bytes", size_of::<Connection>());
}
