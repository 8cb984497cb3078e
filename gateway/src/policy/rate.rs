//! How fast: new tunnels in a minute are refused beyond their number; octets in a second wait. Both for one client, for
//! one token and for all together.
//!
//! Each is a bucket that fills evenly and overflows. Buckets are kept while they are not full: a full one is like a new
//! one. Their number is bounded; when a crowd of addresses has taken it, all further ones share one bucket.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::{Duration, Instant};

/// A bucket.
#[derive(Debug)]
pub(crate) struct Bucket {
    per_second: f64,
    most: f64,
    level: f64,
    at: Instant,
}

/// A bucket that several share.
pub(crate) type Shared = Arc<Mutex<Bucket>>;

impl Bucket {
    /// Full. It holds what comes in in `fills_in`.
    pub(crate) fn new(per_second: f64, fills_in: Duration, now: Instant) -> Self {
        let most = per_second * fills_in.as_secs_f64();
        Self { per_second, most, level: most, at: now }
    }

    /// Takes one, if there is one.
    pub(crate) fn take_one(&mut self, now: Instant) -> bool {
        let enough = self.level(now) >= 1.0;
        if enough {
            self.level -= 1.0;
        }
        enough
    }

    fn level(&mut self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.level = (self.level + passed * self.per_second).min(self.most);
        self.level
    }

    /// From now on at this rate: a holder may come back with another.
    fn retune(&mut self, per_second: f64, fills_in: Duration, now: Instant) {
        self.level(now);
        self.per_second = per_second;
        self.most = per_second * fills_in.as_secs_f64();
        self.level = self.level.min(self.most);
    }

    fn is_full(&mut self, now: Instant) -> bool {
        self.level(now) >= self.most
    }

    /// How many octets may be read now. A share of the whole is waited for: reading octets one by one costs more than
    /// it carries.
    fn allows(&mut self, now: Instant) -> usize {
        let level = self.level(now);
        if level < self.worth_it() { 0 } else { level as usize }
    }

    /// What a tunnel may carry that waits for nothing, although the bucket is empty.
    fn begins(&self) -> usize {
        BEGINS.min(self.most as usize)
    }

    /// When [`Self::allows`] gives something again.
    fn ready_at(&mut self, now: Instant) -> Instant {
        let missing = self.worth_it() - self.level(now);
        if missing <= 0.0 {
            return now;
        }
        // A rate of 0 never gives anything.
        let wait = Duration::try_from_secs_f64(missing / self.per_second).unwrap_or(LONGEST_WAIT);
        now + wait.min(LONGEST_WAIT) + TICK
    }

    fn worth_it(&self) -> f64 {
        (self.most / 8.0).clamp(1.0, WORTH_READING)
    }
}

/// A bucket for each of many holders.
#[derive(Debug)]
pub(crate) struct Buckets<Holder> {
    of: Mutex<Kept<Holder>>,
    fills_in: Duration,
}

#[derive(Debug)]
struct Kept<Holder> {
    buckets: HashMap<Holder, Shared>,
    crowd: Option<Shared>,
    /// From this number on full ones are looked for, and then not before this time.
    sweep_at: usize,
    rests_until: Option<Instant>,
}

impl<Holder: Hash + Eq> Buckets<Holder> {
    pub(crate) fn new(fills_in: Duration) -> Self {
        let kept = Kept { buckets: HashMap::new(), crowd: None, sweep_at: SWEEP_AT, rests_until: None };
        Self { of: Mutex::new(kept), fills_in }
    }

    /// The bucket of this holder, at this rate.
    pub(crate) fn of(&self, holder: Holder, per_second: f64, now: Instant) -> Shared {
        let mut kept = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = kept.buckets.get(&holder) {
            lock(bucket).retune(per_second, self.fills_in, now);
            return Arc::clone(bucket);
        }
        kept.sweep(now);
        let new = || Arc::new(Mutex::new(Bucket::new(per_second, self.fills_in, now)));
        if kept.buckets.len() >= MOST_BUCKETS {
            return Arc::clone(kept.crowd.get_or_insert_with(new));
        }
        let bucket = new();
        kept.buckets.insert(holder, Arc::clone(&bucket));
        bucket
    }
}

