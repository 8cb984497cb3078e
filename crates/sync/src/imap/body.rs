//! One whole message: `BODY.PEEK[]`, streamed, hashed, and stored with its row in one batch.

use super::Flow;
use crate::body::Body;
use crate::words::{message_gone, message_incomplete, too_large};
use crate::{Platform, SyncError, records};
use waypost_imap::types::{BodyData, Fetched, Section, SequenceSet};
use waypost_imap::{Command, Event, FetchItem, Response};
use waypost_store::MessageId;

impl<P: Platform> Flow<'_, P> {
    /// Fetches a message and stores it.
    pub(super) async fn fetch_message(&mut self, id: MessageId) -> Result<(), SyncError> {
        match records::message(self.desk.ledger.store(), id).await? {
            // Asked for twice, it is here when the second turn comes.
            Some((row, _)) if row.body => return Ok(()),
            Some((row, _)) if row.size > Body::LARGEST => return Err(too_large(Body::LARGEST)),
            _ => {}
        }
        if let Err(refusal) = self.select(id.mailbox).await? {
            return Err(self.link.refused(&refusal));
        }
        let same = self.selected.as_ref().is_some_and(|selected| selected.uidvalidity == id.uidvalidity);
        let Some(set) = SequenceSet::single(id.uid).filter(|_| same) else { return Err(message_gone()) };
        let body = self.receive(id.uid, set).await?;
        self.commit_news().await?;
        match body {
            Some(body) => self.desk.ledger.store_body(id, body).await,
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
    async fn receive(&mut self, uid: u32, set: SequenceSet) -> Result<Option<Body>, SyncError> {
        let items = vec![FetchItem::Body { section: Section::default(), partial: None }];
        let command = self.link.enqueue(Command::UidFetch { set, items });
        let (mut streamed, mut whole, mut answer) = (Body::default(), false, None);
        loop {
            match self.link.next().await? {
                Event::BodyStarted { section, .. } => {
                    streamed = Body::default();
                    whole = section == Section::default();
                }
                Event::BodyPart(octets) if whole => streamed.push(&octets),
                Event::Response(Response::Fetch(one)) => {
                    if one.uid.is_some_and(|named| named.as_u32() == uid) && !one.bodies.is_empty() {
                        answer = Some(body_of(&one, std::mem::take(&mut streamed)));
                    }
                    self.note(&Response::Fetch(one));
                }
                Event::Response(response) => self.note(&response),
                Event::Done { handle, result } if handle == command => {
                    result.map_err(|refusal| self.link.refused(&refusal))?;
                    return match answer {
                        Some(Some(body)) if body.is_too_large() => Err(too_large(Body::LARGEST)),
                        Some(Some(body)) => Ok(Some(body)),
                        Some(None) => Err(message_incomplete()),
                        None => Ok(None),
                    };
                }
                _ => {}
            }
        }
    }
}

/// The message of a FETCH answer, if all of it came.
fn body_of(fetched: &Fetched, streamed: Body) -> Option<Body> {
    let section =
        fetched.bodies.iter().find(|body| body.section == Section::default() && body.origin.is_none())?;
    match &section.data {
        BodyData::Inline(octets) => {
            let mut body = Body::default();
            body.push(octets);
            Some(body)
        }
        BodyData::Streamed(octets) => (streamed.octets() == *octets).then_some(streamed),
        BodyData::Absent => None,
    }
}
