//! From the writes of a batch to the nodes that change.

use super::Packing;
use super::look::{Look, floor};
use super::node::{Stored, octets_of, pack, parse};
use super::sorted::Sorted;
use crate::{Batch, Key, Table, Write};

/// What a batch means for one table. The batch stays the same all along.
#[derive(Debug)]
pub struct Plan {
    table: Table,
    packing: Packing,
    /// What goes as a whole, with all nodes that begin so.
    cleared: Vec<Key>,
    groups: Vec<Group>,
}

/// The writes to nodes that may hold each other's keys.
#[derive(Debug)]
struct Group {
    /// What must be known; `None` where what was there goes as a whole.
    look: Option<Look>,
    prefix: Key,
    /// Places in the batch.
    writes: Vec<usize>,
}

/// The keys of the nodes that a look asked for, in order, and those nodes that it touches.
pub type Known = (Vec<Key>, Sorted<Stored>);

/// A write of a node.
#[derive(Debug, PartialEq, Eq)]
pub enum NodeWrite<'a> {
    /// Deletes all nodes that begin so.
    DeletePrefix(Key),
    /// Deletes a node.
    Delete(Key),
    /// Puts one.
    Put(Key, Value<'a>),
}

/// What is put under the key of a node.
#[derive(Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// The octets of one record.
    Single(&'a [u8]),
    /// Several.
    Packed(Vec<u8>),
}

impl Plan {
    /// What a batch wants of a table that is packed so.
    #[must_use]
    pub fn new(batch: &Batch, table: Table, packing: Packing) -> Self {
        let mut plan = Self { table, packing, cleared: Vec::new(), groups: Vec::new() };
        for (place, write) in batch.writes.iter().enumerate() {
            match write {
                Write::Put(of, key, _) | Write::Delete(of, key) if *of == table => {
                    let group = plan.group(packing.group(key));
                    group.writes.push(place);
                    if let Some(look) = &mut group.look {
                        look.add(key.clone());
                    }
                }
                Write::DeletePrefix(of, prefix) if *of == table && prefix.0.len() <= packing.shared => {
                    plan.groups.retain(|group| !group.prefix.0.starts_with(&prefix.0));
                    plan.cleared.push(prefix.clone());
                }
                Write::DeletePrefix(of, prefix) if *of == table => {
                    let group = plan.group(packing.group(prefix));
                    group.writes.push(place);
                    if let Some(look) = &mut group.look {
                        look.add_prefix(prefix.clone());
                    }
                }
                _ => {}
            }
        }
        plan
    }

    fn group(&mut self, prefix: Key) -> &mut Group {
        let at = self.groups.iter().rposition(|group| group.prefix == prefix).unwrap_or_else(|| {
            let is_cleared = self.cleared.iter().any(|cleared| prefix.0.starts_with(&cleared.0));
            let look = (!is_cleared).then(|| Look::new(self.table, prefix.clone()));
            self.groups.push(Group { look, prefix, writes: Vec::new() });
            self.groups.len() - 1
        });
        &mut self.groups[at]
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> Table {
        self.table
    }

    /// What must be known before it can be carried out, for [`Plan::writes`] in this order.
    pub fn looks(&self) -> impl Iterator<Item = &Look> {
        self.groups.iter().filter_map(|group| group.look.as_ref())
    }

    /// What to write, in order. `known` has what each look found.
    #[must_use]
    pub fn writes<'a>(&self, batch: &'a Batch, known: &'a [Known]) -> Vec<NodeWrite<'a>> {
        let mut writes: Vec<NodeWrite<'_>> =
            self.cleared.iter().cloned().map(NodeWrite::DeletePrefix).collect();
        let (mut known, mut changes) = (known.iter(), Vec::new());
        for group in &self.groups {
            let found = group.look.as_ref().and_then(|_| known.next());
            let mut change = Change::new(self.packing, found);
            let own = group.writes.iter().filter_map(|place| batch.writes.get(*place));
            own.for_each(|write| change.apply(write));
            change.finish(&mut writes, &mut changes);
        }
        writes.append(&mut changes);
        writes
    }
}

/// The nodes of a group, as they change.
struct Change<'a> {
    packing: Packing,
    /// Keys of all nodes of the group that stand where something is written.
    nodes: Vec<Key>,
    /// Those of them whose records are known.
    open: Sorted<Open<'a>>,
    /// Records of no node yet.
    fresh: Sorted<&'a [u8]>,
    deleted: Vec<NodeWrite<'a>>,
}

/// A node that is taken apart.
struct Open<'a> {
    records: Sorted<&'a [u8]>,
    last: Key,
    /// Whether what comes behind its last record may still join it.
    has_room: bool,
    changed: bool,
    /// Whether something came between its records, and not only behind them.
    mixed: bool,
}

