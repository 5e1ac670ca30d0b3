//! One suite of checks for every store.
//!
//! Each check is a function of a `&dyn Store` that is empty, and runs against the model store and
//! the one on disk. What only one of them has (faults, reopening) is tested beside that store.

use crate::{MemoryStore, Store};

mod entities;
mod histories;
mod logs;
mod relations;
pub(crate) mod values;

/// Runs every check against both stores.
macro_rules! suite {
    ($($area:ident: $($check:ident),+;)+) => {
        mod memory {
            $(mod $area {
                $(#[test]
                fn $check() {
                    super::super::in_memory(super::super::$area::$check);
                })+
            })+
        }
        #[cfg(feature = "rocks")]
        mod rocks {
            $(mod $area {
                $(#[test]
                fn $check() {
                    super::super::on_disk(super::super::$area::$check);
                })+
            })+
        }
    };
}

suite! {
    entities:
        nothing_is_found_in_an_empty_store,
        what_was_put_is_loaded,
        a_second_put_replaces,
        what_was_deleted_is_gone,
        lists_rise_and_hold_only_their_own,
        users_are_listed_in_order_over_all_partitions,
        keys_are_remembered_newest_first_within_the_window,
        the_newest_keys_are_remembered_up_to_the_limit,
        a_restart_finds_the_clock_and_the_intents,
        what_is_only_in_memory_is_not_stored,
        random_histories_are_as_in_the_model;
    relations:
        a_users_lists_come_back,
        pairs_come_back,
        members_and_requests_of_groups_come_back,
        a_deleted_group_takes_its_log_with_it;
    logs:
        the_last_place_is_that_of_the_last_entry,
        every_message_is_found_by_its_id,
        a_recall_replaces_its_message_in_place,
        pages_together_are_the_naive_answer,
        a_page_keeps_to_its_bounds,
        bounds_that_leave_nothing_give_nothing,
        the_ends_of_the_number_ranges_work,
        thousands_of_hidden_messages_end_a_page_early_but_never_stall,
        thousands_of_ranges_are_read_as_one_log;
    histories:
        a_history_is_the_naive_answer_in_both_directions,
        a_page_of_history_keeps_to_its_bounds,
        a_history_reads_past_thousands_of_marks,
        spans_that_hold_nothing_give_nothing,
        a_time_leads_to_the_first_message_from_it_on,
        recalls_are_found_by_their_index;
}

fn in_memory(check: impl FnOnce(&dyn Store)) {
    check(&MemoryStore::new());
}

#[cfg(feature = "rocks")]
fn on_disk(check: impl FnOnce(&dyn Store)) {
    use crate::families::{Creation, Shared};
    use crate::rocks::RocksStore;

    let directory = tempfile::tempdir().expect("a temporary directory");
    let shared = Shared::new(|| 0);
    let path = directory.path().join("store");
    let store = RocksStore::open(&path, &shared, Creation::New, ()).expect("a new store opens");
    check(&store);
}
