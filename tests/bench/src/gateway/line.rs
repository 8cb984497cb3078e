//! One connection of the load tool through a relay. Blocking sockets, frames made beforehand and reads into one large buffer: what the
//! tool itself spends on a relay is the same for all, but for the credit of a tunnel.

use super::frames::{Piece, Reader, text};
use super::mail::Order;
use super::{Outcome, words};
use serde_json::Value;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How a relay is spoken to.
#[derive(Clone)]
pub(crate) enum Speech {
    /// Octets as they are.
    Plain,
    /// Binary frames, after this request.
    WebSocket(String),
    /// The tunnel protocol, after this request and this `open`.
    Tunnel(String, String),
}

/// What a thread reads into.
pub(crate) struct Buffer(Box<[u8]>);

impl Buffer {
    pub(crate) fn new() -> Self {
        Self(vec![0; 256 * 1024].into())
    }
}

/// An open connection whose server has greeted.
pub(crate) struct Line {
    stream: TcpStream,
    frames: Option<Reader>,
    tunnel: Option<Credit>,
    /// Payload that came and was not asked for yet.
    unread: u64,
    texts: Vec<String>,
    /// The server gives back what comes.
    echoes: bool,
}

struct Credit {
    /// Octets that may be sent.
    sendable: u64,
    /// Octets received since credit was last given.
    taken: u64,
    open: bool,
}

impl Line {
    /// Connects and waits for the greeting of the server behind the relay.
    pub(crate) fn open(address: SocketAddr, speech: &Speech, buffer: &mut Buffer) -> Outcome<Self> {
        let stream = TcpStream::connect(address).map_err(words)?;
        stream.set_nodelay(true).map_err(words)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(words)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(words)?;
        let mut line =
            Self { stream, frames: None, tunnel: None, unread: 0, texts: Vec::new(), echoes: false };
        match speech {
            Speech::Plain => {}
            Speech::WebSocket(request) => line.shake(request, buffer)?,
            Speech::Tunnel(request, open) => {
                line.tunnel = Some(Credit { sendable: 0, taken: 0, open: false });
                line.shake(request, buffer)?;
                line.write(&text(open))?;
                while line.tunnel.as_ref().is_some_and(|credit| !credit.open) {
                    line.read(buffer)?;
                }
            }
        }
        line.receive(1, buffer)?;
        Ok(line)
    }

    fn shake(&mut self, request: &str, buffer: &mut Buffer) -> Outcome<()> {
        self.write(request.as_bytes())?;
        let mut answer = Vec::new();
        let end = loop {
            let count = self.stream.read(&mut buffer.0).map_err(words)?;
            answer.extend(buffer.0.get(..count).unwrap_or_default());
            if let Some(end) = memchr::memmem::find(&answer, b"\r\n\r\n") {
                break end + 4;
            }
            if count == 0 {
                return Err("the relay hung up during the handshake".to_owned());
            }
        };
        let (head, early) = answer.split_at(end);
        if !head.starts_with(b"HTTP/1.1 101") {
            return Err(format!("the relay refused the handshake: {}", String::from_utf8_lossy(&answer)));
        }
        self.frames = Some(Reader::default());
        self.arrived(early)
    }

    /// Tells the server what to do.
    pub(crate) fn order(&mut self, order: Order, buffer: &mut Buffer) -> Outcome<()> {
        self.send(&Piece::new(order.to_octets()), buffer)
    }

    /// The next octets themselves; only where no relay is.
    pub(crate) fn octets<const COUNT: usize>(&mut self) -> Outcome<[u8; COUNT]> {
        let mut octets = [0; COUNT];
        self.stream.read_exact(&mut octets).map_err(words)?;
        Ok(octets)
    }

    /// Sends a piece, when the other side has room for it.
    pub(crate) fn send(&mut self, piece: &Piece, buffer: &mut Buffer) -> Outcome<()> {
        let length = piece.plain.len() as u64;
        while self.tunnel.as_ref().is_some_and(|credit| credit.sendable < length) {
            self.read(buffer)?;
        }
        if let Some(credit) = &mut self.tunnel {
            credit.sendable -= length;
        }
        self.write(if self.frames.is_some() { &piece.framed } else { &piece.plain })
    }

    /// Waits for so many octets of payload.
    pub(crate) fn receive(&mut self, count: u64, buffer: &mut Buffer) -> Outcome<()> {
        while self.unread < count {
            self.read(buffer)?;
        }
        self.unread -= count;
        Ok(())
    }

    /// Payload that came beyond what was asked for.
    pub(crate) fn unread(&self) -> u64 {
        self.unread
    }

    /// Sends a piece and waits until it has come back.
    pub(crate) fn echo(&mut self, piece: &Piece, buffer: &mut Buffer) -> Outcome<()> {
        if !self.echoes {
            self.order(Order::Echo, buffer)?;
            self.echoes = true;
        }
        self.send(piece, buffer)?;
        self.receive(piece.plain.len() as u64, buffer)
    }

    /// Writes octets as they are until the other side takes none for so long, or hangs up.
    pub(crate) fn press(&mut self, octets: &[u8], patience: Duration) -> Outcome<()> {
        self.stream.set_write_timeout(Some(patience)).map_err(words)?;
        let mut left = octets;
        while !left.is_empty() {
            match self.stream.write(left) {
                Ok(count) => left = left.get(count..).unwrap_or_default(),
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// Whether the relay has said something that nobody took yet, or hung up.
    pub(crate) fn heard(&self) -> Outcome<bool> {
        self.stream.set_nonblocking(true).map_err(words)?;
        Ok(!matches!(self.stream.peek(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock))
    }

    fn read(&mut self, buffer: &mut Buffer) -> Outcome<()> {
        let count = self.stream.read(&mut buffer.0).map_err(words)?;
        if count == 0 {
            return Err("the relay hung up".to_owned());
        }
        self.arrived(buffer.0.get(..count).unwrap_or_default())
    }

    fn arrived(&mut self, octets: &[u8]) -> Outcome<()> {
        let payload = match &mut self.frames {
            Some(reader) => reader.take(octets, &mut self.texts)?,
            None => octets.len() as u64,
        };
        self.unread += payload;
        let Some(credit) = &mut self.tunnel else { return Ok(()) };
        credit.taken += payload;
        for message in self.texts.drain(..) {
            credit.hear(&message)?;
        }
        if credit.taken >= u64::from(WINDOW / 2) {
            let message = format!(r#"{{"type":"credit","bytes":{}}}"#, credit.taken);
            credit.taken = 0;
            self.write(&text(&message))?;
        }
        Ok(())
    }

    fn write(&mut self, octets: &[u8]) -> Outcome<()> {
        self.stream.write_all(octets).map_err(words)
    }
}

impl Credit {
    fn hear(&mut self, message: &str) -> Outcome<()> {
        let parsed: Value = serde_json::from_str(message).map_err(words)?;
        let number = |name: &str| parsed[name].as_u64().unwrap_or(0);
        match parsed["type"].as_str() {
            Some("opened") => {
                self.open = true;
                self.sendable += number("credit");
                Ok(())
            }
            Some("credit") => {
                self.sendable += number("bytes");
                Ok(())
            }
            _ => Err(format!("the gateway said {message}")),
        }
    }
}

/// Credit for what the gateway may send, and the gateway's own window in its configuration.
pub(crate) const WINDOW: u32 = 1024 * 1024;
/// Nothing here takes so long; a relay that does nothing must not hold the run up for ever.
const PATIENCE: Duration = Duration::from_secs(30);
