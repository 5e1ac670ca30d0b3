//! Records as a table on the terminal: one run, or rounds and targets side by side.
//!
//! Medians with their ranges, and the ratio to the first target.

use std::fmt::Write;

use comfy_table::{CellAlignment, Table};
use serde_json::Value;

use super::format;
use crate::record::groups::{ScenarioRuns, TargetRuns, by_scenario};
use crate::record::{Better, Record};

/// Targets beside each other, the first one among them; more follow in further tables.
const COLUMNS_MAX: usize = 4;

/// Figures of a run that are told before the table of all runs.
const FIGURES_IN_BRIEF: usize = 4;

/// Of every scenario in the records.
pub(crate) fn render(records: &[Record]) -> String {
    let mut text = String::new();
    for scenario in by_scenario(records) {
        scenario_text(&mut text, &scenario);
    }
    text
}

/// One run's verdict and its first figures, on a line.
pub(crate) fn in_brief(record: &Record) -> String {
    let one = std::slice::from_ref(record);
    let mut text = record.verdict.as_str().to_owned();
    for scenario in by_scenario(one) {
        for name in scenario.figure_names().into_iter().take(FIGURES_IN_BRIEF) {
            if let Some(figure) = scenario.figure(name) {
                let value = format::value(figure.value, figure.unit);
                text.push_str(&format!(", {} {value}", format::figure_name(name)));
            }
        }
    }
    text
}

fn scenario_text(text: &mut String, scenario: &ScenarioRuns<'_>) {
    let rounds = scenario.targets.iter().map(|target| target.runs.len()).max().unwrap_or(0);
    let times = if rounds == 1 { "one round".to_owned() } else { format!("{rounds} rounds") };
    line(text, format_args!("{}: {times}", scenario.name));
    if let Some(run) = scenario.runs().next() {
        line(text, format_args!("workload: {}", entries(&run.workload)));
        line(text, format_args!("machine: {}", machine(run)));
    }
    for target in &scenario.targets {
        line(text, format_args!("{}: {}", target.label, server(target.first())));
    }
    let Some((first, others)) = scenario.targets.split_first() else { return };
    let mut chunks: Vec<&[TargetRuns<'_>]> = others.chunks(COLUMNS_MAX - 1).collect();
    if chunks.is_empty() {
        chunks.push(&[]);
    }
    for chunk in chunks {
        let targets: Vec<&TargetRuns<'_>> = std::iter::once(first).chain(chunk).collect();
        line(text, format_args!("{}", table(scenario, &targets).trim_fmt()));
    }
    for target in &scenario.targets {
        verdict(text, target);
    }
    text.push('\n');
}

fn machine(run: &Record) -> String {
    let machine = &run.machine;
    format!(
        "{} cores, {}, Linux {}, load {:.2} before",
        machine.cores, machine.cpu, machine.kernel, machine.load_before
    )
}

/// `groups 1, members 1000`, without what says nothing.
fn entries(of: &Value) -> String {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let entries = of.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let entries: Vec<String> =
        entries.map(|(name, value)| format!("{name} {}", plain(value))).collect();
    entries.join(", ")
}

fn server(run: &Record) -> String {
    let server = &run.server;
    let version = server.version.as_deref().unwrap_or("of unknown version");
    // The addresses and keys of a server that is gone are of no use to anybody.
    let told = server.settings.iter().filter(|(name, _)| !name.contains("LISTEN__"));
    let told =
        told.map(|(name, value)| format!(", {}={value}", name.trim_start_matches("PARLANCE_")));
    let data = server.data_filesystem.as_deref();
    let data = data.map_or_else(String::new, |kind| format!(", data on {kind}"));
    format!("{version}{}{data}", told.collect::<String>())
}

fn table(scenario: &ScenarioRuns<'_>, targets: &[&TargetRuns<'_>]) -> Table {
    let mut table = format::table();
    let labels = targets.iter().map(|target| target.label.clone());
    table.set_header(std::iter::once(String::new()).chain(labels));
    for name in scenario.figure_names() {
        let Some(figure) = scenario.figure(name) else { continue };
        let direction = match figure.better {
            Better::Lower => "↓",
            Better::Higher => "↑",
        };
        let head = format!("{} {direction}", format::figure_name(name));
        let cells = targets.iter().enumerate().map(|(at, target)| {
            let first = if at == 0 { None } else { targets.first() };
            cell(target, first.copied(), name, figure.unit)
        });
        table.add_row(std::iter::once(head).chain(cells));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The median, its range where there are rounds, and the ratio to `first`.
fn cell(
    target: &TargetRuns<'_>,
    first: Option<&TargetRuns<'_>>,
    name: &str,
    unit: crate::record::Unit,
) -> String {
    let Some(spread) = target.spread(name) else { return "–".to_owned() };
    let mut text = format::value(spread.median, unit);
    if spread.rounds > 1 {
        let (min, max) = (format::value(spread.min, unit), format::value(spread.max, unit));
        text = format!("{text}\n{min} to {max}");
    }
    let first = first.and_then(|first| first.spread(name)).filter(|first| first.median > 0.0);
    match first {
        Some(first) => format!("×{:.2}  {text}", spread.median / first.median),
        None => text,
    }
}

fn verdict(text: &mut String, target: &TargetRuns<'_>) {
    let marks = target.marks();
    let marks = if marks.is_empty() { "clean".to_owned() } else { marks.join(", ").to_uppercase() };
    let seeds: Vec<String> = target.runs.iter().map(|run| run.seed.to_string()).collect();
    line(text, format_args!("{}: {marks}; seed {}", target.label, seeds.join(", ")));
    for run in &target.runs {
        for reason in &run.reasons {
            line(text, format_args!("  - round {}: {reason}", run.round));
        }
    }
}

fn line(text: &mut String, of: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _written = writeln!(text, "{of}");
}

#[cfg(test)]
mod tests;
