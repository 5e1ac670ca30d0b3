//! A comparison as a person reads it.

use std::fmt::Write;

use comfy_table::CellAlignment;

use super::{Better, Change, Comparison, FigureComparison, ScenarioComparison};
use crate::report::format;

pub(crate) fn render(comparison: &Comparison) -> String {
    let mut text = String::new();
    for scenario in &comparison.scenarios {
        scenario_text(&mut text, scenario);
    }
    for unmatched in &comparison.unmatched {
        line(&mut text, format_args!("not compared: {unmatched}"));
    }
    let end = match comparison.fail_above {
        Some(max) if comparison.regression => {
            format!("REGRESSION: a figure is worse by more than ×{max}, or a run is newly faulty")
        }
        Some(max) => format!("no regression: nothing is surely worse by more than ×{max}"),
        None => "no threshold was given (--fail-above)".to_owned(),
    };
    line(&mut text, format_args!("{end}"));
    text
}

fn scenario_text(text: &mut String, scenario: &ScenarioComparison) {
    let ScenarioComparison { scenario: name, baseline, candidate, rounds, paired, .. } = scenario;
    let how = if *paired { "paired by round" } else { "not paired" };
    let [from, to] = rounds;
    line(text, format_args!("{name}: {candidate} against {baseline}"));
    line(text, format_args!("{to} and {from} rounds, {how}; intervals of 95 %, ratio to baseline"));
    let mut table = format::table();
    table.set_header(["figure", "baseline", "candidate", "ratio", "interval", ""]);
    table.add_rows(scenario.figures.iter().map(row));
    for column in table.column_iter_mut().skip(1).take(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    line(text, format_args!("{}", table.trim_fmt()));
    for note in &scenario.notes {
        line(text, format_args!("note: {note}"));
    }
    if scenario.newly_faulty {
        line(text, format_args!("FAULTY: the candidate is, the baseline is not"));
    }
    text.push('\n');
}

fn row(figure: &FigureComparison) -> [String; 6] {
    let ratio = figure.ratio.map_or_else(|| "–".to_owned(), |ratio| format!("×{ratio:.3}"));
    let interval = figure.interval.map_or_else(
        || "–".to_owned(),
        |interval| format!("{:.3} to {:.3}", interval.low, interval.high),
    );
    let direction = match figure.better {
        Better::Lower => "↓",
        Better::Higher => "↑",
    };
    let change = match (figure.change, figure.regression) {
        (_, true) => "REGRESSION",
        (Change::Better, false) => "better",
        (Change::Worse, false) => "worse",
        (Change::Unclear, false) => "unclear",
    };
    [
        format!("{} {direction}", format::figure_name(&figure.figure)),
        format::value(figure.baseline, figure.unit),
        format::value(figure.candidate, figure.unit),
        ratio,
        interval,
        change.to_owned(),
    ]
}

fn line(text: &mut String, of: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _written = writeln!(text, "{of}");
}
