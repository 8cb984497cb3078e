//! The gateway as a service of the system: signals, the service manager, and how many files it may open.

use crate::config::{Config, ConfigError, Limits};
use crate::listener::Listeners;
use crate::server::{Order, Server};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sd_notify::NotifyState;
use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

/// Signals that the gateway understands.
#[derive(Debug)]
pub struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on they are for [`Service::operate`]. Do it before anything is served, so that none is lost.
    ///
    /// # Errors
    /// The system refuses.
    pub fn catch() -> Result<Self, ConfigError> {
        let refused = |error: io::Error| ConfigError(format!("Signals can't be received: {error}."));
        Ok(Self {
            hangup: signal(SignalKind::hangup()).map_err(refused)?,
            terminate: signal(SignalKind::terminate()).map_err(refused)?,
            interrupt: signal(SignalKind::interrupt()).map_err(refused)?,
        })
    }
}

/// A gateway that has all it needs: its listeners are open, certificates and authorities are read.
pub struct Service {
    server: Server,
    listeners: Listeners,
    running: Config,
    order: mpsc::Sender<Order>,
}

impl Service {
    /// Gets everything ready.
    ///
    /// # Errors
    /// As [`serve`](crate::serve).
    pub fn new(config: Config, listeners: Listeners) -> Result<Self, ConfigError> {
        allow_files(&config.limits);
        let (order, orders) = mpsc::channel(MOST_ORDERS);
        let running = config.clone();
        let server = Server::new(config, &listeners, orders)?;
        Ok(Self { server, listeners, running, order })
    }

    /// Serves the listeners as the signals say: SIGHUP reads the configuration again with `load`, SIGTERM or SIGINT
    /// drains, a second one ends. A service manager that wants to know (`sd_notify(3)`) is told.
    pub async fn operate(self, signals: Signals, load: impl Fn() -> Result<Config, ConfigError>) {
        notify(&[NotifyState::Ready]);
        // As a task, so that it accepts on the threads that serve: this one would have to wake another for each client.
        let serving = tokio::spawn(self.server.run(self.listeners));
        tokio::select! {
            _ = serving => {}
            () = obey(signals, &self.order, self.running, load) => {}
        }
    }
}

/// Turns signals into orders. Never ends.
async fn obey(
    mut signals: Signals,
    order: &mpsc::Sender<Order>,
    mut running: Config,
    load: impl Fn() -> Result<Config, ConfigError>,
) {
    loop {
        tokio::select! {
            _ = signals.hangup.recv() => {
                notify_reloading();
                match load() {
                    Ok(config) => {
                        tell_what_needs_a_restart(&running, &config);
                        allow_files(&config.limits);
                        running = config.clone();
                        let _ = order.send(Order::Reload(Box::new(config))).await;
                    }
                    Err(error) => tracing::error!("The configuration stays as it was. {error}"),
                }
                notify(&[NotifyState::Ready]);
            }
            _ = signals.terminate.recv() => stop(order).await,
            _ = signals.interrupt.recv() => stop(order).await,
        }
    }
}

async fn stop(order: &mpsc::Sender<Order>) {
    notify(&[NotifyState::Stopping]);
    // The second of them ends.
    let _ = order.send(Order::Drain).await;
}

fn tell_what_needs_a_restart(running: &Config, config: &Config) {
    for (key, changed) in [
        ("listen", running.listen != config.listen),
        ("log", running.log != config.log),
        ("log_format", running.log_format != config.log_format),
        ("metrics.listen", running.metrics.listen != config.metrics.listen),
    ] {
        if changed {
            tracing::warn!("{key} has changed in the configuration: that needs a restart");
        }
    }
}

/// Raises the limit of open files to what the limits of the configuration can need, as far as the system lets.
fn allow_files(limits: &Limits) {
    // One for each client, one for each mail server; what is left is for pages, certificates, and the system.
    let wanted = u64::from(limits.connections) + u64::from(limits.tunnels) + OTHER_FILES;
    let now = getrlimit(Resource::Nofile);
    let Some(current) = now.current.filter(|current| *current < wanted) else { return };
    let possible = now.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum: now.maximum });
    let has = if raised.is_ok() { possible } else { current };
    if has < wanted {
        tracing::warn!(
            "limits.connections and limits.tunnels can need {wanted} open files, and the system allows {has}. Raise that (systemd: LimitNOFILE={wanted}), or lower the limits."
        );
    }
}

fn notify_reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!(%error, "the clock can't be read for the service manager"),
    }
}

/// Without a service manager that wants to know it does nothing.
fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

const OTHER_FILES: u64 = 128;
/// Signals come one at a time; more than this wait in the system.
const MOST_ORDERS: usize = 4;
