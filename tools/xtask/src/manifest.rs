//! The members' manifests, read as lines.
//!
//! Enough of TOML for what is asked of them here; cargo itself has checked the rest.

use std::fs;
use std::path::Path;

use crate::error::StepError;

pub(crate) struct Manifest {
    /// From the checkout's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Manifest {
    /// The package's name.
    pub(crate) fn name(&self) -> Option<&str> {
        let lines = self.text.lines().map(str::trim);
        let value = lines.filter_map(|line| line.strip_prefix("name = ")).next()?;
        Some(value.trim_matches('"'))
    }

    /// Whether some dependency table has this name.
    pub(crate) fn depends_on(&self, name: &str) -> bool {
        let mut in_dependencies = false;
        for line in self.text.lines().map(str::trim) {
            if let Some(table) = line.strip_prefix('[') {
                in_dependencies = table.contains("dependencies");
                continue;
            }
            let key = line.split(['.', '=', ' ']).next().unwrap_or_default();
            if in_dependencies && key == name {
                return true;
            }
        }
        false
    }

    /// Whether it takes the workspace's lints.
    pub(crate) fn takes_workspace_lints(&self) -> bool {
        let mut lines = self.text.lines().map(str::trim);
        lines.any(|line| line == "[lints]") && lines.next() == Some("workspace = true")
    }
}

/// Every member that the root manifest lists.
pub(crate) fn members(root: &Path) -> Result<Vec<Manifest>, StepError> {
    let path = root.join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(StepError::file(&path))?;
    member_names(&text)
        .into_iter()
        .map(|name| {
            let path = format!("{name}/Cargo.toml");
            let file = root.join(&path);
            let text = fs::read_to_string(&file).map_err(StepError::file(&file))?;
            Ok(Manifest { path, text })
        })
        .collect()
}

fn member_names(root_manifest: &str) -> Vec<String> {
    root_manifest
        .lines()
        .skip_while(|line| !line.starts_with("members"))
        .skip(1)
        .take_while(|line| !line.starts_with(']'))
        .map(|line| line.trim().trim_end_matches(',').trim_matches('"').to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
