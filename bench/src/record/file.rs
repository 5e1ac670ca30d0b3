//! Records in a file, one a line.
//!
//! Reading is strict: a line that is not exactly a record of this schema is an error that says
//! where it is and what was seen, for a figure that is silently left out misleads.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde::Deserialize;

use super::{Record, SCHEMA};
use crate::error::BenchError;

/// Characters of a faulty line that an error shows around the place.
const EXCERPT: usize = 60;

/// What every schema's lines have.
#[derive(Deserialize)]
struct Head {
    schema: u32,
}

impl Record {
    /// Appends one line, so that a file gathers the runs that are to be compared.
    pub(crate) fn append(&self, path: &Path) -> Result<(), BenchError> {
        let failed = |source| BenchError::io(format!("writing {}", path.display()), source);
        let mut line = serde_json::to_vec(self).map_err(|error| failed(error.into()))?;
        line.push(b'\n');
        let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        file.write_all(&line).map_err(failed)
    }
}

/// The records of a file, at least one.
pub(crate) fn read(path: &Path) -> Result<Vec<Record>, BenchError> {
    let text = fs::read_to_string(path)
        .map_err(|source| BenchError::io(format!("reading {}", path.display()), source))?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let records: Vec<Record> =
        lines.map(|(number, line)| parse(path, number, line)).collect::<Result<_, _>>()?;
    if records.is_empty() {
        return Err(BenchError::NoRecords { path: path.to_owned() });
    }
    Ok(records)
}

fn parse(path: &Path, number: usize, line: &str) -> Result<Record, BenchError> {
    let fault = |error: &serde_json::Error| BenchError::Record {
        path: path.to_owned(),
        line: number,
        detail: error.to_string().replace(" at line 1 ", " at "),
        seen: excerpt(line, error.column()),
    };
    let Head { schema } = serde_json::from_str(line).map_err(|error| fault(&error))?;
    if schema != SCHEMA {
        let age = if schema < SCHEMA { "an older" } else { "a newer" };
        return Err(BenchError::RecordSchema { path: path.to_owned(), line: number, schema, age });
    }
    serde_json::from_str(line).map_err(|error| fault(&error))
}

/// The text that ends where a reader gave up.
fn excerpt(line: &str, column: usize) -> String {
    let end = line.floor_char_boundary(column);
    let start = line.floor_char_boundary(end.saturating_sub(EXCERPT));
    line.get(start..end).unwrap_or_default().to_owned()
}
