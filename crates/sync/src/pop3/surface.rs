//! What the user can read and ask of a POP3 account.

use super::{LedgerPage, LedgerQuery, is_content, unwanted_there};
use crate::records::{account_key, encode};
use crate::shared::Intent;
use crate::words::bad_request;
use crate::{Clock, Engine, Platform, SyncError};
use waypost_store::{AccountRecord, Batch, Change, Durability, Migration, Notice, Protocol, Store, Table};

impl<P: Platform + 'static> Engine<P> {
    /// What became of every message that the server of a POP3 account listed, those seen last first.
    ///
    /// # Errors
    /// There is no such account, or the store.
    pub async fn ledger(&self, account: u32, query: &LedgerQuery) -> Result<LedgerPage, SyncError> {
        Ok(super::ledger(self.store(), &self.account(account).await?, query).await?)
    }

    /// Takes messages of a POP3 server by their unique ids, whatever the settings leave there. Returns when they are here.
    ///
    /// # Errors
    /// The account is signed out or offline, the server has one of them no more, or the store.
    pub async fn load_from_server(&self, account: u32, uidls: Vec<String>) -> Result<(), SyncError> {
        self.pop3_account(account).await?;
        self.ask(account, |answer| Intent::Collect { uidls, answer }).await
    }

    /// Deletes messages on a POP3 server by their unique ids at the next check, which is at once where the account is signed in. What
    /// is here stays here, and is deleted there only after it was read back and compared; what is not here is lost.
    ///
    /// # Errors
    /// There is no such account, the ids are not the server's own, or the store.
    pub async fn delete_on_server(&self, account: u32, uidls: &[String]) -> Result<(), SyncError> {
        self.upgrade().await?;
        self.pop3_account(account).await?;
        if uidls.iter().any(|uidl| is_content(uidl)) {
            return Err(bad_request("the server has no unique id for this message"));
        }
        let now = self.shared.platform.clock().wall();
        let mut batch = Batch { durability: Durability::Strict, ..Batch::default() };
        for uidl in uidls {
            unwanted_there(account, uidl, now, &mut batch);
        }
        self.store().commit(batch).await?;
        self.shared.changed(Change::Maildrop { account });
        self.sync_now(account);
        Ok(())
    }

    /// Answers [`waypost_store::Notice::AllUniqueIdsChanged`]; the next check, which begins at once, does what it means.
    ///
    /// # Errors
    /// There is no such account, nothing was asked, or the store.
    pub async fn answer_migration(&self, account: u32, choice: Migration) -> Result<(), SyncError> {
        self.upgrade().await?;
        let _lane = self.shared.accounts_lane.lock().await;
        let mut record = self.account(account).await?;
        let is_question = |notice: &Notice| matches!(notice, Notice::AllUniqueIdsChanged { .. });
        if !record.notices.iter().any(is_question) {
            return Err(bad_request("the server has not changed its unique ids"));
        }
        record.notices.retain(|notice| !is_question(notice));
        record.migration = Some(choice);
        let mut batch = Batch::default();
        batch.put(Table::Accounts, account_key(account), encode(&record));
        self.store().commit(batch).await?;
        self.shared.changed(Change::Accounts);
        self.sync_now(account);
        Ok(())
    }

    async fn pop3_account(&self, account: u32) -> Result<AccountRecord, SyncError> {
        let record = self.account(account).await?;
        let is_pop3 = record.protocol == Protocol::Pop3;
        if is_pop3 { Ok(record) } else { Err(bad_request("this is no POP3 account")) }
    }
}
