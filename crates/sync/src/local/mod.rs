//! Mail that lives on this device: its mailboxes, and what a user does with messages in them. No server is asked.
//!
//! A step is one batch: the rows of a message leave one mailbox and come into another together, and its octets stay where they are. A
//! big selection is several steps, each whole.

mod mailboxes;
mod moving;
mod rules;

pub(crate) use mailboxes::first as first_mailboxes;
pub use moving::Moved;
pub(crate) use rules::{Facts, place};

use crate::ledger::Ledger;
use crate::records::{self, Answers, account_key, encode, mailbox_key};
use crate::words::{bad_request, mailbox_not_found};
use crate::{Engine, Platform, SyncError};
use waypost_store::{
    AccountRecord, Batch, Change, Key, MailboxRecord, MessageId, Protocol, Read, Rule, Store, Table,
};

/// An account that begins again where all that it had is gone: without what its server was known for, and without rules into mailboxes
/// that are gone, whose numbers may be given again.
pub(crate) fn anew(record: AccountRecord) -> AccountRecord {
    let here = first_mailboxes();
    let holds = |rule: &Rule| rules::check(std::slice::from_ref(rule), &here).is_ok();
    let rules = record.rules.into_iter().filter(holds).collect();
    AccountRecord { rules, notices: Vec::new(), migration: None, ..record }
}

impl<P: Platform + 'static> Engine<P> {
    /// Makes a mailbox on this device; `parent` is the one that it stands in.
    ///
    /// # Errors
    /// The account is not of POP3, the name can't be one or is taken, or the store.
    pub async fn create_mailbox(
        &self,
        account: u32,
        name: &str,
        parent: Option<u32>,
    ) -> Result<MailboxRecord, SyncError> {
        let ledger = self.local(account).await?.1;
        ledger.create_mailbox(name, parent).await
    }

    /// Gives a mailbox another name or place; those in it follow.
    ///
    /// # Errors
    /// As for [`Engine::create_mailbox`]; or it is one that every account has.
    pub async fn rename_mailbox(
        &self,
        account: u32,
        mailbox: u32,
        name: &str,
        parent: Option<u32>,
    ) -> Result<(), SyncError> {
        let ledger = self.local(account).await?.1;
        ledger.rename_mailbox(mailbox, name, parent).await
    }

    /// Deletes a mailbox and those in it; their messages go into the trash. No rule moves mail there any more, and rules that did nothing
    /// else go with it.
    ///
    /// # Errors
    /// There is no such mailbox, or it is one that every account has; or the store.
    pub async fn delete_mailbox(&self, account: u32, mailbox: u32) -> Result<(), SyncError> {
        let (record, ledger) = self.local(account).await?;
        let known = records::mailboxes(self.store(), account).await?;
        for mailbox in mailboxes::deleted(&known, mailbox)? {
            loop {
                let ids = ledger.some_of(mailbox).await?;
                if ids.is_empty() && ledger.remove_mailbox(mailbox).await? {
                    break;
                }
                ledger.throw_away(&record, &ids).await?;
            }
        }
        Ok(())
    }

    /// Moves messages of one account into a mailbox of it. Gives the names that they had and have, for those that were here.
    ///
    /// # Errors
    /// The account is not of POP3, there is no such mailbox, the messages are of several accounts, or the store.
    pub async fn move_messages(&self, ids: &[MessageId], mailbox: u32) -> Result<Vec<Moved>, SyncError> {
        let Some((record, ledger)) = self.local_of(ids).await? else { return Ok(Vec::new()) };
        ledger.transfer(&record, ids, mailbox, false).await
    }

    /// Copies messages of one account into a mailbox of it. Their octets are shared.
    ///
    /// # Errors
    /// As for [`Engine::move_messages`].
    pub async fn copy_messages(&self, ids: &[MessageId], mailbox: u32) -> Result<Vec<Moved>, SyncError> {
        let Some((record, ledger)) = self.local_of(ids).await? else { return Ok(Vec::new()) };
        ledger.transfer(&record, ids, mailbox, true).await
    }

    /// Puts messages of one account into the trash; those that are there already are deleted for good. Gives the names of the former.
    ///
    /// # Errors
    /// The account is not of POP3, the messages are of several accounts, or the store.
    pub async fn delete_messages(&self, ids: &[MessageId]) -> Result<Vec<Moved>, SyncError> {
        let Some((record, ledger)) = self.local_of(ids).await? else { return Ok(Vec::new()) };
        ledger.throw_away(&record, ids).await
    }

    /// Moves messages from the trash to where they came from; into the inbox where that is gone.
    ///
    /// # Errors
    /// As for [`Engine::delete_messages`].
    pub async fn restore_messages(&self, ids: &[MessageId]) -> Result<Vec<Moved>, SyncError> {
        let Some((record, ledger)) = self.local_of(ids).await? else { return Ok(Vec::new()) };
        ledger.restore(&record, ids).await
    }

    /// Empties a mailbox: trash and junk for good, others into the trash. Gives how many messages went.
    ///
    /// # Errors
    /// The account is not of POP3, there is no such mailbox, or the store.
    pub async fn empty_mailbox(&self, account: u32, mailbox: u32) -> Result<u32, SyncError> {
        let (record, ledger) = self.local(account).await?;
        let known = records::mailbox(self.store(), account, mailbox).await?.ok_or_else(mailbox_not_found)?;
        let for_good = matches!(known.role.as_deref(), Some("trash" | "junk"));
        let mut gone = 0;
        loop {
            let ids = ledger.some_of(mailbox).await?;
            if ids.is_empty() {
                return Ok(gone);
            }
            gone += u32::try_from(ids.len()).unwrap_or(u32::MAX);
            if for_good {
                ledger.delete_for_good(&record, &ids).await?;
            } else {
                ledger.throw_away(&record, &ids).await?;
            }
        }
    }

    /// Sets what is done with mail as it arrives. A message that a rule puts elsewhere was not moved out of the inbox: only what the
    /// user moves counts for the removal from the server.
    ///
    /// # Errors
    /// The account is not of POP3, a rule can't be one, or the store; then nothing changes.
    pub async fn set_rules(&self, account: u32, rules: Vec<Rule>) -> Result<(), SyncError> {
        self.local(account).await?;
        let _lane = self.shared.accounts_lane.lock().await;
        rules::check(&rules, &records::mailboxes(self.store(), account).await?)?;
        let record = AccountRecord { rules, ..self.account(account).await? };
        let mut batch = Batch::default();
        batch.put(Table::Accounts, account_key(account), encode(&record));
        self.store().commit(batch).await?;
        self.shared.note_record(&record);
        self.shared.changed(Change::Accounts);
        Ok(())
    }

    /// An account whose mail lives here.
    async fn local(&self, account: u32) -> Result<(AccountRecord, Ledger<P>), SyncError> {
        self.upgrade().await?;
        let record = self.account(account).await?;
        if record.protocol != Protocol::Pop3 {
            return Err(bad_request("the mailboxes of an IMAP account are its server's; this is for POP3"));
        }
        let ledger = Ledger::new(&self.shared, account);
        ledger.complete_mailboxes().await?;
        Ok((record, ledger))
    }

    /// The account of these messages; `None` without any.
    async fn local_of(&self, ids: &[MessageId]) -> Result<Option<(AccountRecord, Ledger<P>)>, SyncError> {
        let Some(first) = ids.first() else { return Ok(None) };
        if ids.iter().any(|id| id.account != first.account) {
            return Err(bad_request("the messages are of several accounts"));
        }
        self.local(first.account).await.map(Some)
    }
}

