//! The four traits of the engine for tests: real or scripted connections, tokio's time, seeded or real random octets, a store in
//! memory that outlives an engine.
//!
//! Under `tokio::time::pause` the clock is virtual, and it leaps over every wait.

use crate::split::next_random;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{Instant, sleep, sleep_until};
use waypost_native::{Connector, Transport, TransportError};
use waypost_store::{Batch, Durability, MemoryStore, Read, ReadResult, Store, StoreError, Table};
use waypost_sync::{
    Blame, Clock, Connect, ConnectError, Connection, Endpoint, Entropy, Platform, Point, TlsInfo, TlsMode,
};
use waypost_wire::Timestamp;

/// A host made of parts.
#[derive(Debug)]
pub struct TestPlatform<C, S> {
    connector: C,
    store: S,
    clock: TokioClock,
    entropy: SeededEntropy,
    watch: Watch,
}

/// What a test sets and sees of a host. All clones are the same.
#[derive(Clone, Default)]
pub struct Watch {
    evictable: Rc<Cell<bool>>,
    points: Rc<RefCell<Vec<Point>>>,
    acts: Rc<RefCell<Vec<Act>>>,
}

/// What is done at a moment.
type Act = (Point, Rc<dyn Fn()>);

impl fmt::Debug for Watch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Watch").field("points", &self.points).finish_non_exhaustive()
    }
}

impl Watch {
    /// Whether what is stored may be evicted.
    pub fn set_evictable(&self, evictable: bool) {
        self.evictable.set(evictable);
    }

    /// Does something whenever this moment comes.
    pub fn on(&self, point: Point, act: impl Fn() + 'static) {
        self.acts.borrow_mut().push((point, Rc::new(act)));
    }

    fn reached(&self, point: Point) {
        self.points.borrow_mut().push(point);
        let acts = self.acts.borrow().clone();
        acts.iter().filter(|(at, _)| *at == point).for_each(|(_, act)| act());
    }

    /// The moments of downloads that came since this was asked last.
    #[must_use]
    pub fn take_points(&self) -> Vec<Point> {
        self.points.take()
    }
}

impl<C, S> TestPlatform<C, S> {
    /// A host whose random octets follow from a seed.
    pub fn new(connector: C, store: S) -> Self {
        let (clock, entropy) = (TokioClock::default(), SeededEntropy::new(1));
        Self { connector, store, clock, entropy, watch: Watch::default() }
    }

    /// What a test sets and sees of it.
    pub fn watch(&self) -> Watch {
        self.watch.clone()
    }
}

impl<C: Connect, S: Store> Platform for TestPlatform<C, S> {
    type Connect = C;
    type Store = S;
    type Clock = TokioClock;
    type Entropy = SeededEntropy;

    fn connector(&self) -> &C {
        &self.connector
    }

    fn store(&self) -> &S {
        &self.store
    }

    fn clock(&self) -> &TokioClock {
        &self.clock
    }

    fn entropy(&self) -> &SeededEntropy {
        &self.entropy
    }

    /// A store in memory is evicted by nobody, unless a test says so.
    async fn is_persistent(&self) -> bool {
        !self.watch.evictable.get()
    }

    fn reached(&self, point: Point) {
        self.watch.reached(point);
    }
}

/// One store for several engines, one after the other: what a device keeps over a restart.
#[derive(Debug, Clone, Default)]
pub struct SharedStore {
    store: Rc<MemoryStore>,
    strict_commits: Rc<Cell<usize>>,
    refusal: Rc<RefCell<Option<StoreError>>>,
    delayed: Rc<Cell<Option<(Table, Duration)>>>,
}

impl SharedStore {
    /// How many commits had to be on disk.
    #[must_use]
    pub fn strict_commits(&self) -> usize {
        self.strict_commits.get()
    }

    /// Writes nothing any more, for this reason.
    pub fn refuse(&self, refusal: StoreError) {
        self.refusal.replace(Some(refusal));
    }

    /// Writes again.
    pub fn accept(&self) {
        self.refusal.take();
    }

    /// Answers the next reading of many entries of this table only after so long, with what was stored when it was asked.
    pub fn delay_answer(&self, table: Table, wait: Duration) {
        self.delayed.set(Some((table, wait)));
    }

    /// Whether that is still to come.
    #[must_use]
    pub fn will_delay(&self) -> bool {
        self.delayed.get().is_some()
    }
}

impl Store for SharedStore {
    async fn commit(&self, batch: impl Into<Rc<Batch>>) -> Result<(), StoreError> {
        if let Some(refusal) = self.refusal.borrow().clone() {
            return Err(refusal);
        }
        let batch: Rc<Batch> = batch.into();
        if batch.durability == Durability::Strict {
            self.strict_commits.set(self.strict_commits.get() + 1);
        }
        self.store.commit(batch).await
    }

