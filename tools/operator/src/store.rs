//! `parlance check` and `parlance restore`: directories that no server has open.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;

use crate::error::OperatorError;

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The data directory.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The backup.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The data directory to fill; it must be empty or missing.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

pub fn check(args: &CheckArgs) -> Result<(), OperatorError> {
    let report = parlance_storage::check(&args.data)?;
    writeln!(io::stdout().lock(), "{report}")?;
    if report.is_sound() {
        return Ok(());
    }
    Err(OperatorError::Unsound { dir: args.data.clone(), findings: report.findings_total })
}

pub fn restore(args: &RestoreArgs) -> Result<(), OperatorError> {
    parlance_storage::restore(&args.from, &args.data)?;
    writeln!(io::stdout().lock(), "restored into {}", args.data.display())?;
    Ok(())
}
