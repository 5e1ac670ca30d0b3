//! What is taken as JSON and what is not, by table, by round trip and against serde_json.

use std::borrow::Cow;

use proptest::prelude::*;

use super::{FieldError, Json, JsonError, Keys, Object, parse};
use crate::limits::{JSON_DEPTH_MAX, JSON_VALUES_MAX};
use crate::seeded;

#[test]
fn what_is_no_json_is_refused() {
    let refused: [&[u8]; 24] = [
        b"",
        b" ",
        b"{",
        b"{}{}",
        b"{} x",
        b"{'a':1}",
        b"{\"a\":1,}",
        b"[1,]",
        b"{\"a\":1,\"a\":2}",
        b"{\"a\":1,\"\\u0061\":2}",
        b"{\"a\":{\"b\":1,\"c\":2,\"b\":3}}",
        b"\"\\ud800\"",
        b"\"\\udc00\\ud800\"",
        b"\"\\ud800x\"",
        b"\"\xff\"",
        b"\"\xed\xa0\x80\"",
        b"\xef\xbb\xbf{}",
        b"\"\x01\"",
        b"1e400",
        b"-1e400",
        b"01",
        b"NaN",
        b"+1",
        b"{\"\\ud800\":1}",
    ];
    for bytes in refused {
        assert!(parse(bytes).is_err(), "{} was taken", bytes.escape_ascii());
    }
}

#[test]
fn a_key_that_stands_twice_among_many_is_found() {
    let keys: Vec<String> = (0..100).map(|n| format!("\"k{n}\":{n}")).collect();
    assert!(parse(format!("{{{}}}", keys.join(",")).as_bytes()).is_ok());
    assert!(parse(format!("{{{},\"k50\":0}}", keys.join(",")).as_bytes()).is_err());
}

#[test]
fn depth_is_bounded() {
    // What opens, how many levels that is, what stands inside, what closes.
    let shapes = [
        ("[", 1, "", "]"),
        ("[ ", 1, "0", " ]"),
        ("[0,", 1, "0", "]"),
        ("{\"a\":", 1, "0", "}"),
        ("{\"[{\\\"[\":", 1, "0", "}"),
        ("[{\"\":", 2, "0", "}]"),
    ];
    for (open, levels, inside, close) in shapes {
        let cut = |times: usize| open.repeat(times);
        let whole = |times: usize| format!("{}{inside}{}", cut(times), close.repeat(times));
        let most = JSON_DEPTH_MAX / levels;
        assert!(parse(whole(most).as_bytes()).is_ok(), "{open}");
        for text in [cut(most + 1), whole(most + 1), cut(100_000), whole(100_000)] {
            let found = parse(text.as_bytes());
            assert!(matches!(found, Err(JsonError::TooDeep)), "{open}: {found:?}");
        }
    }
    // Brackets in a text nest nothing.
    assert!(parse(format!("[\"{}\"]", "[".repeat(100)).as_bytes()).is_ok());
}

#[test]
fn the_number_of_values_is_bounded() {
    for (value, values) in [("0", 1), ("[]", 1), ("[ ]", 1), ("{}", 1), ("[0]", 2), ("\",,[\"", 1)]
    {
        let list = |count: usize| format!("[{}]", vec![value; count].join(","));
        let most = (JSON_VALUES_MAX - 1) / values;
        assert!(parse(list(most).as_bytes()).is_ok(), "{value}");
        let longer = list(most + 1);
        let found = parse(longer.as_bytes());
        assert!(matches!(found, Err(JsonError::TooMany)), "{value}: {found:?}");
    }
    let object = |count: usize| {
        let fields: Vec<_> = (0..count).map(|n| format!("\"{n}\":0")).collect();
        format!("{{{}}}", fields.join(","))
    };
    assert!(parse(object(JSON_VALUES_MAX - 1).as_bytes()).is_ok());
    assert!(matches!(parse(object(JSON_VALUES_MAX).as_bytes()), Err(JsonError::TooMany)));
}

#[test]
fn faults_are_told_apart() {
    let twice = parse(b"{\"a\":{\"b\":1,\"c\":2,\"\\u0062\":3}}");
    assert!(matches!(twice, Err(JsonError::Twice(key)) if key == "b"));
    let later = parse(b"{\"a\":1,\"a\":2} x");
    assert!(matches!(later, Err(JsonError::Syntax(_))), "what is no JSON is said first: {later:?}");
}