impl<'a> Change<'a> {
    fn new(packing: Packing, known: Option<&'a Known>) -> Self {
        let nodes = known.map_or_else(Vec::new, |(keys, _)| keys.clone());
        let stored = known.map_or(&[][..], |(_, stored)| stored.entries());
        let open = stored.iter().filter_map(|(key, stored)| {
            let records = match stored {
                Stored::Single(octets) => vec![(key.clone(), octets.as_slice())],
                // What can't be read stays as it is until its own key is written.
                Stored::Packed(octets) => parse(packing, key, octets)?,
            };
            let has_room = sum_of(&records) <= packing.limit / 2;
            let last = records.last()?.0.clone();
            let records = records.into_iter().collect();
            Some((key.clone(), Open { records, last, has_room, changed: false, mixed: false }))
        });
        Self { packing, nodes, open: open.collect(), fresh: Sorted::default(), deleted: Vec::new() }
    }

    /// The node in which a key would be, where its records are known.
    fn open_at(&mut self, key: &Key) -> Option<&mut Open<'a>> {
        self.open.get_mut(self.nodes.get(floor(&self.nodes, key)?)?)
    }

    fn apply(&mut self, write: &'a Write) {
        match write {
            Write::Put(_, key, value) => {
                if let Some(open) = self.open_at(key)
                    && (*key <= open.last || open.has_room)
                {
                    open.records.insert(key.clone(), value);
                    (open.changed, open.mixed) = (true, open.mixed || *key <= open.last);
                } else {
                    self.fresh.insert(key.clone(), value);
                }
            }
            Write::Delete(_, key) => {
                self.fresh.remove(key);
                let is_node = self.nodes.binary_search(key).is_ok();
                match self.open_at(key) {
                    Some(open) => open.changed |= open.records.remove(key),
                    // A node that can't be read.
                    None if is_node => self.deleted.push(NodeWrite::Delete(key.clone())),
                    None => {}
                }
            }
            Write::DeletePrefix(_, prefix) => {
                let begins = |key: &Key| key.0.starts_with(&prefix.0);
                self.fresh.retain(|key| !begins(key));
                for (node, open) in self.open.entries_mut() {
                    let before = open.records.entries().len();
                    open.records.retain(|key| !begins(key));
                    // The whole range goes, with what stands there.
                    open.changed |= open.records.entries().len() < before || begins(node);
                }
                self.nodes.retain(|node| !begins(node) || self.open.get_mut(node).is_some());
                self.deleted.push(NodeWrite::DeletePrefix(prefix.clone()));
            }
        }
    }

    /// Adds what goes to `first`, and what is put to `then`.
    fn finish(self, first: &mut Vec<NodeWrite<'a>>, then: &mut Vec<NodeWrite<'a>>) {
        let Self { packing, nodes, open, fresh, deleted } = self;
        first.extend(deleted);
        let mut put = |records: &[(Key, &'a [u8])]| {
            let value = match records {
                [] => return,
                [(_, value)] => Value::Single(value),
                several => Value::Packed(pack(packing, several)),
            };
            let Some((key, _)) = records.first() else { return };
            then.push(NodeWrite::Put(key.clone(), value));
        };
        for (node, open) in open.entries().iter().filter(|(_, open)| open.changed) {
            let records = open.records.entries();
            if records.first().is_none_or(|(key, _)| key != node) {
                first.push(NodeWrite::Delete(node.clone()));
            }
            let sum = sum_of(records);
            // What came behind fills nodes; what came between leaves room for more of that.
            let parts = sum.div_ceil(packing.limit).max(1);
            let most = if open.mixed { sum.div_ceil(parts) } else { packing.limit };
            runs(records, most, |_| false).for_each(&mut put);
        }
        // A node reaches up to the next: none may hold records on both sides of another.
        let mut passed = 0;
        let begins = move |key: &Key| {
            let before = std::mem::replace(&mut passed, nodes.partition_point(|node| node <= key));
            passed > before
        };
        runs(fresh.entries(), packing.limit, begins).for_each(&mut put);
    }
}

fn sum_of(records: &[(Key, &[u8])]) -> usize {
    records.iter().map(|(key, value)| octets_of(key, value)).sum()
}

/// Neighbours that fit a node together; a new run begins also where `begins` says so.
fn runs<'r, 'a>(
    records: &'r [(Key, &'a [u8])],
    most: usize,
    mut begins: impl FnMut(&Key) -> bool,
) -> impl Iterator<Item = &'r [(Key, &'a [u8])]> {
    let (mut ends, mut sum) = (Vec::new(), 0);
    for (place, (key, value)) in records.iter().enumerate() {
        let octets = octets_of(key, value);
        if (begins(key) || sum + octets > most) && place > 0 {
            ends.push(place);
            sum = 0;
        }
        sum += octets;
    }
    ends.push(records.len());
    let mut start = 0;
    ends.into_iter().filter_map(move |end| records.get(std::mem::replace(&mut start, end)..end))
}
