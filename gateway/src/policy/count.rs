//! How many connections and tunnels one client, one token and all together may have.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts what is open, for each holder and in all.
#[derive(Debug, Clone)]
pub(crate) struct Counter<Holder: Hash + Eq + Clone = IpAddr> {
    open: Arc<Mutex<Open<Holder>>>,
    most: u32,
    most_per_holder: u32,
}

#[derive(Debug)]
struct Open<Holder> {
    all: u32,
    of: HashMap<Holder, u32>,
}

/// A place that is given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place<Holder: Hash + Eq + Clone = IpAddr> {
    open: Arc<Mutex<Open<Holder>>>,
    holder: Holder,
}

impl<Holder: Hash + Eq + Clone> Counter<Holder> {
    pub(crate) fn new(most: u32, most_per_holder: u32) -> Self {
        Self { open: Arc::new(Mutex::new(Open { all: 0, of: HashMap::new() })), most, most_per_holder }
    }

    /// The same count under other limits. What is open already stays, even above them.
    pub(crate) fn with_limits(&self, most: u32, most_per_holder: u32) -> Self {
        Self { open: Arc::clone(&self.open), most, most_per_holder }
    }

    /// Takes a place for this holder, who may have at most so many of them.
    pub(crate) fn take_up_to(&self, holder: Holder, most_per_holder: u32) -> Option<Place<Holder>> {
        let mut open = lock(&self.open);
        let of_holder = open.of.get(&holder).copied().unwrap_or(0);
        if open.all >= self.most || of_holder >= most_per_holder {
            return None;
        }
        open.all += 1;
        open.of.insert(holder.clone(), of_holder + 1);
        drop(open);
        Some(Place { open: Arc::clone(&self.open), holder })
    }
}

impl Counter {
    /// Takes a place for this client, if there is one.
    pub(crate) fn take(&self, client: IpAddr) -> Option<Place> {
        self.take_up_to(subscriber(client), self.most_per_holder)
    }

    /// Takes a place for a proxy, which stands for many clients.
    pub(crate) fn take_for_proxy(&self, proxy: IpAddr) -> Option<Place> {
        self.take_up_to(subscriber(proxy), self.most)
    }
}

impl<Holder: Hash + Eq + Clone> Drop for Place<Holder> {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        open.all = open.all.saturating_sub(1);
        match open.of.get_mut(&self.holder) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                open.of.remove(&self.holder);
            }
        }
    }
}

/// Nothing that holds the lock can panic half way; if it did, the numbers would still be whole.
fn lock<Holder>(open: &Mutex<Open<Holder>>) -> MutexGuard<'_, Open<Holder>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who counts as one client: one subscriber has a whole /64 of IPv6 and could take a new address for each connection.
pub(crate) fn subscriber(client: IpAddr) -> IpAddr {
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
        assert!(lock(&counter.open).of.is_empty());
        assert_eq!(lock(&counter.open).all, 0);
    }
}
