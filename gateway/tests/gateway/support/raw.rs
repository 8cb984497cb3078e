//! A WebSocket client without a library, which can break every rule.

use super::gateway::Gateway;
use super::within;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) const TEXT: u8 = 0x81;
pub(crate) const BINARY: u8 = 0x82;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8A;

/// A client's frame (RFC 6455, 5.2), masked.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    masked(first, payload, [0x37, 0xfa, 0x21, 0x3d])
}

/// The same with this mask.
pub(crate) fn masked(first: u8, payload: &[u8], key: [u8; 4]) -> Vec<u8> {
    let mut frame = header(first, 0x80, payload.len());
    frame.extend(key);
    frame.extend(payload.iter().zip(key.iter().cycle()).map(|(octet, key)| octet ^ key));
    frame
}

/// A server's frame, without a mask.
pub(crate) fn bare(first: u8, payload: &[u8]) -> Vec<u8> {
    [header(first, 0, payload.len()).as_slice(), payload].concat()
}

fn header(first: u8, mask: u8, length: usize) -> Vec<u8> {
    let mut header = vec![first];
    match length {
        short @ 0..=125 => header.push(mask | short as u8),
        middle @ 126..=0xFFFF => {
            header.push(mask | 126);
            header.extend((middle as u16).to_be_bytes());
        }
        long => {
            header.push(mask | 127);
            header.extend((long as u64).to_be_bytes());
        }
    }
    header
}

/// The payload of a closing frame.
pub(crate) fn closing(code: u16, reason: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason].concat()
}

/// The message that asks for a target of localhost.
pub(crate) fn open(port: u16, credit: u32) -> Vec<u8> {
    let text =
        format!(r#"{{"type":"open","host":"localhost","port":{port},"tls":"none","credit":{credit}}}"#);
    frame(TEXT, text.as_bytes())
}

pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    /// The answer to the handshake, in small letters.
    pub(crate) head: String,
    unread: Vec<u8>,
}

impl Raw {
    /// After the handshake.
    pub(crate) async fn connect(gateway: &Gateway) -> Self {
        let (host, origin) = (gateway.address, gateway.origin());
        let stream = TcpStream::connect(host).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut raw = Self { stream, head: String::new(), unread: Vec::new() };
        let request = format!(
            "GET /tunnel HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: waypost.v1\r\nOrigin: {origin}\r\n\r\n"
        );
        raw.send(request.as_bytes()).await;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(within("the answer", raw.stream.read_u8()).await.unwrap());
        }
        raw.head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        assert!(raw.head.starts_with("http/1.1 101"), "{}", raw.head);
        raw
    }

    /// A tunnel to this port.
    pub(crate) async fn open(gateway: &Gateway, port: u16, credit: u32) -> Self {
        let mut raw = Self::connect(gateway).await;
        raw.send(&open(port, credit)).await;
        let (first, text) = raw.frame().await.unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(first == TEXT && text.contains(r#""type":"opened""#), "{text}");
        raw
    }

    pub(crate) async fn send(&mut self, octets: &[u8]) {
        // The gateway may have closed already; what it said shows why.
        let _ = self.stream.write_all(octets).await;
    }

    /// The next frame: its first octet and its payload. `None` at the end of the connection.
    pub(crate) async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        within("a frame", async {
            loop {
                if let Some((first, header, length)) = self.header()
                    && self.unread.len() >= header + length
                {
                    let payload = self.unread.drain(..header + length).skip(header).collect();
                    return Some((first, payload));
                }
                match self.stream.read_buf(&mut self.unread).await {
                    Ok(count) if count > 0 => {}
                    _ => return None,
                }
            }
        })
        .await
    }

    /// First octet, length of the header, length of the payload; fails for what a server must not send.
    fn header(&self) -> Option<(u8, usize, usize)> {
        let (first, second) = (*self.unread.first()?, *self.unread.get(1)?);
        assert_eq!(second & 0x80, 0, "a server does not mask (RFC 6455, 5.1)");
        assert_eq!(first & 0xF0, 0x80, "whole, without extensions");
        let number = |range: std::ops::Range<usize>| {
            Some(self.unread.get(range)?.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)))
        };
        match second {
            126 => Some((first, 4, number(2..4)?)),
            127 => Some((first, 10, number(2..10)?)),
            short => Some((first, 2, usize::from(short))),
        }
    }
}
