//! Where clients come from: TCP, Unix sockets, and sockets that a service manager opened and passed on.

use crate::config::ConfigError;
use crate::stream::ClientStream;
use listenfd::ListenFd;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, de::value::SeqAccessDeserializer};
use socket2::SockRef;
use std::fmt;
use std::fs::{self, Permissions};
use std::future::poll_fn;
use std::io;
use std::iter;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::task::{Context, Poll};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// One place to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// `127.0.0.1:8790`: TCP.
    Address(SocketAddr),
    /// `unix:/run/waypost/gateway.sock`: a Unix socket, for a reverse proxy on the same machine.
    Unix(PathBuf),
    /// `systemd`: every socket that the service manager passes.
    Systemd,
}

impl Listen {
    /// What the operator should know of the place before it is opened, as a sentence.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let Self::Unix(path) = self else { return None };
        // A name without a folder is one of the folder that the program runs in.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir())?;
        Some(format!(
            "listen names {self}, and there is no folder {}. Make it for the user of the gateway, let systemd do so (RuntimeDirectory=), or correct the path.",
            folder.display()
        ))
    }
}

/// Sockets that a service manager passed to this process (`sd_listen_fds(3)`).
pub struct Passed(ListenFd);

/// Open sockets that take connections.
#[derive(Debug)]
pub struct Listeners {
    all: Vec<Listener>,
    /// Who is asked first the next time, so that a busy one starves no other.
    first: usize,
}

#[derive(Debug)]
struct Listener {
    socket: Socket,
    /// Opened by a service manager: another process may go on with it.
    passed: bool,
    file: Option<SocketFile>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// The file of a Unix socket. It is removed at the end, unless another process has put its own there meanwhile.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl Passed {
    /// Takes them from the environment, and their names out of it. Call it before the first thread is started: the
    /// environment of a process is not safe to change later.
    #[must_use]
    pub fn take() -> Self {
        Self(ListenFd::from_env())
    }

    /// None.
    #[must_use]
    pub fn none() -> Self {
        Self(ListenFd::empty())
    }

    fn listeners(&mut self) -> Result<Vec<Listener>, ConfigError> {
        if self.0.len() == 0 {
            return Err(ConfigError(
                "listen has \"systemd\", but no socket was passed. Start waypost-gateway.socket instead of the service, or name an address.".to_owned(),
            ));
        }
        (0..self.0.len()).map(|index| self.listener(index)).collect()
    }

    fn listener(&mut self, index: usize) -> Result<Listener, ConfigError> {
        let wrong = |error: io::Error| {
            ConfigError(format!(
                "Socket {} of those that were passed can't be used: {error}. Only stream sockets of TCP and Unix can.",
                index + 1
            ))
        };
        let taken = |socket| Listener { socket, passed: true, file: None };
        if let Ok(Some(socket)) = self.0.take_tcp_listener(index) {
            socket.set_nonblocking(true).map_err(wrong)?;
            return TcpListener::from_std(socket).map(Socket::tcp).map(taken).map_err(wrong);
        }
        let socket = self.0.take_unix_listener(index).map_err(wrong)?;
        let socket = socket.ok_or_else(|| wrong(io::ErrorKind::AlreadyExists.into()))?;
        socket.set_nonblocking(true).map_err(wrong)?;
        UnixListener::from_std(socket).map(Socket::Unix).map(taken).map_err(wrong)
    }
}

impl Listeners {
    /// Opens all of them.
    ///
    /// # Errors
    /// A sentence about the first that can't be opened.
    pub async fn open(places: &[Listen], mut passed: Passed) -> Result<Self, ConfigError> {
        let mut all = Vec::new();
        for place in places {
            match place {
                Listen::Address(address) => all.push(tcp(*address).await?),
                Listen::Unix(path) => all.push(unix(path)?),
                Listen::Systemd => all.append(&mut passed.listeners()?),
            }
        }
        Ok(Self { all, first: 0 })
    }

