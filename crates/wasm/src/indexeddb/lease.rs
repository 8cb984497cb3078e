//! The lease: who may write. It is a record of the database itself, so that the transaction of a batch can check it.
//!
//! Each leader takes an epoch above all before. A batch is written only where the lease is still the one that its leader took:
//! a leader that was frozen while another took over writes nothing when it wakes up.

use super::failure::Failure;
use super::key;
use super::nodes::Verdict;
use super::open::Database;
use super::transaction::{Mode, Transaction};
use std::cell::RefCell;
use std::rc::Rc;
use waypost_store::{Durability, Key, Table};
use web_sys::{IdbObjectStore, IdbRequest};

/// Who leads: an epoch, and a number by chance that tells apart two who take the same one of two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) epoch: u64,
    pub(super) holder: u64,
}

impl Lease {
    /// Where it is stored.
    pub(super) fn key() -> Key {
        Key::default().with_text("lease")
    }

    fn encode(self) -> Vec<u8> {
        [self.epoch.to_be_bytes(), self.holder.to_be_bytes()].concat()
    }

    /// What a request for the lease found. What is no lease is nobody's.
    fn found(request: &IdbRequest) -> Option<Self> {
        let octets = key::value_from_js(Table::Meta, &request.result().ok()?).ok()?;
        let (epoch, holder) = octets.split_at_checked(8)?;
        Some(Self {
            epoch: u64::from_be_bytes(epoch.try_into().ok()?),
            holder: u64::from_be_bytes(holder.try_into().ok()?),
        })
    }

    /// Whether a batch of the holder may be written, now that the lease in the database is this one.
    fn verdict(self, found: Option<Self>) -> Result<(), Failure> {
        match found {
            Some(found) if found == self => Ok(()),
            Some(_) => Err(Failure::Superseded),
            None => Err(Failure::Removed),
        }
    }

    /// The lease that comes after the one in the database.
    const fn after(found: Option<Self>, held: Option<Self>, holder: u64) -> Self {
        let stored = match found {
            Some(lease) => lease.epoch,
            None => 0,
        };
        let known = match held {
            Some(lease) => lease.epoch,
            None => 0,
        };
        Self { epoch: if stored > known { stored } else { known } + 1, holder }
    }

    /// Checks it inside the transaction of a batch: goes on or aborts by what comes.
    pub(super) fn guard(
        self,
        transaction: &Transaction,
        verdict: &Verdict,
        go_on: impl FnOnce() -> Result<(), Failure> + 'static,
    ) -> Result<(), Failure> {
        let request = transaction.table(Table::Meta)?.get(&key::to_js(&Self::key()))?;
        verdict.after(&request, move |request| {
            self.verdict(Self::found(request))?;
            go_on()
        });
        Ok(())
    }
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// The lease that was held is still the one.
    Held(Lease),
    /// A new one is taken.
    Taken(Lease),
    /// A new one is taken, because the database does not know the one that was held: it is another database.
    Anew(Lease),
}

impl Claim {
    pub(super) const fn lease(self) -> Lease {
        match self {
            Self::Held(lease) | Self::Taken(lease) | Self::Anew(lease) => lease,
        }
    }
}

/// Takes the lease, or makes sure that the one that is held is still the one.
pub(super) async fn claim(database: &Database, held: Option<Lease>, holder: u64) -> Result<Claim, Failure> {
    let transaction = Transaction::begin(database, &[Table::Meta], Mode::Write(Durability::Relaxed))?;
    let store = transaction.table(Table::Meta)?;
    let request = store.get(&key::to_js(&Lease::key()))?;
    let claimed: Rc<RefCell<Option<Claim>>> = Rc::default();
    let claiming = Rc::clone(&claimed);
    let verdict = Verdict::of(&transaction);
    verdict.after(&request, move |request| {
        let found = Lease::found(request);
        let claim = match (found, held) {
            (Some(found), Some(held)) if found == held => Claim::Held(held),
            (Some(_), Some(_)) => return Err(Failure::Superseded),
            (None, Some(_)) => Claim::Anew(Lease::after(found, held, holder)),
            (_, None) => Claim::Taken(Lease::after(found, held, holder)),
        };
        put(&store, claim)?;
        *claiming.borrow_mut() = Some(claim);
        Ok(())
    });
    let end = transaction.end().await;
    verdict.take()?;
    end?;
    let claim = claimed.take();
    claim.ok_or_else(|| Failure::Lost("the browser closed it".to_owned()))
}

/// Looks whether the lease that is held is still the one.
pub(super) async fn look(database: &Database, held: Lease) -> Result<(), Failure> {
    let transaction = Transaction::begin(database, &[Table::Meta], Mode::Read)?;
    let request = transaction.table(Table::Meta)?.get(&key::to_js(&Lease::key()))?;
    transaction.end().await?;
    held.verdict(Lease::found(&request))
}

fn put(store: &IdbObjectStore, claim: Claim) -> Result<(), Failure> {
    if !matches!(claim, Claim::Held(_)) {
        store.put_with_key(&key::value_to_js(&claim.lease().encode()), &key::to_js(&Lease::key()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Lease = Lease { epoch: 3, holder: 7 };

    #[test]
    fn only_the_lease_that_was_taken_lets_a_batch_pass() {
        assert_eq!(A.verdict(Some(A)), Ok(()));
        for other in
            [Lease { epoch: 4, holder: 8 }, Lease { epoch: 3, holder: 8 }, Lease { epoch: 2, holder: 7 }]
        {
            assert_eq!(A.verdict(Some(other)), Err(Failure::Superseded));
        }
        assert_eq!(A.verdict(None), Err(Failure::Removed));
    }

    #[test]
    fn an_epoch_is_above_all_that_were_stored_and_held() {
        assert_eq!(Lease::after(None, None, 9), Lease { epoch: 1, holder: 9 });
        assert_eq!(Lease::after(Some(A), None, 9), Lease { epoch: 4, holder: 9 });
        assert_eq!(Lease::after(None, Some(A), 9), Lease { epoch: 4, holder: 9 });
    }
}
