//! What the user does here that concerns the server, noted in the batch in which it is done, and carried over to the ledger by the next
//! check. The check holds the ledger's lines while it waits for the server; notes beside them lose nothing to it. Notes of
//! messages are written on the lane of the account, and the check reads and clears them on it: it clears none that it has not read.
//!
//! Notes live in the table of unique ids under numbers, which stand apart from the ids' texts: `[account, message]` for a message
//! here, `[account, 0, uidl]` for one of the server.

use super::maildrop::Known;
use super::policy;
use crate::records::{Answers, account_key, decode, encode};
use serde::{Deserialize, Serialize};
use waypost_store::{
    Batch, Key, OrderedMap, Part, Pop3Settings, Read, RemovalWish, Store, StoreError, Table, UidlRecord,
};

/// A note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    /// Milliseconds since 1970.
    at: u64,
    /// It is no longer here.
    gone: bool,
    /// What is wanted of the server. `None` of a message that is here: nothing any more.
    wish: Option<RemovalWish>,
}

/// A message was moved out of the inbox. It need not be of the server; then nothing comes of it.
pub(crate) fn left_inbox(account: u32, settings: &Pop3Settings, message: u32, now: u64, batch: &mut Batch) {
    if settings.removal.when_moved {
        let note = Note { at: now, gone: false, wish: Some(RemovalWish::Keep) };
        batch.put(Table::Uidls, message_key(account, message), encode(&note));
    }
}

/// It was moved back. The wish may be in the ledger by now, of a check that could not fulfil it.
pub(crate) fn is_back_in_inbox(account: u32, message: u32, now: u64, batch: &mut Batch) {
    let note = Note { at: now, gone: false, wish: None };
    batch.put(Table::Uidls, message_key(account, message), encode(&note));
}

/// A message was deleted here for good: no row shows it any more, and its octets go.
pub(crate) fn deleted_here(account: u32, settings: &Pop3Settings, message: u32, now: u64, batch: &mut Batch) {
    let wish = settings.removal.when_deleted.then_some(RemovalWish::Discard);
    let note = Note { at: now, gone: true, wish };
    batch.put(Table::Uidls, message_key(account, message), encode(&note));
}

/// Whether there is such a note.
pub(super) async fn was_deleted_here<S: Store>(
    store: &S,
    account: u32,
    message: u32,
) -> Result<bool, StoreError> {
    let read = Read::Get(Table::Uidls, message_key(account, message));
    let note: Option<Note> = Answers::of(store, vec![read]).await?.value(Table::Uidls)?;
    Ok(note.is_some_and(|note| note.gone))
}

/// The user wants it off the server by name: what is here stays here, what is not need not come.
pub(crate) fn unwanted_there(account: u32, uidl: &str, now: u64, batch: &mut Batch) {
    // Whether it is here is asked when it is carried over.
    let note = Note { at: now, gone: false, wish: None };
    batch.put(Table::Uidls, account_key(account).with_number(0).with_text(uidl), encode(&note));
}

/// All notes of an account.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    messages: OrderedMap<u32, Note>,
    uidls: OrderedMap<String, Note>,
}

