//! `parlance group create|add|remove`.

use std::io::{self, Write as _};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::client::{Client, ServerArgs};
use crate::error::OperatorError;

#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    /// Create a group, a channel or a room and print its id.
    Create(CreateArgs),
    /// Put users into a group or a channel.
    Add(MembersArgs),
    /// Take users out of it.
    Remove(MembersArgs),
}

#[derive(Debug, Args)]
pub struct CreateArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// What it is called.
    #[arg(long, value_name = "NAME", default_value = "")]
    name: String,
    /// group: everyone in it posts. channel: many read, few post. room: anyone may join while
    /// connected.
    #[arg(long, value_enum, default_value_t = Kind::Group)]
    kind: Kind,
    /// The user who owns it, and may post in a channel.
    #[arg(long, value_name = "ID")]
    owner: Option<u64>,
    /// A member's user id; may be given many times, or several with commas.
    #[arg(long = "member", value_name = "ID", value_delimiter = ',')]
    members: Vec<u64>,
    /// A user who may post in a channel beside its owner.
    #[arg(long = "poster", value_name = "ID", value_delimiter = ',')]
    posters: Vec<u64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Group,
    Channel,
    Room,
}

#[derive(Debug, Args)]
pub struct MembersArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// The conversation's id.
    #[arg(value_name = "ID")]
    id: u64,
    /// A member's user id; may be given many times, or several with commas.
    #[arg(long = "member", value_name = "ID", value_delimiter = ',', required = true)]
    members: Vec<u64>,
}

pub fn group(command: &GroupCommand) -> Result<(), OperatorError> {
    match command {
        GroupCommand::Create(args) => create(args),
        GroupCommand::Add(args) => {
            let (client, path, body) = members(args)?;
            client.post(&path, &body).map(|_| ())
        }
        GroupCommand::Remove(args) => {
            let (client, path, body) = members(args)?;
            client.delete(&path, &body).map(|_| ())
        }
    }
}

fn create(args: &CreateArgs) -> Result<(), OperatorError> {
    let client = Client::new(&args.server)?;
    let kind = match args.kind {
        Kind::Group => "group",
        Kind::Channel => "channel",
        Kind::Room => "room",
    };
    let body = json!({
        "kind": kind, "name": args.name, "owner": args.owner,
        "members": args.members, "posters": args.posters,
    });
    let answer = client.post("/api/v1/conversations", &body)?;
    let id = answer.get("id").and_then(Value::as_str).unwrap_or_default();
    writeln!(io::stdout().lock(), "{id}")?;
    Ok(())
}

fn members(args: &MembersArgs) -> Result<(Client, String, Value), OperatorError> {
    let path = format!("/api/v1/conversations/{}/members", args.id);
    Ok((Client::new(&args.server)?, path, json!({ "members": args.members })))
}
