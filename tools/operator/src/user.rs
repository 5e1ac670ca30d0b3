//! `parlance user add|list|passwd`.

use std::io::{self, BufRead as _, Read as _, Write as _};

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::client::{Client, ServerArgs};
use crate::error::OperatorError;

/// As much as the server takes.
const PASSWORD_BYTES_MAX: u64 = 1024;
/// Users in one request of a listing.
const PAGE: usize = 1000;

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Create a user and print the id.
    Add(AddArgs),
    /// Print every user: id, login name, external id.
    List(ServerArgs),
    /// Change a user's password, read from standard input.
    Passwd(PasswdArgs),
}

#[derive(Debug, Args)]
pub struct AddArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// The login name.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The id to take; without it the server chooses one.
    #[arg(long, value_name = "ID")]
    id: Option<u64>,
    /// The user's id in your own system.
    #[arg(long, value_name = "TEXT")]
    external_id: Option<String>,
    /// Read a password for the login name from standard input, up to the end of its line.
    #[arg(long, requires = "name")]
    password_stdin: bool,
}

#[derive(Debug, Args)]
pub struct PasswdArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// The login name whose password to change.
    #[arg(long, value_name = "NAME")]
    name: String,
}

pub fn user(command: &UserCommand) -> Result<(), OperatorError> {
    match command {
        UserCommand::Add(args) => add(args),
        UserCommand::List(server) => list(server),
        UserCommand::Passwd(args) => passwd(args),
    }
}

fn add(args: &AddArgs) -> Result<(), OperatorError> {
    let client = Client::new(&args.server)?;
    let mut body = Map::new();
    if let Some(id) = args.id {
        body.insert("id".to_owned(), Value::from(id));
    }
    if let Some(name) = &args.name {
        body.insert("name".to_owned(), Value::from(name.as_str()));
    }
    if let Some(external_id) = &args.external_id {
        body.insert("external_id".to_owned(), Value::from(external_id.as_str()));
    }
    if args.password_stdin {
        body.insert("password".to_owned(), Value::from(password()?));
    }
    let answer = client.post("/api/v1/users", &Value::Object(body))?;
    writeln!(io::stdout().lock(), "{}", shown(&answer, "id"))?;
    Ok(())
}

fn list(server: &ServerArgs) -> Result<(), OperatorError> {
    let client = Client::new(server)?;
    let mut out = io::stdout().lock();
    let mut after = String::from("0");
    loop {
        let answer = client.get(&format!("/api/v1/users?after={after}&limit={PAGE}"))?;
        let users = answer.get("users").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for user in users {
            let [id, name, external_id] = ["id", "name", "external_id"].map(|f| shown(user, f));
            writeln!(out, "{id}\t{name}\t{external_id}")?;
        }
        match users.last() {
            // A page that is not full is the last one.
            Some(last) if users.len() == PAGE => after = shown(last, "id"),
            Some(_) | None => return Ok(()),
        }
    }
}

fn passwd(args: &PasswdArgs) -> Result<(), OperatorError> {
    let client = Client::new(&args.server)?;
    let body = json!({ "name": args.name, "password": password()? });
    client.put("/api/v1/users/password", &body).map(|_| ())
}

/// A field as one cell of a table: names may hold anything, so control characters are escaped.
fn shown(object: &Value, field: &str) -> String {
    match object.get(field) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.chars().flat_map(escaped).collect(),
        Some(other) => other.to_string(),
    }
}

fn escaped(c: char) -> Vec<char> {
    if c.is_control() { c.escape_default().collect() } else { vec![c] }
}

/// One line of standard input.
fn password() -> Result<String, OperatorError> {
    let mut line = String::new();
    io::stdin()
        .lock()
        .take(PASSWORD_BYTES_MAX + 2)
        .read_line(&mut line)
        .map_err(|error| OperatorError::Password(error.to_string()))?;
    let password = line.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        return Err(OperatorError::Password("it is empty".to_owned()));
    }
    Ok(password.to_owned())
}
