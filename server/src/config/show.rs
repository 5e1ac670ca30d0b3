//! `parlance config`: the settings in force, as a settings file that says where each came from.

use std::fmt::Write as _;

use figment::value::Value;

use super::layers::{Effective, Loaded};
use super::raw::Kind;

/// TOML that could be saved and used again, except that secrets are left out.
pub(crate) fn show(loaded: &Loaded) -> String {
    let mut text = String::new();
    let mut section = "";
    for effective in &loaded.effective {
        let Some((of, name)) = effective.key.split_once('.') else { continue };
        if of != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "{gap}[{of}]");
            section = of;
        }
        let _ = writeln!(text, "{}", line(name, effective));
    }
    text
}

fn line(name: &str, effective: &Effective) -> String {
    let is_empty = effective.value.as_str().is_some_and(str::is_empty);
    if effective.kind == Kind::Secret && !is_empty {
        return format!("# {name} is set and not shown  # {}", effective.origin);
    }
    format!("{name} = {}  # {}", toml_value(&effective.value), effective.origin)
}

fn toml_value(value: &Value) -> String {
    match value {
        Value::Dict(_, entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(name, value)| format!("{name} = {}", toml_value(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Array(_, values) => {
            let values: Vec<_> = values.iter().map(toml_value).collect();
            format!("[{}]", values.join(", "))
        }
        Value::String(_, text) => toml::Value::from(text.as_str()).to_string(),
        Value::Char(_, c) => toml::Value::from(c.to_string()).to_string(),
        Value::Bool(_, on) => on.to_string(),
        Value::Num(_, number) => number
            .to_i128()
            .map(|n| n.to_string())
            .or_else(|| number.to_u128().map(|n| n.to_string()))
            .or_else(|| number.to_f64().map(|n| n.to_string()))
            .unwrap_or_default(),
        Value::Empty(..) => "\"\"".to_owned(),
    }
}
