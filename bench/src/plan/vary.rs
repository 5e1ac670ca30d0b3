//! Variants that the command line asks for: `--vary durability=memory,sync --vary shards=1,2`.

use std::str::FromStr;

use toml::Value;

use super::{Changes, Durability, Scenario, ServerSettings, Variant};
use crate::error::BenchError;
use crate::limits::VARIANTS_MAX;
use clap::ValueEnum;

/// `KEY=VALUE`, the value in TOML or, where it is none, as a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assignment {
    pub(crate) key: String,
    pub(crate) value: Value,
}

/// `KEY=VALUE,VALUE`, of a server that is started for each run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vary {
    key: String,
    values: Vec<String>,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').ok_or("KEY=VALUE is expected")?;
        // Only a value that stands alone: `1\nother=2` would be two keys.
        let parsed = toml::from_str::<toml::Table>(&format!("value = {value}"))
            .ok()
            .filter(|table| table.len() == 1)
            .and_then(|mut table| table.remove("value"));
        let value = parsed.unwrap_or_else(|| Value::String(value.to_owned()));
        Ok(Self { key: key.trim().to_owned(), value })
    }
}

impl FromStr for Vary {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, values) = text.split_once('=').ok_or("KEY=VALUE,VALUE is expected")?;
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        let vary = Self { key: key.trim().to_owned(), values };
        for value in &vary.values {
            vary.set(&mut ServerSettings::default(), value)?;
        }
        Ok(vary)
    }
}

impl Vary {
    fn set(&self, server: &mut ServerSettings, value: &str) -> Result<(), String> {
        match self.key.as_str() {
            "durability" => server.durability = Some(Durability::from_str(value, false)?),
            "shards" => {
                let shards = value.parse();
                server.shards = Some(shards.map_err(|_| format!("{value:?} is no number"))?);
            }
            "binary" => server.binary = Some(value.into()),
            setting if setting.contains('.') => {
                server.settings.insert(setting.to_owned(), value.to_owned());
            }
            other => {
                return Err(format!(
                    "{other:?} cannot be varied: durability, shards, binary, or a setting of the \
                     server such as limits.outbox_bytes can"
                ));
            }
        }
        Ok(())
    }

    /// What tells this variant from its siblings.
    fn label(&self, value: &str) -> String {
        match self.key.as_str() {
            // The words say what they are.
            "durability" => value.to_owned(),
            key => format!("{key}={value}"),
        }
    }
}

/// Multiplies and selects the variants of a scenario.
pub(super) fn apply(scenario: &mut Scenario, changes: &Changes) -> Result<(), BenchError> {
    for vary in &changes.vary {
        let mut varied = Vec::new();
        for variant in &scenario.variants {
            for value in &vary.values {
                varied.push(vary_one(variant, vary, value)?);
            }
        }
        scenario.variants = varied;
    }
    if scenario.variants.len() > VARIANTS_MAX {
        let given = scenario.variants.len();
        return Err(BenchError::setting("vary", given, format!("{VARIANTS_MAX} variants")));
    }
    if changes.only.is_empty() {
        return Ok(());
    }
    let known: Vec<String> = scenario.variants.iter().map(|it| it.name.clone()).collect();
    if let Some(unknown) = changes.only.iter().find(|name| !known.contains(name)) {
        let allowed = format!("of {}: {}", scenario.name, known.join(", "));
        return Err(BenchError::setting("variant", unknown, allowed));
    }
    scenario.variants.retain(|variant| changes.only.contains(&variant.name));
    Ok(())
}

fn vary_one(variant: &Variant, vary: &Vary, value: &str) -> Result<Variant, BenchError> {
    let mut varied = variant.clone();
    vary.set(&mut varied.server, value)
        .map_err(|detail| BenchError::Scenario { place: "--vary".to_owned(), detail })?;
    let label = vary.label(value);
    varied.name = if variant.name.is_empty() { label } else { format!("{} {label}", variant.name) };
    Ok(varied)
}
