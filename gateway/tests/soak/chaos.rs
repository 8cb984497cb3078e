//! What clients and mail servers do to the gateway, at random.

use crate::numbers::Numbers;
use crate::serve::serve;
use futures_util::{SinkExt as _, StreamExt as _};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

/// Where everything is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    pub(crate) mail: Mail,
}

/// Ports of mail servers that are good, flood, take nothing, and cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mail {
    echo: u16,
    flood: u16,
    deaf: u16,
    cut: u16,
}

/// What a client does, by numbers that can be had again.
#[derive(Debug)]
pub(crate) struct Chance(Numbers);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Numbers(seed))
    }

    /// One of `0..below`.
    fn below(&mut self, below: usize) -> usize {
        self.0.below(below)
    }

    /// Another one, for somebody else.
    pub(crate) fn fork(&mut self) -> Self {
        Self::new(self.0.next())
    }

    async fn pause(&mut self) {
        sleep(Duration::from_millis(self.below(60) as u64)).await;
    }
}

pub(crate) fn configuration(mail: &Mail) -> String {
    let Mail { echo, flood, deaf, cut } = mail;
    format!(
        "[limits]\nconnections_per_client = 1000\ntunnels_per_client = 500\nnew_tunnels_per_minute_per_client = 0\nheader_seconds = 2\nopen_seconds = 2\n\
         drain_seconds = 1\n[[targets]]\nhost = '127.0.0.1'\nports = [{echo}, {flood}, {deaf}, {cut}]\n\
         tls = ['none', 'implicit']\nprivate = true\n"
    )
}

/// Starts them.
pub(crate) async fn mail_servers() -> Mail {
    let echo = serve(async |mut stream: TcpStream| {
        let (mut read, mut write) = stream.split();
        let _ = tokio::io::copy(&mut read, &mut write).await;
    });
    let flood = serve(async |mut stream: TcpStream| while stream.write_all(&[b'x'; 16384]).await.is_ok() {});
    // Takes nothing, until the gateway has closed or reset it.
    let deaf = serve(async |stream: TcpStream| {
        let _ = stream.ready(Interest::ERROR).await;
    });
    let cut = serve(async |mut stream: TcpStream| {
        // Once the tunnel is open: earlier it would be a connection that could not be made.
        let _ = stream.read(&mut [0; 100]).await;
        let _ = stream.set_zero_linger();
    });
    Mail { echo: echo.await, flood: flood.await, deaf: deaf.await, cut: cut.await }
}

type Socket = WebSocketStream<TcpStream>;

/// One client that does one thing, and says which.
pub(crate) async fn client(place: Place, mut chance: Chance) -> &'static str {
    chance.pause().await;
    match chance.below(10) {
        0 => connect_only(place, &mut chance).await,
        1 => half_a_request(place, &mut chance).await,
        2 => page(place).await,
        3 => nothing_asked(place, &mut chance).await,
        4 => good_tunnel(place, &mut chance).await,
        5 => killed_tunnel(place, &mut chance).await,
        6 => stalled_reader(place, &mut chance).await,
        7 => stalled_server(place, &mut chance).await,
        8 => broken_frames(place, &mut chance).await,
        _ => cut_server(place).await,
    }
}

async fn connect(place: Place) -> TcpStream {
    TcpStream::connect(place.address).await.unwrap()
}

/// Perhaps resets the connection in place of closing it.
fn drop_somehow(stream: &TcpStream, chance: &mut Chance) {
    if chance.below(2) == 0 {
        stream.set_zero_linger().unwrap();
    }
}

async fn connect_only(place: Place, chance: &mut Chance) -> &'static str {
    let stream = connect(place).await;
    chance.pause().await;
    drop_somehow(&stream, chance);
    "connected"
}

async fn half_a_request(place: Place, chance: &mut Chance) -> &'static str {
    let mut stream = connect(place).await;
    let _ = stream.write_all(b"GET /tunnel HTTP/1.1\r\nHost: loc").await;
    chance.pause().await;
    drop_somehow(&stream, chance);
    "half a request"
}

async fn page(place: Place) -> &'static str {
    let mut stream = connect(place).await;
    let request = format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", place.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    "page"
}

