//! The listener and the life of a connection: requests first, then perhaps one tunnel.

use crate::access::Tokens;
use crate::config::{Config, ConfigError};
use crate::dial::Dialer;
use crate::discover::Finder;
use crate::guarded::Guarded;
use crate::http::{self, Body};
use crate::link::Link;
use crate::own::Own;
use crate::policy::count::{Counter, Place};
use crate::session::{self, Admission, stopped};
use crate::shares::Shares;
use crate::stream::ClientStream;
use crate::tls::Connectors;
use crate::{Origin, client};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// What all connections share.
pub(crate) struct Gate {
    pub(crate) config: Config,
    /// Those of the configuration, or this machine's own.
    pub(crate) origins: Vec<Origin>,
    pub(crate) connectors: Connectors,
    pub(crate) tokens: Tokens,
    pub(crate) shares: Shares,
    pub(crate) dialer: Dialer,
    /// Finds settings of mail servers, if the configuration wants it.
    pub(crate) finder: Option<Finder>,
    connections: Counter,
}

/// Serves the listener until `shutdown` is ready; then ends all tunnels with `shutdown` and waits for them, at most as
/// long as the configuration says.
///
/// # Errors
/// The configuration names certificates or keys that can't be read, or lets everybody use the gateway, or the listener has
/// no address.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ConfigError> {
    let address = listener.local_addr().map_err(|error| {
        ConfigError(format!("The listener has no address: {error}. Check listen in the configuration."))
    })?;
    let gate = Arc::new(Gate::new(config, address)?);
    let (stop, stopping) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let serve = accept(&gate, &listener, &stopping, &mut tasks);
    tokio::select! {
        () = serve => {}
        () = shutdown => {}
    }
    drop(listener);
    tracing::info!(connections = tasks.len(), "stopping");
    let _ = stop.send(true);
    let all_ended = async { while tasks.join_next().await.is_some() {} };
    if timeout(gate.config.limits.drain, all_ended).await.is_err() {
        tracing::warn!("some connections did not end within limits.drain_seconds and are cut");
    }
    Ok(())
}

impl Gate {
    fn new(config: Config, address: SocketAddr) -> Result<Self, ConfigError> {
        let origins =
            if config.origins.is_empty() { Origin::of_listener(address) } else { config.origins.clone() };
        config.check_access(address.ip().is_loopback())?;
        let limits = &config.limits;
        Ok(Self {
            origins,
            connectors: Connectors::load(&config.targets)?,
            tokens: Tokens::load(&config.access)?,
            shares: Shares::new(limits),
            dialer: Dialer::new(Own::new(vec![address])),
            finder: Finder::new(&config)?,
            connections: Counter::new(limits.connections, limits.connections_per_client),
            config,
        })
    }

    fn place_for(&self, peer: IpAddr) -> Option<Place> {
        if client::is_proxy(peer, &self.config.trusted_proxies) {
            self.connections.take_for_proxy(peer)
        } else {
            self.connections.take(peer)
        }
    }
}

async fn accept(
    gate: &Arc<Gate>,
    listener: &TcpListener,
    stopping: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) {
    for id in 1.. {
        let accepted = loop {
            tokio::select! {
                accepted = listener.accept() => break accepted,
                // Keeps the set as small as what runs.
                Some(_) = tasks.join_next() => {}
            }
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of files, most likely: connections that end give some back.
                tracing::warn!(%error, "a connection could not be taken");
                sleep(ACCEPT_AGAIN).await;
                continue;
            }
        };
        match gate.place_for(peer.ip()) {
            Some(place) => {
                let (gate, stopping) = (Arc::clone(gate), stopping.clone());
                tasks.spawn(async move {
                    connection(&gate, stream, peer.ip(), id, stopping).await;
                    drop(place);
                });
            }
            None => tracing::info!(id, "refused: limits.connections or limits.connections_per_client"),
        }
    }
}

/// One connection of a client.
async fn connection(
    gate: &Arc<Gate>,
    stream: TcpStream,
    peer: IpAddr,
    id: u64,
    mut stopping: watch::Receiver<bool>,
) {
    tracing::debug!(id, %peer, "connected");
    let _ = stream.set_nodelay(true);
    if let Some((stream, early, admission)) =
        requests(gate, ClientStream::Tcp(stream), peer, id, &mut stopping).await
    {
        let link = Link::new(stream, early).await;
        session::run(gate, link, admission, stopping).await;
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// Answers requests. If the last of them opened a tunnel, gives the stream back for it.
async fn requests(
    gate: &Arc<Gate>,
    stream: ClientStream,
    peer: IpAddr,
    id: u64,
    stopping: &mut watch::Receiver<bool>,
) -> Option<(Guarded, Bytes, Admission)> {
    let limits = &gate.config.limits;
    let admitted: Arc<Mutex<Option<Admission>>> = Arc::default();
    let service = service_fn(|request: Request<Incoming>| -> Answering {
        let (gate, admitted) = (Arc::clone(gate), Arc::clone(&admitted));
        Box::pin(async move {
            let answer = http::answer(&gate, request, peer, id).await;
            *admitted.lock().unwrap_or_else(PoisonError::into_inner) = answer.tunnel;
            Ok(answer.response)
        })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_buf_size(MOST_HEADER)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(Guarded::new(stream, limits.write)), service);
    let result = tokio::select! {
        result = poll_fn(|context| connection.poll_without_shutdown(context)) => result,
        () = stopped(stopping) => {
            Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|context| connection.poll_without_shutdown(context)).await
        }
    };
    if let Err(error) = result {
        tracing::debug!(id, %error, "connection ended");
        return None;
    }
    let parts = connection.into_parts();
    let admission = admitted.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    Some((parts.io.into_inner(), parts.read_buf, admission))
}

/// Requests of browsers are well below; cookies are never set here.
const MOST_HEADER: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
