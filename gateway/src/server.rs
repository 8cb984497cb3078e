//! The listeners and what all connections share; a new configuration, and the end.

use crate::access::Tokens;
use crate::config::{Config, ConfigError};
use crate::connection::Visit;
use crate::dial::Dialer;
use crate::discover::Finder;
use crate::identity::{Acceptor, Identity};
use crate::listener::Listeners;
use crate::metrics::Metrics;
use crate::monitor::Monitor;
use crate::own::Own;
use crate::phase::{Phase, Standing};
use crate::policy::count::{Counter, Place};
use crate::quiet::{Quiet, Refused};
use crate::shares::Shares;
use crate::stream::ClientStream;
use crate::tls::Connectors;
use crate::{Origin, client};
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};

/// What connections share that came under one configuration.
pub(crate) struct Gate {
    pub(crate) config: Config,
    /// Those of the configuration, or this machine's own.
    pub(crate) origins: Vec<Origin>,
    pub(crate) connectors: Connectors,
    pub(crate) tokens: Tokens,
    pub(crate) shares: Shares,
    pub(crate) dialer: Arc<Dialer>,
    /// TLS towards clients.
    pub(crate) acceptor: Option<Acceptor>,
    pub(crate) metrics: Arc<Metrics>,
    /// Which refusals are logged.
    pub(crate) quiet: Arc<Quiet>,
    /// Finds settings of mail servers, if the configuration wants it.
    pub(crate) finder: Option<Finder>,
    connections: Counter,
    standing: watch::Receiver<Standing>,
    /// Its sender is dropped when another configuration takes the place of this one.
    current: watch::Receiver<()>,
}

/// What a running gateway can be told.
#[derive(Debug)]
pub enum Order {
    /// Use this configuration for connections from now on. Tunnels that run keep theirs.
    Reload(Box<Config>),
    /// Take nothing new, ask clients to move, wait for them, then end.
    Drain,
    /// End now. Clients are told, and not waited for.
    End,
}

/// Serves the listener until `shutdown` is ready; then drains as [`Order::Drain`] says.
///
/// # Errors
/// As [`serve`].
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ConfigError> {
    let (order, orders) = mpsc::channel(1);
    let told = async {
        shutdown.await;
        let _ = order.send(Order::Drain).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        result = serve(config, listener.into(), orders) => result,
        () = told => Ok(()),
    }
}

/// Serves the listeners until an order ends it. Nobody who could give orders counts as [`Order::Drain`].
///
/// # Errors
/// The configuration names certificates or keys that can't be read, or lets everybody use the gateway.
pub async fn serve(
    config: Config,
    listeners: Listeners,
    orders: mpsc::Receiver<Order>,
) -> Result<(), ConfigError> {
    Server::new(config, &listeners, orders)?.run(listeners).await;
    Ok(())
}

/// A gateway that has all it needs.
pub(crate) struct Server {
    gate: Arc<Gate>,
    addresses: Vec<SocketAddr>,
    orders: mpsc::Receiver<Order>,
    standing: watch::Sender<Standing>,
    /// Dropped when its gate is no longer the current one.
    current: watch::Sender<()>,
    follower: Option<Follower>,
    monitor: Option<Monitor>,
    visits: JoinSet<()>,
    /// How many connections came.
    count: u64,
}

