//! The operator API, as far as a run needs it: making groups.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

use crate::error::BenchError;
use crate::limits::MEMBERS_PER_CALL_MAX;

/// One call; a server that is busy syncing a thousand members may take a while.
const CALL_SECONDS_MAX: u64 = 30;

#[derive(Clone, Debug)]
pub(crate) struct Operator {
    agent: Agent,
    base: String,
    key: String,
}

impl Operator {
    pub(crate) fn new(address: SocketAddr, key: impl Into<String>) -> Self {
        Self { agent: agent(), base: format!("http://{address}"), key: key.into() }
    }

    /// Makes a group of `members`, of whom the first owns it; returns its number.
    pub(crate) fn create_group(&self, name: &str, members: &[u64]) -> Result<u64, BenchError> {
        let mut calls = members.chunks(MEMBERS_PER_CALL_MAX);
        let first = calls.next().unwrap_or_default();
        let body = json!({"kind": "group", "name": name, "owner": first.first(), "members": first});
        let path = "/api/v1/conversations".to_owned();
        let answer = self.post(&path, 201, &body)?;
        // Conversation ids are strings; a number means the same.
        let id = answer.get("id").and_then(|id| match id {
            Value::String(id) => id.parse().ok(),
            other => other.as_u64(),
        });
        let group: u64 = id.ok_or_else(|| BenchError::Operator {
            call: format!("POST {path}"),
            detail: format!("no number for an id in {answer}"),
        })?;
        for members in calls {
            let path = format!("/api/v1/conversations/{group}/members");
            self.post(&path, 200, &json!({ "members": members }))?;
        }
        Ok(group)
    }

    fn post(&self, path: &str, expected: u16, body: &Value) -> Result<Value, BenchError> {
        let fault = |detail| BenchError::Operator { call: format!("POST {path}"), detail };
        let mut response = self
            .agent
            .post(format!("{}{path}", self.base))
            .header("Authorization", format!("Bearer {}", self.key))
            .send_json(body)
            .map_err(|error| fault(error.to_string()))?;
        let text = response.body_mut().read_to_string();
        let text = text.map_err(|error| fault(error.to_string()))?;
        if response.status().as_u16() != expected {
            return Err(fault(format!("{} instead of {expected}: {text}", response.status())));
        }
        serde_json::from_str(&text).map_err(|error| fault(format!("{error} in {text}")))
    }
}

/// Whether the server takes clients: `Err` says why not.
pub(crate) fn ready(address: SocketAddr) -> Result<(), String> {
    let response = agent().get(format!("http://{address}/ready")).call();
    let mut response = response.map_err(|error| error.to_string())?;
    if response.status().as_u16() == 200 {
        return Ok(());
    }
    let reason = response.body_mut().read_to_string().unwrap_or_default();
    Err(format!("{} {reason}", response.status()))
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(CALL_SECONDS_MAX)))
        // The server is named by address; a proxy of the environment has no business here.
        .proxy(None)
        .build()
        .into()
}
