//! A tiny broadcaster that speaks every wire, and does on demand what a server must not.
//!
//! Threads and blocking sockets; nothing is stored. It exists so that the checks are known to
//! notice each fault.

mod frames;

use std::collections::BTreeMap;
use std::io::{BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::client::Addresses;
use crate::target::operator::Operator;
use crate::target::{ServerFacts, Target};
use crate::wire::{Category, Outgoing, Said, Step, Wire};
pub(crate) use frames::server_frame;
use frames::{
    acknowledged, pushed, read_delimited, read_head, read_masked, read_onechat, refused, synced,
};

/// What the server does wrong, to the first member of the first group unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misdeed {
    Nothing,
    /// Leaves one message out.
    Drop,
    /// Sends one message twice.
    Duplicate,
    /// Sends one message after the next one.
    Swap,
    /// Answers and sends nothing from one message to another, then everything at once.
    Stall {
        from: u32,
        to: u32,
    },
    /// Sends one message to a member of another group.
    Misdeliver,
    /// Changes the last letter of every message to everybody.
    Spoil,
    /// Answers one message with an error, and sends it to nobody.
    Refuse,
    /// Closes the connection.
    Disconnect,
}

/// The message that a misdeed is done to.
const CHOSEN: u32 = 5;

pub(crate) struct FakeServer {
    addresses: Addresses,
    operator: SocketAddr,
}

#[derive(Default)]
struct State {
    sessions: BTreeMap<u64, (Wire, TcpStream)>,
    groups: Vec<Vec<u64>>,
    /// Messages that wait for the end of a stall.
    stalled: Vec<Message>,
    /// The message that waits for the next one to overtake it.
    swapped: Option<Message>,
}

#[derive(Clone, Debug)]
struct Message {
    sender: u64,
    /// From 1, as the operator API gave it out.
    group: u64,
    index: u32,
    text: String,
}

#[derive(Clone)]
struct Shared {
    state: Arc<Mutex<State>>,
    misdeed: Misdeed,
}

impl FakeServer {
    pub(crate) fn start(misdeed: Misdeed) -> Self {
        let shared = Shared { state: Arc::default(), misdeed };
        let listen = |serve: fn(&Shared, TcpStream) -> Option<()>| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
            let address = listener.local_addr().expect("bound");
            let shared = shared.clone();
            // The threads end with the test's process: at the latest when its sockets close.
            thread::spawn(move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    let shared = shared.clone();
                    thread::spawn(move || serve(&shared, stream));
                }
            });
            address
        };
        let addresses =
            Addresses { main: listen(Shared::serve_main), stream: listen(Shared::serve_stream) };
        Self { addresses, operator: listen(Shared::serve_operator) }
    }

    pub(crate) fn target(&self) -> Target {
        Target {
            addresses: self.addresses,
            wire: None,
            operator: Some(Operator::new(self.operator, "key")),
            pid: Some(std::process::id()),
            signer: None,
            own: None,
            facts: ServerFacts::default(),
        }
    }
}

impl Shared {
    fn serve_main(&self, stream: TcpStream) -> Option<()> {
        let mut first = [0; 4];
        while stream.peek(&mut first).ok()? < first.len() {}
        if first == *b"ONEC" { self.serve_onechat(stream) } else { self.serve_websocket(stream) }
    }

    fn serve_websocket(&self, stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let head = read_head(&mut reader)?;
        let user = head.split("token=").nth(1)?.split(' ').next()?.parse().ok()?;
        let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
                      Connection: Upgrade\r\n\
                      Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        (&stream).write_all(answer.as_bytes()).ok()?;
        // Every client is greeted with a ping, which it has to answer as masked frames are.
        (&stream).write_all(b"\x89\x02hi").ok()?;
        loop {
            let (opcode, payload) = read_masked(&mut reader)?;
            let wire = match opcode {
                1 => Wire::StreamWsJson,
                2 => Wire::StreamWsProto,
                _ => continue,
            };
            let said = wire.read(Step::Ready, &payload).ok()?;
            self.serve_stream_frame(user, wire, said, &stream)?;
        }
    }

    fn serve_stream(&self, stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let sign_in = read_delimited(&mut reader)?;
        // A string of field 1 begins the frame.
        let token = sign_in.get(2..2 + usize::from(*sign_in.get(1)?))?;
        let user = std::str::from_utf8(token).ok()?.parse().ok()?;
        (&stream).write_all(&[0]).ok()?;
        loop {
            let payload = read_delimited(&mut reader)?;
            let said = Wire::StreamTcp.read(Step::Ready, &payload).ok()?;
            self.serve_stream_frame(user, Wire::StreamTcp, said, &stream)?;
        }
    }

    fn serve_stream_frame(
        &self,
        user: u64,
        wire: Wire,
        said: Said,
        stream: &TcpStream,
    ) -> Option<()> {
        if let Said::Posts(posts) = said {
            for post in posts {
                self.publish(user, post.group?, post.text)?;
            }
            return Some(());
        }
        let mut state = self.state.lock().ok()?;
        state.sessions.insert(user, (wire, stream.try_clone().ok()?));
        write_to(stream, wire, &synced(wire))
    }

