//! What the server says unasked about the selected folder: EXISTS, EXPUNGE, FETCH (RFC 9051, 7.4 and 7.5).

use super::Flow;
use super::row::flag_texts;
use super::window::Window;
use crate::flags;
use crate::{Platform, SyncError};
use waypost_imap::Response;
use waypost_imap::types::{Fetched, ResponseCode};
use waypost_store::{MailboxRecord, OrderedMap, OrderedSet};

/// The selected folder.
pub(super) struct Selected {
    pub(super) mailbox: u32,
    pub(super) uidvalidity: u32,
    pub(super) window: Window,
    /// Whether the stored rows were compared with the server's since it was selected.
    pub(super) in_step: bool,
    /// The server gave it another UIDVALIDITY meanwhile: it has to be selected again.
    pub(super) stale: bool,
    /// Gone, and not yet removed from the store.
    gone: OrderedSet<u32>,
    /// The server's flags, not yet in the store.
    flags: OrderedMap<u32, Vec<String>>,
    /// How many messages the store believes there are.
    told: Option<u32>,
}

impl Selected {
    /// From what SELECT answered.
    pub(super) fn opened(record: &MailboxRecord, heard: &[Response]) -> Self {
        // A server that leaves UIDVALIDITY out has not changed it.
        let (mut exists, mut uidvalidity) = (0, record.uidvalidity);
        for response in heard {
            match response {
                Response::Exists(number) => exists = *number,
                Response::Condition { code: Some(ResponseCode::UidValidity(number)), .. } => {
                    uidvalidity = *number
                }
                _ => {}
            }
        }
        Self {
            mailbox: record.id,
            // Some servers say 0 or nothing at all; 0 is what a folder has that was never opened.
            uidvalidity: uidvalidity.max(1),
            window: Window::unknown(exists),
            in_step: false,
            stale: false,
            gone: OrderedSet::new(),
            flags: OrderedMap::new(),
            told: None,
        }
    }

    /// Keeps in mind what is not yet in the store.
    pub(super) fn note(&mut self, response: &Response) {
        match response {
            Response::Exists(exists) => self.window.grow_to(*exists),
            Response::Expunge(sequence) => {
                if let Some(uid) = self.window.expunge(*sequence) {
                    self.flags.remove(&uid);
                    self.gone.insert(uid);
                }
            }
            Response::Fetch(fetched) => self.note_flags(fetched),
            // The server made the folder anew under us.
            Response::Condition { code: Some(ResponseCode::UidValidity(number)), .. }
                if *number != self.uidvalidity =>
            {
                self.stale = true;
            }
            _ => {}
        }
    }

    fn note_flags(&mut self, fetched: &Fetched) {
        let named = fetched.uid.map(|uid| uid.as_u32());
        if let Some(uid) = named {
            self.window.check(fetched.sequence, uid);
        }
        let uid = named.or_else(|| self.window.uid_at(fetched.sequence));
        if let (Some(uid), Some(flags)) = (uid, fetched.flags()) {
            self.flags.insert(uid, flag_texts(flags));
        }
    }

    /// The server's flags of a message, as another command brought them.
    pub(super) fn note_flags_of(&mut self, uid: u32, flags: Vec<String>) {
        self.flags.insert(uid, flags);
    }

    /// A message is gone.
    pub(super) fn note_gone(&mut self, uid: u32) {
        self.gone.insert(uid);
    }
}

impl<P: Platform> Flow<'_, P> {
    pub(super) fn note(&mut self, response: &Response) {
        if let Some(selected) = &mut self.selected {
            selected.note(response);
        }
    }

    pub(super) fn note_all(&mut self, responses: Vec<Response>) {
        responses.iter().for_each(|response| self.note(response));
    }

    /// Brings what was noted into the store.
    pub(super) async fn commit_news(&mut self) -> Result<(), SyncError> {
        let Some(selected) = &mut self.selected else { return Ok(()) };
        let gone = std::mem::take(&mut selected.gone);
        let changed = std::mem::take(&mut selected.flags);
        let exists = selected.window.exists();
        let told = selected.told.replace(exists);
        let (mailbox, uidvalidity) = (selected.mailbox, selected.uidvalidity);
        let ledger = &self.desk.ledger;
        let uids: Vec<u32> = gone.iter().chain(changed.keys()).copied().collect();
        for part in uids.chunks(super::rows::BATCH) {
            ledger
                .edit(mailbox, uidvalidity, part.iter().copied(), |page| {
                    page.record.total = Some(exists);
                    for uid in part {
                        if gone.contains(uid) {
                            page.rows.insert(*uid, None);
                        } else if let Some(flags) = changed.get(uid) {
                            let flags = page.overlaid(*uid, flags.clone());
                            set_flags(page.rows.get_mut(uid).and_then(Option::as_mut), flags);
                        }
                    }
                })
                .await?;
        }
        if uids.is_empty() && told != Some(exists) {
            ledger.edit(mailbox, uidvalidity, [], |page| page.record.total = Some(exists)).await?;
        }
        Ok(())
    }
}

/// Sets flags of a row unless they are the same: their order alone is no change.
pub(super) fn set_flags(row: Option<&mut waypost_store::MessageRow>, server: Vec<String>) {
    if let Some(row) = row.filter(|row| !flags::same(&row.flags, &server)) {
        row.flags = server;
    }
}
