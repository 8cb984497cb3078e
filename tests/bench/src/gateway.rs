//! Octets through the gateway, beside a direct connection and, where it is installed, websockify: same server, same run,
//! rounds interleaved. All on loopback; client, relay and server share the machine, so the ratios say more than the
//! figures, and the relay's own CPU time says most.
//!
//! The gateway runs as a process of its own, so that its memory and CPU time can be read: this program, started again.

use crate::report::{Row, median, publish};
use crate::server::Server;
use futures_util::{SinkExt as _, StreamExt as _};
use std::collections::VecDeque;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};
use waypost_tunnel::client::{Event, Tunnel};
use waypost_tunnel::{Frame, Open, Output, TlsMode};

const ROUNDS: usize = 5;
const BULK: usize = 256 * 1024 * 1024;
const PIECE: usize = 64 * 1024;
const TRIPS: usize = 2000;
const OPENINGS: usize = 200;
const IDLE: usize = 200;
const BURST: usize = 256 * 1024;
const WINDOW: u32 = 1024 * 1024;

type Outcome<T> = Result<T, String>;

pub(crate) fn run() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(words)?;
    runtime.block_on(measure())
}

async fn measure() -> Outcome<()> {
    let server = mail_server().await?;
    let gateway = start_gateway(server.port())?;
    let websockify = start_websockify(server).await;
    let mut ways = vec![Way::Direct(server), Way::Gateway(gateway.address, server.port())];
    ways.extend(websockify.as_ref().map(|relay| Way::Websockify(relay.address)));
    let mut rows = Vec::new();
    for (set, one) in [("download", b'd'), ("upload", b'u')] {
        bulk(set, one, &ways, &gateway, &mut rows).await?;
    }
    round_trips(&ways, &mut rows).await?;
    openings(&ways, &mut rows).await?;
    memory(&ways, &gateway, websockify.as_ref(), &mut rows).await?;
    publish("gateway", &rows).map_err(words)?;
    if websockify.is_none() {
        say("websockify is not installed, so it has no rows (Debian: apt-get install websockify).");
    }
    Ok(())
}

async fn bulk(set: &str, kind: u8, ways: &[Way], gateway: &Server, rows: &mut Vec<Row>) -> Outcome<()> {
    let mut rates = vec![Vec::new(); ways.len()];
    let mut processor = Vec::new();
    for _ in 0..ROUNDS {
        for (way, rates) in ways.iter().zip(&mut rates) {
            let mut pipe = way.open().await?;
            let (start, used) = (Instant::now(), gateway.processor_seconds());
            pipe.send(&[kind]).await?;
            if kind == b'd' {
                pipe.receive(BULK).await?;
            } else {
                let piece = vec![7; PIECE];
                for _ in 0..BULK / PIECE {
                    pipe.send(&piece).await?;
                }
                pipe.receive(1).await?;
            }
            rates.push(BULK as f64 / 1e6 / start.elapsed().as_secs_f64());
            if matches!(way, Way::Gateway(..)) {
                processor.push((gateway.processor_seconds() - used) / (BULK as f64 / f64::from(1 << 30)));
            }
        }
    }
    for (way, rates) in ways.iter().zip(rates) {
        rows.push(Row::new(set, way.who(), "MB/s", median(rates)));
    }
    rows.push(Row::new(set, "waypost-gateway", "CPU s/GiB", median(processor)));
    Ok(())
}

async fn round_trips(ways: &[Way], rows: &mut Vec<Row>) -> Outcome<()> {
    let mut times = vec![Vec::new(); ways.len()];
    for _ in 0..ROUNDS {
        for (way, times) in ways.iter().zip(&mut times) {
            let mut pipe = way.open().await?;
            pipe.send(b"e").await?;
            for _ in 0..TRIPS / ROUNDS {
                let start = Instant::now();
                pipe.send(b"x").await?;
                pipe.receive(1).await?;
                times.push(start.elapsed().as_secs_f64() * 1e6);
            }
        }
    }
    for (way, mut times) in ways.iter().zip(times) {
        times.sort_by(f64::total_cmp);
        let late = times.get(times.len() * 99 / 100).copied().unwrap_or(f64::NAN);
        rows.push(Row::new("round trip of 1 octet", way.who(), "us p50", median(times)));
        rows.push(Row::new("round trip of 1 octet", way.who(), "us p99", late));
    }
    Ok(())
}