/// The task that looks at certificate and key.
struct Follower(JoinHandle<()>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Server {
    pub(crate) fn new(
        config: Config,
        listeners: &Listeners,
        orders: mpsc::Receiver<Order>,
    ) -> Result<Self, ConfigError> {
        let (current, is_current) = watch::channel(());
        let addresses = listeners.addresses();
        config.check_access(only_here(&addresses))?;
        let identity = config.tls.as_ref().map(Identity::load).transpose()?;
        let monitor = config.metrics.listen.map(Monitor::bind).transpose()?;
        let tokens = Tokens::load(&config.access)?;
        let (standing, stands) =
            watch::channel(Standing { phase: Phase::Serving, tokens: tokens.fingerprints() });
        let gate = Gate {
            origins: config.names(&addresses),
            connectors: Connectors::load(&config.targets)?,
            tokens,
            shares: Shares::new(&config.limits),
            dialer: Arc::new(Dialer::new(Own::new(addresses.clone()))),
            acceptor: identity.as_ref().map(Identity::acceptor),
            connections: Counter::new(config.limits.connections, config.limits.connections_per_client),
            metrics: Arc::default(),
            quiet: Arc::default(),
            standing: stands,
            current: is_current,
            finder: Finder::new(&config)?,
            config,
        };
        Ok(Self {
            gate: Arc::new(gate),
            addresses,
            orders,
            standing,
            current,
            follower: identity.map(Follower::of),
            monitor,
            visits: JoinSet::new(),
            count: 0,
        })
    }

    /// What its connections share.
    pub(crate) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// The whole life.
    pub(crate) async fn run(mut self, listeners: Listeners) {
        // Until the very end, so that the end can be watched.
        let mut monitoring = JoinSet::new();
        if let Some(monitor) = self.monitor.take() {
            monitoring.spawn(monitor.serve(Arc::clone(&self.gate)));
        }
        self.take(listeners).await;
        self.end().await;
    }

    /// 1. Takes connections until it is told to stop.
    async fn take(&mut self, mut listeners: Listeners) {
        let mut broom = pin!(sleep(SWEEP_AGAIN));
        loop {
            tokio::select! {
                accepted = listeners.accept() => match accepted {
                    Ok((stream, peer)) => self.visit(stream, peer),
                    Err(error) => {
                        // Out of files, most likely: connections that end give some back.
                        tracing::warn!(%error, "a connection could not be taken");
                        sleep(ACCEPT_AGAIN).await;
                    }
                },
                () = &mut broom, if !self.visits.is_empty() => {
                    self.sweep();
                    broom.as_mut().reset(Instant::now() + SWEEP_AGAIN);
                }
                order = self.orders.recv() => match order {
                    Some(Order::Reload(config)) => self.reload(*config),
                    Some(Order::Drain) | None => break,
                    Some(Order::End) => {
                        self.enter(Phase::Ending);
                        return;
                    }
                },
            }
        }
        for (stream, peer) in listeners.close() {
            self.visit(stream, peer);
        }
        self.enter(Phase::Draining);
    }

    /// Keeps the set about as small as what runs. To hear of each end as it comes would wake this task, and often another thread,
    /// for each connection.
    fn sweep(&mut self) {
        while self.visits.try_join_next().is_some() {}
    }

    fn visit(&mut self, stream: ClientStream, peer: IpAddr) {
        self.sweep();
        self.count += 1;
        let id = self.count;
        match self.gate.place_for(peer) {
            Some(place) => {
                let visit = Visit::new(Arc::clone(&self.gate), id, peer, place);
                self.visits.spawn(visit.run(stream));
            }
            None => {
                self.gate.metrics.connection_refused();
                if let Some(unsaid) = self.gate.quiet.ask(Refused::Connection, peer, Instant::now()) {
                    tracing::info!(
                        id,
                        unsaid,
                        "refused: limits.connections or limits.connections_per_client"
                    );
                }
            }
        }
    }

    fn enter(&self, phase: Phase) {
        self.standing.send_modify(|standing| standing.phase = phase);
    }

    fn reload(&mut self, config: Config) {
        let (current, is_current) = watch::channel(());
        match self.gate.replaced_by(config, &self.addresses, is_current) {
            Ok((gate, identity)) => {
                let tokens = gate.tokens.fingerprints();
                self.gate = Arc::new(gate);
                self.current = current;
                // After the gate: nobody is let in any more whose token this takes back.
                self.standing.send_modify(|standing| standing.tokens = tokens);
                self.follower = identity.map(Follower::of);
                tracing::info!("new connections get the new configuration");
            }
            Err(error) => tracing::error!("The configuration stays as it was. {error}"),
        }
    }

    /// 2. Waits for connections to end by themselves, then ends them, and cuts what does not go.
    async fn end(&mut self) {
        let visits = &mut self.visits;
        let all_ended = async { while visits.join_next().await.is_some() {} };
        tokio::pin!(all_ended);
        if self.standing.borrow().phase == Phase::Draining {
            tracing::info!("stopping: clients are asked to move");
            tokio::select! {
                () = &mut all_ended => return,
                () = sleep(self.gate.config.limits.drain) => {}
                () = told_to_end(&mut self.orders) => {}
            }
            self.standing.send_modify(|standing| standing.phase = Phase::Ending);
        }
        tokio::select! {
            ended = timeout(END_WITHIN, &mut all_ended) => if ended.is_err() {
                tracing::warn!("some connections did not end and are cut");
            },
            () = told_to_end(&mut self.orders) => {}
        }
    }
}

impl Follower {
    fn of(identity: Identity) -> Self {
        Self(tokio::spawn(identity.follow()))
    }
}

impl Gate {
    /// The same with another configuration. What is counted stays counted.
    fn replaced_by(
        &self,
        config: Config,
        addresses: &[SocketAddr],
        current: watch::Receiver<()>,
    ) -> Result<(Self, Option<Identity>), ConfigError> {
        config.check_access(only_here(addresses))?;
        let identity = config.tls.as_ref().map(Identity::load).transpose()?;
        let limits = &config.limits;
        let gate = Self {
            origins: config.names(addresses),
            connectors: Connectors::load(&config.targets)?,
            tokens: Tokens::load(&config.access)?,
            shares: self.shares.with_limits(limits),
            dialer: Arc::clone(&self.dialer),
            finder: Finder::new(&config)?.map(|finder| finder.after(self.finder.as_ref())),
            acceptor: identity.as_ref().map(Identity::acceptor),
            connections: self.connections.with_limits(limits.connections, limits.connections_per_client),
            metrics: Arc::clone(&self.metrics),
            quiet: Arc::clone(&self.quiet),
            standing: self.standing.clone(),
            current,
            config,
        };
        Ok((gate, identity))
    }

    /// Whether the gateway takes nothing new: a load balancer should send clients elsewhere.
    pub(crate) fn is_draining(&self) -> bool {
        self.standing.borrow().phase != Phase::Serving
    }

    pub(crate) fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.clone()
    }

    /// Ready when another configuration has taken the place of this one.
    pub(crate) async fn superseded(&self) {
        // Nothing is ever sent: only the end of the channel is heard.
        while self.current.clone().changed().await.is_ok() {}
    }

    pub(crate) fn place_for(&self, peer: IpAddr) -> Option<Place> {
        if client::is_proxy(peer, &self.config.trusted_proxies) {
            self.connections.take_for_proxy(peer)
        } else {
            self.connections.take(peer)
        }
    }
}

/// Whether only this machine can reach the listeners. A Unix socket has no address.
fn only_here(addresses: &[SocketAddr]) -> bool {
    addresses.iter().all(|address| address.ip().is_loopback())
}

async fn told_to_end(orders: &mut mpsc::Receiver<Order>) {
    loop {
        match orders.recv().await {
            // Once it stops, there is nothing to use a new configuration for.
            Some(Order::Reload(_)) => {}
            // Who stops it a second time does not want to wait.
            Some(Order::Drain | Order::End) => return,
            None => return std::future::pending().await,
        }
    }
}

/// What is left of connections that ended waits so long, unless others come.
const SWEEP_AGAIN: Duration = Duration::from_secs(1);
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// For saying that it is over: a few milliseconds, unless a client takes nothing.
const END_WITHIN: Duration = Duration::from_secs(3);
