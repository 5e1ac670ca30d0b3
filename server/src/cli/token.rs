//! `parlance token`: signs a token with the data directory's secrets.

use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use parlance_codecs::UserId;

use super::{CommandError, PlaceArgs};
use crate::auth::{mint_jwt, mint_sealed};
use crate::config;
use crate::error::BootError;
use crate::secrets::Secrets;

/// A token that outlives any deployment is a mistake in the unit.
const TTL_MAX: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);

#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// The user's id, a decimal from 1. The user exists from its first sign-in on.
    #[arg(long, value_name = "ID")]
    user: UserId,
    /// How long the token is valid, such as 90s, 15m, 24h or 30d.
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = ttl)]
    ttl: Duration,
    /// jwt: a JSON Web Token, which every dialect takes. im: the sealed token of the im dialect.
    #[arg(long, value_enum, default_value_t = Format::Jwt)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Jwt,
    Im,
}

fn ttl(text: &str) -> Result<Duration, String> {
    let ttl = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if ttl < Duration::from_secs(1) || ttl > TTL_MAX {
        return Err("a token is valid for 1s to 10y".to_owned());
    }
    Ok(ttl)
}

pub(super) fn print_token(args: &TokenArgs) -> Result<(), CommandError> {
    let settings = config::load(&args.place.sources()?)?.settings;
    let secrets = Secrets::open(&settings).map_err(BootError::from)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let expires = now.saturating_add(args.ttl.as_secs());
    let token = match args.format {
        Format::Jwt => mint_jwt(&secrets.jwt, args.user, now, expires)?,
        Format::Im => mint_sealed(&secrets.im, args.user, now, expires)?,
    };
    writeln!(std::io::stdout().lock(), "{token}")?;
    Ok(())
}
