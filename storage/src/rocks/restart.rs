//! What a restart finds before anything is loaded: the clock's ceiling and the open intents.

use parlance_conversation::store::Recovered;

use crate::error::StoreError;
use crate::families::Family;
use crate::keys;
use crate::records;
use crate::scan::{View, damaged, damaged_key};

/// Intents come in the order of their ids, which is their keys' order.
pub(super) fn recover(view: &View<'_>) -> Result<Recovered, StoreError> {
    let clock_ceiling =
        view.get_record(Family::Shard, keys::CLOCK, records::decode_clock)?.unwrap_or_default();
    let mut intents = Vec::new();
    let mut scan = view.scan(Family::Intents);
    let mut entry = scan.seek(&[])?;
    while let Some((key, value)) = entry {
        let id = keys::parse_intent(key).ok_or_else(|| damaged_key(Family::Intents, key))?;
        let intent =
            records::decode_intent(value).map_err(|why| damaged(Family::Intents, key, why))?;
        intents.push((id, intent));
        entry = scan.next()?;
    }
    Ok(Recovered { clock_ceiling, intents })
}
