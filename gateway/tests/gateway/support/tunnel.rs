//! A client of tunnels: the browser's end of `waypost-tunnel` over a WebSocket.

use super::gateway::Gateway;
use super::within;
use futures_util::{SinkExt as _, StreamExt as _};
use std::collections::VecDeque;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use waypost_tunnel::client::{Event, Tunnel};
use waypost_tunnel::{Failure, Frame, Open, Output, TlsMode};

pub(crate) type Socket = WebSocketStream<TcpStream>;

/// What a browser sends with a WebSocket, to be changed by a test.
pub(crate) struct Handshake {
    pub(crate) host: String,
    pub(crate) origin: Option<String>,
    pub(crate) path: String,
    pub(crate) protocol: String,
    pub(crate) extra: Vec<(&'static str, String)>,
}

impl Handshake {
    pub(crate) fn new(gateway: &Gateway) -> Self {
        Self::at(gateway.address)
    }

    pub(crate) fn at(address: SocketAddr) -> Self {
        Self {
            host: address.to_string(),
            origin: Some(format!("http://{address}")),
            path: "/tunnel".to_owned(),
            protocol: "waypost.v1".to_owned(),
            extra: Vec::new(),
        }
    }

    /// The socket, or the status of the refusal.
    pub(crate) async fn connect(self, gateway: &Gateway) -> Result<Socket, u16> {
        self.connect_to(gateway.address).await
    }

