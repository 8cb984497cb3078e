//! A TCP relay that delays: a line with much room and a long way, on loopback.
//!
//! Each octet arrives so much later than it came, in both directions alike, and is not slowed down otherwise. The server is called
//! a round trip after the client has called, which is what the handshake takes on such a line; nothing is lost or repeated.

use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};

/// A relay to one port of this machine. It ends, with its connections, when dropped.
#[derive(Debug)]
pub struct DelayingRelay {
    port: u16,
    accepting: JoinHandle<()>,
}

impl DelayingRelay {
    /// Starts a relay to a port on 127.0.0.1. `one_way` is the delay of each direction: a round trip takes twice as long.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(target: u16, one_way: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(connection(client, target, one_way));
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { port, accepting })
    }

    /// Where it listens on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for DelayingRelay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn connection(client: TcpStream, target: u16, one_way: Duration) {
    sleep(one_way * 2).await;
    let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await else { return };
    // A socket that refuses this is closed already, and the first read says so.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::join!(direction(from_client, to_server, one_way), direction(from_server, to_client, one_way));
}

/// Octets on their way, when they are due, and the room that they take.
type Piece = (Instant, Vec<u8>, OwnedSemaphorePermit);

/// Carries one direction until either end closes; the end of the stream is as late as its octets.
async fn direction(from: impl AsyncRead + Unpin, to: impl AsyncWrite + Unpin, one_way: Duration) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let taking = async {
        take(from, sender, one_way).await;
        // The other half ends this direction, when all has been given.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = taking => {}
        () = give(to, receiver) => {}
    }
}

async fn take(mut from: impl AsyncRead + Unpin, line: mpsc::UnboundedSender<Piece>, one_way: Duration) {
    let room = Arc::new(Semaphore::new(ROOM));
    while let Ok(mut taken) = Arc::clone(&room).acquire_many_owned(PIECE).await {
        let mut octets = Vec::with_capacity(PIECE as usize);
        let length = from.read_buf(&mut octets).await.unwrap_or(0);
        drop(taken.split(PIECE as usize - length));
        let sent = line.send((Instant::now() + one_way, octets, taken));
        if length == 0 || sent.is_err() {
            return;
        }
    }
}

async fn give(mut to: impl AsyncWrite + Unpin, mut line: mpsc::UnboundedReceiver<Piece>) {
    while let Some((due, octets, _taken)) = line.recv().await {
        sleep_until(due).await;
        if octets.is_empty() || to.write_all(&octets).await.is_err() {
            break;
        }
    }
    // A peer that has gone needs no end.
    let _ = to.shutdown().await;
}

/// Octets of one read.
const PIECE: u32 = 64 * 1024;

/// Octets on their way in one direction, after which the sender waits: more than any benchmark sends at once.
const ROOM: usize = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::duplex;

    #[tokio::test(start_paused = true)]
    async fn octets_and_the_end_come_so_much_later_and_in_order() {
        let (mut client, near) = duplex(1 << 20);
        let (far, mut server) = duplex(1 << 20);
        tokio::spawn(direction(near, far, Duration::from_millis(25)));
        let start = Instant::now();
        for piece in [b"one ".as_slice(), b"two ", b"three"] {
            client.write_all(piece).await.unwrap();
            sleep(Duration::from_millis(10)).await;
        }
        drop(client);
        let mut first = [0; 4];
        server.read_exact(&mut first).await.unwrap();
        assert_eq!((&first, start.elapsed().as_millis()), (b"one ", 30));
        let mut rest = String::new();
        server.read_to_string(&mut rest).await.unwrap();
        assert_eq!((rest.as_str(), start.elapsed().as_millis()), ("two three", 55));
    }

    #[tokio::test(start_paused = true)]
    async fn more_than_the_line_holds_waits_at_the_sender() {
        let (mut client, near) = duplex(1024);
        let (far, mut server) = duplex(1024);
        tokio::spawn(direction(near, far, Duration::from_secs(1)));
        let sending = tokio::spawn(async move { client.write_all(&vec![7; 2 * ROOM]).await });
        sleep(Duration::from_millis(999)).await;
        assert!(!sending.is_finished());
        let mut all = Vec::new();
        server.read_to_end(&mut all).await.unwrap();
        assert_eq!(all.len(), 2 * ROOM);
        sending.await.unwrap().unwrap();
    }
}
