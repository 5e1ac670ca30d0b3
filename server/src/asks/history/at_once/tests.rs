//! All outputs, in order, with few in flight.

use std::cell::Cell;

use futures_lite::future::{block_on, yield_now};

use super::{AT_ONCE_MAX, all};

#[test]
fn outputs_come_in_order_and_few_wait_at_a_time() {
    let (waiting, most) = (Cell::new(0_usize), Cell::new(0_usize));
    let items: Vec<usize> = (0..100).collect();
    let doubled = block_on(all(&items, |item| {
        let (item, waiting, most) = (*item, &waiting, &most);
        async move {
            waiting.set(waiting.get() + 1);
            most.set(most.get().max(waiting.get()));
            // Later ones are ready earlier.
            for _ in item..100 {
                yield_now().await;
            }
            waiting.set(waiting.get() - 1);
            item * 2
        }
    }));
    assert_eq!(doubled, items.iter().map(|item| item * 2).collect::<Vec<_>>());
    assert_eq!(most.get(), AT_ONCE_MAX);
}
