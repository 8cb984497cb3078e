//! The connection of one profile, through all that browsers do to it: taken away, blocked, upgraded or deleted by others.

use super::failure::Failure;
use super::lease::{self, Claim, Lease};
use super::open::{Database, Loss, Opened, Opening};
use super::schema::{self, Fit};
use super::state::Teller;
use crate::clock::BrowserClock;
use crate::entropy::BrowserEntropy;
use crate::promise::spawn;
use futures_util::future::{Either, select};
use futures_util::lock::Mutex;
use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use waypost_sync::{Entropy as _, StorageState};
use waypost_wire::Duration;

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Reads only, while another one leads.
    Reader,
    /// Writes, and takes the lease for it.
    Leader,
}

/// The connection to one database, opened at its first use and as often as it is lost.
#[derive(Debug)]
pub(super) struct Connection {
    name: String,
    role: Role,
    open: RefCell<Option<Rc<Database>>>,
    /// It is opened by one caller at a time.
    opening: Mutex<()>,
    /// Whether a request to open waits for another tab.
    waits: Cell<bool>,
    /// Whether it was ever open, so that a database that is new now was removed meanwhile.
    known: Cell<bool>,
    /// How often what was stored was found to be gone.
    removals: Cell<u32>,
    lease: Cell<Option<Lease>>,
    /// Another one has taken the lease: for ever.
    superseded: Cell<bool>,
    closed: Cell<bool>,
    pub(super) teller: Teller,
}

impl Connection {
    pub(super) fn new(name: String, role: Role) -> Rc<Self> {
        Rc::new(Self {
            name,
            role,
            open: RefCell::default(),
            opening: Mutex::default(),
            waits: Cell::default(),
            known: Cell::default(),
            removals: Cell::default(),
            lease: Cell::default(),
            superseded: Cell::default(),
            closed: Cell::default(),
            teller: Teller::default(),
        })
    }

    /// Ends it for good.
    pub(super) fn close(&self) {
        self.closed.set(true);
        self.open.take();
    }

    pub(super) const fn removals(&self) -> u32 {
        self.removals.get()
    }

    /// The lease under which a batch is written.
    pub(super) async fn lease(&self, database: &Database) -> Result<Lease, Failure> {
        if self.role == Role::Reader || self.superseded.get() {
            return Err(Failure::Superseded);
        }
        if database.fit() != Fit::Whole {
            return Err(Failure::ReadOnly);
        }
        if let Some(lease) = self.lease.get() {
            return Ok(lease);
        }
        // There was no room for it. What was read since is not to be built on, for others could write: whoever opens the store now
        // leads.
        self.ask_for_lease(database).await?;
        Err(Failure::Superseded)
    }

    /// The lease that is held, if there is one.
    pub(super) fn held(&self) -> Option<Lease> {
        self.lease.get().filter(|_| !self.superseded.get())
    }

    /// Whether another one leads.
    pub(super) const fn is_reader(&self) -> bool {
        matches!(self.role, Role::Reader)
    }

    /// Notes that another one has taken the lease.
    pub(super) fn depose(&self) {
        self.superseded.set(true);
    }

    /// Forgets a connection that failed, so that the next use opens a new one.
    pub(super) fn forget(&self, failed: &Rc<Database>) {
        let mut open = self.open.borrow_mut();
        if open.as_ref().is_some_and(|current| Rc::ptr_eq(current, failed)) {
            *open = None;
        }
    }

    /// The open database, opened if need be.
    pub(super) async fn database(self: &Rc<Self>) -> Result<Rc<Database>, Failure> {
        if let Some(database) = self.usable()? {
            return Ok(database);
        }
        let _turn = self.opening.lock().await;
        if let Some(database) = self.usable()? {
            return Ok(database);
        }
        if self.waits.get() {
            return Err(Failure::Blocked);
        }
        let opened = match self.request(Some(schema::VERSION)).await {
            // A newer one is opened as it is.
            Err(Failure::Newer) => self.request(None).await?,
            opened => opened?,
        };
        self.adopt(opened).await
    }

    /// The same, with new tries where the browser is still busy with what it took away.
    pub(super) async fn patiently(self: &Rc<Self>) -> Result<Rc<Database>, Failure> {
        let mut waits = WAITS.into_iter();
        loop {
            match (self.database().await, waits.next()) {
                (Err(Failure::Lost(_)), Some(wait)) => BrowserClock.sleep(wait).await,
                (opened, _) => return opened,
            }
        }
    }

    fn usable(&self) -> Result<Option<Rc<Database>>, Failure> {
        if self.closed.get() {
            return Err(Failure::Unusable("it was closed".to_owned()));
        }
        Ok(self.open.borrow().clone().filter(|database| database.is_connected()))
    }