async fn openings(ways: &[Way], rows: &mut Vec<Row>) -> Outcome<()> {
    let mut times = vec![Vec::new(); ways.len()];
    for _ in 0..OPENINGS {
        for (way, times) in ways.iter().zip(&mut times) {
            let start = Instant::now();
            let pipe = way.open().await?;
            times.push(start.elapsed().as_secs_f64() * 1e6);
            drop(pipe);
        }
    }
    for (way, times) in ways.iter().zip(times) {
        rows.push(Row::new("open", way.who(), "us p50", median(times)));
    }
    Ok(())
}

/// Memory of a relay for each tunnel that has said one octet and then waits, as a mail client in IDLE does.
async fn memory(
    ways: &[Way],
    gateway: &Server,
    websockify: Option<&Server>,
    rows: &mut Vec<Row>,
) -> Outcome<()> {
    for way in ways {
        let relay = match way {
            Way::Direct(_) => continue,
            Way::Gateway(..) => gateway,
            Way::Websockify(_) => websockify.unwrap_or(gateway),
        };
        let before = relay.memory();
        let mut pipes = Vec::new();
        for _ in 0..IDLE {
            let mut pipe = way.open().await?;
            pipe.send(b"ex").await?;
            pipe.receive(1).await?;
            pipes.push(pipe);
        }
        let each = |memory: f64| (memory - before) / IDLE as f64;
        rows.push(Row::new("200 idle", way.who(), "KiB each", each(relay.memory())));
        for pipe in &mut pipes {
            let burst = vec![7; PIECE];
            for _ in 0..BURST / PIECE {
                pipe.send(&burst).await?;
                pipe.receive(PIECE).await?;
            }
        }
        rows.push(Row::new("200 idle after 256 KiB", way.who(), "KiB each", each(relay.memory())));
    }
    Ok(())
}

/// A way to the server.
enum Way {
    Direct(SocketAddr),
    Gateway(SocketAddr, u16),
    Websockify(SocketAddr),
}

impl Way {
    fn who(&self) -> &'static str {
        match self {
            Self::Direct(_) => "direct",
            Self::Gateway(..) => "waypost-gateway",
            Self::Websockify(_) => "websockify",
        }
    }

    async fn open(&self) -> Outcome<Pipe> {
        match self {
            Self::Direct(server) => {
                let stream = connect(*server).await?;
                Ok(Pipe::Direct(stream, vec![0; PIECE]))
            }
            Self::Gateway(address, port) => {
                let socket = websocket(*address, "/tunnel", "waypost.v1").await?;
                let open =
                    Open { host: "127.0.0.1".to_owned(), port: *port, tls: TlsMode::None, token: None };
                let tunnel = Tunnel::new(open, WINDOW);
                let mut client = Client { socket, tunnel, events: VecDeque::new() };
                client.give().await?;
                match client.next().await? {
                    Event::Opened { .. } => Ok(Pipe::Tunnel(Box::new(client))),
                    other => Err(format!("the gateway did not open: {other:?}")),
                }
            }
            Self::Websockify(address) => {
                Ok(Pipe::Socket(Box::new(websocket(*address, "/", "binary").await?)))
            }
        }
    }
}

/// An open way.
enum Pipe {
    Direct(TcpStream, Vec<u8>),
    Tunnel(Box<Client>),
    Socket(Box<WebSocketStream<TcpStream>>),
}

impl Pipe {
    async fn send(&mut self, octets: &[u8]) -> Outcome<()> {
        match self {
            Self::Direct(stream, _) => stream.write_all(octets).await.map_err(words),
            Self::Tunnel(client) => client.write(octets).await,
            Self::Socket(socket) => socket.send(Message::binary(octets.to_vec())).await.map_err(words),
        }
    }

    async fn receive(&mut self, count: usize) -> Outcome<()> {
        let mut left = count;
        while left > 0 {
            let came = match self {
                Self::Direct(stream, buffer) => stream.read(buffer).await.map_err(words)?,
                Self::Tunnel(client) => client.read().await?,
                Self::Socket(socket) => {
                    socket.next().await.transpose().map_err(words)?.map_or(0, |message| message.len())
                }
            };
            left = left.checked_sub(came).ok_or("more came than was sent")?;
            if came == 0 {
                return Err(format!("the connection ended with {left} octets missing"));
            }
        }
        Ok(())
    }
}

/// The browser's end of a tunnel.
struct Client {
    socket: WebSocketStream<TcpStream>,
    tunnel: Tunnel,
    events: VecDeque<Event>,
}

