//! What a check found that the user should know.

use super::Flow;
use super::maildrop::Known;
use crate::records::{self, account_key, encode};
use crate::{Platform, SyncError};
use waypost_pop3::Expire;
use waypost_store::{AccountRecord, Batch, Change, Doubt, Notice, Store, Table};

/// What was found so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Found {
    no_ids: bool,
    nameless: u32,
    /// Deletions that wait because what is stored may be evicted.
    pub(super) held_back: u32,
}

impl Found {
    pub(super) fn of(&mut self, has_ids: bool, nameless: u32) {
        self.no_ids = !has_ids && nameless > 0;
        self.nameless = nameless;
    }

    fn notices(self, known: &Known, login_delay: Option<u32>, expire: Option<Expire>) -> Vec<Notice> {
        let doubtful = |doubt| {
            let there = known.values().filter(|record| record.missing_since.is_none());
            super::download::count(there.filter(|record| record.doubt == Some(doubt)).count())
        };
        let some = |messages: u32| (messages > 0).then_some(messages);
        let expires = match expire {
            Some(Expire::Days(days)) => Some(days),
            _ => None,
        };
        let repeated = some(self.nameless).filter(|_| !self.no_ids);
        [
            self.no_ids.then_some(Notice::NoUniqueIds),
            repeated.map(|messages| Notice::RepeatedUniqueIds { messages }),
            some(doubtful(Doubt::ReusedId)).map(|messages| Notice::ReusedUniqueIds { messages }),
            some(doubtful(Doubt::NotDeleted)).map(|messages| Notice::DeletionWithoutEffect { messages }),
            some(self.held_back).map(|messages| Notice::StorageMayBeEvicted { messages }),
            login_delay.map(|seconds| Notice::LoginDelay { seconds }),
            expires.map(|days| Notice::ServerExpires { days }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl<P: Platform> Flow<'_, P> {
    /// Tells what this check found, if that is something else than before.
    pub(super) async fn tell_notices(&mut self) -> Result<(), SyncError> {
        let capabilities = self.link.capabilities();
        // What is shorter than the user's own interval changes nothing for the user.
        let interval = self.account.pop3.interval.unwrap_or(SHORT_SECONDS);
        let delay = capabilities.login_delay.filter(|seconds| *seconds > interval);
        let notices = self.found.notices(&self.known, delay, capabilities.expire);
        if self.account.notices == notices {
            return Ok(());
        }
        self.change_account(|account| account.notices = notices).await
    }

    /// Changes the account's record.
    pub(super) async fn change_account(
        &mut self,
        change: impl FnOnce(&mut AccountRecord),
    ) -> Result<(), SyncError> {
        let (shared, account) = (self.desk.shared().clone(), self.desk.account());
        let _lane = shared.accounts_lane.lock().await;
        // It may have been removed meanwhile.
        let Some(mut record) = records::account(shared.platform.store(), account).await? else {
            return Ok(());
        };
        let before = record.clone();
        change(&mut record);
        self.account = record;
        if self.account != before {
            let mut batch = Batch::default();
            batch.put(Table::Accounts, account_key(account), encode(&self.account));
            shared.platform.store().commit(batch).await?;
            shared.changed(Change::Accounts);
        }
        Ok(())
    }
}

/// Who looks by hand does not do it more often.
const SHORT_SECONDS: u32 = 60;

#[cfg(test)]
mod tests {
    use super::*;
    use waypost_store::UidlRecord;

    #[test]
    fn each_finding_is_told_and_nothing_found_is_nothing_told() {
        assert_eq!(Found::default().notices(&Known::new(), None, Some(Expire::Never)), []);
        let doubt = |doubt, missing_since| UidlRecord { doubt, missing_since, ..UidlRecord::default() };
        let known = Known::from([
            ("a".to_owned(), doubt(Some(Doubt::ReusedId), None)),
            ("b".to_owned(), doubt(Some(Doubt::ReusedId), Some(1))),
            ("c".to_owned(), doubt(Some(Doubt::NotDeleted), None)),
        ]);
        let mut found = Found { held_back: 4, ..Found::default() };
        found.of(true, 2);
        assert_eq!(
            found.notices(&known, Some(900), Some(Expire::Days(0))),
            [
                Notice::RepeatedUniqueIds { messages: 2 },
                Notice::ReusedUniqueIds { messages: 1 },
                Notice::DeletionWithoutEffect { messages: 1 },
                Notice::StorageMayBeEvicted { messages: 4 },
                Notice::LoginDelay { seconds: 900 },
                Notice::ServerExpires { days: 0 },
            ]
        );
        found.of(false, 2);
        assert_eq!(found.notices(&Known::new(), None, None)[0], Notice::NoUniqueIds);
    }
}
