//! The report as a person reads it: what was asked, what came, what it cost.

use super::{Outcome, Report};
use crate::histogram::Quantiles;
use crate::record::Measurement;
use crate::record::Verdict;
use crate::scenario::MemoryStages;
use crate::scenario::fanout::FanoutResult;
use crate::scenario::idle::IdleResult;
use crate::scenario::tally::Faults;
use crate::workload::{Fanout, Idle};

/// Where the values begin: wider than the longest label.
const LABEL_WIDTH: usize = 20;
/// Of one latency figure, such as `123,456.7`.
const FIGURE_WIDTH: usize = 11;

/// Lines of a label and what belongs to it.
#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn add(&mut self, label: &str, value: impl AsRef<str>) {
        let value = value.as_ref();
        self.text.push_str(format!("{label:<LABEL_WIDTH$}{value}").trim_end());
        self.text.push('\n');
    }
}

pub(crate) fn render(report: &Report) -> String {
    let mut lines = Lines::default();
    match &report.outcome {
        Outcome::Fanout { workload, result } => {
            fanout_workload(&mut lines, workload);
            server(&mut lines, report);
            fanout_result(&mut lines, result);
        }
        Outcome::Idle { workload, result } => {
            idle_workload(&mut lines, workload);
            server(&mut lines, report);
            idle_result(&mut lines, result);
        }
        Outcome::Measured(measurement) => {
            server(&mut lines, report);
            figures(&mut lines, measurement);
        }
    }
    lines.add("seed", report.seed.to_string());
    lines.add("verdict", verdict(report));
    lines.text
}

fn fanout_workload(lines: &mut Lines, workload: &Fanout) {
    let wires: Vec<&str> = workload.wires.iter().map(|wire| wire.name()).collect();
    let Fanout { groups, members, rate, size, seconds, warmup, .. } = workload;
    lines.add("fanout", format!("{groups} groups of {members} members, {}", wires.join(" + ")));
    lines.add(
        "",
        format!("{rate}/s a group, {size} B of text, {seconds} s after {warmup} s of warm-up"),
    );
}

fn idle_workload(lines: &mut Lines, workload: &Idle) {
    let Idle { connections, seconds, wire } = workload;
    lines.add("idle", format!("{connections} sessions, {}, held {seconds} s", wire.name()));
}

fn server(lines: &mut Lines, report: &Report) {
    let machine = &report.machine;
    lines.add(
        "machine",
        format!(
            "{} cores, {}, Linux {}, load {:.2}",
            machine.cores, machine.cpu, machine.kernel, machine.load_before
        ),
    );
    let version = report.server.version.as_deref().unwrap_or("version unknown");
    let settings = &report.server.settings;
    // Addresses differ in every run and say nothing.
    let told = settings.iter().filter(|(name, _)| !name.contains("LISTEN__"));
    let told: String = told.fold(String::new(), |text, (name, value)| {
        text + ", " + name.trim_start_matches("PARLANCE_") + "=" + value
    });
    let data = report.server.data_filesystem.as_deref();
    let data = data.map_or_else(String::new, |kind| format!(", data on {kind}"));
    lines.add("server", format!("{version}{told}{data}"));
}

fn fanout_result(lines: &mut Lines, result: &FanoutResult) {
    lines.add("published", grouped(result.published));
    lines.add(
        "deliveries",
        format!(
            "{}/s of {}/s offered, {} in {:.2} s",
            grouped_f64(result.deliveries_per_second),
            grouped_f64(result.offered_deliveries_per_second),
            grouped(result.window_deliveries),
            result.window_seconds
        ),
    );
    let heads = ["p50", "p90", "p99", "p99.9", "max", "mean"];
    lines.add("latency, µs", heads.map(|head| format!("{head:>FIGURE_WIDTH$}")).concat());
    quantiles(lines, "  delivery", &result.delivery);
    quantiles(lines, "  last recipient", &result.last_recipient);
    quantiles(lines, "  acknowledgement", &result.acknowledgement);
    match &result.server_cpu {
        Some(cpu) => lines.add(
            "server CPU",
            format!(
                "{:.2} µs a delivery, {:.2} cores ({:.2} s user, {:.2} s system)",
                cpu.us_per_delivery,
                cpu.cores_used,
                crate::scenario::seconds(cpu.time.user_ns),
                crate::scenario::seconds(cpu.time.system_ns)
            ),
        ),
        None => lines.add("server CPU", "unknown: no --server-pid"),
    }
    memory(lines, result.memory.as_ref());
    let generator = &result.generator;
    quantiles(lines, "generator lag, µs", &generator.lag);
    lines.add(
        "generator CPU",
        format!(
            "{:.0} % of a core, {:.0} % waiting for one",
            generator.cpu_share * 100.0,
            generator.waiting_share * 100.0
        ),
    );
    lines.add("faults", faults(&result.faults));
    for example in &result.fault_examples {
        lines.add("", format!("- {example}"));
    }
}

