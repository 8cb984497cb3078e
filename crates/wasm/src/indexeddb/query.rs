//! The read side: a list of reads is one transaction.

use super::binding::{Record, RecordOptions, RecordStore};
use super::failure::Failure;
use super::nodes::{self, Looking, Verdict, when_known};
use super::open::Database;
use super::range::{page, prefixed};
use super::scan::Scan;
use super::transaction::{Mode, Transaction};
use super::{key, tail};
use js_sys::{Array, Object};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use waypost_store::pack::{Known, Look, Opened, Packing, Sorted};
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
    let verdict = Verdict::of(&transaction);
    let gets = Gets::begin(&transaction, &verdict, reads)?;
    let pending: Vec<Pending> =
        reads.iter().map(|read| ask(&transaction, &verdict, read)).collect::<Result<_, _>>()?;
    let end = transaction.end().await;
    verdict.take()?;
    end?;
    let found = gets.take();
    let nodes = opened(&found);
    pending.into_iter().zip(reads).map(|(pending, read)| pending.answer(table(read), &nodes)).collect()
}

/// The nodes of packed tables in which the keys of a list of reads would be, on their way.
struct Gets {
    /// Table and group of each look.
    groups: Vec<(Table, Key)>,
    known: Rc<RefCell<Vec<Known>>>,
}

/// The nodes that were found, of one table and group each.
type Found = Vec<(Table, Key, Known)>;

/// The same, taken apart once for all that is read of them.
type Nodes<'a> = Vec<(Table, &'a Key, Sorted<Opened<'a>>)>;

fn opened(found: &Found) -> Nodes<'_> {
    let nodes = found.iter().filter_map(|(table, group, (_, nodes))| {
        let packing = table.packing()?;
        let nodes = nodes.entries().iter();
        let nodes = nodes.map(|(key, stored)| (key.clone(), Opened::new(packing, key, stored)));
        Some((*table, group, nodes.collect()))
    });
    nodes.collect()
}

impl Gets {
    fn begin(transaction: &Transaction, verdict: &Verdict, reads: &[Read]) -> Result<Self, Failure> {
        let (mut groups, mut looking) = (Vec::new(), Vec::new());
        for of in Table::ALL {
            let Some(packing) = of.packing() else { continue };
            let keys = reads.iter().filter_map(|read| match read {
                Read::Get(table, key) if *table == of => Some(key),
                _ => None,
            });
            for look in Look::all(of, packing, keys) {
                groups.push((of, look.group.clone()));
                looking.push(Looking::begin(transaction, look)?);
            }
        }
        let known = Rc::<RefCell<Vec<Known>>>::default();
        if let Some(last) = nodes::last(&looking) {
            let (then, into) = (verdict.clone(), Rc::clone(&known));
            verdict.after(&last, move |_| {
                when_known(looking, &then, move |known| {
                    *into.borrow_mut() = known;
                    Ok(())
                })
            });
        }
        Ok(Self { groups, known })
    }

    /// What was found, once the transaction is complete.
    fn take(self) -> Found {
        let known = self.known.take().into_iter().zip(self.groups);
        known.map(|(known, (table, group))| (table, group, known)).collect()
    }
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
    /// In a node of a packed table.
    Packed(Key, Packing),
    /// Records of a packed table.
    Scan(Scan, Wanted),
    /// Nothing can match, and this is the answer.
    Nothing(ReadResult),
}

/// What of the records of a scan is the answer.
enum Wanted {
    Entries,
    Keys,
    Count,
}

fn ask(transaction: &Transaction, verdict: &Verdict, read: &Read) -> Result<Pending, Failure> {
    if let Some(packing) = table(read).packing() {
        return ask_packed(transaction, verdict, read, packing);
    }
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

fn ask_packed(
    transaction: &Transaction,
    verdict: &Verdict,
    read: &Read,
    packing: Packing,
) -> Result<Pending, Failure> {
    let (bounds, descending, limit, wanted) = match read {
        Read::Get(_, name) => return Ok(Pending::Packed(name.clone(), packing)),
        Read::Count(_, prefix) => (Some(prefixed(prefix)), false, None, Wanted::Count),
        Read::Prefix { prefix, after, descending, limit, .. } => {
            (page(prefix, after.as_ref(), *descending), *descending, *limit, Wanted::Entries)
        }
        Read::Keys { prefix, after, limit, .. } => {
            (page(prefix, after.as_ref(), false), false, *limit, Wanted::Keys)
        }
    };
    let Some(bounds) = bounds.filter(|_| limit != Some(0)) else {
        return Ok(Pending::Nothing(wanted.answer(Vec::new())));
    };
    let values = matches!(wanted, Wanted::Entries);
    let scan = Scan::begin(transaction, verdict, (table(read), packing), bounds, descending, limit, values)?;
    Ok(Pending::Scan(scan, wanted))
}

impl Wanted {
    fn answer(self, found: Vec<(Key, Vec<u8>)>) -> ReadResult {
        match self {
            Self::Entries => ReadResult::Entries(found),
            Self::Keys => ReadResult::Keys(found.into_iter().map(|(key, _)| key).collect()),
            Self::Count => ReadResult::Count(found.len() as u64),
        }
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
    fn answer(self, table: Table, nodes: &Nodes<'_>) -> Result<ReadResult, Failure> {
        match self {
            Self::Packed(name, packing) => {
                let group = packing.group(&name);
                let found = nodes.iter().find(|(of, found, _)| *of == table && **found == group);
                let node = found.and_then(|(.., nodes)| nodes.floor(&name));
                let value = node.and_then(|(_, node)| node.value(&name));
                Ok(ReadResult::Value(value.map(<[u8]>::to_vec)))
            }
            Self::Scan(scan, wanted) => Ok(wanted.answer(scan.take())),
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