impl Wishes {
    /// Takes an entry of the table if it is a note.
    pub(super) fn take(&mut self, key: &Key, octets: &[u8]) -> Result<(), StoreError> {
        let note = || decode(Table::Uidls, octets);
        match (key.0.get(1), key.0.get(2)) {
            (Some(Part::Number(0)), Some(Part::Text(uidl))) => {
                self.uidls.insert(uidl.clone(), note()?);
            }
            (Some(Part::Number(number)), None) if *number > 0 => {
                self.messages.insert(u32::try_from(*number).unwrap_or(u32::MAX), note()?);
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.uidls.is_empty()
    }

    /// Carries the notes over to the ledger's lines; gives the ids of those that changed.
    pub(super) fn carry_over(&self, known: &mut Known) -> Vec<String> {
        let mut changed = Vec::new();
        for (id, record) in known.iter_mut() {
            let before = record.clone();
            if let Some(note) = record.message.and_then(|message| self.messages.get(&message)) {
                note.apply(record);
            }
            if let Some(note) = self.uidls.get(id) {
                let wish = if record.content.is_some() { RemovalWish::Keep } else { RemovalWish::Discard };
                policy::wish(record, wish, note.at);
            }
            if *record != before {
                changed.push(id.clone());
            }
        }
        changed
    }

    /// Takes the notes out of the store.
    pub(super) fn clear(&self, account: u32, batch: &mut Batch) {
        for message in self.messages.keys() {
            batch.delete(Table::Uidls, message_key(account, *message));
        }
        for uidl in self.uidls.keys() {
            batch.delete(Table::Uidls, account_key(account).with_number(0).with_text(uidl));
        }
    }
}

impl Note {
    fn apply(self, record: &mut UidlRecord) {
        if self.gone {
            policy::left_device(record);
        }
        match self.wish {
            // What is in doubt leaves only by name, whatever the settings want.
            Some(_) if record.doubt.is_some() => {}
            // Off the server and here: only what is wholly here can be that.
            Some(RemovalWish::Keep) if !policy::is_whole(record) => {}
            Some(wish) => policy::wish(record, wish, self.at),
            None if self.gone => {}
            None => policy::withdraw(record),
        }
    }
}

fn message_key(account: u32, message: u32) -> Key {
    account_key(account).with_number(message.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use waypost_store::{Removal, UidlState, Write};

    fn known() -> Known {
        let here = |message| UidlRecord {
            message: Some(message),
            content: Some(format!("1.0.0.{message}")),
            sha256: "ab".to_owned(),
            state: UidlState::Both,
            ..UidlRecord::default()
        };
        Known::from([
            ("a".to_owned(), here(1)),
            ("b".to_owned(), here(2)),
            ("c".to_owned(), UidlRecord::default()),
        ])
    }

    fn carried(batch: &Batch) -> (Known, Vec<String>) {
        let mut wishes = Wishes::default();
        for write in &batch.writes {
            let Write::Put(Table::Uidls, key, octets) = write else { panic!("{write:?}") };
            wishes.take(key, octets).expect("a note");
        }
        let mut known = known();
        let changed = wishes.carry_over(&mut known);
        let mut cleared = Batch::default();
        wishes.clear(1, &mut cleared);
        assert_eq!(cleared.writes.len(), batch.writes.len());
        (known, changed)
    }

    #[test]
    fn what_leaves_the_inbox_or_the_device_is_due_only_where_the_settings_say_so() {
        let settings = |when_moved, when_deleted| Pop3Settings {
            removal: Removal { when_moved, when_deleted, ..Removal::default() },
            ..Pop3Settings::default()
        };
        let mut batch = Batch::default();
        left_inbox(1, &settings(true, false), 1, 5, &mut batch);
        deleted_here(1, &settings(true, false), 2, 6, &mut batch);
        let (known, changed) = carried(&batch);
        assert_eq!(changed, ["a", "b"]);
        assert_eq!((known["a"].state, known["a"].wish), (UidlState::Due { at: 5 }, Some(RemovalWish::Keep)));
        assert_eq!((known["b"].state, known["b"].content.as_ref()), (UidlState::OnServer, None));

        let mut batch = Batch::default();
        left_inbox(1, &settings(false, true), 1, 5, &mut batch);
        deleted_here(1, &settings(false, true), 2, 6, &mut batch);
        let (known, changed) = carried(&batch);
        assert_eq!(changed, ["b"]);
        assert_eq!(known["b"].wish, Some(RemovalWish::Discard));
        assert_eq!(known["b"].state, UidlState::Due { at: 6 });
    }

    #[test]
    fn what_is_unwanted_there_by_name_stays_here_where_it_is() {
        let mut batch = Batch::default();
        for id in ["a", "c", "unknown"] {
            unwanted_there(1, id, 5, &mut batch);
        }
        let (known, changed) = carried(&batch);
        assert_eq!(changed, ["a", "c"]);
        assert_eq!(known["a"].wish, Some(RemovalWish::Keep));
        assert_eq!(known["c"].wish, Some(RemovalWish::Discard));
    }
}
