use super::*;
use crate::{Batch, Write};
use std::collections::BTreeMap;
use std::ops::Bound;

/// A database of nodes, and beside it the records as they should be.
#[derive(Default)]
struct Database {
    nodes: BTreeMap<Key, Stored>,
    records: BTreeMap<Key, Vec<u8>>,
}

const TABLE: Table = Table::Uidls;

fn packing() -> Packing {
    TABLE.packing().expect("is packed")
}

fn entries(key: &Key, stored: &Stored) -> Vec<(Key, Vec<u8>)> {
    Opened::new(packing(), key, stored).entries().map(|(key, value)| (key.clone(), value.to_vec())).collect()
}

impl Database {
    /// As a database answers a look: keys of nodes, and the nodes that it touches.
    fn look(&self, look: &Look) -> Known {
        let (from, (to, is_prefix)) = (look.from().clone(), look.to());
        let floor = self.nodes.range(&look.group..=&from).next_back().map(|(key, _)| key.clone());
        let above = self.nodes.range((Bound::Excluded(from), Bound::Unbounded)).map(|(key, _)| key.clone());
        let above = above.take_while(|key| key <= to || is_prefix && key.0.starts_with(&to.0));
        let keys: Vec<Key> = floor.into_iter().chain(above).collect();
        let touched = look.touched(&keys).into_iter().map(|place| keys[place].clone());
        let nodes = touched.map(|key| (key.clone(), self.nodes[&key].clone())).collect();
        (keys, nodes)
    }

    /// Commits a batch; gives how many nodes were put.
    fn commit(&mut self, batch: &Batch) -> usize {
        let plan = Plan::new(batch, TABLE, packing());
        let known: Vec<_> = plan.looks().map(|look| self.look(look)).collect();
        let (mut puts, begins) = (0, |prefix: &Key, key: &Key| key.0.starts_with(&prefix.0));
        for write in plan.writes(batch, &known) {
            match write {
                NodeWrite::DeletePrefix(prefix) => self.nodes.retain(|key, _| !begins(&prefix, key)),
                NodeWrite::Delete(key) => drop(self.nodes.remove(&key)),
                NodeWrite::Put(key, value) => {
                    puts += 1;
                    let value = match value {
                        Value::Single(octets) => Stored::Single(octets.to_vec()),
                        Value::Packed(octets) => Stored::Packed(octets),
                    };
                    self.nodes.insert(key, value);
                }
            }
        }
        for write in &batch.writes {
            match write {
                Write::Put(_, key, value) => drop(self.records.insert(key.clone(), value.clone())),
                Write::Delete(_, key) => drop(self.records.remove(key)),
                Write::DeletePrefix(_, prefix) => self.records.retain(|key, _| !begins(prefix, key)),
            }
        }
        puts
    }

    fn all(&self) -> BTreeMap<Key, Vec<u8>> {
        self.nodes.iter().flat_map(|(key, stored)| entries(key, stored)).collect()
    }

    fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let look = Look::all(TABLE, packing(), [key].into_iter()).remove(0);
        let (_, nodes) = self.look(&look);
        let (node, stored) = nodes.floor(key)?;
        Opened::new(packing(), node, stored).value(key).map(<[u8]>::to_vec)
    }

    fn check(&self) {
        assert!(self.all() == self.records, "the nodes hold other records");
        for (key, stored) in &self.nodes {
            let found = entries(key, stored);
            assert_eq!(found.first().map(|(key, _)| key), Some(key), "a node bears its first key");
            if let Stored::Packed(octets) = stored {
                assert!(found.len() > 1 && octets.len() <= packing().limit, "{}", octets.len());
            }
            let group = packing().group(key);
            assert!(found.iter().all(|(key, _)| packing().group(key) == group));
        }
    }
}

/// The same numbers for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn key(&mut self) -> Key {
        let mut key = Key::numbers(&[self.below(3)]);
        for _ in 0..self.below(3) {
            key = if self.below(3) == 0 {
                key.with_text(["a", "\u{e000}", "\u{10000}", "ab"][self.below(4) as usize])
            } else {
                key.with_number(self.below(40))
            };
        }
        key
    }

    fn write(&mut self) -> Write {
        match self.below(12) {
            0 => {
                let mut prefix = self.key();
                prefix.0.truncate(self.below(4) as usize);
                Write::DeletePrefix(TABLE, prefix)
            }
            1..=3 => Write::Delete(TABLE, self.key()),
            kind => {
                let octets = if kind == 4 { self.below(20_000) } else { self.below(900) };
                Write::Put(TABLE, self.key(), vec![self.below(256) as u8; octets as usize])
            }
        }
    }
}

