//! Looks through all that is stored, and mends what can be mended. What may be the only copy of a message is never deleted by it.
//!
//! Each part finds first and mends then, so that whoever only wants to know gets the same report.

mod contents;
mod folders;
mod lists;
mod maildrop;

use self::folders::Folders;
use self::lists::Lists;
use crate::ledger::Ledger;
use crate::{Engine, Platform, SyncError};
use serde::Serialize;
use waypost_store::{AccountRecord, Change};

/// What `verify` found.
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

/// Something that is wrong with what is stored.
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
    /// Rows that can't be read.
    RowsDamaged,
    /// Rows of a folder that is not there.
    RowsWithoutFolder,
    /// An order does not hold what the rows say.
    OrderWrong,
    /// A folder counts other messages than it has.
    CountWrong,
    /// A thread has other messages than the rows say.
    ThreadWrong,
    /// A line of a maildrop's ledger can't be read, is missing, or says that a message is here that is not.
    LedgerWrong,
    /// The record of an account can't be read. What it was can't be made anew.
    AccountDamaged,
    /// The record of a folder can't be read. Its mail is kept under a name of ours; a server's folder comes anew.
    FolderDamaged,
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
    /// Whether there are rows that can't be read.
    rows_damaged: bool,
}

impl<P: Platform + 'static> Engine<P> {
    /// Looks through all that is stored: rows against what is made of them, octets against their hashes, and what names what. Mends
    /// what can be mended if that is wanted; writes nothing otherwise.
    ///
    /// # Errors
    /// The store.
    pub async fn verify(&self, repair: bool) -> Result<Report, SyncError> {
        self.upgrade().await?;
        let mut report = Report::default();
        let (accounts, damaged) = folders::accounts(self.store()).await?;
        report.checked += (accounts.len() + damaged.len()) as u64;
        for account in damaged {
            report.add(ProblemKind::AccountDamaged, &account, false);
        }
        for account in accounts {
            let ledger = Ledger::new(&self.shared, account.id);
            let mut check =
                Check { ledger, account: &account, repair, report: &mut report, rows_damaged: false };
            check.lists().await?;
            let contents = check.contents().await?;
            check.maildrop(&contents).await?;
        }
        Ok(report)
    }
}

impl<P: Platform> Check<'_, P> {
    /// Rows against orders, counts and threads.
    async fn lists(&mut self) -> Result<(), SyncError> {
        let _lane = self.ledger.lane().await;
        let before = self.report.problems.len();
        Lists::check(self.ledger.store(), self.account, self.repair, self.report).await?;
        let (account, repaired) =
            (self.account.id, self.report.problems[before..].iter().any(|one| one.repaired));
        if repaired {
            for mailbox in Folders::read(self.ledger.store(), self.account).await?.records.into_keys() {
                self.ledger.shared.changed(Change::Messages { account, mailbox });
            }
            self.ledger.shared.changed(Change::Mailboxes { account });
        }
        Ok(())
    }
}

/// A store with more of them is broken as a whole.
const MOST_PROBLEMS: usize = 1000;
