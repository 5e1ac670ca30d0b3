//! The commands that read records: `compare` and `report`.

use std::path::PathBuf;

use clap::Args;

use crate::compare::{self, Options, REGRESSION_EXIT_CODE, Selection};
use crate::error::BenchError;
use crate::record::file::read;
use crate::report::{html, summary};

/// Draws of the bootstrap, where none are asked for: the same files give the same intervals.
const SEED: u64 = 20_261_125;

#[derive(Args, Debug)]
pub(super) struct CompareFlags {
    /// Records of the baseline.
    #[arg(value_name = "A.jsonl")]
    baseline: PathBuf,
    /// Records of the candidate, unless both are in one file.
    #[arg(value_name = "B.jsonl", required_unless_present_any = ["targets", "variants"])]
    candidate: Option<PathBuf>,
    /// Two targets in one file, the baseline first.
    #[arg(long, value_name = "A,B", value_parser = two_names, conflicts_with_all = ["candidate", "variants"])]
    targets: Option<TwoNames>,
    /// Two variants in one file, the baseline first.
    #[arg(long, value_name = "A,B", value_parser = two_names, conflicts_with = "candidate")]
    variants: Option<TwoNames>,
    /// Only these figures, by their names in the records.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    figures: Vec<String>,
    /// Exits with 4 where a figure is surely worse by more than this factor, such as 1.10, or
    /// the candidate is faulty and the baseline is not.
    #[arg(long, value_name = "FACTOR", value_parser = threshold)]
    fail_above: Option<f64>,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    /// Of the bootstrap's draws.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
}

#[derive(Args, Debug)]
pub(super) struct ReportFlags {
    /// Records, of one or more invocations.
    #[arg(value_name = "FILE.jsonl", required = true)]
    files: Vec<PathBuf>,
    /// Where the HTML goes; without it a table is printed.
    #[arg(short, long, value_name = "FILE.html")]
    output: Option<PathBuf>,
}

#[derive(Clone, Debug)]
struct TwoNames {
    baseline: String,
    candidate: String,
}

fn two_names(text: &str) -> Result<TwoNames, String> {
    match text.split_once(',') {
        Some((baseline, candidate)) if !candidate.contains(',') => {
            Ok(TwoNames { baseline: baseline.to_owned(), candidate: candidate.to_owned() })
        }
        Some(_) | None => Err("two names and a comma between them".to_owned()),
    }
}

fn threshold(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if factor.is_finite() && factor >= 1.0 => Ok(factor),
        Ok(_) | Err(_) => Err("a factor of 1 or more".to_owned()),
    }
}

impl CompareFlags {
    /// The exit code.
    pub(super) fn perform(self) -> Result<u8, BenchError> {
        let Self { baseline, candidate, targets, variants, figures, fail_above, json, seed } = self;
        let baseline = read(&baseline)?;
        let other = candidate.as_deref().map(read).transpose()?;
        let candidate = other.as_deref().unwrap_or(&baseline);
        let selection = match (targets, variants) {
            (Some(TwoNames { baseline, candidate }), _) => {
                Selection::Targets { baseline, candidate }
            }
            (None, Some(TwoNames { baseline, candidate })) => {
                Selection::Variants { baseline, candidate }
            }
            (None, None) => Selection::Files,
        };
        let options = Options { fail_above, figures, seed };
        let comparison = compare::compare(&baseline, candidate, &selection, &options);
        if comparison.is_empty() {
            return Err(BenchError::NothingToCompare { why: comparison.obstacles() });
        }
        if json {
            let text = serde_json::to_string_pretty(&comparison)
                .map_err(|error| BenchError::io("writing the comparison", error.into()))?;
            println!("{text}");
        } else {
            print!("{}", compare::render(&comparison));
        }
        Ok(if comparison.regression { REGRESSION_EXIT_CODE } else { 0 })
    }
}

impl ReportFlags {
    pub(super) fn perform(self) -> Result<u8, BenchError> {
        let files = self.files.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
        let records: Vec<_> = files.into_iter().flatten().collect();
        match &self.output {
            Some(path) => html::write(&records, path)?,
            None => print!("{}", summary::render(&records)),
        }
        Ok(0)
    }
}
