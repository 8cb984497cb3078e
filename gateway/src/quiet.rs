//! How often refusals are logged. Whoever is refused can come again at once, so that a line for each would let anybody fill
//! the disk: of one client one line of a kind in a minute, which says how many went unsaid since the last.
//!
//! The figures count all of them (`metrics.rs`). What a rate of new tunnels bounds needs none of this.

use crate::policy::count::subscriber;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use tokio::time::{Duration, Instant};

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Refused {
    Connection,
    Request,
    Tunnel,
}

/// When what was last said of whom.
#[derive(Debug, Default)]
pub(crate) struct Quiet(Mutex<Said>);

#[derive(Debug, Default)]
struct Said {
    /// Without an address: of everybody for whom there was no room.
    of: HashMap<(Refused, Option<IpAddr>), Line>,
    swept: Option<Instant>,
}

#[derive(Debug)]
struct Line {
    at: Instant,
    unsaid: u64,
}

impl Quiet {
    /// Whether this refusal may be logged: then how many of the kind were not since the last one that was.
    pub(crate) fn ask(&self, what: Refused, client: IpAddr, now: Instant) -> Option<u64> {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let holder = said.holder(what, subscriber(client), now);
        let Some(line) = said.of.get_mut(&holder) else {
            said.of.insert(holder, Line { at: now, unsaid: 0 });
            return Some(0);
        };
        if now < line.at + MINUTE {
            line.unsaid += 1;
            return None;
        }
        line.at = now;
        Some(std::mem::take(&mut line.unsaid))
    }
}

impl Said {
    fn holder(&mut self, what: Refused, client: IpAddr, now: Instant) -> (Refused, Option<IpAddr>) {
        let own = (what, Some(client));
        if self.of.len() < MOST || self.of.contains_key(&own) {
            return own;
        }
        // At most once in a while: it looks at all of them.
        if self.swept.is_none_or(|swept| now >= swept + SWEEP_AGAIN) {
            self.swept = Some(now);
            self.of.retain(|_, line| now < line.at + MINUTE);
        }
        if self.of.len() < MOST { own } else { (what, None) }
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const SWEEP_AGAIN: Duration = Duration::from_secs(5);
/// So many lines of single clients in a minute, and one of each kind for all others.
const MOST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u32) -> IpAddr {
        std::net::Ipv4Addr::from(0x0a00_0000 + number).into()
    }

    #[test]
    fn one_line_of_a_kind_for_a_client_in_a_minute_says_how_many_were_not_said() {
        let (quiet, start) = (Quiet::default(), Instant::now());
        let ask =
            |what, number, seconds| quiet.ask(what, client(number), start + Duration::from_secs(seconds));
        assert_eq!(ask(Refused::Connection, 1, 0), Some(0));
        assert_eq!(ask(Refused::Connection, 1, 1), None);
        assert_eq!(ask(Refused::Connection, 1, 59), None);
        assert_eq!(ask(Refused::Connection, 2, 59), Some(0), "another client");
        assert_eq!(ask(Refused::Request, 1, 59), Some(0), "another kind");
        assert_eq!(ask(Refused::Connection, 1, 60), Some(2));
        assert_eq!(ask(Refused::Connection, 1, 119), None);
        assert_eq!(ask(Refused::Connection, 1, 9000), Some(1));
    }

    #[test]
    fn a_crowd_takes_bounded_memory_and_bounded_lines() {
        let (quiet, start) = (Quiet::default(), Instant::now());
        let said = |from: u32, now| {
            (from..from + 5000)
                .filter(|number| quiet.ask(Refused::Tunnel, client(*number), now).is_some())
                .count()
        };
        assert_eq!(said(0, start), MOST + 1, "the others share one");
        assert_eq!(said(10_000, start + Duration::from_secs(30)), 0);
        // Lines that are a minute old make room.
        assert_eq!(said(20_000, start + MINUTE), MOST + 1);
        assert!(quiet.0.lock().unwrap().of.len() <= MOST + 1);
    }
}