impl<P: Platform> Ledger<P> {
    /// Makes the special mailboxes that an account of an earlier version lacks.
    pub(crate) async fn complete_mailboxes(&self) -> Result<(), SyncError> {
        let _lane = self.lane().await;
        let known = records::mailboxes(self.store(), self.account).await?;
        let next = self.next_mailbox(&known).await?;
        let missing = mailboxes::missing(&known, next);
        self.put_mailboxes(&missing).await
    }

    async fn create_mailbox(&self, name: &str, parent: Option<u32>) -> Result<MailboxRecord, SyncError> {
        let _lane = self.lane().await;
        let known = records::mailboxes(self.store(), self.account).await?;
        let record = mailboxes::created(&known, self.next_mailbox(&known).await?, name, parent)?;
        self.put_mailboxes(std::slice::from_ref(&record)).await?;
        Ok(record)
    }

    async fn rename_mailbox(&self, mailbox: u32, name: &str, parent: Option<u32>) -> Result<(), SyncError> {
        let _lane = self.lane().await;
        let known = records::mailboxes(self.store(), self.account).await?;
        self.put_mailboxes(&mailboxes::renamed(&known, mailbox, name, parent)?).await
    }

    /// Removes a mailbox if it is empty, and what the rules do with it; says whether it was.
    async fn remove_mailbox(&self, mailbox: u32) -> Result<bool, SyncError> {
        let _accounts_lane = self.shared.accounts_lane.lock().await;
        let _lane = self.lane().await;
        if !self.some_of(mailbox).await?.is_empty() {
            return Ok(false);
        }
        let key = mailbox_key(self.account, mailbox);
        let mut batch = Batch::default();
        batch.delete(Table::Mailboxes, key.clone());
        batch.delete_prefix(Table::Orders, key);
        // A rule into a mailbox that is not there would keep all rules from being stored again.
        let mut changed = None;
        if let Some(record) = records::account(self.store(), self.account).await? {
            let rules = rules::without(&record.rules, mailbox);
            if rules != record.rules {
                let record = AccountRecord { rules, ..record };
                batch.put(Table::Accounts, account_key(self.account), encode(&record));
                changed = Some(record);
            }
        }
        self.store().commit(batch).await?;
        self.shared.changed(Change::Mailboxes { account: self.account });
        if let Some(record) = changed {
            self.shared.note_record(&record);
            self.shared.changed(Change::Accounts);
        }
        Ok(true)
    }

    /// Only on the lane. Notes the highest number, so that none is given twice.
    async fn put_mailboxes(&self, records: &[MailboxRecord]) -> Result<(), SyncError> {
        let Some(highest) = records.iter().map(|record| record.id).max() else { return Ok(()) };
        let given = self.highest_mailbox().await?.max(highest);
        let mut batch = Batch::default();
        for record in records {
            batch.put(Table::Mailboxes, mailbox_key(self.account, record.id), encode(record));
        }
        batch.put(Table::Meta, given_key(self.account), encode(&given));
        self.store().commit(batch).await?;
        self.shared.changed(Change::Mailboxes { account: self.account });
        Ok(())
    }

    async fn next_mailbox(&self, known: &[MailboxRecord]) -> Result<u32, SyncError> {
        let here = known.iter().map(|record| record.id).max().unwrap_or_default();
        Ok(self.highest_mailbox().await?.max(here).saturating_add(1))
    }

    async fn highest_mailbox(&self) -> Result<u32, SyncError> {
        let reads = vec![Read::Get(Table::Meta, given_key(self.account))];
        Ok(Answers::of(self.store(), reads).await?.value(Table::Meta)?.unwrap_or_default())
    }
}

/// The highest number of a mailbox of an account that was ever given.
fn given_key(account: u32) -> Key {
    Key::default().with_text("mailboxes").with_number(account.into())
}
