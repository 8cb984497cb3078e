//! From a name to a connection: looked up once, every address checked, only those checked dialled.

use crate::Host;
use crate::config::Target;
use crate::own::Own;
use crate::policy::count::Counter;
use crate::policy::{Asked, Denial, address};
use crate::proxy_header::proxy_header;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use socket2::{SockRef, TcpKeepalive};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use waypost_tunnel::ErrorCode;

/// Connects to mail servers.
pub(crate) struct Dialer {
    lookup: Lookup,
    /// As many lookups as may run at once. One that nobody waits for any more still holds a thread until the system's
    /// resolver gives up, and without a bound none would be left for reading files.
    places: Arc<Semaphore>,
    /// And as many of one client: names whose server never answers take no places from others.
    of_client: Counter,
    own: Own,
}

/// How a name is looked up: by the system, or as a test says.
type Lookup = Arc<dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync>;

impl Dialer {
    /// One that asks the system's resolver.
    pub(crate) fn new(own: Own) -> Self {
        let system = |name: &str, port| (name, port).to_socket_addrs().map(Iterator::collect);
        Self::with(Arc::new(system), own)
    }

    fn with(lookup: Lookup, own: Own) -> Self {
        let of_client = Counter::new(u32::MAX, MOST_LOOKUPS_OF_CLIENT);
        Self { lookup, places: Arc::new(Semaphore::new(MOST_LOOKUPS)), of_client, own }
    }

    /// Connects to a target, with the row of the configuration that allowed it. If that asks for it, the mail server is
    /// told first who the client is.
    pub(crate) async fn dial<'a>(
        &self,
        asked: &Asked,
        rows: &[&'a Target],
        client: IpAddr,
        within: Duration,
    ) -> Result<(&'a Target, TcpStream), Denial> {
        let work = async {
            let found = self.resolve(asked, client).await?;
            self.dial_found(asked, rows, &found, client, |checked| checked).await
        };
        timeout(within, work).await.unwrap_or_else(|_| Err(silent(asked)))
    }

    /// The same with addresses that were looked up elsewhere. `really` is for tests: where checked addresses are. The
    /// caller bounds the time.
    pub(crate) async fn dial_found<'a>(
        &self,
        asked: &Asked,
        rows: &[&'a Target],
        found: &[SocketAddr],
        client: IpAddr,
        really: impl FnOnce(Vec<SocketAddr>) -> Vec<SocketAddr>,
    ) -> Result<(&'a Target, TcpStream), Denial> {
        let (row, addresses) = address::keep(asked, rows, found, &self.own)?;
        let failed = |error| not_connected(asked, &error);
        let mut stream = connect(interleaved(really(addresses))).await.map_err(failed)?;
        // Commands are small and each is waited for.
        let _ = stream.set_nodelay(true);
        if row.proxy_protocol {
            let header = proxy_header(client, stream.peer_addr().map_err(failed)?);
            stream.write_all(&header).await.map_err(failed)?;
        }
        Ok((row, stream))
    }

    async fn resolve(&self, asked: &Asked, client: IpAddr) -> Result<Vec<SocketAddr>, Denial> {
        let name = match &asked.host {
            Host::Address(address) => return Ok(vec![SocketAddr::new(*address, asked.port)]),
            Host::Name(name) => name.clone(),
        };
        let lost = |_| not_found(asked, &io::Error::other("the lookup was abandoned"));
        let of_client = loop {
            match self.of_client.take(client) {
                Some(place) => break place,
                None => sleep(LOOK_AGAIN).await,
            }
        };
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| lost(()))?;
        let (lookup, port) = (Arc::clone(&self.lookup), asked.port);
        let lookup = spawn_blocking(move || {
            let found = lookup(&name, port);
            drop((place, of_client));
            found
        });
        let mut found = lookup.await.map_err(|_| lost(()))?.map_err(|error| not_found(asked, &error))?;
        found.truncate(MOST_ADDRESSES);
        if found.is_empty() { Err(not_found(asked, &io::Error::other("no address"))) } else { Ok(found) }
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Dialer").field("own", &self.own).finish_non_exhaustive()
    }
}

/// The families by turns, each in the resolver's order, its first first (RFC 8305, 4): where one family leads nowhere,
/// its addresses don't all have to be waited for.
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let count = addresses.len();
    let first_is_ipv4 = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == first_is_ipv4);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    (0..count).flat_map(|_| [first.next(), second.next()]).flatten().collect()
}