fn numbered(numbers: impl Iterator<Item = u64>, octets: usize) -> Batch {
    let put = |number| Write::Put(TABLE, Key::numbers(&[1, number]), vec![number as u8; octets]);
    Batch { writes: numbers.map(put).collect(), ..Batch::default() }
}

#[test]
fn random_batches_leave_the_records_that_a_map_would_have() {
    for seed in 0..60 {
        let (mut chance, mut database) = (Chance(seed), Database::default());
        for _ in 0..60 {
            let writes = (0..=chance.below(25)).map(|_| chance.write()).collect();
            database.commit(&Batch { writes, ..Batch::default() });
            database.check();
            for _ in 0..10 {
                let key = chance.key();
                assert_eq!(database.get(&key), database.records.get(&key).cloned(), "{seed}: {key:?}");
            }
        }
    }
}

#[test]
fn what_is_appended_fills_nodes_and_leaves_full_ones_alone() {
    let mut database = Database::default();
    assert_eq!(database.commit(&numbered(0..490, 500)), 16);
    // The last node is less than half full, and takes the next ones.
    assert_eq!(database.commit(&numbered(490..1000, 500)), 17);
    assert_eq!(database.commit(&numbered(1000..1001, 500)), 1);
    assert_eq!(database.nodes.len(), 32);
    database.check();
}

#[test]
fn what_comes_between_splits_a_node_in_halves() {
    let mut database = Database::default();
    database.commit(&numbered((0..64).map(|number| number * 2), 480));
    assert_eq!(database.nodes.len(), 2);
    assert_eq!(database.commit(&numbered(1..2, 480)), 2);
    let counts: Vec<usize> = database.nodes.iter().map(|(key, stored)| entries(key, stored).len()).collect();
    assert!(counts[..2].iter().all(|count| (12..=20).contains(count)), "{counts:?}");
    database.check();
}

#[test]
fn records_that_were_stored_one_by_one_are_nodes() {
    let mut database = Database::default();
    for number in 0..10 {
        let key = Key::numbers(&[1, number]);
        database.nodes.insert(key.clone(), Stored::Single(vec![1; 100]));
        database.records.insert(key, vec![1; 100]);
    }
    let mut batch = numbered(5..6, 200);
    batch.delete(TABLE, Key::numbers(&[1, 7]));
    batch.put(TABLE, Key::numbers(&[1, 90]), vec![3; 100]);
    database.commit(&batch);
    database.check();
    assert_eq!(database.get(&Key::numbers(&[1, 5])), Some(vec![5; 200]));
}

#[test]
fn large_records_stand_alone() {
    let mut database = Database::default();
    database.commit(&numbered(0..5, packing().limit));
    database.commit(&numbered(5..7, 100));
    assert_eq!(database.nodes.len(), 6);
    assert!(database.nodes.values().take(5).all(|stored| matches!(stored, Stored::Single(_))));
    database.check();
}

#[test]
fn a_node_that_cannot_be_read_harms_no_other_and_goes_with_its_key() {
    let mut database = Database::default();
    database.commit(&numbered(0..96, 500));
    let damaged = database.nodes.keys().nth(1).expect("has nodes").clone();
    let Some(Stored::Packed(octets)) = database.nodes.get(&damaged).cloned() else { panic!("is packed") };
    for cut in [0, 1, 3, octets.len() / 2, octets.len() - 1] {
        let broken = octets[..cut].to_vec();
        database.nodes.insert(damaged.clone(), Stored::Packed(broken.clone()));
        // Its records are gone; what is there of it is one that nobody can read.
        let lost = database.all();
        assert_eq!(lost.get(&damaged), Some(&broken));
        let first = packing().group(&damaged).with_number(0);
        assert_eq!(database.get(&first), Some(vec![0; 500]));
        database.records = lost;
        database.commit(&numbered([2, 40].into_iter(), 300));
        assert!(database.all() == database.records);
        database.commit(&Batch {
            writes: vec![Write::Delete(TABLE, damaged.clone()), Write::Delete(TABLE, Key::numbers(&[1, 40]))],
            ..Batch::default()
        });
        assert!(database.get(&damaged).is_none());
        database.check();
    }
    // Nor is a key below another account's, which begins like it, taken with it.
    database.nodes.insert(Key::numbers(&[1]), Stored::Packed(vec![9]));
    let before = database.nodes.len();
    database.commit(&Batch { writes: vec![Write::Delete(TABLE, Key::numbers(&[1]))], ..Batch::default() });
    assert_eq!(database.nodes.len(), before - 1);
}
