//! HdrHistogram logs: one interval a second, one tag for each kind of latency, readable by the
//! known tools (HistogramLogAnalyzer, HdrHistogram's log processors).
//!
//! Values are nanoseconds. The interval maximum, which is for people, is in milliseconds, as the
//! reference implementation writes it.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use crate::error::BenchError;
use crate::histogram::Timeline;
use crate::record::Record;

const NS_PER_MS: f64 = 1e6;

/// Writes the log of a run of this process to a file in `directory` that is named after it.
pub(crate) fn write(record: &Record, directory: &Path) -> Result<PathBuf, BenchError> {
    let path = directory.join(file_name(record));
    let failed = |source| BenchError::io(format!("writing {}", path.display()), source);
    fs::create_dir_all(directory).map_err(failed)?;
    let mut file = BufWriter::new(fs::File::create(&path).map_err(failed)?);
    write_to(record, &mut file).and_then(|()| file.flush()).map_err(failed)?;
    Ok(path)
}

fn write_to(record: &Record, out: &mut impl Write) -> io::Result<()> {
    let started = record.timelines.values().map(Timeline::started).min();
    let started = started.unwrap_or_else(SystemTime::now);
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment("[Histogram log format version 1.3]")
        .add_comment(&format!(
            "parlance-bench {}: {} against {}, round {}, seed {}, {}",
            record.bench_version,
            record.scenario,
            record.label(),
            record.round,
            record.seed,
            record.verdict.as_str()
        ))
        .with_start_time(started)
        .with_base_time(started)
        .with_max_value_divisor(NS_PER_MS)
        .begin_log_with(out, &mut serializer)?;
    for (name, second) in in_order(record) {
        let from = Duration::from_secs(u64::from(second.end.saturating_sub(1)));
        // A name that is no tag (a comma or a space in it) leaves the interval without one.
        log.write_histogram(second.histogram, from, Duration::from_secs(1), Tag::new(name))
            .map_err(|error| io::Error::other(error.to_string()))?;
    }
    Ok(())
}

/// By time, as the readers expect, and not one tag after the other.
fn in_order(record: &Record) -> Vec<(&str, crate::histogram::TimelineSecond<'_>)> {
    let timelines = record.timelines.iter();
    let mut seconds: Vec<_> = timelines
        .flat_map(|(name, timeline)| timeline.seconds().map(move |second| (name.as_str(), second)))
        .collect();
    seconds.sort_by_key(|(_, second)| second.end);
    seconds
}

/// Such as `fanout-1x1000_parlance-memory_round0_1764100000.hlog`: the time keeps the logs of
/// several invocations apart.
fn file_name(record: &Record) -> String {
    let plain = |text: &str| -> String {
        let keep = |letter: char| letter.is_ascii_alphanumeric() || "-.".contains(letter);
        text.chars().map(|letter| if keep(letter) { letter } else { '-' }).collect()
    };
    let (target, variant) = (&record.target, &record.variant);
    let target = if variant.is_empty() { target.clone() } else { format!("{target}-{variant}") };
    let (scenario, target) = (plain(&record.scenario), plain(&target));
    let finished = record.finished_at_unix_ms / 1_000;
    format!("{scenario}_{target}_round{}_{finished}.hlog", record.round)
}

#[cfg(test)]
mod tests;