    /// Asks for the database. Where another tab blocks that, the request stays and is taken up when the tab lets go.
    async fn request(self: &Rc<Self>, version: Option<u32>) -> Result<Opened, Failure> {
        let Opening { result, blocked } = Opening::begin(&self.name, version)?;
        let late = pin!(BrowserClock.sleep(OPEN_TIME));
        // A request that ends drops its word about being blocked, which is then no news.
        let blocked = Box::pin(async {
            if blocked.await.is_err() {
                futures_util::future::pending().await
            }
        });
        match select(result, select(blocked, late)).await {
            Either::Left((result, _)) => {
                result.unwrap_or_else(|_| Err(Failure::Lost("it did not open".to_owned())))
            }
            Either::Right((Either::Left(_), result)) => {
                self.waits.set(true);
                let waiting = Rc::clone(self);
                spawn(Box::pin(async move {
                    let opened = result.await;
                    waiting.waits.set(false);
                    waiting
                        .take_up(opened.unwrap_or_else(|_| Err(Failure::Lost("it did not open".to_owned()))))
                        .await;
                }));
                Err(Failure::Blocked)
            }
            Either::Right((Either::Right(_), _)) => {
                Err(Failure::Unusable("the browser does not open it; close other tabs and reload".to_owned()))
            }
        }
    }

    /// Goes on with a request that was blocked.
    async fn take_up(self: &Rc<Self>, opened: Result<Opened, Failure>) {
        let turn = self.opening.lock().await;
        let adopted = match opened {
            Ok(opened) if !self.closed.get() => self.adopt(opened).await.map(drop),
            Ok(_) => return,
            Err(failure) => Err(failure),
        };
        drop(turn);
        // Whatever it was, the next use finds out more.
        self.teller.note(adopted.as_ref().copied(), !self.is_reader());
    }

    /// Takes a connection into use: the leader makes sure of its lease first.
    async fn adopt(self: &Rc<Self>, opened: Opened) -> Result<Rc<Database>, Failure> {
        let created = opened.created;
        let database = Rc::new(opened.connect(self.on_loss()));
        let mut removed = created && self.known.replace(true);
        self.known.set(true);
        match database.fit() {
            Fit::Nothing => return Err(Failure::Newer),
            Fit::Whole if self.role == Role::Leader && !self.superseded.get() => {
                removed |= self.claim(&database).await?;
            }
            Fit::Reading if self.role == Role::Leader => self.teller.note(Err(&Failure::ReadOnly), true),
            Fit::Reading | Fit::Whole => {}
        }
        if self.closed.get() {
            return Err(Failure::Unusable("it was closed".to_owned()));
        }
        self.open.replace(Some(Rc::clone(&database)));
        if removed {
            self.removals.set(self.removals.get().wrapping_add(1));
            self.teller.tell(StorageState::Evicted);
        }
        Ok(database)
    }

    /// Takes the lease or makes sure of it; says whether the database is another one than before.
    async fn claim(&self, database: &Database) -> Result<bool, Failure> {
        match self.ask_for_lease(database).await {
            Ok(claim) => {
                self.lease.set(Some(claim.lease()));
                Ok(matches!(claim, Claim::Anew(_)))
            }
            // It can still be read.
            Err(Failure::Superseded) => {
                self.depose();
                self.teller.note(Err(&Failure::Superseded), true);
                Ok(false)
            }
            // So can what a full device holds.
            Err(Failure::Full) if self.lease.get().is_none() => {
                self.teller.note(Err(&Failure::Full), true);
                Ok(false)
            }
            Err(failure) => Err(failure),
        }
    }

    async fn ask_for_lease(&self, database: &Database) -> Result<Claim, Failure> {
        let mut holder = [0; 8];
        BrowserEntropy.fill(&mut holder);
        lease::claim(database, self.lease.get(), u64::from_be_bytes(holder)).await
    }

    /// What to do when the browser takes the connection away: look at once what is left, and tell.
    fn on_loss(self: &Rc<Self>) -> impl Fn(Loss) + 'static {
        let this = Rc::downgrade(self);
        move |loss| {
            let Some(this) = this.upgrade().filter(|this| !this.closed.get()) else { return };
            this.open.take();
            spawn(Box::pin(async move {
                let before = this.removals();
                let opened = this.patiently().await;
                if loss == Loss::Deleted && this.removals() == before && this.is_reader() {
                    // The leader was quicker to make it anew.
                    this.removals.set(before.wrapping_add(1));
                    this.teller.tell(StorageState::Evicted);
                }
                if !this.closed.get() {
                    this.teller.note(opened.as_ref().map(|_| ()), false);
                }
            }));
        }
    }
}

/// Before each new try after a lost connection.
pub(super) const WAITS: [Duration; 3] =
    [Duration::from_millis(0), Duration::from_millis(100), Duration::from_millis(1000)];

/// A browser opens a database in milliseconds; one that has not done so after this long never will (seen in WebKit).
const OPEN_TIME: Duration = Duration::from_secs(10);
