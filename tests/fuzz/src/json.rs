//! What the JSON reader promises: it takes what serde_json takes, but for what its bounds and its
//! rule on keys refuse, and it builds no more than the bounds allow.

use std::collections::BTreeSet;

use parlance_codecs::json::{Json, JsonError, parse};
use parlance_codecs::limits::{JSON_DEPTH_MAX, JSON_VALUES_MAX};

pub(crate) fn check(bytes: &[u8]) {
    let theirs = serde_json::from_slice::<serde_json::Value>(bytes);
    match parse(bytes) {
        Ok(json) => {
            assert!(theirs.is_ok(), "taken, and is no JSON");
            let mut values = 0;
            check_value(&json, 0, &mut values);
            assert!(values <= JSON_VALUES_MAX, "{values} values");
        }
        Err(JsonError::Syntax(_)) => assert!(theirs.is_err(), "refused, and is JSON"),
        Err(JsonError::Twice(_)) => assert!(theirs.is_ok(), "a repeated key, and is no JSON"),
        Err(JsonError::TooDeep | JsonError::TooMany) => {
            let marks = bytes.iter().filter(|byte| b"[{,".contains(byte)).count();
            assert!(marks >= JSON_DEPTH_MAX, "{marks} brackets and commas are too many");
        }
    }
}

fn check_value(json: &Json<'_>, depth: usize, values: &mut usize) {
    *values += 1;
    match json {
        Json::Array(items) => {
            assert!(depth < JSON_DEPTH_MAX, "too deep");
            items.iter().for_each(|item| check_value(item, depth + 1, values));
        }
        Json::Object(fields) => {
            assert!(depth < JSON_DEPTH_MAX, "too deep");
            let keys: BTreeSet<&str> = fields.iter().map(|(key, _)| key.as_ref()).collect();
            assert_eq!(keys.len(), fields.len(), "a key stands twice");
            fields.iter().for_each(|(_, value)| check_value(value, depth + 1, values));
        }
        Json::Negative(number) => assert!(*number < 0, "{number} is not negative"),
        Json::Float(number) => assert!(number.is_finite(), "{number}"),
        Json::Null | Json::Bool(_) | Json::Integer(_) | Json::String(_) => {}
    }
}
