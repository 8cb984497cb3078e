//! What all clones of an engine share: the host, who listens, and where each account stands.

use crate::words::{internal, signed_out};
use crate::{Access, AccountState, Event, Platform, SyncError};
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_channel::oneshot;
use futures_util::future::{AbortHandle, LocalBoxFuture, abortable};
use futures_util::lock::Mutex;
use std::cell::RefCell;
use std::rc::Rc;
use waypost_store::{AccountRecord, Change, ContentId, MessageId, OrderedMap};

/// What a user wants of an account's server.
pub(crate) enum Intent {
    /// Look for new mail now.
    SyncNow,
    /// Synchronise and watch the folder that [`Shared::shown`] names.
    Show,
    /// Send what is queued.
    SendQueue,
    /// Fetch the rows before the oldest stored one of a folder.
    LoadOlder { mailbox: u32, answer: oneshot::Sender<Result<u32, SyncError>> },
    /// Fetch a message and store it.
    FetchMessage { id: MessageId, answer: oneshot::Sender<Result<(), SyncError>> },
    /// Take messages of a maildrop, by their unique ids.
    Collect { uidls: Vec<String>, answer: oneshot::Sender<Result<(), SyncError>> },
}

impl Intent {
    /// Tells whoever waits that it can't be done.
    pub(crate) fn fail(self, error: &SyncError) {
        match self {
            Self::LoadOlder { answer, .. } => drop(answer.send(Err(error.clone()))),
            Self::FetchMessage { answer, .. } | Self::Collect { answer, .. } => {
                drop(answer.send(Err(error.clone())));
            }
            Self::SyncNow | Self::Show | Self::SendQueue => {}
        }
    }
}

pub(crate) struct Shared<P: Platform> {
    pub(crate) platform: P,
    subscribers: RefCell<Vec<UnboundedSender<Event>>>,
    accounts: RefCell<OrderedMap<u32, Standing>>,
    starts: UnboundedSender<LocalBoxFuture<'static, ()>>,
    started: RefCell<Option<UnboundedReceiver<LocalBoxFuture<'static, ()>>>>,
    /// Accounts are added and removed one at a time.
    pub(crate) accounts_lane: Mutex<()>,
    /// Octets that had to go, whose rows do not say so yet.
    evicted: RefCell<Vec<ContentId>>,
    /// Whether what is stored has the form of this version.
    pub(crate) upgraded: Mutex<bool>,
}

/// Where one account stands.
struct Standing {
    state: AccountState,
    task: Option<Task>,
    /// With what its task was started that an eviction ended, until the account is stored anew.
    interrupted: Option<(AccountRecord, Access)>,
    /// The folder that is shown; `None` for INBOX.
    shown: Option<u32>,
    lane: Rc<Mutex<()>>,
    /// The number of the last octets that came; `None` before it was looked up.
    content: Option<u32>,
    /// Who waits until it is in step, or can't be.
    waiting: Vec<oneshot::Sender<Result<(), SyncError>>>,
}

/// The running task of an account. It ends when this is dropped.
struct Task {
    intents: UnboundedSender<Intent>,
    abort: AbortHandle,
    /// What it was started with, to start it anew.
    signed_in: (AccountRecord, Access),
}

impl Drop for Task {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            state: AccountState::SignedOut,
            task: None,
            interrupted: None,
            shown: None,
            lane: Rc::default(),
            content: None,
            waiting: Vec::new(),
        }
    }
}

impl Standing {
    /// Answers those who wait, if this state is the end of their waiting.
    fn settle(&mut self, status: &AccountState) {
        let outcome = match status {
            AccountState::Online => Ok(()),
            AccountState::Offline { error, .. } => Err(error.clone()),
            AccountState::SignedOut => Err(signed_out()),
            _ => return,
        };
        for answer in self.waiting.drain(..) {
            // Who has gone wants no answer.
            let _ = answer.send(outcome.clone());
        }
    }
}

impl<P: Platform> Shared<P> {
    pub(crate) fn new(platform: P) -> Self {
        let (starts, started) = unbounded();
        Self {
            platform,
            subscribers: RefCell::default(),
            accounts: RefCell::default(),
            starts,
            started: RefCell::new(Some(started)),
            accounts_lane: Mutex::new(()),
            evicted: RefCell::default(),
            upgraded: Mutex::new(false),
        }
    }

    pub(crate) fn subscribe(&self) -> UnboundedReceiver<Event> {
        let (sender, receiver) = unbounded();
        self.subscribers.borrow_mut().push(sender);
        receiver
    }

    /// Tells everybody; who no longer listens is forgotten.
    pub(crate) fn tell(&self, event: &Event) {
        self.subscribers.borrow_mut().retain(|subscriber| subscriber.unbounded_send(event.clone()).is_ok());
    }

    pub(crate) fn changed(&self, change: Change) {
        self.tell(&Event::Change(change));
    }

    pub(crate) fn state(&self, account: u32) -> AccountState {
        self.accounts
            .borrow()
            .get(&account)
            .map_or(AccountState::SignedOut, |standing| standing.state.clone())
    }

    pub(crate) fn set_state(&self, account: u32, status: AccountState) {
        {
            let mut accounts = self.accounts.borrow_mut();
            let standing = accounts.entry(account).or_default();
            standing.settle(&status);
            if standing.state == status {
                return;
            }
            standing.state = status.clone();
        }
        self.tell(&Event::State { account, status });
    }