#[test]
fn numbers_keep_their_kind() {
    let numbers: [(&str, Json<'_>); 8] = [
        ("0", Json::Integer(0)),
        ("18446744073709551615", Json::Integer(u64::MAX)),
        ("18446744073709551616", Json::Float(18_446_744_073_709_551_616.0)),
        ("-1", Json::Negative(-1)),
        ("-9223372036854775808", Json::Negative(i64::MIN)),
        ("1.0", Json::Float(1.0)),
        ("1e2", Json::Float(100.0)),
        ("9007199254740993", Json::Integer(9_007_199_254_740_993)),
    ];
    for (text, json) in numbers {
        assert_eq!(parse(text.as_bytes()).unwrap(), json, "{text}");
    }
}

#[test]
fn fields_are_named_in_their_errors() {
    let text = br#"{"a_bc":1,"aBc":2,"lastId":"5","f":1.5,"s":"x","n":null,"o":{},"l":[{}, 1]}"#;
    let json = parse(text).unwrap();
    let tolerant = Object::new(&json, Keys::SnakeOrCamel).unwrap();
    let exact = Object::new(&json, Keys::Exact).unwrap();
    assert_eq!(tolerant.field("a_bc"), Err(FieldError::Twice { field: "a_bc" }));
    assert_eq!(exact.u64("a_bc"), Ok(Some(1)));
    assert_eq!(tolerant.u64("last_id"), Ok(Some(5)));
    assert_eq!(exact.u64("last_id"), Ok(None));
    assert_eq!(tolerant.text("n"), Ok(None));
    assert_eq!(exact.field("n"), Ok(Some(&Json::Null)));
    assert_eq!(tolerant.f32("f"), Ok(Some(1.5)));
    assert_eq!(
        tolerant.u64("f").unwrap_err().to_string(),
        "f must be an integer from 0 to 18446744073709551615"
    );
    assert_eq!(tolerant.text("f").unwrap_err().to_string(), "f must be a string");
    assert!(tolerant.object("s").is_err());
    assert!(tolerant.object("o").unwrap().is_some());
    assert!(tolerant.objects("l").is_err());
    assert!(tolerant.objects("absent").unwrap().is_empty());
    assert!(Object::new(&Json::Array(Vec::new()), Keys::Exact).is_none());
}

#[test]
fn an_integer_is_never_made_of_anything_else() {
    for text in ["\"\"", "\"+1\"", "\"-1\"", "\" 1\"", "\"1.0\"", "\"1e3\"", "1.0", "-1", "true"] {
        assert_eq!(parse(text.as_bytes()).unwrap().as_u64(), None, "{text}");
    }
    assert_eq!(parse(b"\"18446744073709551615\"").unwrap().as_u64(), Some(u64::MAX));
    assert_eq!(parse(b"\"18446744073709551616\"").unwrap().as_u64(), None);
}

/// Trees within the limits; keys differ.
fn trees() -> impl Strategy<Value = Json<'static>> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<u64>().prop_map(Json::Integer),
        (i64::MIN..0).prop_map(Json::Negative),
        any::<String>().prop_map(|text| Json::String(Cow::Owned(text))),
    ];
    leaf.prop_recursive(5, 64, 20, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..20).prop_map(Json::Array),
            prop::collection::btree_map(any::<String>(), inner, 0..20).prop_map(|map| {
                Json::Object(map.into_iter().map(|(key, value)| (key.into(), value)).collect())
            }),
        ]
    })
}

fn to_text(json: &Json<'_>) -> serde_json::Value {
    match json {
        Json::Null => serde_json::Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::Negative(number) => (*number).into(),
        Json::Integer(number) => (*number).into(),
        Json::Float(number) => (*number).into(),
        Json::String(text) => text.as_ref().into(),
        Json::Array(items) => items.iter().map(to_text).collect(),
        Json::Object(fields) => {
            fields.iter().map(|(key, value)| (key.clone(), to_text(value))).collect()
        }
    }
}

#[test]
fn what_is_written_is_read_back() {
    seeded::check(256, &trees(), |tree| {
        let text = to_text(&tree).to_string();
        let found = parse(text.as_bytes()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(to_text(&found), to_text(&tree));
        Ok(())
    });
}

/// Whatever the brackets, commas and quotes: what is built is what was counted.
#[test]
fn no_more_is_built_than_the_bounds_say() {
    fn size(json: &Json<'_>) -> (usize, usize) {
        let inner: Vec<(usize, usize)> = match json {
            Json::Array(items) => items.iter().map(size).collect(),
            Json::Object(fields) => fields.iter().map(|(_, value)| size(value)).collect(),
            _ => return (0, 1),
        };
        let depth = inner.iter().map(|(depth, _)| *depth).max().unwrap_or(0);
        (depth + 1, inner.iter().map(|(_, values)| *values).sum::<usize>() + 1)
    }
    let shapes = (trees(), 1_usize..60, any::<bool>());
    seeded::check(256, &shapes, |(tree, levels, cut)| {
        let text = to_text(&tree).to_string();
        let mut text = format!("{}{text}{}", "[".repeat(levels), "]".repeat(levels));
        let (depth, values) = size(&tree);
        if cut {
            text.pop();
        }
        match parse(text.as_bytes()) {
            Ok(_) => prop_assert!(!cut && depth + levels <= JSON_DEPTH_MAX),
            Err(JsonError::TooDeep) => prop_assert!(depth + levels > JSON_DEPTH_MAX),
            Err(JsonError::TooMany) => prop_assert!(values + levels > JSON_VALUES_MAX),
            Err(JsonError::Syntax(_)) => prop_assert!(cut && depth + levels <= JSON_DEPTH_MAX),
            Err(JsonError::Twice(key)) => prop_assert!(false, "{key:?} stands once"),
        }
        Ok(())
    });
}

#[test]
fn nothing_is_taken_that_serde_json_refuses() {
    let bytes = prop::collection::vec(
        prop::sample::select(b"{}[]\",:\\u0d8e19.-+tfn \n\xc3\xff".to_vec()),
        0..40,
    );
    seeded::check(4096, &bytes, |bytes| {
        if parse(&bytes).is_ok() {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_ok());
        }
        Ok(())
    });
}
