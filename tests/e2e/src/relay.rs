//! A plain TCP relay between an engine and a server: it counts round trips, and cuts where it is told to.

use std::cell::Cell;
use std::rc::Rc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, spawn_local};

/// A relay to one port of this machine. It ends when dropped.
#[derive(Debug)]
pub struct Relay {
    /// Where it listens.
    pub port: u16,
    counts: Rc<Counts>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Counts {
    round_trips: Cell<u32>,
    connections: Cell<u32>,
    octets_down: Cell<usize>,
    server_spoke_last: Cell<bool>,
    /// Octets from the server until the connection is cut; counted down.
    until_cut: Cell<Option<usize>>,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Relay {
    /// Starts a relay to this port on loopback.
    ///
    /// # Panics
    /// No port is free. It must run in a `LocalSet`.
    pub async fn start(target: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let counts = Rc::new(Counts::default());
        let shared = Rc::clone(&counts);
        let accepting = spawn_local(async move {
            while let Ok((client, _)) = listener.accept().await {
                shared.connections.set(shared.connections.get() + 1);
                shared.server_spoke_last.set(true);
                spawn_local(carry(client, target, Rc::clone(&shared)));
            }
        });
        Self { port, counts, accepting }
    }

    /// How often the client spoke after the server had.
    #[must_use]
    pub fn round_trips(&self) -> u32 {
        self.counts.round_trips.get()
    }

    /// How many connections there were.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.counts.connections.get()
    }

    /// Octets from the server over all connections.
    #[must_use]
    pub fn octets_down(&self) -> usize {
        self.counts.octets_down.get()
    }

    /// Cuts nothing any more.
    pub fn carry_on(&self) {
        self.counts.until_cut.set(None);
    }

    /// Cuts the connection after so many octets from the server, once.
    pub fn cut_after(&self, octets: usize) {
        self.counts.until_cut.set(Some(octets));
    }
}

async fn carry(client: TcpStream, target: u16, counts: Rc<Counts>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await else { return };
    // Whichever side ends first ends both.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = upwards(from_client, to_server, &counts) => {}
        () = downwards(from_server, to_client, &counts) => {}
    }
}

async fn upwards(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, counts: &Counts) {
    let mut octets = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut octets).await {
        if counts.server_spoke_last.replace(false) {
            counts.round_trips.set(counts.round_trips.get() + 1);
        }
        if to.write_all(&octets[..length]).await.is_err() {
            return;
        }
    }
}

async fn downwards(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, counts: &Counts) {
    let mut octets = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut octets).await {
        counts.server_spoke_last.set(true);
        counts.octets_down.set(counts.octets_down.get() + length);
        let allowed = counts.until_cut.get().map_or(length, |left| left.min(length));
        if to.write_all(&octets[..allowed]).await.is_err() || allowed < length {
            counts.until_cut.set(None);
            return;
        }
        counts.until_cut.set(counts.until_cut.get().map(|left| left - allowed));
    }
}
