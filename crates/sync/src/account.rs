//! The task of one account: connect, work until the connection ends, wait, again. It lives as long as the password does.

use crate::ledger::Ledger;
use crate::login::{SignedIn, sign_in};
use crate::shared::{Intent, Shared};
use crate::words::Party;
use crate::{Access, AccountState, Clock, Entropy, Platform, SyncError, imap, pause, pop3, retry};
use futures_channel::mpsc::UnboundedReceiver;
use futures_util::future::{Either, FutureExt, pending, select};
use futures_util::stream::StreamExt;
use std::pin::pin;
use std::rc::Rc;
use waypost_store::AccountRecord;
use waypost_wire::{Duration, Timestamp};

/// What the flows of an account work with.
pub(crate) struct Desk<P: Platform> {
    pub(crate) ledger: Ledger<P>,
    pub(crate) intents: UnboundedReceiver<Intent>,
    pub(crate) party: Rc<Party>,
    /// What is asked of a maildrop.
    pub(crate) requests: Vec<pop3::Request>,
    /// Before this the server wants no other login.
    pub(crate) next_login: Option<Timestamp>,
    /// The user asked for a look while another went on.
    look_again: bool,
    /// Failures since the account was last online for a while.
    failures: u32,
    /// When it came online.
    online_since: Option<Timestamp>,
}

impl<P: Platform> Desk<P> {
    pub(crate) fn account(&self) -> u32 {
        self.ledger.account
    }

    pub(crate) fn shared(&self) -> &Rc<Shared<P>> {
        &self.ledger.shared
    }

    pub(crate) fn set_state(&self, state: AccountState) {
        self.shared().set_state(self.account(), state);
    }

    /// Takes note of what is asked while a maildrop is looked through.
    pub(crate) fn take(&mut self, intent: Intent) {
        match intent.into_request() {
            Ok(request) => self.requests.push(request),
            Err(Intent::SyncNow) => self.look_again = true,
            Err(other) => other.fail(&crate::words::message_not_here()),
        }
    }

    pub(crate) fn is_online(&self) -> bool {
        self.shared().state(self.account()) == AccountState::Online
    }

    /// All is in step.
    pub(crate) fn came_online(&mut self) {
        let now = self.shared().platform.clock().now();
        self.online_since.get_or_insert(now);
        self.set_state(AccountState::Online);
    }
}

/// How one connection ended.
pub(crate) enum Ended {
    /// All was done that was to be done; look again then, or when the user wants it.
    Until(Option<Timestamp>),
    /// At once, for the rest.
    Again,
    /// By an error.
    Failed(SyncError),
}

/// Keeps an account in step for ever. `first` is the connection that proved the password or token, where it was proven just now.
pub(crate) async fn run<P: Platform>(
    shared: Rc<Shared<P>>,
    record: AccountRecord,
    access: Access,
    first: Option<SignedIn<P>>,
    intents: UnboundedReceiver<Intent>,
) {
    let party = Rc::new(Party::new(&record.host, record.port, &access.credentials(&record.username)));
    let ledger = Ledger::new(&shared, record.id);
    // Where the store can't say it, the server does.
    let pause = pause::left(&shared.platform, record.id).await.unwrap_or(Duration::from_secs(0));
    let mut desk = Desk {
        ledger,
        intents,
        party,
        requests: Vec::new(),
        next_login: Some(shared.platform.clock().now() + pause),
        look_again: false,
        failures: 0,
        online_since: None,
    };
    let mut next = first;
    loop {
        let connected = match next.take() {
            Some(session) => Ok(session),
            None => {
                desk.wait_for_login().await;
                desk.set_state(AccountState::Connecting);
                sign_in(&shared, &record, &access).boxed_local().await
            }
        };
        // Where the store can't do it now, the next connection will.
        let _ = desk.ledger.remove_unfinished().await;
        let began = shared.platform.clock().now();
        // Each behind a pointer: inlined into one another they are a function of 100 KB, which a browser compiles for most of a second.
        let ended = match connected {
            Ok(SignedIn::Imap(session)) => imap::keep_in_step(&mut desk, *session).boxed_local().await,
            Ok(SignedIn::Pop3(session)) => pop3::collect(&mut desk, *session).boxed_local().await,
            Err(error) => Ended::Failed(error),
        };
        let lasted = shared.platform.clock().now() - began;
        match ended {
            Ended::Until(moment) => desk.wait_online(moment).await,
            Ended::Again => {}
            // It was asked to move while a large message came, and could not. What took this gateway's place may be there already.
            Ended::Failed(error) if error.code == "shutdown" && lasted >= LEAST_SESSION => {}
            Ended::Failed(error) => desk.wait_offline(&error).await,
        }
    }
}

