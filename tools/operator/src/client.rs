//! One request to the operator port, and its answer.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::Value;
use ureq::Agent;
use ureq::http::{Response, StatusCode};

use crate::error::OperatorError;

/// The server answers within ten seconds or says that it cannot; this is beyond that.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer: a page of a thousand users with long names.
const ANSWER_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// A key file is one line.
const KEY_BYTES_MAX: u64 = 16 * 1024;
const KEY_VARIABLE: &str = "PARLANCE_OPERATOR__KEY";

/// Which server, and the key to it.
#[derive(Clone, Debug, Args)]
pub struct ServerArgs {
    /// The server's operator port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7780")]
    operator: String,
    /// The file with the operator's key. Without it: PARLANCE_OPERATOR__KEY, or the key in --data.
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    key_file: Option<PathBuf>,
    /// The server's data directory, whose secrets/operator.key is used.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// A way to the operator port with the key in hand.
pub(crate) struct Client {
    agent: Agent,
    address: String,
    authorization: String,
}

impl Client {
    pub(crate) fn new(args: &ServerArgs) -> Result<Self, OperatorError> {
        if args.operator.starts_with("unix:") {
            return Err(OperatorError::Usage(
                "commands reach the operator port over TCP only; give listen.operator an address \
                 such as 127.0.0.1:7780 beside the socket"
                    .to_owned(),
            ));
        }
        let agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .build();
        Ok(Self {
            agent: agent.into(),
            address: args.operator.clone(),
            authorization: format!("Bearer {}", key(args)?),
        })
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value, OperatorError> {
        let request = self.agent.get(self.url(path)).header("authorization", &self.authorization);
        self.answer(request.call())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, OperatorError> {
        let request = self.agent.post(self.url(path)).header("authorization", &self.authorization);
        self.answer(request.send_json(body))
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Result<Value, OperatorError> {
        let request = self.agent.put(self.url(path)).header("authorization", &self.authorization);
        self.answer(request.send_json(body))
    }

    pub(crate) fn delete(&self, path: &str, body: &Value) -> Result<Value, OperatorError> {
        let request =
            self.agent.delete(self.url(path)).header("authorization", &self.authorization);
        self.answer(request.force_send_body().send_json(body))
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn answer(
        &self,
        sent: Result<Response<ureq::Body>, ureq::Error>,
    ) -> Result<Value, OperatorError> {
        let mut response = sent.map_err(|error| OperatorError::Unreachable {
            address: self.address.clone(),
            reason: error.to_string(),
        })?;
        let status = response.status();
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        let wrong =
            |reason: String| OperatorError::Answer { address: self.address.clone(), reason };
        let body = body.map_err(|error| wrong(error.to_string()))?;
        if body.is_empty() && status.is_success() {
            return Ok(Value::Null);
        }
        let body: Value = serde_json::from_slice(&body)
            .map_err(|error| wrong(format!("status {status}, {error}")))?;
        if status.is_success() { Ok(body) } else { Err(refused(status, &body)) }
    }
}

/// A problem document's words.
fn refused(status: StatusCode, problem: &Value) -> OperatorError {
    let words = |name: &str| problem.get(name).and_then(Value::as_str);
    let detail = words("detail").or(words("title")).unwrap_or("the server refused");
    OperatorError::Refused { status: status.as_u16(), detail: detail.to_owned() }
}

fn key(args: &ServerArgs) -> Result<String, OperatorError> {
    if let Some(file) = &args.key_file {
        return read_key(file);
    }
    let in_data = |dir: &Path| read_key(&dir.join("secrets").join("operator.key"));
    match (&args.data, std::env::var(KEY_VARIABLE)) {
        (Some(dir), _) => in_data(dir),
        (None, Ok(key)) if !key.is_empty() => Ok(key),
        (None, _) => in_data(Path::new("data")),
    }
}

fn read_key(path: &Path) -> Result<String, OperatorError> {
    let failed = |source| OperatorError::Key { path: path.to_owned(), source };
    let length = fs::metadata(path).map_err(failed)?.len();
    if length > KEY_BYTES_MAX {
        let reason = format!("{length} bytes, at most {KEY_BYTES_MAX} are allowed");
        return Err(failed(std::io::Error::other(reason)));
    }
    let text = fs::read_to_string(path).map_err(failed)?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}
