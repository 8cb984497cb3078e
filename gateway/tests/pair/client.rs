//! Many clients, each with a tunnel: they move when they are asked to, and come again when they are cut.

use crate::machine::within;
use futures_util::{SinkExt as _, StreamExt as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::Request;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// All of them.
pub(crate) struct Clients {
    address: SocketAddr,
    port: u16,
    /// As many connect at once as a listener queues.
    turns: Arc<Semaphore>,
    report: mpsc::UnboundedSender<Report>,
    reports: mpsc::UnboundedReceiver<Report>,
    asked: Vec<mpsc::UnboundedSender<Question>>,
}

/// What became of tunnels that ended.
#[derive(Debug, Default)]
pub(crate) struct Stay {
    pub(crate) moved: usize,
    pub(crate) cut: usize,
    /// From the end of a tunnel until its client had another.
    pub(crate) slowest: Duration,
}

enum Report {
    Opened,
    Back { moved: bool, after: Duration },
}

/// Asked of each client.
enum Question {
    /// Which gateway its tunnel goes through, and whether it is its first.
    Where(oneshot::Sender<(String, bool)>),
    /// Whether what it says comes back.
    Echo(oneshot::Sender<bool>),
}

impl Clients {
    pub(crate) fn new(address: SocketAddr, port: u16) -> Self {
        let (report, reports) = mpsc::unbounded_channel();
        Self { address, port, turns: Arc::new(Semaphore::new(64)), report, reports, asked: Vec::new() }
    }

    /// Starts so many more, and waits until each has a tunnel.
    pub(crate) async fn open(&mut self, count: usize) {
        for _ in 0..count {
            let (ask, questions) = mpsc::unbounded_channel();
            self.asked.push(ask);
            let (address, port) = (self.address, self.port);
            let (turns, report) = (Arc::clone(&self.turns), self.report.clone());
            tokio::spawn(async move { live(address, port, &turns, &report, questions).await });
        }
        for _ in 0..count {
            match within("a tunnel", self.reports.recv()).await {
                Some(Report::Opened) => {}
                _ => panic!("a tunnel ended while others were opened"),
            }
        }
    }

    /// Waits until so many are back.
    pub(crate) async fn settle(&mut self, count: usize) -> Stay {
        let mut stay = Stay::default();
        for _ in 0..count {
            match within("clients to be back", self.reports.recv()).await {
                Some(Report::Back { moved, after }) => {
                    if moved {
                        stay.moved += 1;
                    } else {
                        stay.cut += 1;
                    }
                    stay.slowest = stay.slowest.max(after);
                }
                _ => panic!("a client that nobody started"),
            }
        }
        stay
    }

    /// How many have their tunnel through this gateway.
    pub(crate) async fn on(&self, name: &str) -> usize {
        self.places().await.iter().filter(|(instance, _)| instance == name).count()
    }

    /// How many still have their first tunnel.
    pub(crate) async fn never_disturbed(&self) -> usize {
        self.places().await.iter().filter(|(_, first)| *first).count()
    }

    async fn places(&self) -> Vec<(String, bool)> {
        self.ask(Question::Where).await
    }

    /// How many get back what they say.
    pub(crate) async fn echoes(&self) -> usize {
        self.ask(Question::Echo).await.into_iter().filter(|echoed| *echoed).count()
    }

    async fn ask<T>(&self, question: impl Fn(oneshot::Sender<T>) -> Question) -> Vec<T> {
        let mut answers = Vec::new();
        for client in &self.asked {
            let (answer, answered) = oneshot::channel();
            assert!(client.send(question(answer)).is_ok(), "a client has failed");
            answers.push(answered);
        }
        let mut all = Vec::new();
        for answered in answers {
            all.push(within("an answer of a client", answered).await.unwrap());
        }
        all
    }
}

type Socket = WebSocketStream<TcpStream>;

struct Tunnel {
    socket: Socket,
    instance: String,
}

enum End {
    Moved,
    Cut,
    /// The test is over.
    Over,
}

/// The life of a client. Whatever it does not expect ends it with a panic, and the test then misses it.
async fn live(
    address: SocketAddr,
    port: u16,
    turns: &Semaphore,
    report: &mpsc::UnboundedSender<Report>,
    mut questions: mpsc::UnboundedReceiver<Question>,
) {
    let mut tunnel = open(address, port, turns).await.expect("the first tunnel");
    let mut first = true;
    let _ = report.send(Report::Opened);
    loop {
        let end = stay(&mut tunnel, first, &mut questions).await;
        let start = Instant::now();
        tunnel = match end {
            End::Over => return,
            // Where it moves to takes it at once.
            End::Moved => open(address, port, turns).await.expect("a tunnel after a move"),
            End::Cut => loop {
                // Until the balancer has noticed, it may be sent where nobody is.
                if let Some(tunnel) = open(address, port, turns).await {
                    break tunnel;
                }
                tokio::task::yield_now().await;
            },
        };
        first = false;
        let _ = report.send(Report::Back { moved: matches!(end, End::Moved), after: start.elapsed() });
    }
}

/// Until the tunnel ends.
async fn stay(tunnel: &mut Tunnel, first: bool, questions: &mut mpsc::UnboundedReceiver<Question>) -> End {
    loop {
        tokio::select! {
            // The end of the test comes first: what gateways say then is nobody's business.
            biased;
            question = questions.recv() => match question {
                Some(Question::Where(answer)) => drop(answer.send((tunnel.instance.clone(), first))),
                Some(Question::Echo(answer)) => drop(answer.send(echo(&mut tunnel.socket).await)),
                None => return End::Over,
            },
            message = tunnel.socket.next() => match message {
                Some(Ok(Message::Text(text))) if text.contains(r#""type":"move""#) => {
                    leave(tunnel).await;
                    return End::Moved;
                }
                Some(Ok(Message::Text(text))) if text.contains(r#""type":"credit""#) => {}
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Err(_)) | None => return End::Cut,
                other => panic!("{other:?}"),
            },
        }
    }
}

/// Ends a tunnel as docs/TUNNEL.md asks after `move`, and hears that it ended well.
async fn leave(tunnel: &mut Tunnel) {
    tunnel.socket.send(Message::text(r#"{"type":"end","clean":true}"#)).await.unwrap();
    let mut ended = false;
    loop {
        match within("the end of a tunnel", tunnel.socket.next()).await {
            Some(Ok(Message::Text(text))) => ended |= text.contains(r#""type":"end","clean":true"#),
            Some(Ok(Message::Close(Some(frame)))) => {
                assert!(ended && u16::from(frame.code) == 1000, "{ended}: {frame:?}");
                return;
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn echo(socket: &mut Socket) -> bool {
    if socket.send(Message::binary(&b"echo"[..])).await.is_err() {
        return false;
    }
    loop {
        match within("an echo", socket.next()).await {
            Some(Ok(Message::Binary(octets))) => return octets == b"echo"[..],
            Some(Ok(Message::Text(_) | Message::Ping(_))) => {}
            _ => return false,
        }
    }
}

/// Connects, opens and uses a tunnel. `None` if it is cut before it is open.
async fn open(address: SocketAddr, port: u16, turns: &Semaphore) -> Option<Tunnel> {
    let _turn = turns.acquire().await.unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut socket, response) = within("a handshake", client_async(request(), stream)).await.ok()?;
    let instance = response.headers().get("x-instance")?.to_str().unwrap().to_owned();
    let open = format!(r#"{{"type":"open","host":"127.0.0.1","port":{port},"tls":"none","credit":1000000}}"#);
    socket.send(Message::text(open)).await.ok()?;
    match within("an answer", socket.next()).await {
        Some(Ok(Message::Text(text))) if text.contains(r#""type":"opened""#) => {}
        Some(Ok(other)) => panic!("{other:?}"),
        Some(Err(_)) | None => return None,
    }
    echo(&mut socket).await.then_some(Tunnel { socket, instance })
}

/// The status with which a tunnel is refused.
pub(crate) async fn refusal(address: SocketAddr) -> u16 {
    let stream = TcpStream::connect(address).await.unwrap();
    match within("a handshake", client_async(request(), stream)).await {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("{other:?}"),
    }
}

fn request() -> Request<()> {
    let mut request = "ws://mail.example/tunnel".into_client_request().unwrap();
    request.headers_mut().insert("Origin", "http://mail.example".parse().unwrap());
    request.headers_mut().insert("Sec-WebSocket-Protocol", "waypost.v1".parse().unwrap());
    request
}
