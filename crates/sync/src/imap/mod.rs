//! One signed-in IMAP connection, from the first LIST to its end. Reads from top to bottom: open the shown folder and bring it in
//! step, send what is queued, then idle until the server or the user has something new.

mod body;
mod folders;
mod idle;
mod link;
mod news;
mod queue;
mod row;
mod rows;
mod window;

use self::idle::Wanted;
use self::link::Link;
use self::news::Selected;
use crate::account::{Desk, Ended};
use crate::shared::Intent;
use crate::words::{internal, mailbox_not_found};
use crate::{AccountState, Platform, SyncError, records};
use futures_util::FutureExt;
use futures_util::StreamExt;
use waypost_imap::types::MailboxName;
use waypost_imap::{Command, Refusal, Response};
use waypost_store::{MailboxRecord, OrderedSet};

/// The work on one connection.
struct Flow<'a, P: Platform> {
    link: Link<'a, P>,
    desk: &'a mut Desk<P>,
    selected: Option<Selected>,
    /// Whether the server knows IDLE and did not refuse it.
    can_idle: bool,
    /// Folders that could not be opened on this connection.
    closed: OrderedSet<u32>,
    /// Queued changes that the server could not carry out when they were sent, by their number.
    put_off: OrderedSet<u64>,
}

/// Keeps an account in step over a signed-in connection until that ends; says how it did.
pub(crate) async fn keep_in_step<P: Platform>(
    desk: &mut Desk<P>,
    session: crate::driver::Session<waypost_imap::Client, crate::login::ConnectionOf<P>>,
) -> Ended {
    let (shared, party) = (desk.ledger.shared.clone(), desk.party.clone());
    let mut link = Link::new(session, shared.platform.clock(), &party);
    let can_idle = link.capabilities().has("IDLE");
    let mut flow =
        Flow { link, desk, selected: None, can_idle, closed: OrderedSet::new(), put_off: OrderedSet::new() };
    match flow.work().await {
        Ok(()) => Ended::Again,
        Err(error) => Ended::Failed(error),
    }
}