/// The first of the addresses that takes the connection. Each has a head start over the next (RFC 8305, 5).
pub(crate) async fn connect(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    // Most servers have one, and then there is nothing to race.
    if let [address] = addresses[..] {
        return TcpStream::connect(address).await;
    }
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

/// Has the system ask a silent mail server whether it is there. Four calls that a tunnel of a moment does not need.
pub(crate) fn keep_alive(stream: &TcpStream) {
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
const MOST_LOOKUPS: usize = 128;
/// An app asks for a few servers, each answered in milliseconds.
const MOST_LOOKUPS_OF_CLIENT: u32 = 16;
/// For one of its own lookups to end; the deadline of the connection ends the wait.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// RFC 8305, 8: 250 ms.
const HEAD_START: Duration = Duration::from_millis(250);
const KEEPALIVE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HostPattern;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::net::TcpListener;
    use waypost_tunnel::TlsMode;

    #[tokio::test]
    async fn a_mail_server_that_is_gone_without_a_word_is_noticed_within_a_minute() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        keep_alive(&stream);
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        let probes = socket.tcp_keepalive_interval().unwrap() * socket.tcp_keepalive_retries().unwrap();
        assert!(socket.tcp_keepalive_time().unwrap() + probes <= Duration::from_secs(60));
    }

    /// A name server whose answer changes with each question, as one of an attacker does; and how often it was asked.
    fn rebinding(answers: Vec<Vec<&'static str>>) -> (Dialer, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let lookup = move |_: &str, port| {
            let nth = count.fetch_add(1, Ordering::SeqCst);
            let answer = &answers[nth.min(answers.len() - 1)];
            Ok(answer.iter().map(|text| SocketAddr::new(text.parse().unwrap(), port)).collect())
        };
        (Dialer::with(Arc::new(lookup), Own::of(&[], &[])), asked)
    }

    fn asked(port: u16) -> Asked {
        Asked { host: Host::parse("mail.attacker.example").unwrap(), port, tls: TlsMode::None }
    }

    fn row(private: bool, port: u16) -> Target {
        Target { private, ..Target::new(HostPattern::Any, vec![port]) }
    }

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const WITHIN: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_dialled() {
        let inside = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = inside.local_addr().unwrap().port();
        for answer in ["127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "0.0.0.0", "::"] {
            let (dialer, _) = rebinding(vec![vec![answer]]);
            let denial = dialer.dial(&asked(port), &[&row(false, port)], CLIENT, WITHIN).await.unwrap_err();
            assert_eq!(denial.code, ErrorCode::AddressDenied, "{answer}");
        }
        assert!(timeout(Duration::ZERO, inside.accept()).await.is_err(), "somebody was let in");
    }

    #[tokio::test]
    async fn the_address_that_was_checked_is_the_one_that_is_dialled() {
        let good = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = good.local_addr().unwrap().port();
        // Where a second answer would lead.
        let other = TcpListener::bind(("127.0.0.2", port)).await.unwrap();
        let (dialer, count) = rebinding(vec![vec!["127.0.0.1"], vec!["127.0.0.2"]]);
        let row = row(true, port);
        let (_, stream) = dialer.dial(&asked(port), &[&row], CLIENT, WITHIN).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good.local_addr().unwrap());
        assert_eq!(count.load(Ordering::SeqCst), 1, "asked once");
        assert!(timeout(Duration::ZERO, other.accept()).await.is_err());
    }

    #[tokio::test]
    async fn of_several_addresses_only_those_allowed_are_dialled() {
        let inside = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = inside.local_addr().unwrap().port();
        // The first is refused by the rules, the second leads nowhere.
        let (dialer, _) = rebinding(vec![vec!["127.0.0.1", "192.0.2.1", "224.0.0.1"]]);
        let denial = dialer.dial(&asked(port), &[&row(false, port)], CLIENT, WITHIN).await.unwrap_err();
        assert_eq!(denial.code, ErrorCode::AddressDenied);
        assert!(timeout(Duration::ZERO, inside.accept()).await.is_err());
    }

    #[tokio::test]
    async fn an_address_that_refuses_is_followed_by_the_next() {
        let good = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = good.local_addr().unwrap().port();
        let (dialer, _) = rebinding(vec![vec!["127.0.0.3", "::1", "127.0.0.1"]]);
        let row = row(true, port);
        let (_, stream) = dialer.dial(&asked(port), &[&row], CLIENT, WITHIN).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap().ip(), IpAddr::from([127, 0, 0, 1]));
    }

    #[tokio::test]
    async fn names_that_never_answer_hold_up_only_the_client_that_asks_for_them() {
        let good = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = good.local_addr().unwrap().port();
        // Ends when the other half is dropped.
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let held = std::sync::Mutex::new(held);
        let lookup = move |name: &str, port| {
            if name.starts_with("slow") {
                let _ = held.lock().unwrap().recv();
            }
            Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))])
        };
        let dialer = Dialer::with(Arc::new(lookup), Own::of(&[], &[]));
        let of = |name: &str| Asked { host: Host::parse(name).unwrap(), ..asked(port) };
        let (slow, quick, rows) = (of("slow.example"), of("quick.example"), [row(true, port)]);
        let rows: Vec<&Target> = rows.iter().collect();
        let patience = Duration::from_millis(1);
        for _ in 0..2 * MOST_LOOKUPS {
            let denial = dialer.dial(&slow, &rows, CLIENT, patience).await.unwrap_err();
            assert_eq!(denial.code, ErrorCode::Timeout);
        }
        let other: IpAddr = "192.0.2.1".parse().unwrap();
        dialer.dial(&quick, &rows, other, WITHIN).await.unwrap();
        drop(hold);
        dialer.dial(&quick, &rows, CLIENT, WITHIN).await.unwrap();
    }

    #[test]
    fn families_take_turns() {
        let of = |given: &[&str]| -> Vec<String> {
            let addresses = given.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 1)).collect();
            interleaved(addresses).iter().map(|address| address.ip().to_string()).collect()
        };
        assert_eq!(of(&["::1", "::2", "::3", "9.0.0.1"]), ["::1", "9.0.0.1", "::2", "::3"]);
        assert_eq!(of(&["9.0.0.1", "9.0.0.2", "::1", "::2"]), ["9.0.0.1", "::1", "9.0.0.2", "::2"]);
        assert_eq!(of(&["9.0.0.1"]), ["9.0.0.1"]);
        assert!(of(&[]).is_empty());
    }
}