impl Client {
    async fn write(&mut self, mut octets: &[u8]) -> Outcome<()> {
        while !octets.is_empty() {
            let taken = self.tunnel.send(octets);
            octets = octets.get(taken..).unwrap_or_default();
            self.give().await?;
            if taken == 0 {
                self.turn().await?;
            }
        }
        Ok(())
    }

    async fn read(&mut self) -> Outcome<usize> {
        loop {
            match self.next().await? {
                Event::Data(octets) => {
                    self.tunnel.consumed(octets.len());
                    self.give().await?;
                    return Ok(octets.len());
                }
                Event::Sendable => {}
                other => return Err(format!("the tunnel ended: {other:?}")),
            }
        }
    }

    async fn next(&mut self) -> Outcome<Event> {
        loop {
            match self.events.pop_front() {
                Some(event) => return Ok(event),
                None => self.turn().await?,
            }
        }
    }

    async fn turn(&mut self) -> Outcome<()> {
        match self.socket.next().await.ok_or("the gateway closed")?.map_err(words)? {
            Message::Text(text) => self.tunnel.handle(Frame::Text(text.as_str().to_owned())),
            Message::Binary(octets) => self.tunnel.handle(Frame::Binary(octets.into())),
            _ => {}
        }
        self.give().await
    }

    async fn give(&mut self) -> Outcome<()> {
        while let Some(output) = self.tunnel.poll() {
            match output {
                Output::Send(Frame::Text(text)) => {
                    self.socket.send(Message::text(text)).await.map_err(words)?
                }
                Output::Send(Frame::Binary(octets)) => {
                    self.socket.send(Message::binary(octets)).await.map_err(words)?
                }
                Output::Event(event) => self.events.push_back(event),
                Output::Close => {}
            }
        }
        Ok(())
    }
}

async fn connect(address: SocketAddr) -> Outcome<TcpStream> {
    let stream = TcpStream::connect(address).await.map_err(words)?;
    stream.set_nodelay(true).map_err(words)?;
    Ok(stream)
}

async fn websocket(
    address: SocketAddr,
    path: &str,
    protocol: &'static str,
) -> Outcome<WebSocketStream<TcpStream>> {
    let mut request = format!("ws://{address}{path}").into_client_request().map_err(words)?;
    let origin = format!("http://{address}").parse().map_err(words)?;
    request.headers_mut().insert("origin", origin);
    request.headers_mut().insert("sec-websocket-protocol", protocol.parse().map_err(words)?);
    let (socket, _) = client_async(request, connect(address).await?).await.map_err(words)?;
    Ok(socket)
}

/// Does what the first octet says: `d` sends, `u` takes and answers with one octet, `e` gives back what comes.
async fn mail_server() -> Outcome<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(words)?;
    let address = listener.local_addr().map_err(words)?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    Ok(address)
}

async fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    match stream.read_u8().await? {
        b'd' => {
            let piece = vec![7; PIECE];
            for _ in 0..BULK / PIECE {
                stream.write_all(&piece).await?;
            }
            // websockify loses what it has not sent yet when the server closes.
            stream.read_to_end(&mut Vec::new()).await?;
        }
        b'u' => {
            let mut piece = vec![0; PIECE];
            let mut left = BULK;
            while left > 0 {
                left -= stream.read(&mut piece).await?.clamp(1, left);
            }
            stream.write_all(b"!").await?;
        }
        _ => {
            let (mut read, mut write) = stream.split();
            tokio::io::copy(&mut read, &mut write).await?;
        }
    }
    Ok(())
}

/// The gateway, in a process of its own.
fn start_gateway(port: u16) -> Outcome<Server> {
    Server::start(
        "gateway",
        &format!(
            "[[targets]]\nhost = '127.0.0.1'\nports = [{port}]\ntls = ['none']\nprivate = true\n[limits]\ntunnels_per_client = 512\nnew_tunnels_per_minute_per_client = 0\nconnections_per_client = 1024\nwindow_octets = {WINDOW}\n"
        ),
    )
}

/// `None` if it is not installed or does not start.
async fn start_websockify(server: SocketAddr) -> Option<Server> {
    let address = TcpListener::bind("127.0.0.1:0").await.ok()?.local_addr().ok()?;
    let child = Command::new("websockify")
        .args([address.to_string(), server.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let relay = Server { child, address };
    for _ in 0..100 {
        if TcpStream::connect(address).await.is_ok() {
            return Some(relay);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    None
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn say(line: &str) {
    // Nothing can be said where standard output is closed.
    let _ = writeln!(std::io::stdout(), "{line}");
}