impl<P: Platform> Desk<P> {
    /// Waits for the next look. It comes at once for what is asked of a maildrop, and for the wish to look.
    async fn wait_online(&mut self, moment: Option<Timestamp>) {
        let shared = Rc::clone(self.shared());
        let mut time = pin!(sleep_until(shared.platform.clock(), moment));
        while !std::mem::take(&mut self.look_again) && self.requests.is_empty() {
            match select(self.intents.next(), time.as_mut()).await {
                Either::Right(_) => return,
                Either::Left((Some(intent), _)) => self.take(intent),
                // The engine is gone: this task will be dropped.
                Either::Left((None, _)) => pending().await,
            }
        }
    }

    /// Waits as long as the server wants to be left alone (RFC 2449, 6.5). Where not all is in step, it is told until when.
    async fn wait_for_login(&mut self) {
        let Some(moment) = self.next_login.take() else { return };
        let shared = Rc::clone(self.shared());
        let clock = shared.platform.clock();
        let now = clock.now();
        if moment > now && !self.is_online() {
            let error = match shared.state(self.account()) {
                AccountState::Offline { error, .. } => error,
                _ => self.party.too_soon(),
            };
            let retry_at = Some(clock.wall().saturating_add((moment - now).as_millis()));
            self.set_state(AccountState::Offline { error, retry_at });
        }
        clock.sleep_until(moment).await;
    }

    /// Tells why, and waits for the next try.
    async fn wait_offline(&mut self, error: &SyncError) {
        let shared = Rc::clone(self.shared());
        let clock = shared.platform.clock();
        if self.online_since.take().is_some_and(|since| clock.now() - since >= STEADY) {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        let wait = error.retryable.then(|| {
            let mut random = [0; 8];
            shared.platform.entropy().fill(&mut random);
            retry::wait_after(self.failures, u64::from_le_bytes(random)).max(retry::least_wait(&error.code))
        });
        let retry_at = wait.map(|wait| clock.wall().saturating_add(wait.as_millis()));
        self.set_state(AccountState::Offline { error: error.clone(), retry_at });
        // What was asked for while it was tried has failed with it.
        while let Some(Some(intent)) = self.intents.next().now_or_never() {
            intent.fail(error);
        }
        self.requests.drain(..).for_each(|request| request.fail(error));
        let until = wait.map(|wait| clock.now() + wait);
        let mut time = pin!(sleep_until(clock, until));
        loop {
            match select(self.intents.next(), time.as_mut()).await {
                Either::Right(_) => return,
                // A password that was refused is not sent again: that would lock accounts.
                Either::Left((Some(Intent::SyncNow), _)) if !is_about_the_password(error) => return,
                Either::Left((Some(other), _)) => other.fail(error),
                Either::Left((None, _)) => pending().await,
            }
        }
    }
}

async fn sleep_until(clock: &impl Clock, moment: Option<Timestamp>) {
    match moment {
        Some(moment) => clock.sleep_until(moment).await,
        None => pending().await,
    }
}

/// A server that lets us in and breaks at once is tried after growing waits too.
const STEADY: Duration = Duration::from_secs(60);

/// A gateway that lets us in and stops at once is tried after growing waits.
const LEAST_SESSION: Duration = Duration::from_secs(1);

fn is_about_the_password(error: &SyncError) -> bool {
    ["auth-failed", "password-expired", "token-refused"].contains(&error.code.as_str())
}
