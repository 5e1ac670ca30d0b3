//! The report's tables: who ran, every figure, what was asked for, and where.

use maud::{Markup, html};
use serde_json::Value;

use super::{swatch, time};
use crate::record::groups::{ScenarioRuns, TargetRuns};
use crate::record::{Better, Record, Unit, Verdict};
use crate::report::format;

/// Each target with its runs and their verdict.
pub(super) fn targets(scenario: &ScenarioRuns<'_>) -> Markup {
    html! {
        ul.legend { @for (place, target) in scenario.targets.iter().enumerate() {
            li {
                (swatch(place)) strong { (target.label) } ", "
                @if target.runs.len() == 1 { "one run" } @else { (target.runs.len()) " runs" }
                @if target.marks().is_empty() { " " span.tag.good { "clean" } }
                (marks(target))
            }
        } }
    }
}

/// A tag for each kind of run that is not clean.
pub(super) fn marks(target: &TargetRuns<'_>) -> Markup {
    let faulty = target.runs.iter().any(|run| run.verdict == Verdict::Faulty);
    let class = if faulty { "tag bad" } else { "tag warn" };
    html! { @for mark in target.marks() { " " span class=(class) { "⚠ " (mark) } } }
}

/// Medians and ranges, and the ratio to the first target.
pub(super) fn figures(scenario: &ScenarioRuns<'_>) -> Markup {
    let first = scenario.targets.first();
    html! {
        h3 { "Figures" }
        div.scroll { table {
            thead { tr {
                th { "figure" }
                @for (place, target) in scenario.targets.iter().enumerate() {
                    th { (swatch(place)) (target.label) @if !target.marks().is_empty() { " ⚠" } }
                }
            } }
            tbody { @for name in scenario.figure_names() {
                @if let Some(figure) = scenario.figure(name) { tr {
                    td title=(name) { (format::figure_name(name)) " " (direction(figure.better)) }
                    @for (place, target) in scenario.targets.iter().enumerate() {
                        td { (cell(target, first.filter(|_| place > 0), name, figure.unit)) }
                    }
                } }
            } }
        } }
        p.muted { "↓ lower is better, ↑ higher is better. Medians over rounds, with their range below"
            @if scenario.targets.len() > 1 { "; × is the ratio to the first target" } "." }
    }
}

fn direction(better: Better) -> &'static str {
    match better {
        Better::Lower => "↓",
        Better::Higher => "↑",
    }
}

fn cell(target: &TargetRuns<'_>, first: Option<&TargetRuns<'_>>, name: &str, unit: Unit) -> Markup {
    let Some(spread) = target.spread(name) else { return html! { span.muted { "–" } } };
    let first = first.and_then(|first| first.spread(name)).filter(|first| first.median > 0.0);
    html! {
        (format::value(spread.median, unit))
        @if let Some(first) = first { " " strong { "×" (format!("{:.2}", spread.median / first.median)) } }
        @if spread.rounds > 1 {
            small { (format::value(spread.min, unit)) " to " (format::value(spread.max, unit)) }
        }
    }
}

/// What was asked for, and what the kind of scenario says beside its figures.
pub(super) fn workload(scenario: &ScenarioRuns<'_>) -> Markup {
    let Some(run) = scenario.runs().next() else { return html! {} };
    html! {
        h3 { "Workload" }
        p.muted { "Kind: " (run.kind) }
        (entries(&run.workload))
        details {
            summary { "Results in the scenario's own words" }
            @for target in &scenario.targets { @for run in &target.runs {
                h4 { (target.label) ", round " (run.round) }
                (entries(&run.result))
            } }
        }
    }
}

fn entries(of: &Value) -> Markup {
    html! {
        @if let Some(entries) = of.as_object() {
            dl { @for (name, value) in entries { dt { (name) } dd { (plain(value)) } } }
        } @else { p { code { (plain(of)) } } }
    }
}

/// Text as it is, everything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Machine, servers and every run, with what repeats it.
pub(super) fn appendix(records: &[Record]) -> Markup {
    let mut machines: Vec<&Record> = Vec::new();
    let mut servers: Vec<&Record> = Vec::new();
    for run in records {
        let same_machine = |of: &&Record| {
            (&of.machine.cpu, of.machine.cores, &of.machine.kernel)
                == (&run.machine.cpu, run.machine.cores, &run.machine.kernel)
        };
        if !machines.iter().any(same_machine) {
            machines.push(run);
        }
        if !servers.iter().any(|of| of.label() == run.label() && of.server == run.server) {
            servers.push(run);
        }
    }
    html! {
        footer {
            h2 { "Machine" }
            @for run in machines { (machine(run)) }
            h2 { "Servers" }
            @for run in servers { (server(run)) }
            h2 { "Runs" }
            div.scroll { table.text {
                thead { tr {
                    @for head in ["scenario", "target", "round", "verdict", "finished", "seed", "load before", "command line"] {
                        th { (head) }
                    }
                } }
                tbody { @for run in records { (run_row(run)) } }
            } }
            h2 { "How to read this" }
            p { "Arrivals follow a schedule that does not wait for the server, and every latency counts \
                 from the moment at which its message was due: a server that stalls shows its stall. \
                 A run in which the generator itself was late or busy is marked generator-limited, for \
                 its figures say more of the generator." }
            p { "Figures of different machines, kernels or moments do not compare. Ratios do, where the \
                 rounds of all targets were interleaved." }
        }
    }
}

fn machine(run: &Record) -> Markup {
    let machine = serde_json::to_value(&run.machine).unwrap_or_default();
    html! {
        (entries(&machine))
        p.muted { "parlance-bench " (run.bench_version) }
    }
}

fn server(run: &Record) -> Markup {
    let server = serde_json::to_value(&run.server).unwrap_or_default();
    html! { h3 { (run.label()) } (entries(&server)) }
}

fn run_row(run: &Record) -> Markup {
    let class = match run.verdict {
        Verdict::Clean => "tag good",
        Verdict::Faulty => "tag bad",
        Verdict::GeneratorLimited | Verdict::Interrupted => "tag warn",
    };
    html! {
        tr {
            td { (run.scenario) }
            td { (run.label()) }
            td { (run.round) }
            td {
                span class=(class) { (run.verdict.as_str()) }
                @for reason in &run.reasons { small { (reason) } }
            }
            td { (time(run.finished_at_unix_ms)) }
            td { (run.seed) }
            td { (format!("{:.2}", run.machine.load_before)) }
            td { code { "parlance-bench " (run.arguments.join(" ")) } }
        }
    }
}
