//! The store alone, for the tests of its contract in a real browser, and the reading of messages, to be compared with what the same
//! code does where a pointer has 64 bits. Never part of a release: the feature `probe` is on only where `scripts/wasm.sh --probe`
//! builds it.

mod lists;

use crate::convert::{from_js, octets_to_js, to_js};
use crate::indexeddb::{IndexedDb, Role};
use futures_channel::mpsc::unbounded;
use futures_util::stream::StreamExt;
use js_sys::{Array, Function, Promise, Uint8Array};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{future_to_promise, spawn_local};
use waypost_message::{summary, view};
use waypost_store::{Batch, Durability, Key, Part, Read, ReadResult, Store, Table};
use waypost_sync::SyncError;

/// One database.
#[wasm_bindgen]
pub struct StoreProbe {
    store: Rc<IndexedDb>,
    prepared: RefCell<Vec<Batch>>,
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum PlainPart {
    Number(u64),
    Text(String),
}

#[derive(Deserialize)]
#[serde(tag = "write", rename_all = "camelCase")]
enum PlainWrite {
    Put { table: String, key: Vec<PlainPart>, value: usize },
    Delete { table: String, key: Vec<PlainPart> },
    DeletePrefix { table: String, key: Vec<PlainPart> },
}

#[derive(Deserialize)]
#[serde(tag = "read", rename_all = "camelCase")]
enum PlainRead {
    Get {
        table: String,
        key: Vec<PlainPart>,
    },
    Count {
        table: String,
        key: Vec<PlainPart>,
    },
    Prefix {
        table: String,
        key: Vec<PlainPart>,
        after: Option<Vec<PlainPart>>,
        descending: bool,
        limit: Option<u32>,
    },
    Keys {
        table: String,
        key: Vec<PlainPart>,
        after: Option<Vec<PlainPart>>,
        limit: Option<u32>,
    },
}

#[wasm_bindgen]
impl StoreProbe {
    /// The store of a profile, as the leader has it or as a reader; opened at its first use. `listener` is told its states.
    #[wasm_bindgen(constructor)]
    pub fn new(profile: &str, reads: bool, listener: Function) -> Self {
        let store = Rc::new(IndexedDb::new(profile, if reads { Role::Reader } else { Role::Leader }));
        let (told, mut states) = unbounded();
        store.tell_to(told);
        spawn_local(async move {
            while let Some(state) = states.next().await {
                // What a listener throws is its own affair.
                let _ = listener.call1(&JsValue::UNDEFINED, &to_js(&state));
            }
        });
        Self { store, prepared: RefCell::default() }
    }

    /// Opens the database, and takes the lease if this is the leader.
    pub fn open(&self) -> Promise {
        let store = Rc::clone(&self.store);
        promise(async move {
            store.prepare().await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Commits a batch. A put names its value by the index in `values`, an array of `Uint8Array`.
    pub fn commit(&self, writes: JsValue, values: Array, strict: bool) -> Promise {
        let store = Rc::clone(&self.store);
        promise(async move {
            store.commit(batch(&writes, &values, strict)?).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Keeps a batch for [`StoreProbe::commit_prepared`].
    pub fn prepare(&self, writes: JsValue, values: Array, strict: bool) -> Result<(), JsValue> {
        let batch = batch(&writes, &values, strict).map_err(|error| to_js(&error))?;
        self.prepared.borrow_mut().push(batch);
        Ok(())
    }

    /// Commits what was prepared, one batch after the other: what a benchmark measures.
    #[wasm_bindgen(js_name = commitPrepared)]
    pub fn commit_prepared(&self) -> Promise {
        let (store, batches) = (Rc::clone(&self.store), self.prepared.take());
        promise(async move {
            for batch in batches {
                store.commit(batch).await?;
            }
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Answers a list of reads: a value or null, a number, or an array of pairs.
    pub fn read(&self, reads: JsValue) -> Promise {
        let store = Rc::clone(&self.store);
        promise(async move {
            let reads = from_js::<Vec<PlainRead>>(&reads, "The reads are not understood.")?;
            let reads = reads.into_iter().map(read).collect();
            let results = store.read(reads).await?;
            Ok(results.into_iter().map(answer).collect::<Array>().into())
        })
    }

    /// Breaks the core, at once or from a task, to show what the page sees then.
    pub fn panic(&self, text: String, later: bool) -> Promise {
        assert!(later, "{text}");
        promise(async move { panic!("{text}") })
    }

    /// A message as a reader and as a list show it: the view, and the list's sender and first words.
    pub fn shown(octets: &[u8]) -> Result<JsValue, JsValue> {
        let line = summary(octets);
        let shown = (view(octets), line.from, line.snippet);
        Ok(shown.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
    }

    /// Closes the database.
    pub fn close(&self) {
        self.store.close();
    }
}

fn batch(writes: &JsValue, values: &Array, strict: bool) -> Result<Batch, SyncError> {
    let mut batch = Batch::default();
    if strict {
        batch.durability = Durability::Strict;
    }
    for write in from_js::<Vec<PlainWrite>>(writes, "The writes are not understood.")? {
        match write {
            PlainWrite::Put { table, key, value } => {
                let octets = values.get(value as u32).unchecked_into::<Uint8Array>().to_vec();
                batch.put(named(&table), parts(key), octets);
            }
            PlainWrite::Delete { table, key } => batch.delete(named(&table), parts(key)),
            PlainWrite::DeletePrefix { table, key } => batch.delete_prefix(named(&table), parts(key)),
        }
    }
    Ok(batch)
}

fn promise(work: impl Future<Output = Result<JsValue, SyncError>> + 'static) -> Promise {
    future_to_promise(async move { work.await.map_err(|error| to_js(&error)) })
}

fn named(name: &str) -> Table {
    Table::ALL.into_iter().find(|table| table.name() == name).unwrap_or(Table::Rows)
}

fn parts(key: Vec<PlainPart>) -> Key {
    let part = |part| match part {
        PlainPart::Number(number) => Part::Number(number),
        PlainPart::Text(text) => Part::Text(text),
    };
    Key(key.into_iter().map(part).collect())
}

fn read(read: PlainRead) -> Read {
    match read {
        PlainRead::Get { table, key } => Read::Get(named(&table), parts(key)),
        PlainRead::Count { table, key } => Read::Count(named(&table), parts(key)),
        PlainRead::Prefix { table, key, after, descending, limit } => Read::Prefix {
            table: named(&table),
            prefix: parts(key),
            after: after.map(parts),
            descending,
            limit,
        },
        PlainRead::Keys { table, key, after, limit } => {
            Read::Keys { table: named(&table), prefix: parts(key), after: after.map(parts), limit }
        }
    }
}

fn answer(result: ReadResult) -> JsValue {
    match result {
        ReadResult::Value(value) => value.map_or(JsValue::NULL, |value| octets_to_js(&value)),
        ReadResult::Count(count) => JsValue::from_f64(count as f64),
        ReadResult::Entries(entries) => {
            let pairs =
                entries.into_iter().map(|(key, value)| Array::of2(&key_to_js(key), &octets_to_js(&value)));
            pairs.collect::<Array>().into()
        }
        ReadResult::Keys(keys) => keys.into_iter().map(key_to_js).collect::<Array>().into(),
    }
}

fn key_to_js(key: Key) -> JsValue {
    to_js(&key.0.into_iter().map(plain).collect::<Vec<PlainPart>>())
}

fn plain(part: Part) -> PlainPart {
    match part {
        Part::Number(number) => PlainPart::Number(number),
        Part::Text(text) => PlainPart::Text(text),
    }
}
