//! A client of the operator API, and the plain HTTP calls that tests make elsewhere.

use std::net::SocketAddr;

use serde_json::{Value, json};
use ureq::Agent;

use crate::deadline::WAIT;

/// An answer of any status.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub bytes: Vec<u8>,
    /// The same, where it is text; else what of it is.
    pub text: String,
}

impl Answer {
    /// The body as JSON; panics where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {self:?}"))
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        if self.text.is_empty() { Value::Null } else { self.json() }
    }
}

/// HTTP to one address; no connection is kept, so that a restart in between does no harm.
#[derive(Clone)]
pub struct Http {
    agent: Agent,
    base: String,
}

impl Http {
    pub fn to(address: SocketAddr) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_idle_connections(0)
            .timeout_global(Some(WAIT))
            .proxy(None)
            .build()
            .into();
        Self { agent, base: format!("http://{address}") }
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer, ureq::Error> {
        let mut request = self.agent.get(self.base.clone() + path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.call()?)
    }

    pub fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        let mut request = self.agent.post(self.base.clone() + path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.send(body)?)
    }

    pub fn delete(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        let mut request = self.agent.delete(self.base.clone() + path).force_send_body();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.send(body)?)
    }
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let content_type = response.headers().get("content-type");
    let content_type =
        content_type.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let bytes = response.body_mut().read_to_vec()?;
    Ok(Answer {
        status: response.status().as_u16(),
        content_type,
        text: String::from_utf8_lossy(&bytes).into_owned(),
        bytes,
    })
}

/// One entry of a conversation's log, as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    pub id: u64,
    pub seq: u64,
    pub sender: u64,
    /// Empty where the content is no text.
    pub text: String,
}

/// The operator, with the key of the server that it was made for.
#[derive(Clone)]
pub struct Operator {
    http: Http,
    authorization: String,
}

impl Operator {
    pub fn new(address: SocketAddr, key: &str) -> Self {
        Self { http: Http::to(address), authorization: format!("Bearer {key}") }
    }

    pub fn get(&self, path: &str) -> Answer {
        let headers = [("authorization", self.authorization.as_str())];
        self.http.get(path, &headers).unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        let answer = self.http.post(path, &self.headers(), body.to_string().as_bytes());
        answer.unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    pub fn delete(&self, path: &str, body: &Value) -> Answer {
        let answer = self.http.delete(path, &self.headers(), body.to_string().as_bytes());
        answer.unwrap_or_else(|error| panic!("DELETE {path}: {error}"))
    }

    fn headers(&self) -> [(&str, &str); 2] {
        [("authorization", &self.authorization), ("content-type", "application/json")]
    }

    pub fn create_users(&self, ids: impl IntoIterator<Item = u64>) {
        for id in ids {
            self.post("/api/v1/users", &json!({ "id": id })).expect(201);
        }
    }

    /// A user who signs in by name and password.
    pub fn create_login(&self, id: u64, name: &str, password: &str) {
        let user = json!({ "id": id, "name": name, "password": password });
        self.post("/api/v1/users", &user).expect(201);
    }

    pub fn befriend(&self, a: u64, b: u64) {
        self.post("/api/v1/friendships", &json!({ "a": a, "b": b })).expect(201);
    }

    pub fn create_group(&self, members: &[u64]) -> u64 {
        self.create_conversation(&json!({ "kind": "group", "name": "g", "members": members }))
    }

    /// The new conversation's number.
    pub fn create_conversation(&self, body: &Value) -> u64 {
        let created = self.post("/api/v1/conversations", body).expect(201);
        let id = created["id"].as_str().unwrap_or_else(|| panic!("the id is a string: {created}"));
        id.parse().unwrap_or_else(|_| panic!("the id is a decimal: {created}"))
    }

    /// A whole log, page by page, and dense: panics where a seq is missing or an id falls back.
    pub fn log(&self, conversation: &str) -> Vec<Logged> {
        let mut found: Vec<Logged> = Vec::new();
        loop {
            let after = found.last().map_or(0, |last| last.seq);
            let path =
                format!("/api/v1/conversations/{conversation}/messages?after={after}&limit=500");
            let page = self.get(&path).expect(200);
            let messages = page["messages"].as_array().unwrap_or_else(|| panic!("{page}"));
            if messages.is_empty() {
                return found;
            }
            for message in messages {
                let entry = logged(message);
                let (seq, id) = found.last().map_or((0, 0), |last| (last.seq, last.id));
                assert_eq!(entry.seq, seq + 1, "seqs are dense: {message}");
                assert!(entry.id > id, "ids rise: {message} after {id}");
                found.push(entry);
            }
        }
    }
}

fn logged(message: &Value) -> Logged {
    let number = |name: &str| {
        message[name].as_u64().unwrap_or_else(|| panic!("{name} is a number: {message}"))
    };
    let text = message["content"]["text"].as_str().unwrap_or_default().to_owned();
    Logged { id: number("id"), seq: number("seq"), sender: number("sender"), text }
}
