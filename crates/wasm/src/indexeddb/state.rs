//! What can be done with the store, told once each time that it changes.

use super::failure::Failure;
use futures_channel::mpsc::UnboundedSender;
use std::cell::RefCell;
use waypost_store::StoreError;
use waypost_sync::StorageState;

/// Tells one listener.
#[derive(Debug)]
pub(super) struct Teller {
    listener: RefCell<Option<UnboundedSender<StorageState>>>,
    last: RefCell<StorageState>,
}

impl Default for Teller {
    fn default() -> Self {
        Self { listener: RefCell::default(), last: RefCell::new(StorageState::Ready) }
    }
}

impl Teller {
    /// Who is told from now on, and at once if the store is not ready.
    pub(super) fn tell_to(&self, listener: UnboundedSender<StorageState>) {
        let last = self.last.borrow().clone();
        if last != StorageState::Ready {
            // A listener that has gone wants to hear nothing.
            let _ = listener.unbounded_send(last);
        }
        self.listener.replace(Some(listener));
    }

    pub(super) fn tell(&self, state: StorageState) {
        if *self.last.borrow() == state {
            return;
        }
        // After an eviction there is a fresh database, which is as good as any.
        self.last.replace(if state == StorageState::Evicted { StorageState::Ready } else { state.clone() });
        if let Some(listener) = &*self.listener.borrow() {
            // A listener that has gone wants to hear nothing.
            let _ = listener.unbounded_send(state);
        }
    }

    /// What a use of the store shows. `writes` says whether it was a write, or a database that may be written.
    pub(super) fn note(&self, outcome: Result<(), &Failure>, writes: bool) {
        let readable = !matches!(*self.last.borrow(), StorageState::Unavailable { .. });
        match outcome {
            // Reading tells nothing of writing.
            Ok(()) if !writes && readable => {}
            Ok(()) => self.tell(StorageState::Ready),
            Err(failure) => {
                if let Some(state) = state(failure) {
                    self.tell(state);
                }
            }
        }
    }
}

/// What a failure says of the store; nothing if it is about one record.
fn state(failure: &Failure) -> Option<StorageState> {
    let error = StoreError::from(failure.clone()).into();
    match failure {
        Failure::Damaged(_) | Failure::Removed => None,
        Failure::Full | Failure::ReadOnly | Failure::Superseded => Some(StorageState::ReadOnly { error }),
        Failure::Lost(_) | Failure::Blocked | Failure::Newer | Failure::Unusable(_) => {
            Some(StorageState::Unavailable { error })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_channel::mpsc::unbounded;

    fn told(acts: impl FnOnce(&Teller)) -> Vec<String> {
        let (sender, mut receiver) = unbounded();
        let teller = Teller::default();
        teller.tell_to(sender);
        acts(&teller);
        drop(teller);
        std::iter::from_fn(|| receiver.try_recv().ok())
            .map(|state| match state {
                StorageState::Ready => "ready".to_owned(),
                StorageState::ReadOnly { error } => format!("read only: {}", error.code),
                StorageState::Unavailable { error } => format!("unavailable: {}", error.code),
                StorageState::Evicted => "evicted".to_owned(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn each_state_is_told_once_and_a_store_that_works_tells_nothing() {
        let seen = told(|teller| {
            teller.note(Ok(()), true);
            teller.note(Ok(()), false);
            teller.note(Err(&Failure::Damaged("rows")), false);
            teller.note(Err(&Failure::Full), true);
            teller.note(Err(&Failure::Full), true);
            teller.note(Ok(()), false);
            teller.note(Ok(()), true);
        });
        assert_eq!(seen, ["read only: store-full", "ready"]);
    }

    #[test]
    fn a_store_that_comes_back_says_so_at_the_first_read() {
        let seen = told(|teller| {
            teller.note(Err(&Failure::Lost("x".to_owned())), false);
            teller.note(Ok(()), false);
            teller.note(Err(&Failure::Superseded), true);
            teller.tell(StorageState::Evicted);
            teller.note(Ok(()), true);
            teller.tell(StorageState::Evicted);
        });
        let expected =
            ["unavailable: store-unavailable", "ready", "read only: store-superseded", "evicted", "evicted"];
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_listener_that_comes_late_hears_where_the_store_stands() {
        let (sender, mut receiver) = unbounded();
        let teller = Teller::default();
        teller.note(Err(&Failure::Blocked), false);
        teller.tell_to(sender);
        assert!(
            matches!(receiver.try_recv(), Ok(StorageState::Unavailable { error }) if error.code == "store-blocked")
        );
    }
}
