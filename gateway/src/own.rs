//! The gateway's own addresses: those of its network interfaces and of its listeners. A public name may lead to them, and
//! what listens there may trust this machine.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is known of them.
#[derive(Debug)]
pub(crate) struct Own {
    listeners: Vec<SocketAddr>,
    interfaces: Mutex<Interfaces>,
}

#[derive(Debug)]
struct Interfaces {
    addresses: Vec<IpAddr>,
    /// `None` for never again.
    ask_at: Option<Instant>,
}

impl Own {
    /// Asks the system for the interfaces, now and again: addresses come and go.
    pub(crate) fn new(listeners: Vec<SocketAddr>) -> Self {
        let interfaces = Interfaces { addresses: Vec::new(), ask_at: Some(Instant::now()) };
        Self { listeners, interfaces: Mutex::new(interfaces) }
    }

    /// Whether this is an address of an interface.
    pub(crate) fn has(&self, address: IpAddr) -> bool {
        let mut interfaces = self.interfaces.lock().unwrap_or_else(PoisonError::into_inner);
        interfaces.refresh();
        interfaces.addresses.contains(&address.to_canonical())
    }

    /// Whether the gateway itself listens there.
    pub(crate) fn listens_at(&self, address: SocketAddr) -> bool {
        self.listeners.iter().filter(|listener| listener.port() == address.port()).any(|listener| {
            let (at, to) = (listener.ip().to_canonical(), address.ip().to_canonical());
            at == to || at.is_unspecified() && (to.is_loopback() || to.is_unspecified() || self.has(to))
        })
    }

    #[cfg(test)]
    pub(crate) fn of(addresses: &[&str], listeners: &[&str]) -> Self {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        Self {
            listeners: listeners.iter().map(|listener| listener.parse().unwrap()).collect(),
            interfaces: Mutex::new(Interfaces { addresses, ask_at: None }),
        }
    }
}

impl Interfaces {
    fn refresh(&mut self) {
        let now = Instant::now();
        if self.ask_at.is_none_or(|at| now < at) {
            return;
        }
        self.ask_at = Some(now + ASK_AGAIN);
        match if_addrs::get_if_addrs() {
            Ok(found) => {
                self.addresses = found.iter().map(|interface| interface.ip().to_canonical()).collect()
            }
            // Those of the last time still count.
            Err(error) => {
                tracing::warn!(%error, "the addresses of this machine can't be read: names that lead to it are not recognised")
            }
        }
    }
}

/// A question to the kernel of some 100 µs.
const ASK_AGAIN: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interfaces_of_this_machine_are_found() {
        let own = Own::new(Vec::new());
        assert!(own.has("127.0.0.1".parse().unwrap()), "{own:?}");
        assert!(own.has("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!own.has("192.0.2.77".parse().unwrap()));
    }
}