async fn socket(place: Place) -> Socket {
    let mut request = format!("ws://{}/tunnel", place.address).into_client_request().unwrap();
    request.headers_mut().insert("Origin", format!("http://{}", place.address).parse().unwrap());
    request.headers_mut().insert("Sec-WebSocket-Protocol", "waypost.v1".parse().unwrap());
    client_async(request, connect(place).await).await.unwrap().0
}

/// A tunnel to this port, with much credit.
async fn tunnel(place: Place, port: u16) -> Socket {
    let mut socket = socket(place).await;
    let open =
        format!(r#"{{"type":"open","host":"127.0.0.1","port":{port},"tls":"none","credit":16777216}}"#);
    socket.send(Message::text(open)).await.unwrap();
    match socket.next().await {
        Some(Ok(Message::Text(text))) if text.contains("opened") => socket,
        other => panic!("not opened: {other:?}"),
    }
}

async fn nothing_asked(place: Place, chance: &mut Chance) -> &'static str {
    let socket = socket(place).await;
    chance.pause().await;
    drop_somehow(socket.get_ref(), chance);
    "nothing asked"
}

async fn good_tunnel(place: Place, chance: &mut Chance) -> &'static str {
    let mut socket = tunnel(place, place.mail.echo).await;
    for _ in 0..=chance.below(5) {
        let octets = vec![b'e'; 1 + chance.below(20_000)];
        let mut missing = octets.len();
        socket.send(Message::binary(octets)).await.unwrap();
        while missing > 0 {
            if let Message::Binary(octets) = socket.next().await.unwrap().unwrap() {
                missing -= octets.len();
            }
        }
        chance.pause().await;
    }
    socket.send(Message::text(r#"{"type":"end","clean":true}"#)).await.unwrap();
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Close(frame) => {
                assert_eq!(frame.map(|frame| u16::from(frame.code)), Some(1000));
                return "good";
            }
            _ => continue,
        }
    }
}

async fn killed_tunnel(place: Place, chance: &mut Chance) -> &'static str {
    let mut socket = tunnel(place, place.mail.echo).await;
    socket.send(Message::binary(vec![b'k'; 5000])).await.unwrap();
    chance.pause().await;
    drop_somehow(socket.get_ref(), chance);
    "killed"
}

/// The mail server sends all that it can, and nobody reads.
async fn stalled_reader(place: Place, chance: &mut Chance) -> &'static str {
    let socket = tunnel(place, place.mail.flood).await;
    chance.pause().await;
    chance.pause().await;
    drop_somehow(socket.get_ref(), chance);
    "stalled reader"
}

/// The client sends all that its credit allows, and the mail server reads nothing.
async fn stalled_server(place: Place, chance: &mut Chance) -> &'static str {
    let mut socket = tunnel(place, place.mail.deaf).await;
    let flood = async {
        for _ in 0..4 {
            if socket.send(Message::binary(vec![b'd'; 65_536])).await.is_err() {
                break;
            }
        }
    };
    let _ = timeout(Duration::from_millis(100), flood).await;
    chance.pause().await;
    drop_somehow(socket.get_ref(), chance);
    "stalled server"
}

/// Octets that are no frames, once the WebSocket is open.
async fn broken_frames(place: Place, chance: &mut Chance) -> &'static str {
    let mut socket = tunnel(place, place.mail.echo).await;
    let octets: Vec<u8> = (0..200).map(|_| chance.below(256).try_into().unwrap()).collect();
    let stream = socket.get_mut();
    let _ = stream.write_all(&octets).await;
    chance.pause().await;
    drop_somehow(stream, chance);
    "broken frames"
}

/// The mail server cuts, and the client hears it out.
async fn cut_server(place: Place) -> &'static str {
    let mut socket = tunnel(place, place.mail.cut).await;
    let _ = socket.send(Message::binary(&b"a1 LOGIN"[..])).await;
    let heard = async {
        while let Some(Ok(message)) = socket.next().await {
            if matches!(message, Message::Text(text) if text.contains(r#""type":"end""#)) {
                let _ = socket.send(Message::text(r#"{"type":"end","clean":true}"#)).await;
            }
        }
    };
    timeout(Duration::from_secs(20), heard).await.expect("the end of a tunnel whose server is gone");
    "cut server"
}