    /// Waits until all that is shown of an account is in step, from now on.
    pub(crate) fn in_step(&self, account: u32) -> oneshot::Receiver<Result<(), SyncError>> {
        let (answer, answered) = oneshot::channel();
        self.accounts.borrow_mut().entry(account).or_default().waiting.push(answer);
        answered
    }

    /// The lane on which all writes of an account follow each other.
    pub(crate) fn lane(&self, account: u32) -> Rc<Mutex<()>> {
        Rc::clone(&self.accounts.borrow_mut().entry(account).or_default().lane)
    }

    /// The number for the next octets, above all that were given and all that are stored; `None` where those are not known.
    pub(crate) fn next_content(&self, account: u32, stored: Option<u32>) -> Option<u32> {
        let mut accounts = self.accounts.borrow_mut();
        let last = &mut accounts.entry(account).or_default().content;
        *last = Some((*last).max(stored)?.saturating_add(1));
        *last
    }

    pub(crate) fn note_evicted(&self, contents: Vec<ContentId>) {
        self.evicted.borrow_mut().extend(contents);
    }

    pub(crate) fn take_evicted(&self) -> Vec<ContentId> {
        self.evicted.take()
    }

    pub(crate) fn shown(&self, account: u32) -> Option<u32> {
        self.accounts.borrow().get(&account).and_then(|standing| standing.shown)
    }

    pub(crate) fn set_shown(&self, account: u32, mailbox: Option<u32>) {
        self.accounts.borrow_mut().entry(account).or_default().shown = mailbox;
    }

    pub(crate) fn is_running(&self, account: u32) -> bool {
        self.accounts.borrow().get(&account).is_some_and(|standing| standing.task.is_some())
    }

    /// Hands an intent to the task of an account; `false` if there is none.
    pub(crate) fn want(&self, account: u32, intent: Intent) -> bool {
        let accounts = self.accounts.borrow();
        let task = accounts.get(&account).and_then(|standing| standing.task.as_ref());
        task.is_some_and(|task| task.intents.unbounded_send(intent).is_ok())
    }

    /// Starts the task of an account in place of the one that runs.
    ///
    /// # Errors
    /// Nobody drives the engine.
    pub(crate) fn start(
        &self,
        signed_in: (AccountRecord, Access),
        task: impl FnOnce(UnboundedReceiver<Intent>) -> LocalBoxFuture<'static, ()>,
    ) -> Result<(), SyncError> {
        let account = signed_in.0.id;
        let (intents, receiver) = unbounded();
        let (future, abort) = abortable(task(receiver));
        let future = Box::pin(async move {
            // Ended or ended early, nobody asks.
            let _ = future.await;
        });
        self.drive(future)?;
        let mut accounts = self.accounts.borrow_mut();
        let standing = accounts.entry(account).or_default();
        standing.task = Some(Task { intents, abort, signed_in });
        standing.interrupted = None;
        Ok(())
    }

    /// Drives something to its end beside the tasks.
    ///
    /// # Errors
    /// Nobody drives the engine.
    pub(crate) fn drive(&self, future: LocalBoxFuture<'static, ()>) -> Result<(), SyncError> {
        self.starts.unbounded_send(future).map_err(|_| internal())
    }

    /// Ends all tasks; what they were started with is kept.
    pub(crate) fn interrupt_all(&self) {
        for standing in self.accounts.borrow_mut().values_mut() {
            if let Some(task) = standing.task.take() {
                standing.interrupted = Some(task.signed_in.clone());
            }
        }
    }

    /// The accounts that were interrupted and not started since.
    pub(crate) fn interrupted(&self) -> Vec<(AccountRecord, Access)> {
        self.accounts.borrow().values().filter_map(|standing| standing.interrupted.clone()).collect()
    }

    pub(crate) fn is_interrupted(&self, account: u32) -> bool {
        self.accounts.borrow().get(&account).is_some_and(|standing| standing.interrupted.is_some())
    }

    /// The highest number of an account that is signed in. It may be one that the store does not have.
    pub(crate) fn highest_signed_in(&self) -> u32 {
        let accounts = self.accounts.borrow();
        let signed_in = |standing: &Standing| standing.task.is_some() || standing.interrupted.is_some();
        accounts.iter().rfind(|(_, standing)| signed_in(standing)).map_or(0, |(account, _)| *account)
    }

    /// Notes what the record of an account is now.
    pub(crate) fn note_record(&self, record: &AccountRecord) {
        if let Some(task) =
            self.accounts.borrow_mut().get_mut(&record.id).and_then(|standing| standing.task.as_mut())
        {
            task.signed_in.0.clone_from(record);
        }
    }

    /// Ends the task of an account, and forgets what it was started with.
    pub(crate) fn stop(&self, account: u32) {
        if let Some(standing) = self.accounts.borrow_mut().get_mut(&account) {
            standing.task = None;
            standing.interrupted = None;
        }
    }

    /// Forgets an account that is removed.
    pub(crate) fn forget(&self, account: u32) {
        self.accounts.borrow_mut().remove(&account);
    }

    /// The tasks to be driven; `None` if somebody drives them already.
    pub(crate) fn take_started(&self) -> Option<UnboundedReceiver<LocalBoxFuture<'static, ()>>> {
        self.started.borrow_mut().take()
    }
}
