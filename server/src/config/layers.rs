//! Lays the sources over one another: defaults, the file, variables, flags.
//!
//! Decides which keys are known and which source a value comes from. What the values mean is
//! [`super::check`]'s matter.

use std::fs;
use std::path::{Path, PathBuf};

use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Map, Tag, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::check::check;
use super::error::ConfigError;
use super::raw::{KEYS, Kind, Raw};
use super::settings::Settings;

/// Variables with this prefix and a double underscore are settings.
const VARIABLE_PREFIX: &str = "PARLANCE_";

/// Where settings may come from, later ones winning.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    pub(crate) file: Option<PathBuf>,
    /// Names and values; those that are no settings are passed over.
    pub(crate) variables: Vec<(String, String)>,
    /// Flags by the key that each of them sets.
    pub(crate) flags: Vec<Flag>,
}

/// A command line flag that sets a key.
#[derive(Clone, Debug)]
pub(crate) struct Flag {
    pub(crate) name: &'static str,
    pub(crate) key: &'static str,
    pub(crate) value: String,
}

/// The settings, and where each of them came from.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    pub(super) effective: Vec<Effective>,
}

/// One setting as `parlance config` shows it.
#[derive(Debug)]
pub(super) struct Effective {
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    pub(super) value: Value,
    pub(super) origin: String,
}

pub(crate) fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    let mut figment = Figment::from(Layer::defaults());
    if let Some(path) = &sources.file {
        figment = figment.merge(Layer::file(path)?);
    }
    for (name, value) in &sources.variables {
        if let Some(layer) = Layer::variable(name, value)? {
            figment = figment.merge(layer);
        }
    }
    for flag in &sources.flags {
        let origin = format!("flag {}", flag.name);
        figment = figment.merge(Layer::one(origin, flag.key, &flag.value)?);
    }
    let raw: Raw = figment.extract().map_err(|error| invalid(&error))?;
    let effective = effective(&figment)?;
    let settings = check(&raw, &|key| origin_of(&figment, key))?;
    Ok(Loaded { settings, effective })
}

/// The origin of a known key's value.
fn origin_of(figment: &Figment, key: &str) -> String {
    figment.find_metadata(key).map_or_else(String::new, |metadata| metadata.name.to_string())
}

fn effective(figment: &Figment) -> Result<Vec<Effective>, ConfigError> {
    KEYS.iter()
        .map(|&(key, kind)| {
            let value = figment.find_value(key).map_err(|error| invalid(&error))?;
            Ok(Effective { key, kind, value, origin: origin_of(figment, key) })
        })
        .collect()
}

fn invalid(error: &figment::Error) -> ConfigError {
    ConfigError::Invalid {
        origin: error.metadata.as_ref().map_or_else(String::new, |m| m.name.to_string()),
        key: error.path.join("."),
        reason: error.kind.to_string(),
    }
}

/// One source's values under the name that errors and `parlance config` use for it.
struct Layer {
    origin: String,
    values: Dict,
}

impl Layer {
    fn defaults() -> Self {
        let defaults = Serialized::defaults(Raw::default()).data();
        // Plain structs always serialise, and a test reads every default.
        let values = defaults.ok().and_then(|mut all| all.remove(&Profile::Default));
        Self { origin: "default".to_owned(), values: values.unwrap_or_default() }
    }

    fn file(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let origin = format!("file {}", path.display());
        let mut all = Toml::string(&text).data().map_err(|error| ConfigError::Syntax {
            origin: origin.clone(),
            reason: error.kind.to_string().trim_end().replace('\n', " "),
        })?;
        let values = all.remove(&Profile::Default).unwrap_or_default();
        check_keys(&origin, "", &values)?;
        Ok(Self { origin, values })
    }

    /// `None` where the variable is no setting.
    fn variable(name: &str, value: &str) -> Result<Option<Self>, ConfigError> {
        let Some(path) = name.strip_prefix(VARIABLE_PREFIX).filter(|path| path.contains("__"))
        else {
            return Ok(None);
        };
        let key = path.replace("__", ".").to_ascii_lowercase();
        Self::one(format!("variable {name}"), &key, value).map(Some)
    }

    fn one(origin: String, key: &str, text: &str) -> Result<Self, ConfigError> {
        let Some(&(key, kind)) = KEYS.iter().find(|(known, _)| *known == key) else {
            return Err(unknown(&origin, key));
        };
        let value = parse(kind, text).map_err(|reason| ConfigError::Invalid {
            origin: origin.clone(),
            key: key.to_owned(),
            reason,
        })?;
        let values = match figment::util::nest(key, value) {
            Value::Dict(_, values) => values,
            // Every known key has a section, so that it nests into a dictionary.
            _ => Dict::new(),
        };
        Ok(Self { origin, values })
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

/// Reads a variable's or a flag's text as a value of its key's kind.
fn parse(kind: Kind, text: &str) -> Result<Value, String> {
    match kind {
        Kind::Text | Kind::Secret => Ok(Value::from(text)),
        Kind::Number => text
            .trim()
            .parse::<u64>()
            .map(Value::from)
            .map_err(|_| format!("found \"{text}\", expected a whole number")),
        Kind::Switch => match text.trim() {
            "true" | "1" => Ok(Value::from(true)),
            "false" | "0" => Ok(Value::from(false)),
            _ => Err(format!("found \"{text}\", expected true or false")),
        },
        Kind::List => {
            let text = text.trim();
            if text.starts_with('[') && text.ends_with(']') {
                return text.parse::<Value>().map_err(|never| match never {});
            }
            let parts = text.split(',').map(|part| Value::from(part.trim())).collect();
            Ok(Value::Array(Tag::Default, parts))
        }
    }
}

/// Every key of a file must be a setting.
fn check_keys(origin: &str, prefix: &str, values: &Dict) -> Result<(), ConfigError> {
    for (name, value) in values {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        if KEYS.iter().any(|(known, _)| *known == key) {
            continue;
        }
        let is_section = KEYS.iter().any(|(known, _)| {
            known.strip_prefix(key.as_str()).is_some_and(|rest| rest.starts_with('.'))
        });
        match value {
            // In an unknown section the first setting tells best what was meant.
            Value::Dict(_, inner) if is_section || !inner.is_empty() => {
                check_keys(origin, &key, inner)?;
            }
            _ if is_section => {
                return Err(ConfigError::Section { origin: origin.to_owned(), key });
            }
            _ => return Err(unknown(origin, &key)),
        }
    }
    Ok(())
}

fn unknown(origin: &str, key: &str) -> ConfigError {
    ConfigError::UnknownKey {
        origin: origin.to_owned(),
        key: key.to_owned(),
        nearest: nearest(key),
    }
}

/// The known key that was most likely meant: one with the same last name in another section,
/// else the one with the fewest differing letters.
fn nearest(key: &str) -> &'static str {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let wanted = last(key);
    let score = |known: &str| {
        let whole = strsim::normalized_damerau_levenshtein(key, known);
        let tail = strsim::normalized_damerau_levenshtein(&wanted, &last(known));
        whole + tail
    };
    KEYS.iter().map(|(known, _)| *known).max_by(|a, b| score(a).total_cmp(&score(b))).unwrap_or("")
}
