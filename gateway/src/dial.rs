//! From a name to a connection: looked up once, every address checked, only those checked dialled.

use crate::Host;
use crate::config::Target;
use crate::policy::{Asked, Denial, address};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use waypost_tunnel::ErrorCode;

/// Connects to a target, with the row of the configuration that allowed it.
pub(crate) async fn dial<'a>(
    lookups: &Arc<Semaphore>,
    asked: &Asked,
    rows: &[&'a Target],
    within: Duration,
) -> Result<(&'a Target, TcpStream), Denial> {
    let work = async {
        let found = resolve(lookups, asked).await?;
        let (row, addresses) = address::keep(asked, rows, &found)?;
        let stream = connect(addresses).await.map_err(|error| not_connected(asked, &error))?;
        Ok((row, stream))
    };
    let (row, stream) = timeout(within, work).await.unwrap_or_else(|_| Err(silent(asked)))?;
    prepare(&stream);
    Ok((row, stream))
}

/// As many lookups as may run at once. One that nobody waits for any more still holds a thread until the system's
/// resolver gives up, and without a bound none would be left for reading files.
pub(crate) fn lookups() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(MOST_LOOKUPS))
}

async fn resolve(lookups: &Arc<Semaphore>, asked: &Asked) -> Result<Vec<SocketAddr>, Denial> {
    let name = match &asked.host {
        Host::Address(address) => return Ok(vec![SocketAddr::new(*address, asked.port)]),
        Host::Name(name) => (name.clone(), asked.port),
    };
    let lost = |_| not_found(asked, &io::Error::other("the lookup was abandoned"));
    let place = Arc::clone(lookups).acquire_owned().await.map_err(|_| lost(()))?;
    let lookup = spawn_blocking(move || {
        let found = (name.0.as_str(), name.1).to_socket_addrs();
        drop(place);
        found
    });
    let found = lookup.await.map_err(|_| lost(()))?.map_err(|error| not_found(asked, &error))?;
    let found: Vec<SocketAddr> = found.take(MOST_ADDRESSES).collect();
    if found.is_empty() { Err(not_found(asked, &io::Error::other("no address"))) } else { Ok(found) }
}

/// The first of the addresses that takes the connection. Each has a head start over the next (RFC 8305, 5).
async fn connect(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut waiting = addresses.into_iter();
    // Not tasks of their own: to wake another thread for each would cost more than the rest of it.
    let mut attempts = FuturesUnordered::new();
    let mut failure = io::Error::from(io::ErrorKind::NotFound);
    loop {
        match waiting.next() {
            Some(address) => {
                attempts.push(TcpStream::connect(address));
            }
            None if attempts.is_empty() => return Err(failure),
            None => {}
        }
        tokio::select! {
            Some(attempt) = attempts.next() => match attempt {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = error,
            },
            () = sleep(HEAD_START), if waiting.len() > 0 => {}
        }
    }
}

fn prepare(stream: &TcpStream) {
    // Commands are small and each is waited for.
    let _ = stream.set_nodelay(true);
    // IDLE is silent for half an hour; without this a router in between forgets the connection and nobody hears of it.
    // And a mail server that is gone without a word is noticed within a minute.
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 3).with_retries(3);
    let _ = SockRef::from(stream).set_tcp_keepalive(&keepalive);
}

fn not_found(asked: &Asked, error: &io::Error) -> Denial {
    let host = &asked.host;
    // The standard library gives no kind for this; these are the words of the C library for a resolver that is out of reach.
    if error.to_string().contains("Temporary failure") {
        return Denial::new(
            ErrorCode::Unreachable,
            format!(
                "The gateway could not look up {host}. Try again later, or ask who runs the gateway to check its name server."
            ),
            error.to_string(),
        );
    }
    Denial::new(
        ErrorCode::NameNotFound,
        format!("{host} does not exist or has no address. The gateway is fine. Check the server name."),
        error.to_string(),
    )
}

fn not_connected(asked: &Asked, error: &io::Error) -> Denial {
    let (host, port) = (&asked.host, asked.port);
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Denial::new(
            ErrorCode::Refused,
            format!(
                "{host} refused the connection: nothing listens on port {port}. The gateway is fine. Check the port, or try again later."
            ),
            error.to_string(),
        ),
        io::ErrorKind::TimedOut => silent(asked),
        _ => Denial::new(
            ErrorCode::Unreachable,
            format!("The gateway can't reach {host}. Check the server name, or try again later."),
            error.to_string(),
        ),
    }
}

fn silent(asked: &Asked) -> Denial {
    let (host, port) = (&asked.host, asked.port);
    Denial::new(
        ErrorCode::Timeout,
        format!(
            "{host} does not answer on port {port}. The gateway is fine. Check server name and port, or try again later."
        ),
        "no connection in time",
    )
}

/// A name with more addresses than this is not a mail server's.
const MOST_ADDRESSES: usize = 16;
/// Each takes one of the runtime's 512 threads for blocking work.
const MOST_LOOKUPS: usize = 64;
/// RFC 8305, 8: 250 ms.
const HEAD_START: Duration = Duration::from_millis(250);
const KEEPALIVE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_mail_server_that_is_gone_without_a_word_is_noticed_within_a_minute() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        prepare(&stream);
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap() && stream.nodelay().unwrap());
        let probes = socket.tcp_keepalive_interval().unwrap() * socket.tcp_keepalive_retries().unwrap();
        assert!(socket.tcp_keepalive_time().unwrap() + probes <= Duration::from_secs(60));
    }
}
