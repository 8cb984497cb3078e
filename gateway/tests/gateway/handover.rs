//! A restart that nobody notices: a service manager hands its socket to the next process before the last one stops.

use crate::support::mail::{self, target};
use crate::support::service::{Manager, Program};
use crate::support::tunnel::{Client, Handshake};
use crate::support::within;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use waypost_tunnel::TlsMode;
use waypost_tunnel::client::Event;

/// What clients do all the time. Whatever goes wrong for one of them ends its task with a panic.
#[derive(Debug)]
struct Load {
    address: SocketAddr,
    port: u16,
    over: AtomicBool,
    requests: AtomicU32,
    tunnels: AtomicU32,
    moves: AtomicU32,
    progress: Notify,
}

impl Load {
    /// One short connection after another.
    async fn requests(self: Arc<Self>) {
        let text = format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        while !self.over.load(Ordering::Relaxed) {
            let mut stream = TcpStream::connect(self.address).await.expect("nobody is refused");
            stream.write_all(text.as_bytes()).await.expect("the request is taken");
            let mut answer = String::new();
            within("an answer", stream.read_to_string(&mut answer)).await.expect("the answer comes whole");
            assert!(answer.starts_with("HTTP/1.1 404"), "{answer:?}");
            self.requests.fetch_add(1, Ordering::Relaxed);
            self.progress.notify_one();
        }
    }

    /// One short tunnel after another.
    async fn short_tunnels(self: Arc<Self>) {
        while !self.over.load(Ordering::Relaxed) {
            let mut client = self.open().await;
            self.leave(&mut client).await;
        }
    }

    /// A tunnel that stays until it is asked to move, and then another.
    async fn long_tunnel(self: Arc<Self>) {
        let mut client = self.open().await;
        match client.next().await {
            Event::Move { .. } => self.leave(&mut client).await,
            other => panic!("{other:?}"),
        }
        self.moves.fetch_add(1, Ordering::Relaxed);
        self.progress.notify_one();
        let mut client = self.open().await;
        self.leave(&mut client).await;
    }

    async fn open(&self) -> Client {
        let socket = Handshake::at(self.address).connect_to(self.address).await.expect("no status");
        let mut client = Client::ask_on(socket, "localhost", self.port, TlsMode::None, 1000).await;
        loop {
            match client.next().await {
                Event::Opened { .. } => break,
                // It came to the old process at the last moment.
                Event::Move { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        self.tunnels.fetch_add(1, Ordering::Relaxed);
        self.progress.notify_one();
        client
    }

    /// Says something, hears it, and ends.
    async fn leave(&self, client: &mut Client) {
        client.write(b"echo").await;
        let mut heard = Vec::new();
        while heard.len() < 4 {
            match client.next().await {
                Event::Data(octets) => heard.extend(octets),
                Event::Move { .. } | Event::Sendable => {}
                other => panic!("{other:?}"),
            }
        }
        client.end(true).await;
        assert_eq!(client.close_frame().await, (1000, String::new()));
    }

    /// Waits until so many more requests and tunnels were served.
    async fn goes_on(&self, tasks: &mut JoinSet<()>, requests: u32, tunnels: u32) {
        let (before, tunnels_before) =
            (self.requests.load(Ordering::Relaxed), self.tunnels.load(Ordering::Relaxed));
        within("the load to go on", async {
            while self.requests.load(Ordering::Relaxed) < before + requests
                || self.tunnels.load(Ordering::Relaxed) < tunnels_before + tunnels
            {
                tokio::select! {
                    () = self.progress.notified() => {}
                    Some(Err(error)) = tasks.join_next() => std::panic::resume_unwind(error.into_panic()),
                }
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_by_socket_passing_refuses_and_breaks_nothing_under_load() {
    let port = mail::serve(async |mut stream: TcpStream| {
        let (mut read, mut write) = stream.split();
        let _ = tokio::io::copy(&mut read, &mut write).await;
    })
    .await;
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    // Longer than the test may take: nobody is ended by the clock.
    let limits = "[limits]\ndrain_seconds = 1000\ntunnels_per_client = 500\nconnections_per_client = 1000\n";
    let config = format!("listen = 'systemd'\nlog = 'warn'\n{limits}{}", target(&[port], r#""none""#, None));
    let mut manager = Manager::new();
    let mut old = Program::start(&manager, Some(&socket), &config).await;
    assert_eq!(manager.heard().await, "READY=1\n");

    let load = Arc::new(Load {
        address,
        port,
        over: AtomicBool::new(false),
        requests: AtomicU32::new(0),
        tunnels: AtomicU32::new(0),
        moves: AtomicU32::new(0),
        progress: Notify::new(),
    });
    let mut tasks = JoinSet::new();
    for _ in 0..20 {
        tasks.spawn(Arc::clone(&load).long_tunnel());
    }
    within("tunnels", async {
        while load.tunnels.load(Ordering::Relaxed) < 20 {
            load.progress.notified().await;
        }
    })
    .await;
    for _ in 0..4 {
        tasks.spawn(Arc::clone(&load).requests());
        tasks.spawn(Arc::clone(&load).short_tunnels());
    }
    load.goes_on(&mut tasks, 400, 80).await;
    let mut new = Program::start(&manager, Some(&socket), &config).await;
    assert_eq!(manager.heard().await, "READY=1\n");
    load.goes_on(&mut tasks, 400, 80).await;
    old.signal("TERM");
    assert_eq!(manager.heard().await, "STOPPING=1\n");
    assert!(old.ended().await.success());
    load.goes_on(&mut tasks, 400, 80).await;
    within("all to move", async {
        while load.moves.load(Ordering::Relaxed) < 20 {
            load.progress.notified().await;
        }
    })
    .await;
    load.over.store(true, Ordering::Relaxed);
    while let Some(result) = within("the clients", tasks.join_next()).await {
        result.unwrap();
    }
    new.signal("TERM");
    assert!(new.ended().await.success());
}
