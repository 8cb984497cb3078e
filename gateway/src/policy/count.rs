//! How many connections and tunnels one client and all clients together may have.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts what is open.
#[derive(Debug, Clone)]
pub(crate) struct Counter {
    open: Arc<Mutex<Open>>,
    most: u32,
    most_per_client: u32,
}

#[derive(Debug, Default)]
struct Open {
    all: u32,
    of_client: HashMap<IpAddr, u32>,
}

/// A place that is given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    open: Arc<Mutex<Open>>,
    client: IpAddr,
}

impl Counter {
    pub(crate) fn new(most: u32, most_per_client: u32) -> Self {
        Self { open: Arc::default(), most, most_per_client }
    }

    /// The same count under other limits. What is open already stays, even above them.
    pub(crate) fn with_limits(&self, most: u32, most_per_client: u32) -> Self {
        Self { open: Arc::clone(&self.open), most, most_per_client }
    }

    /// Takes a place for this client, if there is one.
    pub(crate) fn take(&self, client: IpAddr) -> Option<Place> {
        self.take_up_to(client, self.most_per_client)
    }

    /// Takes a place for a proxy, which stands for many clients.
    pub(crate) fn take_for_proxy(&self, proxy: IpAddr) -> Option<Place> {
        self.take_up_to(proxy, self.most)
    }

    fn take_up_to(&self, client: IpAddr, most_per_client: u32) -> Option<Place> {
        let client = same_subscriber(client);
        let mut open = lock(&self.open);
        let of_client = open.of_client.get(&client).copied().unwrap_or(0);
        if open.all >= self.most || of_client >= most_per_client {
            return None;
        }
        open.all += 1;
        open.of_client.insert(client, of_client + 1);
        drop(open);
        Some(Place { open: Arc::clone(&self.open), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        open.all = open.all.saturating_sub(1);
        match open.of_client.get_mut(&self.client) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                open.of_client.remove(&self.client);
            }
        }
    }
}

/// Nothing that holds the lock can panic half way; if it did, the numbers would still be whole.
fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One subscriber has a whole /64 of IPv6 and could take a new address for each connection.
fn same_subscriber(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_per_client_and_in_all_and_come_back() {
        let counter = Counter::new(3, 2);
        let [a, b]: [IpAddr; 2] = ["192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap()];
        let first = counter.take(a).unwrap();
        let _second = counter.take(a).unwrap();
        assert!(counter.take(a).is_none(), "two per client");
        let _third = counter.take(b).unwrap();
        assert!(counter.take(b).is_none(), "three in all");
        drop(first);
        assert!(counter.take(b).is_some());
        assert!(counter.take_for_proxy(b).is_some());
    }

    #[test]
    fn a_subscriber_with_many_addresses_is_one_client() {
        let counter = Counter::new(9, 1);
        let _place = counter.take("2001:db8::1".parse().unwrap()).unwrap();
        assert!(counter.take("2001:db8::ffff:2".parse().unwrap()).is_none());
        assert!(counter.take("2001:db8:0:1::1".parse().unwrap()).is_some());
        let _place = counter.take("192.0.2.1".parse().unwrap()).unwrap();
        assert!(counter.take("::ffff:192.0.2.1".parse().unwrap()).is_none());
    }

    #[test]
    fn nothing_is_kept_of_clients_that_are_gone() {
        let counter = Counter::new(9, 9);
        let places: Vec<Place> = (0..9).filter_map(|_| counter.take("192.0.2.1".parse().unwrap())).collect();
        assert_eq!(places.len(), 9);
        drop(places);
        assert!(lock(&counter.open).of_client.is_empty());
        assert_eq!(lock(&counter.open).all, 0);
    }
}
