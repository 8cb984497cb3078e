//! How often one client may ask.

use crate::policy::count::same_subscriber;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many questions per minute and client. Who waits gets them back one by one.
#[derive(Debug)]
pub(crate) struct Pace {
    /// When each client would have all its questions again.
    whole_again: Mutex<HashMap<IpAddr, Instant>>,
    /// What one question costs.
    each: Duration,
}

impl Pace {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { whole_again: Mutex::default(), each: MINUTE / per_minute.max(1) }
    }

    /// Takes one question.
    ///
    /// # Errors
    /// There is none; in so much time there is.
    pub(crate) fn take(&self, client: IpAddr, now: Instant) -> Result<(), Duration> {
        let client = same_subscriber(client);
        let mut clients = self.whole_again.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= MOST_CLIENTS {
            clients.retain(|_, whole| *whole > now);
        }
        // With that many at once somebody has many addresses; then whoever is new waits.
        if clients.len() >= MOST_CLIENTS && !clients.contains_key(&client) {
            return Err(self.each);
        }
        let whole = clients.get(&client).map_or(now, |whole| (*whole).max(now)) + self.each;
        let over = whole.duration_since(now).saturating_sub(MINUTE);
        if !over.is_zero() {
            return Err(over);
        }
        clients.insert(client, whole);
        Ok(())
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const MOST_CLIENTS: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn a_client_has_its_questions_at_once_and_then_one_after_another() {
        let (pace, now) = (Pace::new(3), Instant::now());
        let [a, b]: [IpAddr; 2] = ["192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap()];
        assert_eq!([0; 3].map(|_| pace.take(a, now)), [Ok(()); 3]);
        assert_eq!(pace.take(a, now), Err(Duration::from_secs(20)));
        assert_eq!(pace.take(b, now), Ok(()), "each client has its own");
        assert_eq!(pace.take(a, now + Duration::from_secs(15)), Err(Duration::from_secs(5)));
        assert_eq!(pace.take(a, now + Duration::from_secs(20)), Ok(()));
        assert!(pace.take(a, now + Duration::from_secs(20)).is_err());
    }

    #[test]
    fn a_subscriber_with_many_addresses_is_one_client() {
        let (pace, now) = (Pace::new(1), Instant::now());
        assert!(pace.take("2001:db8::1".parse().unwrap(), now).is_ok());
        assert!(pace.take("2001:db8::2".parse().unwrap(), now).is_err());
    }

    #[test]
    fn the_number_of_clients_that_are_remembered_is_bounded() {
        let (pace, now) = (Pace::new(60), Instant::now());
        let client = |number: usize| IpAddr::V4(Ipv4Addr::from(number as u32));
        for number in 0..MOST_CLIENTS {
            assert!(pace.take(client(number), now).is_ok());
        }
        assert!(pace.take(client(MOST_CLIENTS), now).is_err());
        assert!(pace.take(client(0), now).is_ok(), "known ones go on");
        assert!(
            pace.take(client(MOST_CLIENTS), now + MINUTE).is_ok(),
            "those that are whole again are forgotten"
        );
        assert_eq!(pace.whole_again.lock().unwrap().len(), 1);
    }
}