    async fn read(&self, reads: Vec<Read>) -> Result<Vec<ReadResult>, StoreError> {
        let asked =
            |table| reads.iter().any(|read| matches!(read, Read::Prefix { table: of, .. } if *of == table));
        let delayed = self.delayed.get().filter(|(table, _)| asked(*table));
        let answers = self.store.read(reads).await;
        if let Some((_, wait)) = delayed {
            self.delayed.set(None);
            sleep(wait).await;
        }
        answers
    }
}

/// tokio's time. The wall clock is read once and then follows tokio's time, so that it is virtual where that is.
#[derive(Debug)]
pub struct TokioClock {
    started: Instant,
    wall: u64,
}

impl Default for TokioClock {
    fn default() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started: Instant::now(), wall: u64::try_from(since.as_millis()).unwrap_or(u64::MAX) }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn wall(&self) -> u64 {
        self.wall.saturating_add(self.now().as_millis())
    }

    async fn sleep_until(&self, moment: Timestamp) {
        sleep_until(self.started + std::time::Duration::from_millis(moment.as_millis())).await;
    }
}

/// Octets that follow from a seed: a test that fails once fails again.
#[derive(Debug)]
pub struct SeededEntropy(Cell<u64>);

impl SeededEntropy {
    /// Begins at this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self.0.get();
        for chunk in buffer.chunks_mut(8) {
            let octets = next_random(&mut state).to_le_bytes();
            chunk.iter_mut().zip(octets).for_each(|(place, octet)| *place = octet);
        }
        self.0.set(state);
    }
}

/// Real connections over [`waypost_native`].
#[derive(Debug, Clone)]
pub struct NativeConnect(Connector);

impl NativeConnect {
    /// Connects through this connector.
    #[must_use]
    pub const fn new(connector: Connector) -> Self {
        Self(connector)
    }
}

impl Connect for NativeConnect {
    type Connection = NativeConnection;

    async fn connect(&self, endpoint: &Endpoint) -> Result<NativeConnection, ConnectError> {
        let opened = match endpoint.tls {
            TlsMode::Implicit => self.0.connect_tls(&endpoint.host, endpoint.port).await,
            TlsMode::StartTls | TlsMode::None => self.0.connect(&endpoint.host, endpoint.port).await,
        };
        opened.map(NativeConnection).map_err(connect_error)
    }
}

/// A real connection.
#[derive(Debug)]
pub struct NativeConnection(Transport);

impl Connection for NativeConnection {
    async fn read(&mut self) -> Result<Option<Vec<u8>>, ConnectError> {
        self.0.read().await.map_err(connect_error)
    }

    async fn write(&mut self, octets: Vec<u8>) -> Result<(), ConnectError> {
        self.0.write(&octets).await.map_err(connect_error)
    }

    async fn secure(&mut self) -> Result<TlsInfo, ConnectError> {
        let info = self.0.secure().await.map_err(connect_error)?;
        Ok(TlsInfo { version: info.version, cipher: info.cipher, fingerprint: info.fingerprint })
    }

    async fn close(&mut self) {
        self.0.close().await;
    }
}

/// The error in the words of the engine.
fn connect_error(error: TransportError) -> ConnectError {
    let (code, blame, retryable) = match &error {
        TransportError::InvalidHost(_) => ("bad-request", Blame::Caller, false),
        TransportError::Roots(_) => ("internal", Blame::Device, false),
        TransportError::NameNotFound(_) => ("name-not-found", Blame::Server, false),
        TransportError::Refused => ("refused", Blame::Server, true),
        TransportError::Unreachable(_) => ("unreachable", Blame::Server, true),
        TransportError::Timeout { .. } => ("timeout", Blame::Server, true),
        TransportError::Certificate { .. } => ("tls-certificate", Blame::Server, false),
        TransportError::Handshake(_) => ("tls-handshake", Blame::Server, false),
        TransportError::Injection => ("starttls-injection", Blame::Server, false),
        // The end of the stream, and kinds that later versions add.
        _ => ("closed", Blame::Network, true),
    };
    let message = match &error {
        TransportError::Certificate { .. } => {
            format!("Not connected: {error}. Check the server name, or ask the server's operator.")
        }
        _ => error.to_string(),
    };
    ConnectError { code: code.to_owned(), blame, retryable, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn under_a_paused_runtime_an_hour_passes_at_once() {
        let clock = TokioClock::default();
        let (now, wall) = (clock.now(), clock.wall());
        clock.sleep_until(now + waypost_wire::Duration::from_secs(3600)).await;
        assert!((clock.now() - now).as_millis() >= 3_600_000);
        assert!(clock.wall() - wall >= 3_600_000);
    }

    #[test]
    fn random_octets_follow_from_the_seed_and_do_not_repeat() {
        let fill = |seed| {
            let entropy = SeededEntropy::new(seed);
            let mut octets = [[0; 13]; 2];
            entropy.fill(&mut octets[0]);
            entropy.fill(&mut octets[1]);
            octets
        };
        assert_eq!(fill(1), fill(1));
        assert_ne!(fill(1), fill(2));
        assert_ne!(fill(1)[0], fill(1)[1]);
    }
}
