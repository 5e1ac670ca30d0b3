//! The one stream of a JetStream run: every group's subject, on disk.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::error::BenchError;

/// Longer than a healthy server takes by far.
const ANSWER: Duration = Duration::from_secs(10);

/// The setting came with 2.10.
pub(super) fn can_sync(version: Option<&str>) -> bool {
    let numbers = version.and_then(|version| version.rsplit_once('v')).map(|(_, numbers)| numbers);
    let mut numbers = numbers.unwrap_or_default().split('.').map_while(|part| part.parse().ok());
    let version: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    version >= (2, 10)
}

/// By the request that `nats stream add` makes (<https://docs.nats.io/reference/reference-protocols/nats_api_reference>).
pub(super) fn create_stream(address: SocketAddr) -> Result<(), BenchError> {
    const STREAM: &str = r#"{"name":"bench","subjects":["group.>"],"storage":"file","retention":"limits","num_replicas":1}"#;
    let failed = |source| BenchError::io("making a JetStream stream", source);
    let mut stream = TcpStream::connect(address).map_err(failed)?;
    stream.set_read_timeout(Some(ANSWER)).map_err(failed)?;
    let request = format!(
        "CONNECT {{\"verbose\":false}}\r\nSUB _INBOX.bench 1\r\n\
         PUB $JS.API.STREAM.CREATE.bench _INBOX.bench {}\r\n{STREAM}\r\n",
        STREAM.len()
    );
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut lines = BufReader::new(stream).lines();
    let answer = loop {
        let line = lines.next().transpose().map_err(failed)?.unwrap_or_default();
        if line.is_empty() || line.starts_with('{') || line.starts_with("-ERR") {
            break line;
        }
    };
    if answer.contains("\"did_create\":true") {
        return Ok(());
    }
    Err(BenchError::Operator { call: "JetStream STREAM.CREATE".to_owned(), detail: answer })
}
