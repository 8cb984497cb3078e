//! Looks through all that is stored, and mends what can be mended. What may be the only copy of a message is never deleted by it.
//!
//! Each part finds first and mends then, so that whoever only wants to know gets the same report.

mod contents;

use crate::ledger::Ledger;
use crate::{Engine, Platform, SyncError};
use serde::Serialize;
use waypost_store::AccountRecord;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Records that were looked at.
    pub checked: u64,
    /// What is wrong, in the order in which it was found.
    pub problems: Vec<Problem>,
    /// Further problems, beyond those that are listed.
    pub more: u64,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// What.
    pub kind: ProblemKind,
    /// The record, by its name.
    #[serde(rename = "where")]
    pub place: String,
    /// Whether it was mended.
    pub repaired: bool,
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// The octets of a message are not those that were stored.
    ContentDamaged,
    /// Octets of a message are missing.
    ContentMissing,
    /// Octets without a record of what they are.
    OctetsWithoutRecord,
    /// Octets that no row names.
    ContentUnused,
    /// The count of the rows that name octets is wrong.
    HoldersWrong,
    /// The figures of what is stored are wrong.
    UsageWrong,
}

impl Report {
    pub(crate) fn add(&mut self, kind: ProblemKind, place: &impl ToString, repaired: bool) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Problem { kind, place: place.to_string(), repaired });
        } else {
            self.more += 1;
        }
    }
}

/// One look through the mail of one account.
pub(crate) struct Check<'a, P: Platform> {
    pub(crate) ledger: Ledger<P>,
    pub(crate) account: &'a AccountRecord,
    pub(crate) repair: bool,
    pub(crate) report: &'a mut Report,
}

impl<P: Platform + 'static> Engine<P> {
    /// Looks through all that is stored: octets against their hashes, and what names what. Mends what can be mended if that is
    /// wanted; writes nothing otherwise.
    ///
    /// # Errors
    /// The store.
    pub async fn verify(&self, repair: bool) -> Result<Report, SyncError> {
        let mut report = Report::default();
        for account in self.accounts().await? {
            let ledger = Ledger::new(&self.shared, account.id);
            let mut check = Check { ledger, account: &account, repair, report: &mut report };
            check.contents().await?;
        }
        Ok(report)
    }
}

/// A store with more of them is broken as a whole.
const MOST_PROBLEMS: usize = 1000;