    pub(crate) async fn connect_to(self, address: SocketAddr) -> Result<Socket, u16> {
        let mut request = hyper::Request::builder()
            .uri(format!("ws://{}{}", self.host, self.path))
            .header("Host", &self.host)
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", generate_key());
        if !self.protocol.is_empty() {
            request = request.header("Sec-WebSocket-Protocol", &self.protocol);
        }
        if let Some(origin) = &self.origin {
            request = request.header("Origin", origin);
        }
        for (name, value) in &self.extra {
            request = request.header(*name, value);
        }
        let stream = TcpStream::connect(address).await.unwrap();
        match within("the handshake", client_async(request.body(()).unwrap(), stream)).await {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }
}

/// Makes a WebSocket on this connection, asks for a port of localhost, and gives the first words of the answer.
pub(crate) async fn first_words<Stream: AsyncRead + AsyncWrite + Unpin>(
    request: hyper::Request<()>,
    stream: Stream,
    port: u16,
) -> (WebSocketStream<Stream>, String) {
    let (mut socket, _) = within("the handshake", client_async(request, stream)).await.unwrap();
    let open = format!(r#"{{"type":"open","host":"localhost","port":{port},"tls":"none","credit":100}}"#);
    socket.send(Message::text(open)).await.unwrap();
    let said = within("an answer", socket.next()).await.unwrap().unwrap();
    (socket, said.to_text().unwrap().to_owned())
}

/// A tunnel.
pub(crate) struct Client {
    pub(crate) socket: Socket,
    pub(crate) tunnel: Tunnel,
    events: VecDeque<Event>,
    /// Code and reason of the closing frame, once it came.
    pub(crate) closed: Option<(u16, String)>,
}

impl Client {
    /// Asks for a tunnel.
    pub(crate) async fn ask(gateway: &Gateway, host: &str, port: u16, tls: TlsMode) -> Self {
        let socket = Handshake::new(gateway).connect(gateway).await.unwrap();
        Self::ask_on(socket, host, port, tls, 65_536).await
    }

    pub(crate) async fn ask_on(socket: Socket, host: &str, port: u16, tls: TlsMode, window: u32) -> Self {
        Self::ask_as(socket, Open { host: host.to_owned(), port, tls, token: None }, window).await
    }

    pub(crate) async fn ask_as(socket: Socket, open: Open, window: u32) -> Self {
        let tunnel = Tunnel::new(open, window);
        let mut client = Self { socket, tunnel, events: VecDeque::new(), closed: None };
        client.give().await;
        client
    }

    /// Asks for a tunnel and waits until it is open.
    pub(crate) async fn open(gateway: &Gateway, host: &str, port: u16, tls: TlsMode) -> Self {
        let mut client = Self::ask(gateway, host, port, tls).await;
        match client.next().await {
            Event::Opened { .. } => client,
            other => panic!("not opened: {other:?}"),
        }
    }

    /// The failure that asking for this gives.
    pub(crate) async fn refused(gateway: &Gateway, host: &str, port: u16, tls: TlsMode) -> Failure {
        Self::ask(gateway, host, port, tls).await.failure().await
    }

    /// Waits until the tunnel fails; skips what comes before.
    pub(crate) async fn failure(&mut self) -> Failure {
        loop {
            if let Event::Failed(failure) = self.next().await {
                return failure;
            }
        }
    }

    /// The next event.
    pub(crate) async fn next(&mut self) -> Event {
        within("an event of the tunnel", async {
            loop {
                if let Some(event) = self.events.pop_front() {
                    return event;
                }
                self.turn().await;
            }
        })
        .await
    }

    /// Takes one message from the gateway.
    pub(crate) async fn turn(&mut self) {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => self.tunnel.handle(Frame::Text(text.as_str().to_owned())),
            Some(Ok(Message::Binary(octets))) => self.tunnel.handle(Frame::Binary(octets.into())),
            Some(Ok(Message::Close(frame))) => {
                self.closed = frame.map(|frame| (u16::from(frame.code), frame.reason.as_str().to_owned()));
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => {
                assert!(!self.tunnel.is_done(), "nothing more comes");
                self.tunnel.closed();
            }
        }
        self.give().await;
    }

    /// Reads until so many octets came.
    pub(crate) async fn read(&mut self, count: usize) -> Vec<u8> {
        let mut all = Vec::new();
        while all.len() < count {
            match self.next().await {
                Event::Data(octets) => {
                    self.tunnel.consumed(octets.len());
                    self.give().await;
                    all.extend(octets);
                }
                Event::Sendable => {}
                other => panic!("{other:?} after {} of {count} octets", all.len()),
            }
        }
        all
    }

    /// Sends all of it, waiting for credit.
    pub(crate) async fn write(&mut self, mut octets: &[u8]) {
        while !octets.is_empty() {
            let taken = self.tunnel.send(octets);
            octets = &octets[taken..];
            self.give().await;
            if !octets.is_empty() && taken == 0 {
                within("credit", self.turn()).await;
            }
        }
    }

    pub(crate) async fn end(&mut self, clean: bool) {
        self.tunnel.end(clean);
        self.give().await;
    }

    pub(crate) async fn upgrade(&mut self) {
        self.tunnel.upgrade();
        self.give().await;
    }

    /// Waits for the closing frame: code and reason.
    pub(crate) async fn close_frame(&mut self) -> (u16, String) {
        within("the closing frame", async {
            while self.closed.is_none() {
                match self.socket.next().await {
                    Some(Ok(Message::Close(frame))) => {
                        self.closed =
                            frame.map(|frame| (u16::from(frame.code), frame.reason.as_str().to_owned()));
                    }
                    Some(Ok(_)) => {}
                    other => panic!("closed without a frame: {other:?}"),
                }
            }
        })
        .await;
        self.closed.clone().unwrap()
    }

    /// Sends a control message past the tunnel's own rules.
    pub(crate) async fn say(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Sends what the tunnel wants sent.
    pub(crate) async fn flush(&mut self) {
        self.give().await;
    }

    async fn give(&mut self) {
        while let Some(output) = self.tunnel.poll() {
            match output {
                Output::Send(Frame::Text(text)) => drop(self.socket.send(Message::text(text)).await),
                Output::Send(Frame::Binary(octets)) => drop(self.socket.send(Message::binary(octets)).await),
                Output::Event(event) => self.events.push_back(event),
                Output::Close => {}
            }
        }
    }
}
