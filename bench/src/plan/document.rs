//! A scenario's file: TOML in, variants out, and errors that name file, line and what is allowed.

use serde::Deserialize;
use toml::Table;
use toml::de::DeTable;

use super::{Changes, Scenario, ServerSettings, Variant};
use crate::error::BenchError;
use crate::limits::{ROUNDS_MAX, VARIANTS_MAX};
use crate::workload::{Kind, Workload};

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    about: String,
    kind: Kind,
    #[serde(default = "one")]
    rounds: u32,
    #[serde(default)]
    server: ServerSettings,
    workload: Table,
    #[serde(default)]
    variants: Vec<DocumentVariant>,
}

/// A variant says what it has other than the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentVariant {
    name: String,
    #[serde(default)]
    server: ServerSettings,
    #[serde(default)]
    workload: Table,
}

fn one() -> u32 {
    1
}

/// Reads the text of a file whose path is `path`.
pub(super) fn read(
    path: &str,
    name: &str,
    text: &str,
    changes: &Changes,
) -> Result<Scenario, BenchError> {
    let file = File { path, text };
    let document: Document = toml::from_str(text).map_err(|error| file.malformed(&error))?;
    let Document { about, kind, rounds, server, workload, variants } = document;
    if !(1..=ROUNDS_MAX).contains(&rounds) {
        let detail = format!("rounds: {rounds} given, 1 to {ROUNDS_MAX} allowed");
        return Err(file.wrong(&["rounds"], &detail));
    }
    if variants.len() > VARIANTS_MAX {
        let given = variants.len();
        let detail = format!("variants: {given} given, at most {VARIANTS_MAX} allowed");
        return Err(file.wrong(&["variants"], &detail));
    }
    // Read on its own first, because this reading knows the place of a mistake.
    Workload::of_document(kind, text).map_err(|error| file.malformed(&error))?;
    let base = Parts { kind, workload, file: &file, changes };
    let variants = if variants.is_empty() {
        let workload = base.workload(&Table::new(), "")?;
        vec![Variant { name: String::new(), server, workload }]
    } else {
        let with = |variant: DocumentVariant| {
            let workload = base.workload(&variant.workload, &variant.name)?;
            let server = variant.server.or(&server);
            Ok(Variant { name: variant.name, server, workload })
        };
        variants.into_iter().map(with).collect::<Result<_, BenchError>>()?
    };
    Ok(Scenario { name: name.to_owned(), about, rounds, variants })
}

/// What the workloads of one file are put together of.
struct Parts<'a> {
    kind: Kind,
    workload: Table,
    file: &'a File<'a>,
    changes: &'a Changes,
}

impl Parts<'_> {
    /// The file's keys, a variant's over them, the command line's over all.
    fn workload(&self, variant: &Table, name: &str) -> Result<Workload, BenchError> {
        let mut keys = self.workload.clone();
        keys.extend(variant.clone());
        let set = self.changes.set.iter();
        keys.extend(set.map(|change| (change.key.clone(), change.value.clone())));
        let mut workload = Workload::of_table(self.kind, keys).map_err(|error| {
            let place = if name.is_empty() { "--set".into() } else { format!("variant {name:?}") };
            let (path, message) = (self.file.path, error.message());
            BenchError::Scenario { place: format!("{path}, {place}"), detail: message.to_owned() }
        })?;
        if self.changes.tiny {
            workload.shrink();
        }
        workload.check().map_err(|error| match &error {
            BenchError::Setting { field, .. } => {
                // A check of two fields names the first one first.
                let key = field.split(' ').next().unwrap_or(field);
                self.file.wrong(&["workload", key], &error.to_string())
            }
            _ => error,
        })?;
        Ok(workload)
    }
}

struct File<'a> {
    path: &'a str,
    text: &'a str,
}

impl File<'_> {
    fn malformed(&self, error: &toml::de::Error) -> BenchError {
        let line = error.span().map(|span| self.line_of(span.start));
        self.at(line, error.message())
    }

    /// A value that can be read but not used.
    fn wrong(&self, keys: &[&str], detail: &str) -> BenchError {
        self.at(self.line_of_key(keys), detail)
    }

    fn at(&self, line: Option<usize>, detail: &str) -> BenchError {
        let place = match line {
            Some(line) => format!("{}:{line}", self.path),
            None => self.path.to_owned(),
        };
        BenchError::Scenario { place, detail: detail.to_owned() }
    }

    fn line_of(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or(self.text);
        before.bytes().filter(|byte| *byte == b'\n').count() + 1
    }

    /// The line of a key, or of the deepest table on the way to it that is there.
    fn line_of_key(&self, keys: &[&str]) -> Option<usize> {
        let document = DeTable::parse(self.text).ok()?;
        let mut table = document.get_ref();
        let mut line = None;
        for key in keys {
            let Some((name, value)) = table.iter().find(|(name, _)| name.get_ref() == key) else {
                break;
            };
            line = Some(self.line_of(name.span().start));
            let Some(inner) = value.get_ref().as_table() else { break };
            table = inner;
        }
        line
    }
}
