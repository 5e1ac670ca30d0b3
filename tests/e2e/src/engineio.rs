//! Engine.IO's polling, by hand, over plain sockets.
//!
//! [`Door`] makes single requests, each on a connection of its own, so that they arrive on
//! whatever shard the kernel picks; [`Polling`] is a session of them.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use serde_json::Value;

use crate::deadline::WAIT;
use crate::websocket::WebSocket;

/// Which Engine.IO a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eio {
    V3,
    V4,
}

impl Eio {
    pub const BOTH: [Eio; 2] = [Eio::V3, Eio::V4];

    /// As the query has it.
    pub fn number(self) -> u8 {
        match self {
            Self::V3 => 3,
            Self::V4 => 4,
        }
    }

    pub fn join(self, packets: &[&str]) -> String {
        match self {
            Self::V3 => packets
                .iter()
                .map(|packet| format!("{}:{packet}", packet.encode_utf16().count()))
                .collect(),
            Self::V4 => packets.join("\u{1e}"),
        }
    }

    /// Panics where the payload is none.
    #[track_caller]
    pub fn split(self, payload: &str) -> Vec<String> {
        match self {
            Self::V3 => lengths(payload),
            Self::V4 => payload.split('\u{1e}').map(str::to_owned).collect(),
        }
    }
}

#[track_caller]
fn lengths(payload: &str) -> Vec<String> {
    let units: Vec<u16> = payload.encode_utf16().collect();
    let mut packets = Vec::new();
    let mut at = 0;
    while at < units.len() {
        let digits =
            units[at..].iter().position(|unit| *unit == u16::from(b':')).expect("a length");
        let length = String::from_utf16_lossy(&units[at..at + digits]).parse::<usize>();
        let begin = at + digits + 1;
        at = begin + length.unwrap_or_else(|_| panic!("a length in {payload:?}"));
        packets.push(String::from_utf16(&units[begin..at]).expect("whole characters"));
    }
    packets
}

/// One HTTP answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Reply {
    /// A field of the head, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> String {
        assert_eq!(self.status, status, "{self:?}");
        self.body
    }
}

/// A request that was sent. Dropping it closes its connection, as a client does that gives up.
pub struct Pending(TcpStream);

impl Pending {
    #[track_caller]
    pub fn answer(mut self) -> Reply {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).expect("the server answers and closes");
        let text = String::from_utf8(bytes).expect("an answer of text");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("{head:?}"));
        Reply { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub fn give_up(self) {
        // The server may have closed first.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

/// The main listener.
#[derive(Clone, Copy, Debug)]
pub struct Door {
    pub address: SocketAddr,
}

impl Door {
    /// Sends a request to `/socket.io/` with this query, and does not wait.
    pub fn begin(
        self,
        method: &str,
        query: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Pending {
        let length = (method == "POST").then_some(body.len());
        self.send(method, query, headers, length, body)
    }

    /// Announces a body of this length and sends none of it.
    pub fn announce(self, query: &str, length: usize) -> Pending {
        self.send("POST", query, &[], Some(length), b"")
    }

    fn send(
        self,
        method: &str,
        query: &str,
        headers: &[(&str, &str)],
        length: Option<usize>,
        body: &[u8],
    ) -> Pending {
        let mut stream = TcpStream::connect(self.address).expect("the server accepts");
        stream.set_read_timeout(Some(WAIT)).expect("a timeout that is not zero");
        stream.set_write_timeout(Some(WAIT)).expect("a timeout that is not zero");
        let mut head = format!("{method} /socket.io/?{query} HTTP/1.1\r\nHost: e2e\r\n");
        head.push_str("Connection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(length) = length {
            head.push_str(&format!("Content-Length: {length}\r\n"));
        }
        head.push_str("\r\n");
        let request = [head.as_bytes(), body].concat();
        stream.write_all(&request).expect("the server reads");
        Pending(stream)
    }

    #[track_caller]
    pub fn get(self, query: &str) -> Reply {
        self.begin("GET", query, &[], b"").answer()
    }

    #[track_caller]
    pub fn post(self, query: &str, body: &str) -> Reply {
        let text = [("Content-Type", "text/plain;charset=UTF-8")];
        self.begin("POST", query, &text, body.as_bytes()).answer()
    }
}

/// A session that polls.
#[derive(Clone, Debug)]
pub struct Polling {
    pub door: Door,
    pub eio: Eio,
    pub sid: String,
}

impl Polling {
    /// Begins a session; `more` goes into the handshake's query. Returns its first packets, the
    /// opening one left out.
    #[track_caller]
    pub fn open(address: SocketAddr, eio: Eio, more: &str) -> (Self, Vec<String>) {
        let door = Door { address };
        let query = format!("EIO={}&transport=polling{more}", eio.number());
        let mut packets = eio.split(&door.get(&query).expect(200));
        let open = packets.remove(0);
        let said: Value = serde_json::from_str(open.strip_prefix('0').expect("an opening packet"))
            .expect("an opening packet holds JSON");
        let sid = said["sid"].as_str().expect("a sid").to_owned();
        (Self { door, eio, sid }, packets)
    }

    pub fn query(&self) -> String {
        format!("EIO={}&transport=polling&sid={}", self.eio.number(), self.sid)
    }

    pub fn begin_poll(&self) -> Pending {
        self.door.begin("GET", &self.query(), &[], b"")
    }

    #[track_caller]
    pub fn poll(&self) -> Vec<String> {
        self.eio.split(&self.begin_poll().answer().expect(200))
    }

    #[track_caller]
    pub fn post(&self, packets: &[&str]) {
        let body = self.door.post(&self.query(), &self.eio.join(packets)).expect(200);
        assert_eq!(body, "ok");
    }

    /// The WebSocket that is to take polling's place.
    pub fn websocket(&self) -> Result<WebSocket, u16> {
        let path =
            format!("/socket.io/?EIO={}&transport=websocket&sid={}", self.eio.number(), self.sid);
        WebSocket::open(self.door.address, &path, &[])
    }
}
