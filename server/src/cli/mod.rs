//! The command line: what can be asked, and how an error is told.
//!
//! Each command's work is elsewhere; this decides its flags, its help and its exit code.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use parlance_operator::{CheckArgs, GroupCommand, OperatorError, RestoreArgs, UserCommand};

use crate::config::{ConfigError, Flag, Sources};
use crate::error::BootError;

mod logging;
mod serve;
mod token;

#[derive(Debug, Parser)]
#[command(
    name = "parlance",
    version,
    about = "A connection server for chat",
    after_help = "First steps:\n  \
        parlance serve                    listens on 127.0.0.1:7700, keeps its data in ./data\n  \
        parlance token --user 7           prints a token to sign in as user 7\n  \
        parlance group create --name tea --member 7 --member 9\n\n\
        Every setting can be given in a TOML file (--config), as a variable\n\
        PARLANCE_SECTION__KEY, or by a flag; `parlance config` prints those in force."
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server until SIGTERM or SIGINT, which drain it.
    Serve(ServeArgs),
    /// Print a token for a user, beside a running server or without one.
    Token(token::TokenArgs),
    /// Print the settings in force and where each of them came from.
    Config(ServeArgs),
    /// Create, list and change users through a running server's operator port.
    #[command(subcommand)]
    User(UserCommand),
    /// Create groups, channels and rooms and change their members, through the operator port.
    #[command(subcommand)]
    Group(GroupCommand),
    /// Verify every record, order and cross-reference of a store that no server has open.
    Check(CheckArgs),
    /// Fill an empty data directory from a backup.
    Restore(RestoreArgs),
}

/// What `serve` and `config` share.
#[derive(Debug, Args)]
struct ServeArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// Where clients connect (the setting listen.main): an address such as 127.0.0.1:7700,
    /// unix:PATH, or off. May be given several times.
    #[arg(long, value_name = "ADDR")]
    listen: Vec<String>,
    /// How many shards to run, each on a core of its own; 0 for one per core.
    #[arg(long, value_name = "N")]
    shards: Option<String>,
    /// Let anyone sign in as anyone. For demonstrations and benchmarks: it refuses to listen on
    /// addresses that other hosts can reach.
    #[arg(long)]
    open: bool,
}

/// Where the settings and the data are.
#[derive(Debug, Args)]
struct PlaceArgs {
    /// A TOML file with settings.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The directory for the store and the server's secrets (the setting storage.dir).
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Boot(#[from] BootError),
    #[error(transparent)]
    Mint(#[from] crate::auth::MintError),
    #[error(transparent)]
    Operator(#[from] OperatorError),
    #[error("{0}")]
    Usage(String),
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
}

impl CommandError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Usage(_) | Self::Boot(BootError::Key(_)) => 2,
            Self::Operator(error) => error.exit_code(),
            Self::Boot(_) | Self::Mint(_) | Self::Output(_) => 1,
        }
    }
}

/// Does what the command line asks. `clap` answers `--help` and wrong usage (2) by itself.
pub(crate) fn run() -> ExitCode {
    let command = CommandLine::parse().command;
    match perform(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("parlance: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn perform(command: Command) -> Result<(), CommandError> {
    match command {
        Command::Serve(args) => serve::serve(&args.sources()?),
        Command::Config(args) => serve::show_settings(&args.sources()?),
        Command::Token(args) => token::print_token(&args),
        Command::User(command) => Ok(parlance_operator::user(&command)?),
        Command::Group(command) => Ok(parlance_operator::group(&command)?),
        Command::Check(args) => Ok(parlance_operator::check(&args)?),
        Command::Restore(args) => Ok(parlance_operator::restore(&args)?),
    }
}

impl ServeArgs {
    fn sources(&self) -> Result<Sources, CommandError> {
        let mut sources = self.place.sources()?;
        let mut set = |name, key, value| sources.flags.push(Flag { name, key, value });
        if !self.listen.is_empty() {
            set("--listen", "listen.main", self.listen.join(","));
        }
        if let Some(shards) = &self.shards {
            set("--shards", "server.shards", shards.clone());
        }
        if self.open {
            set("--open", "auth.open", "true".to_owned());
        }
        Ok(sources)
    }
}

impl PlaceArgs {
    fn sources(&self) -> Result<Sources, CommandError> {
        let data = self.data.iter().map(|dir| Flag {
            name: "--data",
            key: "storage.dir",
            value: dir.clone(),
        });
        Ok(Sources {
            file: self.config.clone(),
            variables: variables(std::env::vars_os())?,
            flags: data.collect(),
        })
    }
}

/// The process's variables that may be settings; their text must be Unicode.
fn variables(
    all: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Vec<(String, String)>, CommandError> {
    all.filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, _)| name.starts_with("PARLANCE_"))
        .map(|(name, value)| match value.into_string() {
            Ok(value) => Ok((name, value)),
            Err(_) => Err(CommandError::Usage(format!("the variable {name} is not UTF-8"))),
        })
        .collect()
}

#[cfg(test)]
mod tests;