impl<Holder: Hash + Eq> Kept<Holder> {
    /// Forgets buckets that nobody uses and that are full. Done each time that their number has doubled, and once a second
    /// when there is no room for that, so that it costs little for each.
    fn sweep(&mut self, now: Instant) {
        if self.buckets.len() >= self.sweep_at && self.rests_until.is_none_or(|until| now >= until) {
            self.rests_until = (self.sweep_at == MOST_BUCKETS).then(|| now + SWEEP_AGAIN);
            self.buckets.retain(|_, bucket| Arc::strong_count(bucket) > 1 || !lock(bucket).is_full(now));
            self.sweep_at = (self.buckets.len() * 2).clamp(SWEEP_AT, MOST_BUCKETS);
        }
    }
}

/// How fast one tunnel may carry: as the slowest of its buckets. A tunnel that carries into an empty bucket waits until
/// that is worth reading again; one that is idle waits for nothing, sets no timer, and may always begin.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    buckets: Vec<Shared>,
    waiting: bool,
}

impl Pace {
    pub(crate) fn new(buckets: Vec<Shared>) -> Self {
        Self { buckets, waiting: false }
    }

    /// How many octets may be carried now; `usize::MAX` without a limit.
    pub(crate) fn allows(&mut self, now: Instant) -> usize {
        let Some(allowed) = self.buckets.iter().map(|bucket| lock(bucket).allows(now)).min() else {
            return usize::MAX;
        };
        if allowed > 0 {
            self.waiting = false;
            return allowed;
        }
        if self.waiting {
            0
        } else {
            self.buckets.iter().map(|bucket| lock(bucket).begins()).min().unwrap_or(0)
        }
    }

    /// So many octets were carried. That others took some meanwhile only makes the next wait longer.
    pub(crate) fn carried(&mut self, count: usize, now: Instant) {
        for bucket in &self.buckets {
            let mut bucket = lock(bucket);
            bucket.level -= count as f64;
            self.waiting |= bucket.allows(now) == 0;
        }
    }

    /// When octets may be carried again. `None` if they may now.
    pub(crate) fn waits_until(&self, now: Instant) -> Option<Instant> {
        if !self.waiting {
            return None;
        }
        let latest = self.buckets.iter().map(|bucket| lock(bucket).ready_at(now)).max()?;
        (latest > now).then_some(latest)
    }
}

fn lock(bucket: &Shared) -> MutexGuard<'_, Bucket> {
    bucket.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Each takes some 150 octets: 5 MB when a crowd has filled it.
