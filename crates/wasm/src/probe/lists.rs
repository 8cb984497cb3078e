//! A folder that is filled without a server, through what the engine writes and lists with: what the benchmark of the store measures.

use super::promise;
use crate::convert::{from_js, join_rows, to_js};
use crate::error::bad_request;
use crate::indexeddb::{IndexedDb, Role};
use crate::platform::Browser;
use crate::store::BrowserStore;
use crate::transport::{GatewayToken, Way, WebSocketConnect};
use js_sys::{Array, Promise};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use waypost_message::ThreadKeys;
use waypost_store::{Batch, Key, MessageId, MessageRow, OrderedMap, Store, Table};
use waypost_sync::{Engine, SyncError, write_rows};

/// Mailbox 1 of account 1, with UIDVALIDITY 7.
#[wasm_bindgen]
pub struct ListProbe {
    store: Rc<IndexedDb>,
    engine: Rc<Engine<Browser>>,
    taken: RefCell<Vec<(u32, Option<MessageRow>)>>,
}

#[wasm_bindgen]
impl ListProbe {
    /// Opens the store of a profile as the leader does.
    pub fn open(profile: String) -> Promise {
        promise(async move {
            let store = Rc::new(IndexedDb::new(&profile, Role::Leader));
            store.prepare().await?;
            let way = Way::Gateway(WebSocketConnect::new(String::new(), GatewayToken::default()));
            let engine = Rc::new(Engine::new(Browser::new(way, BrowserStore::Indexed(Rc::clone(&store)))));
            Ok(Self { store, engine, taken: RefCell::default() }.into())
        })
    }

    /// Puts an empty mailbox there; the records are JSON.
    pub fn begin(&self, account: String, mailbox: String) -> Promise {
        let store = Rc::clone(&self.store);
        promise(async move {
            let mut batch = Batch::default();
            batch.put(Table::Accounts, Key::numbers(&[1]), account.into_bytes());
            batch.put(Table::Mailboxes, Key::numbers(&[1, 1]), mailbox.into_bytes());
            store.commit(batch).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Takes rows in, a JSON array, for [`ListProbe::write`].
    pub fn take(&self, rows: &str) -> Result<(), JsValue> {
        let rows: Vec<MessageRow> =
            serde_json::from_str(rows).map_err(|_| to_js(&bad_request("These are no rows.")))?;
        let numbered =
            rows.into_iter().filter_map(|row| Some((row.id.parse::<MessageId>().ok()?.uid, Some(row))));
        self.taken.borrow_mut().extend(numbered);
        Ok(())
    }

    /// Writes what was taken in, so many rows in a batch. Every third message answers the one before.
    pub fn write(&self, batch: usize) -> Promise {
        let (store, mut rows) = (Rc::clone(&self.store), self.taken.take());
        promise(async move {
            while !rows.is_empty() {
                let rest = rows.split_off(batch.min(rows.len()));
                let keys = rows.iter().map(|(uid, _)| (*uid, keys_of(*uid))).collect::<OrderedMap<_, _>>();
                write_rows(&*store, (1, 1, 7), rows, keys).await?;
                rows = rest;
            }
            Ok(JsValue::UNDEFINED)
        })
    }

    /// A list as the page gets it: its rows as one JSON array, its length, and where it goes on.
    pub fn list(&self, query: JsValue) -> Promise {
        self.call(async move |engine| {
            let query = from_js(&query, "This is no query.")?;
            let list = engine.list(1, 1, query).await?;
            Ok(Array::of3(&join_rows(&list.rows)?.into(), &list.total.into(), &list.next.into()).into())
        })
    }

    /// The mailboxes with their counts.
    pub fn mailboxes(&self) -> Promise {
        self.call(async |engine| Ok(to_js(&engine.mailboxes(1).await?)))
    }

    /// Marks so many messages in a row as flagged, from this UID on.
    pub fn flag(&self, from: u32, count: u32) -> Promise {
        self.call(async move |engine| {
            let id = |uid| MessageId { account: 1, mailbox: 1, uidvalidity: 7, uid };
            let ids: Vec<MessageId> = (from..from + count).map(id).collect();
            engine.change_flags(&ids, &["\\Flagged".to_owned()], &[]).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Closes the database.
    pub fn close(&self) {
        self.store.close();
    }

    fn call(
        &self,
        act: impl AsyncFnOnce(&Engine<Browser>) -> Result<JsValue, SyncError> + 'static,
    ) -> Promise {
        let engine = Rc::clone(&self.engine);
        promise(async move { act(&engine).await })
    }
}

fn keys_of(uid: u32) -> ThreadKeys {
    let name = |uid: u32| format!("{:08x}.{uid}@waypost.example", uid.wrapping_mul(2_654_435_761));
    ThreadKeys {
        message_id: Some(name(uid)),
        references: if uid.is_multiple_of(3) { vec![name(uid - 1)] } else { Vec::new() },
        base_subject: String::new(),
    }
}
