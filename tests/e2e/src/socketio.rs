//! A Socket.IO client, by hand, over either transport of Engine.IO.
//!
//! It answers heartbeats, and hands out packets in order.

use std::collections::VecDeque;
use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::engineio::{Eio, Polling};
use crate::websocket::{Received, WebSocket};

/// By what a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Polling,
    WebSocket,
}

pub const EVERY_WAY: [(Eio, Transport); 4] = [
    (Eio::V3, Transport::Polling),
    (Eio::V3, Transport::WebSocket),
    (Eio::V4, Transport::Polling),
    (Eio::V4, Transport::WebSocket),
];

enum Carrier {
    Polling(Polling),
    WebSocket(WebSocket),
}

/// A Socket.IO client.
pub struct Client {
    carrier: Carrier,
    packets: VecDeque<String>,
}

impl Client {
    /// Connects, with a token where there is one, and waits until the server has let it in.
    #[track_caller]
    pub fn connect(
        address: SocketAddr,
        (eio, transport): (Eio, Transport),
        token: Option<&str>,
    ) -> Self {
        let mut client = Self::open(address, (eio, transport), token);
        let connected = client.packet();
        assert!(connected.starts_with("40"), "{connected}");
        client
    }

    /// The same, without waiting for the answer.
    #[track_caller]
    pub fn open(
        address: SocketAddr,
        (eio, transport): (Eio, Transport),
        token: Option<&str>,
    ) -> Self {
        // Clients of protocol 3 have the query only.
        let query = match (eio, token) {
            (Eio::V3, Some(token)) => format!("&token={token}"),
            (Eio::V3 | Eio::V4, _) => String::new(),
        };
        let (carrier, packets) = match transport {
            Transport::Polling => {
                let (polling, packets) = Polling::open(address, eio, &query);
                (Carrier::Polling(polling), packets)
            }
            Transport::WebSocket => {
                let path = format!("/socket.io/?EIO={}&transport=websocket{query}", eio.number());
                let websocket = WebSocket::open(address, &path, &[]).expect("a WebSocket");
                (Carrier::WebSocket(websocket), Vec::new())
            }
        };
        let mut client = Self { carrier, packets: packets.into() };
        if transport == Transport::WebSocket {
            let open = client.packet();
            assert!(open.starts_with("0{"), "{open}");
        }
        if eio == Eio::V4 {
            let payload = token.map(|token| json!({ "token": token }).to_string());
            client.send(&format!("40{}", payload.unwrap_or_default()));
        }
        client
    }

    #[track_caller]
    pub fn send(&mut self, packet: &str) {
        match &mut self.carrier {
            Carrier::Polling(polling) => polling.post(&[packet]),
            Carrier::WebSocket(websocket) => websocket.send_text(packet),
        }
    }

    /// Posts what the server answers with this status.
    #[track_caller]
    pub fn send_expecting(&mut self, packet: &str, status: u16) {
        match &mut self.carrier {
            Carrier::Polling(polling) => {
                let reply = polling.door.post(&polling.query(), &polling.eio.join(&[packet]));
                assert_eq!(reply.status, status, "{packet}: {reply:?}");
            }
            Carrier::WebSocket(_) => panic!("only polling answers a packet by a status"),
        }
    }

    /// The next packet that is no heartbeat.
    #[track_caller]
    pub fn packet(&mut self) -> String {
        loop {
            let packet = self.next_of_any_kind();
            match packet.as_str() {
                "2" => self.send("3"),
                "3" | "6" => {}
                _ => return packet,
            }
        }
    }

    #[track_caller]
    fn next_of_any_kind(&mut self) -> String {
        loop {
            if let Some(packet) = self.packets.pop_front() {
                return packet;
            }
            match &mut self.carrier {
                Carrier::Polling(polling) => self.packets.extend(polling.poll()),
                Carrier::WebSocket(websocket) => match websocket.receive() {
                    Received::Text(text) => return text,
                    other => panic!("no packet but {other:?}"),
                },
            }
        }
    }

    /// Sends an event with one argument; `ack` is the callback's number.
    #[track_caller]
    pub fn emit(&mut self, event: &str, body: &Value, ack: Option<u64>) {
        let ack = ack.map(|ack| ack.to_string()).unwrap_or_default();
        self.send(&format!("42{ack}{}", json!([event, body])));
    }

    /// The body of the next packet, which must be this event.
    #[track_caller]
    pub fn event(&mut self, event: &str) -> Value {
        let packet = self.packet();
        let json = packet.strip_prefix("42").and_then(|json| serde_json::from_str(json).ok());
        let json: Value = json.unwrap_or_else(|| panic!("no event but {packet}"));
        assert_eq!(json[0], event, "{packet}");
        json[1].clone()
    }

    /// The argument of the next packet, which must call this callback.
    #[track_caller]
    pub fn ack(&mut self, number: u64) -> Value {
        let packet = self.packet();
        let json = packet.strip_prefix(&format!("43{number}"));
        let json: Option<Value> = json.and_then(|json| serde_json::from_str(json).ok());
        json.unwrap_or_else(|| panic!("no callback {number} but {packet}"))[0].clone()
    }

    /// Asks and waits for the answer under the same name.
    #[track_caller]
    pub fn ask(&mut self, event: &str, body: &Value) -> Value {
        self.emit(event, body, None);
        self.event(event)
    }

    /// Waits until the server has closed.
    #[track_caller]
    pub fn wait_until_closed(mut self) {
        match &mut self.carrier {
            Carrier::Polling(polling) => loop {
                let reply = polling.begin_poll().answer();
                if reply.status == 400 || reply.body.ends_with('1') {
                    return;
                }
                assert_eq!(reply.status, 200, "{reply:?}");
            },
            Carrier::WebSocket(websocket) => loop {
                match websocket.try_receive() {
                    Ok(Received::Closed(_)) | Err(_) => return,
                    Ok(_) => {}
                }
            },
        }
    }
}
