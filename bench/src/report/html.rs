//! The report as one HTML file: no script, no font and nothing else from the network.
//!
//! It is well-formed XML as well, which the tests hold it to. Every text goes through the
//! templates' escaping; only the style sheet and the plots, which escape for themselves, do not.

mod bars;
mod latency;
mod plots;
mod tables;

use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::error::BenchError;
use crate::histogram::Latencies;
use crate::record::groups::{ScenarioRuns, TargetRuns, by_scenario};
use crate::record::{Record, Verdict};
use crate::report::format;
use latency::Curve;

const STYLE: &str = include_str!("html/style.css");
/// Figures that are drawn as bars, of those that there are.
const BARS: [&str; 8] = [
    "server_cpu_us_per_delivery",
    "rss_per_connection_bytes",
    "pss_per_connection_bytes",
    "slab_per_connection_bytes",
    "kept_deliveries_per_second",
    "acks_per_second",
    "sign_ins_per_second",
    "idle_server_cores",
];
/// Latencies that are drawn first; others follow by name.
const LATENCIES: [&str; 3] = ["delivery", "last_recipient", "acknowledgement"];

/// The whole page.
pub(crate) fn render(records: &[Record]) -> Result<String, BenchError> {
    let scenarios = by_scenario(records);
    let sections: Vec<Markup> =
        (0..).zip(&scenarios).map(|(at, of)| section(at, of)).collect::<Result<_, _>>()?;
    let page = html! {
        (DOCTYPE)
        html lang="en" xmlns="http://www.w3.org/1999/xhtml" {
            head {
                // Closed in themselves, so that the page is XML too.
                (PreEscaped(r#"<meta charset="utf-8"/>"#))
                (PreEscaped(r#"<meta name="viewport" content="width=device-width, initial-scale=1"/>"#))
                title { (title(&scenarios)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "parlance-bench" }
                    (span_of(records))
                    (banner(records))
                    @if scenarios.len() > 1 {
                        nav { ul { @for (at, scenario) in scenarios.iter().enumerate() {
                            li { a href=(format!("#scenario-{at}")) { (scenario.name) } }
                        } } }
                    }
                }
                main { @for section in &sections { (section) } }
                (tables::appendix(records))
            }
        }
    };
    Ok(page.into_string())
}

pub(crate) fn write(records: &[Record], path: &Path) -> Result<(), BenchError> {
    fs::write(path, render(records)?)
        .map_err(|source| BenchError::io(format!("writing {}", path.display()), source))
}

fn title(scenarios: &[ScenarioRuns<'_>]) -> String {
    match scenarios {
        [only] => format!("{} – parlance-bench", only.name),
        several => format!("{} scenarios – parlance-bench", several.len()),
    }
}

fn span_of(records: &[Record]) -> Markup {
    let times = || records.iter().map(|run| run.finished_at_unix_ms);
    let first = times().min().map(time).unwrap_or_default();
    let last = times().max().map(time).unwrap_or_default();
    html! {
        p.muted {
            (records.len()) @if records.len() == 1 { " run, " (last) } @else {
                " runs, finished between " (first) " and " (last)
            }
        }
    }
}

/// Whether the figures below may be believed, before any of them.
fn banner(records: &[Record]) -> Markup {
    let doubtful: Vec<&Record> =
        records.iter().filter(|run| run.verdict != Verdict::Clean).collect();
    let class = if doubtful.is_empty() {
        "banner good"
    } else if doubtful.iter().any(|run| run.verdict == Verdict::Faulty) {
        "banner bad"
    } else {
        "banner warn"
    };
    html! {
        div class=(class) {
            @if doubtful.is_empty() {
                p { strong { "All runs are clean." }
                    " Nothing was lost, duplicated or out of order, and the generator kept up." }
            } @else {
                p { strong { (doubtful.len()) " of " (records.len()) " runs are not clean." }
                    " Medians leave them out where a target has clean runs; where it has none, \
                      its marked figures are shown and say little." }
                ul { @for run in doubtful {
                    li {
                        (run.scenario) ", " (run.label()) ", round " (run.round) ": "
                        strong { (run.verdict.as_str()) }
                        @if let Some(reason) = run.reasons.first() { " – " (reason) }
                    }
                } }
            }
        }
    }
}

fn section(at: usize, scenario: &ScenarioRuns<'_>) -> Result<Markup, BenchError> {
    let mut figures = Vec::new();
    for name in BARS {
        if let Some(plot) = bars::bars(scenario, name)? {
            let caption =
                html! { "Median" @if has_rounds(scenario) { ", with the range over rounds" } "." };
            figures.push(figure(&capitalised(&format::figure_name(name)), &plot, caption));
        }
    }
    figures.extend(percentile_plots(scenario)?);
    figures.extend(ramp_plot(scenario)?);
    let seconds = time_plots(scenario)?;
    Ok(html! {
        section id=(format!("scenario-{at}")) {
            h2 { (scenario.name) }
            (tables::targets(scenario))
            @if !scenario.is_one_workload() {
                div.banner.warn { p {
                    "The runs were asked for different workloads: their figures do not compare."
                } }
            }
            (tables::figures(scenario))
            @if !figures.is_empty() { div.plots { @for figure in figures { (figure) } } }
            @if !seconds.is_empty() {
                h3 { "Latency over time" }
                div.plots { @for figure in seconds { (figure) } }
            }
            (tables::workload(scenario))
        }
    })
}

fn has_rounds(scenario: &ScenarioRuns<'_>) -> bool {
    scenario.targets.iter().any(|target| target.runs.len() > 1)
}

fn figure(title: &str, svg: &str, caption: Markup) -> Markup {
    html! {
        figure {
            h4 { (title) }
            (PreEscaped(svg))
            figcaption { (caption) }
        }
    }
}

/// The targets of these places in their colours, and what is wrong with their runs.
fn legend(scenario: &ScenarioRuns<'_>, places: &[usize]) -> Markup {
    let targets = scenario.targets.iter().enumerate().filter(|(place, _)| places.contains(place));
    html! {
        ul.legend { @for (place, target) in targets {
            li { (swatch(place)) (target.label) (tables::marks(target)) }
        } }
    }
}

fn swatch(place: usize) -> Markup {
    html! { span class=(format!("swatch s{}", place % plots::SERIES_COUNT)) {} }
}

/// For every kind of latency, all targets in one plot; rounds added up.
fn percentile_plots(scenario: &ScenarioRuns<'_>) -> Result<Vec<Markup>, BenchError> {
    let mut names: Vec<&str> =
        scenario.runs().flat_map(|run| run.histograms.keys().map(String::as_str)).collect();
    let place = |name: &str| LATENCIES.iter().position(|first| *first == name);
    names.sort_by_key(|name| (place(name).unwrap_or(LATENCIES.len()), *name));
    names.dedup();
    let plot = |name: &str| {
        let merged: Vec<(usize, &TargetRuns<'_>, Latencies)> = (0..)
            .zip(&scenario.targets)
            .filter_map(|(place, target)| Some((place, target, merged(target, name)?)))
            .collect();
        let curves: Vec<_> =
            merged.iter().map(|(place, target, of)| curve(*place, target, of)).collect();
        let places: Vec<usize> = merged.iter().map(|(place, ..)| *place).collect();
        let title = format!("{} latency by percentile", capitalised(&name.replace('_', " ")));
        let plot = latency::percentiles(&curves)?;
        Ok(figure(&title, &plot, legend(scenario, &places)))
    };
    names.into_iter().map(plot).collect()
}

fn curve<'a, T>(place: usize, target: &TargetRuns<'_>, of: &'a T) -> Curve<'a, T> {
    Curve { place, marked: !target.marks().is_empty(), of }
}

fn merged(target: &TargetRuns<'_>, name: &str) -> Option<Latencies> {
    let runs = target.counted();
    let mut histograms = runs.iter().filter_map(|run| run.histograms.get(name));
    let mut all = histograms.next()?.clone();
    for histogram in histograms {
        all.add(histogram);
    }
    Some(all)
}

/// The ramp of one run of each target: the last that counts.
fn ramp_plot(scenario: &ScenarioRuns<'_>) -> Result<Option<Markup>, BenchError> {
    let ramps: Vec<(usize, &TargetRuns<'_>, &Record)> = (0..)
        .zip(&scenario.targets)
        .filter_map(|(place, target)| {
            let runs = target.counted();
            let run = runs.into_iter().rev().find(|run| !run.ramp.is_empty())?;
            Some((place, target, run))
        })
        .collect();
    if ramps.is_empty() {
        return Ok(None);
    }
    let curves: Vec<_> =
        ramps.iter().map(|(place, target, run)| curve(*place, target, *run)).collect();
    let places: Vec<usize> = ramps.iter().map(|(place, ..)| *place).collect();
    let caption = html! {
        "Filled: the target kept up. Hollow: it lost something or was too late."
        (legend(scenario, &places))
    };
    Ok(Some(figure("Throughput ramp", &latency::ramp(&curves)?, caption)))
}

/// One plot for each target that has a series: of the last run that counts.
fn time_plots(scenario: &ScenarioRuns<'_>) -> Result<Vec<Markup>, BenchError> {
    let mut plots = Vec::new();
    for (place, target) in scenario.targets.iter().enumerate() {
        let counted = target.counted().into_iter().rev();
        let Some(run) = counted.into_iter().find(|run| run.series.len() > 1) else { continue };
        let marked = run.verdict != Verdict::Clean;
        let plot = latency::over_time(run, place, marked)?;
        let caption = html! {
            "Each second of round " (run.round) ": median in black or white, "
            "99th percentile in colour, maximum thin." (tables::marks(target))
        };
        plots.push(figure(&target.label, &plot, caption));
    }
    Ok(plots)
}

/// In UTC, to the second.
fn time(unix_ms: u64) -> String {
    let at = UNIX_EPOCH.checked_add(Duration::from_secs(unix_ms / 1_000));
    at.map_or_else(String::new, |at| {
        humantime::format_rfc3339_seconds(at).to_string().replace('T', " ").replace('Z', " UTC")
    })
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests;