    /// Addresses of those that take TCP.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.all.iter().filter_map(|listener| listener.address()).collect()
    }

    /// What is listened on, for people.
    #[must_use]
    pub fn names(&self, secure: bool) -> Vec<String> {
        let scheme = if secure { "https" } else { "http" };
        let name = |listener: &Listener| match (&listener.socket, listener.address(), &listener.file) {
            (Socket::Tcp(_), Some(address), _) => format!("{scheme}://{address}"),
            (_, _, Some(file)) => format!("unix:{}", file.path.display()),
            _ => "a passed socket".to_owned(),
        };
        self.all.iter().map(name).collect()
    }

    /// The next connection of any of them, and who it is from. Cancel-safe.
    pub(crate) async fn accept(&mut self) -> io::Result<(ClientStream, IpAddr)> {
        poll_fn(|context| self.poll_accept(context)).await
    }

    /// Takes no more. What came already is given out first, except from passed sockets: with those another process
    /// goes on.
    pub(crate) fn close(self) -> Vec<(ClientStream, IpAddr)> {
        let own = self.all.into_iter().filter(|listener| !listener.passed);
        own.flat_map(Listener::waiting).collect()
    }

    fn poll_accept(&mut self, context: &mut Context<'_>) -> Poll<io::Result<(ClientStream, IpAddr)>> {
        let (before, from) = self.all.split_at(self.first.min(self.all.len()));
        for (index, listener) in from.iter().chain(before).enumerate() {
            if let Poll::Ready(accepted) = listener.poll_accept(context) {
                self.first = (self.first + index + 1) % self.all.len().max(1);
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    }
}

impl From<TcpListener> for Listeners {
    fn from(listener: TcpListener) -> Self {
        Self { all: vec![Listener { socket: Socket::tcp(listener), passed: false, file: None }], first: 0 }
    }
}

impl Socket {
    /// What each connection should have is set here once: the system hands it on to those that it takes (tcp(7)).
    fn tcp(listener: TcpListener) -> Self {
        let socket = SockRef::from(&listener);
        // Answers and messages of tunnels are small, and each is waited for.
        let _ = socket.set_tcp_nodelay(true);
        // The system holds little that it can't send yet: else a ping waits behind megabytes, and on a slow line nothing moves
        // for minutes. On a Unix socket both ends are on this machine, and the buffer is small.
        let _ = socket.set_tcp_notsent_lowat(MOST_UNSENT);
        Self::Tcp(listener)
    }
}

impl Listener {
    fn address(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(listener) => listener.local_addr().ok(),
            Socket::Unix(_) => None,
        }
    }

    /// Who waits to be taken. Asks the system itself: the runtime may not have heard of the last ones.
    fn waiting(self) -> Vec<(ClientStream, IpAddr)> {
        match self.socket {
            Socket::Tcp(listener) => {
                let Ok(listener) = listener.into_std() else { return Vec::new() };
                let next = || {
                    let (stream, peer) = listener.accept().ok()?;
                    stream.set_nonblocking(true).ok()?;
                    Some((ClientStream::Tcp(TcpStream::from_std(stream).ok()?), peer.ip()))
                };
                iter::from_fn(next).take(MOST_WAITING).collect()
            }
            Socket::Unix(listener) => {
                let Ok(listener) = listener.into_std() else { return Vec::new() };
                let next = || {
                    let (stream, _) = listener.accept().ok()?;
                    stream.set_nonblocking(true).ok()?;
                    let stream = UnixStream::from_std(stream).ok()?;
                    Some((ClientStream::Unix(stream), Ipv4Addr::LOCALHOST.into()))
                };
                iter::from_fn(next).take(MOST_WAITING).collect()
            }
        }
    }

    fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<(ClientStream, IpAddr)>> {
        match &self.socket {
            Socket::Tcp(listener) => {
                listener.poll_accept(context).map_ok(|(stream, peer)| (ClientStream::Tcp(stream), peer.ip()))
            }
            // Whoever reaches it is on this machine.
            Socket::Unix(listener) => listener
                .poll_accept(context)
                .map_ok(|(stream, _)| (ClientStream::Unix(stream), Ipv4Addr::LOCALHOST.into())),
        }
    }
}

async fn tcp(address: SocketAddr) -> Result<Listener, ConfigError> {
    let socket = TcpListener::bind(address).await.map_err(|error| no_address(address, &error))?;
    Ok(Listener { socket: Socket::tcp(socket), passed: false, file: None })
}