const MOST_BUCKETS: usize = 32 * 1024;
const SWEEP_AT: usize = 1024;
const SWEEP_AGAIN: Duration = Duration::from_secs(1);
/// One message of a tunnel.
const WORTH_READING: f64 = 65_536.0;
/// A few lines of IMAP.
const BEGINS: usize = 4096;
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// What the clock of the runtime can tell apart; waking before the time would only wait again.
const TICK: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn so_many_in_a_minute_and_then_one_by_one() {
        let start = Instant::now();
        let mut bucket = Bucket::new(0.5, SECOND * 60, start);
        assert_eq!((0..100).filter(|_| bucket.take_one(start)).count(), 30);
        assert!(!bucket.take_one(start + SECOND));
        assert!(bucket.take_one(start + SECOND * 2));
        assert!(!bucket.take_one(start + SECOND * 2), "time that does not pass gives nothing");
        assert!(!bucket.take_one(start), "nor does one that goes back");
        assert_eq!(
            (0..100).filter(|_| bucket.take_one(start + SECOND * 9000)).count(),
            30,
            "no more than full"
        );
    }

    #[test]
    fn octets_wait_for_the_slowest_bucket_and_add_up_to_its_rate() {
        let start = Instant::now();
        let slow: Shared = Arc::new(Mutex::new(Bucket::new(1000.0, SECOND, start)));
        let fast: Shared = Arc::new(Mutex::new(Bucket::new(9000.0, SECOND, start)));
        let (mut one, mut two) = (Pace::new(vec![Arc::clone(&slow), fast]), Pace::new(vec![slow]));
        let (mut now, mut carried) = (start, 0);
        while now < start + SECOND * 10 {
            for pace in [&mut one, &mut two] {
                let count = pace.allows(now).min(100);
                pace.carried(count, now);
                carried += count;
            }
            now = one.waits_until(now).unwrap_or(now + TICK);
        }
        // What was there at the start, and ten seconds' worth.
        assert!((10_000..=11_200).contains(&carried), "{carried}");
    }

    #[test]
    fn without_a_bucket_nothing_waits() {
        let mut pace = Pace::default();
        assert_eq!(pace.allows(Instant::now()), usize::MAX);
        pace.carried(usize::MAX, Instant::now());
        assert_eq!(pace.waits_until(Instant::now()), None);
    }

    #[test]
    fn a_debt_is_waited_for_and_the_wait_is_enough() {
        let now = Instant::now();
        let mut pace = Pace::new(vec![Arc::new(Mutex::new(Bucket::new(100.0, SECOND, now)))]);
        assert_eq!(pace.allows(now), 100);
        pace.carried(1000, now);
        assert_eq!(pace.allows(now), 0);
        let then = pace.waits_until(now).unwrap();
        assert!(then > now + SECOND * 9);
        assert!(pace.allows(then) > 0);
    }

    #[test]
    fn an_idle_tunnel_sets_no_timer_and_begins_at_once_however_others_hurry() {
        let now = Instant::now();
        let shared: Shared = Arc::new(Mutex::new(Bucket::new(100_000.0, SECOND, now)));
        let (mut busy, mut idle) = (Pace::new(vec![Arc::clone(&shared)]), Pace::new(vec![shared]));
        busy.carried(500_000, now);
        assert_eq!(busy.allows(now), 0);
        assert!(busy.waits_until(now).is_some());
        assert_eq!(idle.waits_until(now), None);
        assert_eq!(idle.allows(now), BEGINS);
        idle.carried(10, now);
        assert_eq!(idle.allows(now), 0, "once");
        assert!(idle.waits_until(now).is_some_and(|then| then > now + SECOND * 4));
        assert!(idle.allows(now + SECOND * 5) > 0);
        assert_eq!(idle.waits_until(now + SECOND * 5), None);
    }

    #[test]
    fn a_rate_of_nothing_gives_nothing_for_ever() {
        let now = Instant::now();
        let mut pace = Pace::new(vec![Arc::new(Mutex::new(Bucket::new(0.0, SECOND, now)))]);
        pace.carried(0, now);
        for now in [now, now + SECOND * 100_000] {
            assert_eq!(pace.allows(now), 0);
            assert!(pace.waits_until(now).is_some_and(|then| then > now));
        }
    }

    #[test]
    fn a_holder_that_comes_back_with_another_rate_gets_that_one() {
        let now = Instant::now();
        let buckets = Buckets::new(SECOND);
        let allowed = |rate| lock(&buckets.of("kim", rate, now)).allows(now);
        assert_eq!(allowed(100.0), 100);
        assert_eq!(allowed(50.0), 50);
        assert_eq!(allowed(100.0), 50, "no more for that at once");
    }

    #[test]
    fn a_crowd_of_addresses_takes_no_more_than_its_memory() {
        let now = Instant::now();
        let buckets = Buckets::new(SECOND * 60);
        let taken = |holder: usize, now| {
            let bucket = buckets.of(holder, 1.0, now);
            lock(&bucket).take_one(now)
        };
        let served = (0..MOST_BUCKETS + 500).filter(|holder| taken(*holder, now)).count();
        assert_eq!(buckets.of.lock().unwrap().buckets.len(), MOST_BUCKETS);
        assert_eq!(served, MOST_BUCKETS + 60, "the rest share one");
        // When they are full again they are forgotten.
        assert!(taken(usize::MAX, now + SECOND * 3600));
        assert_eq!(buckets.of.lock().unwrap().buckets.len(), 1);
    }

    #[test]
    fn a_bucket_in_use_or_not_full_is_not_forgotten() {
        let now = Instant::now();
        let buckets = Buckets::new(SECOND * 60);
        let used = buckets.of(0, 1.0, now);
        lock(&buckets.of(1, 1.0, now)).level = -100.0;
        for holder in 2..2 * SWEEP_AT {
            buckets.of(holder, 1.0, now);
        }
        assert!(Arc::ptr_eq(&used, &buckets.of(0, 1.0, now)));
        assert!(lock(&buckets.of(1, 1.0, now)).level < 0.0);
        assert!(buckets.of.lock().unwrap().buckets.len() < 2 * SWEEP_AT - 1);
    }
}