/// Every figure by its name.
fn figures(lines: &mut Lines, measurement: &Measurement) {
    for (name, figure) in &measurement.figures {
        let unit = serde_json::to_value(figure.unit).unwrap_or_default();
        let unit = unit.as_str().unwrap_or_default();
        lines.add(&format!("{name} "), format!(" {:.3} {unit}", figure.value));
    }
    for reason in &measurement.reasons {
        lines.add("", format!("- {reason}"));
    }
}

fn idle_result(lines: &mut Lines, result: &IdleResult) {
    lines.add(
        "signed in",
        format!(
            "in {:.2} s, {}/s",
            result.sign_in_seconds,
            grouped_f64(result.sessions_per_second)
        ),
    );
    memory(lines, result.memory.as_ref());
    match result.idle_cores_used {
        Some(cores) => lines.add("server CPU", format!("{cores:.4} cores while idle")),
        None => lines.add("server CPU", "unknown"),
    }
    let end =
        result.first_end.as_deref().map_or_else(String::new, |end| format!(" (first: {end})"));
    lines.add("disconnected", format!("{}{end}", grouped(result.disconnected)));
}

fn quantiles(lines: &mut Lines, label: &str, quantiles: &Quantiles) {
    if quantiles.count == 0 {
        return lines.add(label, format!("{:>FIGURE_WIDTH$}", "none"));
    }
    let Quantiles { p50_us, p90_us, p99_us, p999_us, max_us, mean_us, .. } = *quantiles;
    let figures = [p50_us, p90_us, p99_us, p999_us, max_us, mean_us];
    let shown = figures.map(|figure| format!("{:>FIGURE_WIDTH$}", microseconds(figure)));
    lines.add(label, shown.concat());
}

fn memory(lines: &mut Lines, stages: Option<&MemoryStages>) {
    let Some(stages) = stages else {
        return lines.add("server memory", "unknown: no --server-pid");
    };
    let MemoryStages { before_connecting, idle, after, .. } = stages;
    let stage = |memory: &crate::host::process::Memory| {
        let rss = mebibytes(memory.rss_bytes);
        match memory.pss_bytes {
            Some(pss) => format!("{rss} RSS, {} PSS", mebibytes(pss)),
            None => format!("{rss} RSS"),
        }
    };
    lines.add("server memory", format!("{} before connecting", stage(before_connecting)));
    lines.add("", format!("{} with idle sessions", stage(idle)));
    lines.add("", format!("{} after", stage(after)));
    lines.add(
        "memory a session",
        format!(
            "{:.0} B RSS; {:.0} B of kernel slab on the host, both ends",
            stages.rss_per_session_bytes, stages.slab_per_session_bytes
        ),
    );
}

/// Only what there is; `none` where there is nothing.
fn faults(faults: &Faults) -> String {
    let counts = [
        ("lost", faults.lost),
        ("duplicated", faults.duplicated),
        ("reordered", faults.reordered),
        ("misdelivered", faults.misdelivered),
        ("malformed", faults.malformed),
        ("refused", faults.refused),
        ("unacknowledged", faults.unacknowledged),
        ("disconnected", faults.disconnected),
        ("unpublished", faults.unpublished),
    ];
    let some = counts.iter().filter(|(_, count)| *count > 0);
    let some: Vec<String> =
        some.map(|(name, count)| format!("{} {name}", grouped(*count))).collect();
    if some.is_empty() {
        "none: nothing lost, duplicated or out of order".to_owned()
    } else {
        some.join(", ")
    }
}

fn verdict(report: &Report) -> String {
    match report.verdict {
        Verdict::Clean => "clean".to_owned(),
        Verdict::Faulty => "FAULTY: see the faults above".to_owned(),
        Verdict::Interrupted => "interrupted: no figure of this run is complete".to_owned(),
        Verdict::GeneratorLimited => {
            let why = match &report.outcome {
                Outcome::Fanout { result, .. } => result.generator.limited.as_deref(),
                Outcome::Measured(measurement) => measurement.reasons.first().map(String::as_str),
                Outcome::Idle { .. } => None,
            };
            format!("generator-limited: {}", why.unwrap_or("the generator was the bottleneck"))
        }
    }
}

/// One decimal below 10 ms, none above: three digits are all that a histogram keeps.
fn microseconds(figure: f64) -> String {
    if figure < 10_000.0 { format!("{figure:.1}") } else { grouped_f64(figure) }
}

#[expect(clippy::cast_precision_loss, reason = "memory sizes are far below 2^53 bytes")]
fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates and times are positive, and the cast saturates"
)]
fn grouped_f64(number: f64) -> String {
    grouped(number.round() as u64)
}
