//! A WebSocket over a plain socket, with a deadline on every read.

use std::io::{ErrorKind, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Instant;

use tungstenite::client::{IntoClientRequest, client_with_config};
use tungstenite::handshake::HandshakeError;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message};

use crate::deadline::WAIT;

/// What came next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    Text(String),
    Binary(Vec<u8>),
    /// The server closed, with its code where it gave one.
    Closed(Option<u16>),
}

pub struct WebSocket {
    socket: tungstenite::WebSocket<TcpStream>,
}

impl WebSocket {
    /// Opens `path` on the server; `Err` holds the HTTP status of a refusal.
    pub fn open(
        address: SocketAddr,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, u16> {
        let stream = TcpStream::connect(address).expect("the server accepts");
        Self::open_on(stream, path, headers)
    }

    /// The same on a socket that was prepared.
    pub fn open_on(
        stream: TcpStream,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, u16> {
        stream.set_nodelay(true).expect("TCP has TCP_NODELAY");
        stream.set_read_timeout(Some(WAIT)).expect("a timeout that is not zero");
        stream.set_write_timeout(Some(WAIT)).expect("a timeout that is not zero");
        let address = stream.peer_addr().expect("a connected socket has a peer");
        let url = format!("ws://{address}{path}");
        let mut request = url.into_client_request().expect("a URL of ours is one");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header's value"));
        }
        match client_with_config(request, stream, Some(WebSocketConfig::default())) {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(HandshakeError::Failure(Error::Http(response))) => Err(response.status().as_u16()),
            Err(error) => panic!("the WebSocket handshake of {path}: {error}"),
        }
    }

    pub fn send_text(&mut self, text: &str) {
        self.try_send_text(text).unwrap_or_else(|error| panic!("sending {text:?}: {error}"));
    }

    /// For senders that expect the server to die.
    pub fn try_send_text(&mut self, text: &str) -> Result<(), Error> {
        self.socket.send(Message::text(text))
    }

    pub fn send_binary(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::binary(bytes)).expect("the server reads");
    }

    /// The next message; control frames are answered and passed over.
    #[track_caller]
    pub fn receive(&mut self) -> Received {
        match self.try_receive() {
            Ok(received) => received,
            Err(error) => panic!("waiting for a message: {error}"),
        }
    }

    /// `Err` where the connection broke, or where nothing came in time.
    pub fn try_receive(&mut self) -> Result<Received, Error> {
        let deadline = Instant::now() + WAIT;
        while Instant::now() < deadline {
            match self.socket.read()? {
                Message::Text(text) => return Ok(Received::Text(text.to_string())),
                Message::Binary(bytes) => return Ok(Received::Binary(bytes.to_vec())),
                Message::Close(frame) => {
                    return Ok(Received::Closed(frame.map(|frame| frame.code.into())));
                }
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
        Err(Error::Io(ErrorKind::TimedOut.into()))
    }

    /// Bytes as they are, past the framing.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.socket.get_mut().write_all(bytes).expect("the server reads");
    }

    /// Breaks the connection off without a close frame.
    pub fn close_now(&mut self) {
        let stream = self.socket.get_ref();
        stream.shutdown(Shutdown::Both).expect("a connected socket");
    }

    /// A client's own close.
    pub fn close(mut self) {
        // The server may have closed first.
        let _ = self.socket.close(None);
        let _ = self.socket.flush();
    }
}