fn no_address(address: SocketAddr, error: &io::Error) -> ConfigError {
    ConfigError(match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "Port {} of {} is taken. Stop the program that listens there, or choose another port with --listen or listen in the configuration.",
            address.port(),
            address.ip()
        ),
        io::ErrorKind::PermissionDenied => format!(
            "Port {} needs rights that this user does not have. Choose one above 1023 with a reverse proxy in front, or let systemd open it (listen = \"systemd\").",
            address.port()
        ),
        _ => format!("The gateway can't listen on {address}: {error}. Check listen in the configuration."),
    })
}

fn unix(path: &Path) -> Result<Listener, ConfigError> {
    let wrong = |why: &dyn fmt::Display| {
        ConfigError(format!(
            "The gateway can't listen on unix:{}: {why}. Check that its folder is there and that this user may write to it.",
            path.display()
        ))
    };
    remove_stale(path)?;
    let socket = UnixListener::bind(path).map_err(|error| wrong(&error))?;
    // Like a port of this machine it is for everybody on it; who may enter its folder decides.
    fs::set_permissions(path, Permissions::from_mode(0o666)).map_err(|error| wrong(&error))?;
    let found = fs::metadata(path).map_err(|error| wrong(&error))?;
    let file = SocketFile { path: path.to_owned(), identity: (found.dev(), found.ino()) };
    Ok(Listener { socket: Socket::Unix(socket), passed: false, file: Some(file) })
}

/// A socket that nobody listens on is left from a process that was killed.
fn remove_stale(path: &Path) -> Result<(), ConfigError> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    if !found.file_type().is_socket() {
        return Err(ConfigError(format!(
            "The gateway can't listen on unix:{}: a file that is no socket is there. Remove it, or choose another path.",
            path.display()
        )));
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            // If it can't be removed, binding says so.
            let _ = fs::remove_file(path);
            Ok(())
        }
        _ => Err(ConfigError(format!(
            "unix:{} is taken. Stop the program that listens there, or choose another path.",
            path.display()
        ))),
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "systemd" {
            return Ok(Self::Systemd);
        }
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() || path.contains('\0') {
                Err(format!(
                    "'{text}' names no path. Write unix: and the path of the socket: unix:/run/waypost/gateway.sock"
                ))
            } else {
                Ok(Self::Unix(PathBuf::from(path)))
            };
        }
        text.parse().map(Self::Address).map_err(|_| {
            format!(
                "'{text}' is no place to listen. Write an address and port (127.0.0.1:8790, [::1]:8790), unix: and a path, or systemd"
            )
        })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(formatter, "{address}"),
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
            Self::Systemd => formatter.write_str("systemd"),
        }
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// One place, or a list of them.
pub(crate) fn places<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Listen>, D::Error> {
    struct Places;

    impl<'de> Visitor<'de> for Places {
        type Value = Vec<Listen>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a place to listen, or a list of them")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            text.parse().map(|place| vec![place]).map_err(E::custom)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(list))
        }
    }

    deserializer.deserialize_any(Places)
}

/// Beyond what systems queue for one socket.
const MOST_WAITING: usize = 8192;
/// At 20 kbit/s this takes 50 s; more gains nothing in throughput, because what is sent and not acknowledged comes on top.
const MOST_UNSENT: u32 = 128 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_has_what_was_set_on_its_listener() {
        let mut listeners = Listeners::open(&["127.0.0.1:0".parse().unwrap()], Passed::none()).await.unwrap();
        let _client = TcpStream::connect(listeners.addresses()[0]).await.unwrap();
        let (ClientStream::Tcp(stream), _) = listeners.accept().await.unwrap() else { panic!("not TCP") };
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap());
        assert_eq!(socket.tcp_notsent_lowat().unwrap(), MOST_UNSENT);
    }

    #[test]
    fn places_are_addresses_unix_sockets_and_systemd() {
        for text in ["127.0.0.1:8790", "[::1]:1", "unix:/run/waypost/gateway.sock", "unix:x", "systemd"] {
            assert_eq!(text.parse::<Listen>().unwrap().to_string(), text);
        }
        for wrong in
            ["", "localhost:1", "127.0.0.1", "unix:", "unix:a\0b", "tcp:1", "Systemd", ":8790", "8790"]
        {
            assert!(wrong.parse::<Listen>().is_err(), "{wrong}");
        }
    }
}
