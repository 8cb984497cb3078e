//! Changes made here on their way to the server: oldest first, each removed only after the server's tagged OK.

use super::Flow;
use super::row::{flag, flag_texts};
use crate::records::Queued;
use crate::{Platform, SyncError, records};
use waypost_imap::types::{Flag, SequenceSet};
use waypost_imap::{Command, FetchItem, Refusal, Response, StoreAction};
use waypost_store::QueuedKind;

impl<P: Platform> Flow<'_, P> {
    /// Sends all that waits. Changes that follow each other and say the same go in one command.
    pub(super) async fn send_queue(&mut self) -> Result<(), SyncError> {
        loop {
            let queue = records::queue(self.desk.ledger.store(), self.desk.account()).await?;
            let may_go = |queued: &Queued| {
                !self.closed.contains(&queued.message.mailbox) && !self.put_off.contains(&queued.sequence)
            };
            let queue: Vec<Queued> = queue.into_iter().filter(may_go).collect();
            let Some(first) = queue.first() else { return Ok(()) };
            let alike = |queued: &&Queued| {
                let (one, other) = (queued.message, first.message);
                queued.kind == first.kind
                    && (one.mailbox, one.uidvalidity) == (other.mailbox, other.uidvalidity)
            };
            let group: Vec<Queued> = queue.iter().take_while(alike).take(GROUP).cloned().collect();
            self.send_group(&group).await?;
        }
    }

    async fn send_group(&mut self, group: &[Queued]) -> Result<(), SyncError> {
        let Some(first) = group.first() else { return Ok(()) };
        let (mailbox, uidvalidity) = (first.message.mailbox, first.message.uidvalidity);
        let there = self.mailbox(mailbox).await?.is_some_and(|record| record.selectable);
        if there
            && let Err(refusal) = self.select(mailbox).await?
            && !is_gone(&refusal)
        {
            // The folder can't be opened today: its changes wait for the next connection.
            self.closed.insert(mailbox);
            return Ok(());
        }
        let open = self.selected.as_ref().map(|selected| (selected.mailbox, selected.uidvalidity));
        if open != Some((mailbox, uidvalidity)) {
            // The folder or its messages are gone: there is nothing to change.
            return self.desk.ledger.drop_queued(group).await;
        }
        self.commit_news().await?;
        match self.store_flags(group).await? {
            // The server has them now.
            Ok(()) => self.desk.ledger.drop_queued(group).await?,
            // It waits for the next look; what is new on the server does not wait with it.
            Err(refusal) if is_temporary(&refusal) => {
                self.put_off.extend(group.iter().map(|queued| queued.sequence));
            }
            Err(_) if group.len() > 1 => {
                // One of them is refused: each for itself shows which.
                for one in group.chunks(1) {
                    Box::pin(self.send_group(one)).await?;
                }
            }
            Err(_) => self.undo(group).await?,
        }
        self.commit_news().await
    }

    /// UID STORE of one change for some messages.
    async fn store_flags(&mut self, group: &[Queued]) -> Result<Result<(), Refusal>, SyncError> {
        let uids = group.iter().map(|queued| queued.message.uid);
        let (Some(set), Some(QueuedKind::Flags { add, remove })) =
            (SequenceSet::from_numbers(uids), group.first().map(|queued| &queued.kind))
        else {
            return Ok(Ok(()));
        };
        let mut commands = Vec::new();
        for (action, texts) in [(StoreAction::Add, add), (StoreAction::Remove, remove)] {
            let flags: Vec<Flag> = texts.iter().map(|text| flag(text)).collect();
            if !flags.is_empty() {
                let command = Command::UidStore { set: set.clone(), action, silent: false, flags };
                commands.push(self.link.enqueue(command));
            }
        }
        let mut outcome = Ok(());
        for command in commands {
            let answer = self.link.finish(command).await?;
            self.note_all(answer.responses);
            if let Err(refusal) = answer.result {
                outcome = Err(refusal);
            }
        }
        match outcome {
            Err(Refusal::ConnectionEnded) => Err(self.link.refused(&Refusal::ConnectionEnded)),
            outcome => Ok(outcome),
        }
    }

    /// The server refused a change: it is dropped, and the row shows again what the server has.
    async fn undo(&mut self, group: &[Queued]) -> Result<(), SyncError> {
        self.desk.ledger.drop_queued(group).await?;
        let uids: Vec<u32> = group.iter().map(|queued| queued.message.uid).collect();
        let Some(set) = SequenceSet::from_numbers(uids.iter().copied()) else { return Ok(()) };
        let command = self.link.enqueue(Command::UidFetch { set, items: vec![FetchItem::Flags] });
        let answer = self.link.finish(command).await?;
        if let Err(refusal @ Refusal::ConnectionEnded) = &answer.result {
            return Err(self.link.refused(refusal));
        }
        let Some(selected) = &mut self.selected else { return Ok(()) };
        for uid in uids {
            let found = answer.responses.iter().find_map(|response| match response {
                Response::Fetch(one) if one.uid.is_some_and(|found| found.as_u32() == uid) => one.flags(),
                _ => None,
            });
            if let Some(flags) = found {
                selected.note_flags_of(uid, flag_texts(flags));
            }
        }
        self.note_all(answer.responses);
        Ok(())
    }
}

/// Messages in one command: their numbers stay below the 8,000 octets that every server takes in a line.
const GROUP: usize = 500;

/// There is no such folder any more (RFC 5530, 3).
fn is_gone(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::No { code: Some(code), .. } if code.name() == "NONEXISTENT")
}

/// The server can't now; it may later (RFC 5530, 3). The change waits on.
fn is_temporary(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::No { code: Some(code), .. }
        if ["UNAVAILABLE", "INUSE", "SERVERBUG", "LIMIT"].contains(&code.name()))
}
