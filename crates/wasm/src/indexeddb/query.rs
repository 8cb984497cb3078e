//! The read side: a list of reads is one transaction.

use super::binding::{Record, RecordOptions, RecordStore};
use super::failure::Failure;
use super::open::Database;
use super::range::{page, prefixed};
use super::transaction::{Mode, Transaction};
use super::{key, tail};
use js_sys::{Array, Object};
use wasm_bindgen::{JsCast, JsValue};
use waypost_store::{Key, Read, ReadResult, Table};
use web_sys::{IdbKeyRange, IdbObjectStore, IdbRequest};

/// Answers all reads from one moment.
pub(super) async fn read(database: &Database, reads: &[Read]) -> Result<Vec<ReadResult>, Failure> {
    let mut tables: Vec<Table> = reads.iter().map(table).collect();
    tables.sort_unstable();
    tables.dedup();
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let transaction = Transaction::begin(database, &tables, Mode::Read)?;
    let pending: Vec<Pending> = reads.iter().map(|read| ask(&transaction, read)).collect::<Result<_, _>>()?;
    transaction.end().await?;
    pending.into_iter().zip(reads).map(|(pending, read)| pending.answer(table(read))).collect()
}

fn table(read: &Read) -> Table {
    match read {
        Read::Get(table, _) | Read::Count(table, _) => *table,
        Read::Prefix { table, .. } | Read::Keys { table, .. } => *table,
    }
}

/// A read whose requests are issued.
enum Pending {
    Value(IdbRequest),
    Count(IdbRequest),
    Keys(IdbRequest),
    /// An array of `IDBRecord`.
    Records(IdbRequest),
    /// Keys and values in ascending order.
    Pairs {
        keys: IdbRequest,
        values: IdbRequest,
        descending: bool,
    },
    /// The last ones of a range, for browsers that give no records.
    Tail(tail::Tail),
    /// Nothing can match, and this is the answer.
    Nothing(ReadResult),
}

fn ask(transaction: &Transaction, read: &Read) -> Result<Pending, Failure> {
    let store = transaction.table(table(read))?;
    match read {
        Read::Get(_, name) => Ok(Pending::Value(store.get(&key::to_js(name))?)),
        Read::Count(_, prefix) => {
            Ok(Pending::Count(store.count_with_key(key::range(&prefixed(prefix))?.as_ref())?))
        }
        Read::Prefix { prefix, after, descending, limit, .. } => {
            match page(prefix, after.as_ref(), *descending) {
                // A count of 0 means all to a browser.
                Some(bounds) if *limit != Some(0) => list(store, &key::range(&bounds)?, *descending, *limit),
                _ => Ok(Pending::Nothing(ReadResult::Entries(Vec::new()))),
            }
        }
        Read::Keys { prefix, after, limit, .. } => match page(prefix, after.as_ref(), false) {
            Some(bounds) if *limit != Some(0) => {
                let range = key::range(&bounds)?;
                Ok(Pending::Keys(match limit {
                    Some(limit) => store.get_all_keys_with_key_and_limit(&range, *limit)?,
                    None => store.get_all_keys_with_key(&range)?,
                }))
            }
            _ => Ok(Pending::Nothing(ReadResult::Keys(Vec::new()))),
        },
    }
}

fn list(
    store: IdbObjectStore,
    range: &IdbKeyRange,
    descending: bool,
    limit: Option<u32>,
) -> Result<Pending, Failure> {
    let records = store.unchecked_ref::<RecordStore>();
    if records.get_all_records_method().is_function() {
        let options: RecordOptions = Object::new().unchecked_into();
        options.set_query(range);
        options.set_direction(if descending { "prev" } else { "next" });
        if let Some(limit) = limit {
            options.set_count(limit);
        }
        return Ok(Pending::Records(records.get_all_records(&options)?));
    }
    match limit {
        Some(limit) if descending => Ok(Pending::Tail(tail::Tail::ask(store, range.clone(), limit)?)),
        _ => {
            let (keys, values) = pairs(&store, range, limit)?;
            Ok(Pending::Pairs { keys, values, descending })
        }
    }
}

/// Asks for the keys and the values of a range.
pub(super) fn pairs(
    store: &IdbObjectStore,
    range: &JsValue,
    limit: Option<u32>,
) -> Result<(IdbRequest, IdbRequest), JsValue> {
    match limit {
        Some(limit) => Ok((
            store.get_all_keys_with_key_and_limit(range, limit)?,
            store.get_all_with_key_and_limit(range, limit)?,
        )),
        None => Ok((store.get_all_keys_with_key(range)?, store.get_all_with_key(range)?)),
    }
}

impl Pending {
    /// The answer. The transaction is complete, so every request has its result.
    fn answer(self, table: Table) -> Result<ReadResult, Failure> {
        match self {
            Self::Value(request) => value(table, &request.result()?).map(ReadResult::Value),
            Self::Count(request) => {
                let count = request.result()?.as_f64().ok_or(Failure::Damaged(table.name()))?;
                Ok(ReadResult::Count(count as u64))
            }
            Self::Records(request) => {
                let records: Array = request.result()?.unchecked_into();
                let entries = records.iter().map(|record| {
                    let record: Record = record.unchecked_into();
                    entry(table, &record.key(), &record.value())
                });
                entries.collect::<Result<_, _>>().map(ReadResult::Entries)
            }
            Self::Pairs { keys, values, descending } => entries(table, &keys, &values, descending),
            Self::Tail(tail) => match tail.take()? {
                Some((keys, values)) => entries(table, &keys, &values, true),
                None => Ok(ReadResult::Entries(Vec::new())),
            },
            Self::Keys(request) => {
                let keys: Array = request.result()?.unchecked_into();
                keys.iter()
                    .map(|name| key::from_js(table, &name))
                    .collect::<Result<_, _>>()
                    .map(ReadResult::Keys)
            }
            Self::Nothing(answer) => Ok(answer),
        }
    }
}

fn value(table: Table, value: &JsValue) -> Result<Option<Vec<u8>>, Failure> {
    if value.is_undefined() { Ok(None) } else { key::value_from_js(table, value).map(Some) }
}

fn entry(table: Table, name: &JsValue, value: &JsValue) -> Result<(Key, Vec<u8>), Failure> {
    Ok((key::from_js(table, name)?, key::value_from_js(table, value)?))
}

fn entries(
    table: Table,
    keys: &IdbRequest,
    values: &IdbRequest,
    reverse: bool,
) -> Result<ReadResult, Failure> {
    let (keys, values): (Array, Array) = (keys.result()?.unchecked_into(), values.result()?.unchecked_into());
    let pairs = keys.iter().zip(values.iter());
    let mut entries: Vec<_> =
        pairs.map(|(name, value)| entry(table, &name, &value)).collect::<Result<_, _>>()?;
    if reverse {
        entries.reverse();
    }
    Ok(ReadResult::Entries(entries))
}
