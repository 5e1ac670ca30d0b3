//! Times as the dialect's clients write and read them: ISO 8601 with milliseconds, in UTC.

use std::str::FromStr as _;
use std::time::{Duration, UNIX_EPOCH};

use prost_types::Timestamp;

use crate::json::Json;
use crate::limits::TIMESTAMP_TEXT_BYTES_MAX;

/// `2024-05-06`, the day's beginning.
const DATE_BYTES: usize = 10;
/// The last millisecond of the year 9999: texts have four digits for a year.
const LAST_MS: u64 = 253_402_300_799_999;

/// `2024-05-06T07:08:09.010Z`.
pub(super) fn show(ms: u64) -> String {
    let time = UNIX_EPOCH + Duration::from_millis(ms.min(LAST_MS));
    humantime::format_rfc3339_millis(time).to_string()
}

/// Unix milliseconds: of a text of RFC 3339, a date, or as they are. What is finer than a
/// millisecond is cut off, and what is before 1970 is 1970.
pub(super) fn read(json: &Json<'_>) -> Option<u64> {
    match json {
        Json::Integer(ms) => Some(*ms),
        Json::Negative(_) => Some(0),
        Json::String(text) => text_ms(text),
        Json::Null | Json::Bool(_) | Json::Float(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

fn text_ms(text: &str) -> Option<u64> {
    let (year, _) = text.split_once('-')?;
    let plain = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || text.len() > TIMESTAMP_TEXT_BYTES_MAX {
        return None;
    }
    let time = if text.len() == DATE_BYTES {
        Timestamp::from_str(&format!("{text}T00:00:00Z")).ok()?
    } else {
        Timestamp::from_str(text).ok()?
    };
    let Ok(seconds) = u64::try_from(time.seconds) else { return Some(0) };
    let ms = u64::try_from(time.nanos).unwrap_or_default() / 1_000_000;
    seconds.checked_mul(1_000)?.checked_add(ms)
}