impl<P: Platform> Flow<'_, P> {
    /// Until another connection is wanted in the place of this one.
    async fn work(&mut self) -> Result<(), SyncError> {
        self.desk.set_state(AccountState::Syncing { done: 0, total: 0 });
        self.open().await?;
        loop {
            self.show().await?;
            self.send_queue().await?;
            self.settle().await?;
            if !self.shows_what_it_should().await? {
                continue;
            }
            self.desk.came_online();
            match self.idle().await? {
                Wanted::Look => {}
                Wanted::Intent(intent) => self.carry_out(intent).await?,
                Wanted::Elsewhere => {
                    let bye = self.link.enqueue(Command::Logout);
                    // Whether the server says goodbye too changes nothing.
                    let _ = self.link.finish(bye).await;
                    return Ok(());
                }
            }
            while let Some(intent) = self.desk.intents.next().now_or_never() {
                self.carry_out(intent.ok_or_else(internal)?).await?;
            }
        }
    }

    /// LIST and the first SELECT in one round trip, then the folder's messages.
    async fn open(&mut self) -> Result<(), SyncError> {
        let name = match self.desk.shared().shown(self.desk.account()) {
            Some(shown) => self.mailbox(shown).await?.map(|record| record.name),
            None => None,
        };
        let name = MailboxName::new(name.as_deref().unwrap_or("INBOX"));
        let list = self.link.enqueue(folders::list());
        let select = self.link.enqueue(Command::Select(name.clone()));
        let listed = self.link.finish(list).await?;
        let opened = self.link.finish(select).await?;
        // Untagged answers of pipelined commands may come in any order.
        let heard = [listed.responses, opened.responses].concat();
        if listed.result.is_ok() {
            self.keep_folders(&heard).await?;
        }
        let record = self.mailbox_named(name.as_str()).await?;
        match (opened.result, record) {
            (Ok(_), Some(record)) => self.enter(&record, &heard).await,
            (Ok(_), None) => Err(mailbox_not_found()),
            (Err(refusal), _) => self.fall_back_to_inbox(name.as_str(), &refusal),
        }
    }

    /// The shown folder can't be opened: then it is INBOX. INBOX is always there.
    fn fall_back_to_inbox(&mut self, name: &str, refusal: &Refusal) -> Result<(), SyncError> {
        if name == "INBOX" {
            return Err(self.link.refused(refusal));
        }
        self.desk.shared().set_shown(self.desk.account(), None);
        Ok(())
    }

    /// Selects a folder, if it is not the selected one, and looks at its UIDVALIDITY; its messages are looked at later.
    async fn select(&mut self, mailbox: u32) -> Result<Result<(), Refusal>, SyncError> {
        if self.selected.as_ref().is_some_and(|selected| selected.mailbox == mailbox) {
            return Ok(Ok(()));
        }
        let record = self.mailbox(mailbox).await?.filter(|record| record.selectable);
        let record = record.ok_or_else(mailbox_not_found)?;
        self.commit_news().await?;
        self.selected = None;
        let command = self.link.enqueue(Command::Select(MailboxName::new(&record.name)));
        let opened = self.link.finish(command).await?;
        match opened.result {
            Ok(_) => {
                self.enter(&record, &opened.responses).await?;
                Ok(Ok(()))
            }
            Err(Refusal::ConnectionEnded) => Err(self.link.refused(&Refusal::ConnectionEnded)),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// A folder was selected: if its UIDVALIDITY is another, all that is here of it is of no use.
    async fn enter(&mut self, record: &MailboxRecord, heard: &[Response]) -> Result<(), SyncError> {
        let selected = Selected::opened(record, heard);
        if record.uidvalidity != selected.uidvalidity {
            self.desk.ledger.restart(record.id, selected.uidvalidity).await?;
        }
        self.selected = Some(selected);
        Ok(())
    }

    /// The folder to be shown: INBOX unless the user chose another that can be opened.
    async fn shown(&self) -> Result<Option<MailboxRecord>, SyncError> {
        if let Some(shown) = self.desk.shared().shown(self.desk.account()) {
            let record = self.mailbox(shown).await?;
            if let Some(record) = record.filter(|record| record.selectable) {
                return Ok(Some(record));
            }
        }
        self.mailbox_named("INBOX").await
    }

    /// Opens the folder to be shown and brings it in step.
    async fn show(&mut self) -> Result<(), SyncError> {
        let record = self.shown().await?.ok_or_else(mailbox_not_found)?;
        if let Err(refusal) = self.select(record.id).await? {
            return self.fall_back_to_inbox(&record.name, &refusal);
        }
        self.bring_in_step().await
    }

    async fn shows_what_it_should(&self) -> Result<bool, SyncError> {
        let wanted = self.desk.shared().shown(self.desk.account());
        let shown = self.shown().await?.map(|record| record.id);
        // Another may have been chosen while this one was looked up.
        Ok(wanted == self.desk.shared().shown(self.desk.account())
            && self
                .selected
                .as_ref()
                .is_some_and(|selected| selected.in_step && Some(selected.mailbox) == shown))
    }

    async fn carry_out(&mut self, intent: Intent) -> Result<(), SyncError> {
        match intent {
            // The loop shows, and sends what is queued.
            Intent::Show | Intent::SendQueue => Ok(()),
            // Only a maildrop has them.
            collect @ Intent::Collect { .. } => {
                collect.fail(&crate::words::message_not_here());
                Ok(())
            }
            Intent::SyncNow => self.look_again().await,
            Intent::LoadOlder { mailbox, answer } => {
                let loaded = self.load_older(mailbox).await;
                let ended = self.end_of(&loaded);
                drop(answer.send(loaded));
                ended
            }
            Intent::FetchMessage { id, answer } => {
                let fetched = self.fetch_message(id).await;
                let ended = self.end_of(&fetched);
                drop(answer.send(fetched));
                ended
            }
        }
    }

    /// What one request failed by ends the work only if it ended the connection.
    fn end_of<T>(&self, result: &Result<T, SyncError>) -> Result<(), SyncError> {
        match result {
            Err(error) if self.link.has_ended() => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Asks for news although nothing was told: folders, and what NOOP brings.
    async fn look_again(&mut self) -> Result<(), SyncError> {
        self.put_off.clear();
        let list = self.link.enqueue(folders::list());
        let noop = self.link.enqueue(Command::Noop);
        let listed = self.link.finish(list).await?;
        if listed.result.is_ok() {
            self.keep_folders(&listed.responses).await?;
        }
        self.note_all(listed.responses);
        let looked = self.link.finish(noop).await?;
        self.note_all(looked.responses);
        Ok(())
    }

    async fn mailbox(&self, mailbox: u32) -> Result<Option<MailboxRecord>, SyncError> {
        Ok(records::mailbox(self.desk.ledger.store(), self.desk.account(), mailbox).await?)
    }

    async fn mailbox_named(&self, name: &str) -> Result<Option<MailboxRecord>, SyncError> {
        let records = records::mailboxes(self.desk.ledger.store(), self.desk.account()).await?;
        Ok(records.into_iter().find(|record| record.name == name))
    }
}