    fn serve_onechat(&self, stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let mut user = 0;
        loop {
            let payload = read_onechat(&mut reader)?;
            let command: Value = serde_json::from_slice(&payload).ok()?;
            match command["cmd"].as_str()? {
                "login" => {
                    user = command["name"].as_str()?.parse().ok()?;
                    let mut state = self.state.lock().ok()?;
                    state.sessions.insert(user, (Wire::Onechat, stream.try_clone().ok()?));
                    let ack = json!({"cmd": "ack", "action": "login", "ack": command["ack"]});
                    write_to(&stream, Wire::Onechat, ack.to_string().as_bytes())?;
                }
                _ => {
                    let text = command["msg"].as_str()?.to_owned();
                    self.publish(user, command["to"].as_u64()?, text)?;
                }
            }
        }
    }

    fn serve_operator(&self, stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        loop {
            let head = read_head(&mut reader)?.to_ascii_lowercase();
            assert!(head.contains("authorization: bearer key"), "{head}");
            let length = head.split("content-length: ").nth(1)?.lines().next()?.parse().ok()?;
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            let body: Value = serde_json::from_slice(&body).ok()?;
            let members = body["members"].as_array()?.iter().filter_map(Value::as_u64);
            let mut state = self.state.lock().ok()?;
            let (status, answer) = if head.starts_with("post /api/v1/conversations ") {
                state.groups.push(members.collect());
                ("201 Created", json!({"id": state.groups.len().to_string()}))
            } else {
                let id: usize = head.split('/').nth(4)?.parse().ok()?;
                state.groups.get_mut(id - 1)?.extend(members);
                ("200 OK", json!({}))
            };
            let answer = answer.to_string();
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
            (&stream).write_all(answer.as_bytes()).ok()?;
        }
    }

    fn publish(&self, sender: u64, group: u64, text: String) -> Option<()> {
        // The index's digits of the stamp, behind its mark, run and group.
        let index = u32::from_str_radix(text.get(26..34)?, 16).ok()?;
        let message = Message { sender, group, index, text };
        let mut state = self.state.lock().ok()?;
        if let Misdeed::Stall { from, to } = self.misdeed
            && (from..to).contains(&index)
        {
            state.stalled.push(message);
            return Some(());
        }
        for stalled in std::mem::take(&mut state.stalled) {
            self.accept(&mut state, &stalled)?;
        }
        self.accept(&mut state, &message)
    }

    fn accept(&self, state: &mut State, message: &Message) -> Option<()> {
        let chosen = message.group == 1 && message.index == CHOSEN;
        let (wire, stream) = state.sessions.get(&message.sender)?;
        if chosen && self.misdeed == Misdeed::Refuse {
            return write_to(stream, *wire, &refused(*wire, message.index));
        }
        write_to(stream, *wire, &acknowledged(*wire, message.index))?;
        let mut message = message.clone();
        if self.misdeed == Misdeed::Spoil {
            message.text.pop();
            message.text.push('!');
        }
        let echo = *wire == Wire::Onechat;
        let members = state.groups.get(usize::try_from(message.group).ok()? - 1)?.clone();
        for member in members.iter().filter(|member| echo || **member != message.sender) {
            if message.group == 1 && members.get(1) == Some(member) {
                self.deliver_to_victim(state, *member, &message)?;
            } else {
                deliver(state, *member, &message)?;
            }
        }
        if chosen && self.misdeed == Misdeed::Misdeliver {
            deliver(state, *state.groups.get(1)?.get(1)?, &message)?;
        }
        Some(())
    }

    fn deliver_to_victim(&self, state: &mut State, member: u64, message: &Message) -> Option<()> {
        let chosen = message.index == CHOSEN;
        match self.misdeed {
            Misdeed::Drop if chosen => return Some(()),
            Misdeed::Duplicate if chosen => deliver(state, member, message)?,
            Misdeed::Swap if chosen => {
                state.swapped = Some(message.clone());
                return Some(());
            }
            Misdeed::Disconnect if chosen => {
                let (_, stream) = state.sessions.remove(&member)?;
                return stream.shutdown(std::net::Shutdown::Both).ok();
            }
            _ => {}
        }
        deliver(state, member, message)?;
        match state.swapped.take() {
            Some(swapped) => deliver(state, member, &swapped),
            None => Some(()),
        }
    }
}

/// A member without a session misses what is sent.
fn deliver(state: &State, member: u64, message: &Message) -> Option<()> {
    let Some((wire, stream)) = state.sessions.get(&member) else { return Some(()) };
    let Message { sender, group, index, text } = message;
    let category = Category::Group;
    let outgoing = Outgoing { sender: *sender, category, group: *group, index: *index, text };
    write_to(stream, *wire, &pushed(*wire, outgoing))
}

fn write_to(mut stream: &TcpStream, wire: Wire, payload: &[u8]) -> Option<()> {
    // A client that left is its own loss.
    let _left = stream.write_all(&server_frame(wire, payload));
    Some(())
}
