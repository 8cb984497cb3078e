//! One whole message: `BODY.PEEK[]`, streamed, hashed, and stored as it comes; the last batch has its row.

use super::Flow;
use crate::contents::{Arrival, Arrived};
use crate::words::{message_gone, message_incomplete};
use crate::{Platform, SyncError, contents, records};
use waypost_imap::types::{BodyData, Fetched, Section, SequenceSet};
use waypost_imap::{Command, Event, FetchItem, Response};
use waypost_store::MessageId;

impl<P: Platform> Flow<'_, P> {
    /// Fetches a message and stores it.
    pub(super) async fn fetch_message(&mut self, id: MessageId) -> Result<(), SyncError> {
        if let Some(row) = records::row(self.desk.ledger.store(), id).await? {
            // Asked for twice, it is here when the second turn comes.
            if contents::stored(self.desk.ledger.store(), &row).await?.is_some() {
                return Ok(());
            }
        }
        if let Err(refusal) = self.select(id.mailbox).await? {
            return Err(self.link.refused(&refusal));
        }
        let same = self.selected.as_ref().is_some_and(|selected| selected.uidvalidity == id.uidvalidity);
        let Some(set) = SequenceSet::single(id.uid).filter(|_| same) else { return Err(message_gone()) };
        let arrived = self.receive(id, set).await?;
        self.commit_news().await?;
        match arrived {
            Some(arrived) => self.desk.ledger.store_body(id, arrived).await,
            None => {
                // The server said OK and gave nothing: the message is gone, and so is its row.
                if let Some(selected) = &mut self.selected {
                    selected.note_gone(id.uid);
                }
                self.commit_news().await?;
                Err(message_gone())
            }
        }
    }

    /// The octets of the message; `None` if the server has it no more.
    async fn receive(&mut self, id: MessageId, set: SequenceSet) -> Result<Option<Arrived>, SyncError> {
        let items = vec![FetchItem::Body { section: Section::default(), partial: None }];
        let command = self.link.enqueue(Command::UidFetch { set, items });
        let mut arrival = Arrival::cached(&self.desk.ledger, id);
        let (mut whole, mut answer) = (false, None);
        loop {
            match self.link.next().await? {
                Event::BodyStarted { section, .. } => {
                    whole = section == Section::default() && answer != Some(true);
                    if whole {
                        arrival.restart().await?;
                    }
                }
                Event::BodyPart(octets) if whole => arrival.push(&octets).await?,
                Event::Response(Response::Fetch(one)) => {
                    if one.uid.is_some_and(|named| named.as_u32() == id.uid) && !one.bodies.is_empty() {
                        answer = Some(answer == Some(true) || is_whole(&one, &mut arrival).await?);
                    }
                    self.note(&Response::Fetch(one));
                }
                Event::Response(response) => self.note(&response),
                Event::Done { handle, result } if handle == command => {
                    if let (Ok(_), Some(true)) = (&result, answer) {
                        return Ok(Some(arrival.finish()));
                    }
                    arrival.give_up().await?;
                    result.map_err(|refusal| self.link.refused(&refusal))?;
                    return if answer.is_some() { Err(message_incomplete()) } else { Ok(None) };
                }
                _ => {}
            }
        }
    }
}

/// Whether a FETCH answer has all of the message; what came in one piece with it is added.
async fn is_whole<P: Platform>(fetched: &Fetched, arrival: &mut Arrival<P>) -> Result<bool, SyncError> {
    let section =
        fetched.bodies.iter().find(|body| body.section == Section::default() && body.origin.is_none());
    match section.map(|section| &section.data) {
        Some(BodyData::Inline(octets)) => {
            arrival.restart().await?;
            arrival.push(octets).await?;
            Ok(true)
        }
        Some(BodyData::Streamed(octets)) => Ok(arrival.octets() == *octets),
        Some(BodyData::Absent) | None => Ok(false),
    }
}
