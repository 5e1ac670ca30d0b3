//! Numbers and tables as people read them.

use comfy_table::{LineStyle, Table, TableStyle};

use crate::record::Unit;

/// Rules below the head and at the end, none between.
pub(crate) fn table() -> Table {
    let rule = LineStyle::none().fill('─').junction('─');
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(rule).bottom_border(rule));
    table
}

/// A value with its unit, in about three digits.
pub(crate) fn value(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Microseconds if value.abs() >= 1e6 => format!("{} s", number(value / 1e6)),
        Unit::Microseconds if value.abs() >= 1e4 => format!("{} ms", number(value / 1e3)),
        Unit::Microseconds => format!("{} µs", number(value)),
        Unit::Seconds => format!("{} s", number(value)),
        Unit::Bytes => format!("{} B", grouped(value)),
        Unit::PerSecond => format!("{}/s", number(value)),
        Unit::Cores => format!("{value:.3} cores"),
        Unit::Count => grouped(value),
        Unit::Ratio => format!("{value:.2}"),
    }
}

/// Two decimals below 10, one below 100, none and grouped from there on.
pub(crate) fn number(number: f64) -> String {
    if number.abs() < 10.0 {
        format!("{number:.2}")
    } else if number.abs() < 100.0 {
        format!("{number:.1}")
    } else {
        grouped(number)
    }
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number <= -0.5 {
        text.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `server_cpu_us_per_delivery` as `server CPU per delivery`: the unit stands with the value.
pub(crate) fn figure_name(name: &str) -> String {
    let quantile = |word: &str| match word {
        "p999" => "p99.9".to_owned(),
        other => other.to_owned(),
    };
    let is_unit = |word: &&str| !matches!(*word, "us" | "bytes");
    let words: Vec<String> = name
        .split('_')
        .filter(is_unit)
        .map(|word| match word {
            "cpu" | "rss" | "pss" => word.to_uppercase(),
            other => quantile(other),
        })
        .collect();
    words.join(" ")
}

/// For an axis: short, whatever the size.
pub(crate) fn axis(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Microseconds if value >= 1e6 => format!("{} s", number_short(value / 1e6)),
        Unit::Microseconds if value >= 1e3 => format!("{} ms", number_short(value / 1e3)),
        Unit::Microseconds => format!("{} µs", number_short(value)),
        Unit::Bytes if value >= 1e6 => format!("{} MB", number_short(value / 1e6)),
        Unit::Bytes if value >= 1e3 => format!("{} kB", number_short(value / 1e3)),
        Unit::Bytes => format!("{} B", number_short(value)),
        Unit::Seconds => format!("{} s", number_short(value)),
        Unit::PerSecond => format!("{}/s", number_short(value)),
        Unit::Cores | Unit::Count | Unit::Ratio => number_short(value),
    }
}

/// `0.5`, `12`, `250k`, `1.5M`: as many digits as there are, three at most.
pub(crate) fn number_short(number: f64) -> String {
    let (scaled, suffix) = if number.abs() >= 1e6 {
        (number / 1e6, "M")
    } else if number.abs() >= 1e4 {
        (number / 1e3, "k")
    } else {
        (number, "")
    };
    let text = format!("{scaled:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}{suffix}")
}

#[cfg(test)]
mod tests;
