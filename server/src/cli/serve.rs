//! `parlance serve` and `parlance config`.

use std::io::Write as _;
use std::sync::Arc;

use super::{CommandError, logging};
use crate::auth::Verifier;
use crate::config::{self, Sources};
use crate::error::BootError;
use crate::secrets::Secrets;
use crate::topology;

/// Runs the server until it has drained.
pub(super) fn serve(sources: &Sources) -> Result<(), CommandError> {
    let mut settings = config::load(sources)?.settings;
    logging::start();
    let secrets = Secrets::open(&settings).map_err(BootError::from)?;
    let verifier = Verifier::new(&settings.auth, &secrets).map_err(BootError::from)?;
    // The operator port compares with the key itself, wherever it came from.
    settings.operator.key = Some(secrets.operator);
    if settings.auth.open {
        tracing::warn!("open: anyone who reaches this server may sign in as anyone");
    }
    topology::serve(settings, Arc::new(verifier))?;
    Ok(())
}

/// Prints the settings in force.
pub(super) fn show_settings(sources: &Sources) -> Result<(), CommandError> {
    let shown = config::show(&config::load(sources)?);
    std::io::stdout().lock().write_all(shown.as_bytes())?;
    Ok(())
}
