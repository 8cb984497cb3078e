//! The orders that one batch changes, read as far as that needs.

use crate::records::Answers;
use waypost_store::{
    Batch, Directory, Entry, Key, Order, OrderedMap, OrderedSet, Page, Read, Store, StoreError, Table,
};

/// An order of a mailbox; mailbox 0 is the account.
pub(crate) type Which = (u32, Order);

/// A change of an order: an entry that is there from now on, or no more.
pub(crate) type Change = (Which, Entry, bool);

/// The opened orders of an account.
pub(crate) struct Orders<'a, S> {
    store: &'a S,
    account: u32,
    opened: OrderedMap<Which, Opened>,
}

#[derive(Default)]
struct Opened {
    directory: Directory,
    pages: OrderedMap<u32, Page>,
    stored: bool,
    changed: bool,
}

impl<'a, S: Store> Orders<'a, S> {
    pub(crate) fn new(store: &'a S, account: u32) -> Self {
        Self { store, account, opened: OrderedMap::new() }
    }

    /// Reads the directories that are not here yet.
    async fn open(&mut self, which: OrderedSet<Which>) -> Result<(), StoreError> {
        self.open_and_read(which, Vec::new()).await.map(drop)
    }

    /// The same, and at the same time what else is wanted.
    pub(crate) async fn open_and_read(
        &mut self,
        which: OrderedSet<Which>,
        more: Vec<Read>,
    ) -> Result<Answers, StoreError> {
        let which: Vec<Which> = which.into_iter().filter(|which| !self.opened.contains_key(which)).collect();
        let reads = which.iter().map(|which| Read::Get(Table::Orders, order_key(self.account, *which, 0)));
        let mut answers = Answers::of(self.store, reads.chain(more).collect()).await?;
        for which in which {
            let octets = answers.octets();
            let directory = Directory::parse(octets.as_deref())?;
            let opened = Opened { directory, stored: octets.is_some(), ..Opened::default() };
            self.opened.insert(which, opened);
        }
        Ok(answers)
    }

    /// Reads pages that are not here yet.
    async fn load(&mut self, pages: OrderedSet<(Which, u32)>) -> Result<(), StoreError> {
        let is_here = |(which, page): &(Which, u32)| {
            self.opened.get(which).is_none_or(|opened| opened.pages.contains_key(page))
        };
        let pages: Vec<_> = pages.into_iter().filter(|page| !is_here(page)).collect();
        let read = |(which, page): &(Which, u32)| {
            Read::Get(Table::Orders, order_key(self.account, *which, (*page).into()))
        };
        let mut answers = Answers::of(self.store, pages.iter().map(read).collect()).await?;
        for (which, number) in pages {
            let octets = answers.octets().ok_or(StoreError::Damaged(Table::Orders.name()))?;
            let page = Page::parse(&octets)?;
            self.opened.entry(which).or_default().pages.insert(number, page);
        }
        Ok(())
    }

    /// The values under some keys, of which each has one at most.
    pub(crate) async fn find(
        &mut self,
        which: Which,
        keys: &OrderedSet<u64>,
    ) -> Result<OrderedMap<u64, u32>, StoreError> {
        self.open(OrderedSet::from([which])).await?;
        let mut places: OrderedMap<usize, Vec<u64>> = OrderedMap::new();
        let opened = self.opened.entry(which).or_default();
        for key in keys {
            let last = Entry::new(key.to_be_bytes().to_vec(), u32::MAX);
            places.entry(opened.directory.place_of(&last)).or_default().push(*key);
        }
        let pages = places.keys().flat_map(|place| opened.directory.pages_at(*place));
        let pages = pages.map(|page| (which, page)).collect();
        self.load(pages).await?;
        let opened = self.opened.entry(which).or_default();
        let mut found = OrderedMap::new();
        for (place, keys) in places {
            let entries = opened.directory.entries_at(place, &opened.pages);
            for key in keys {
                let octets = key.to_be_bytes();
                let at = entries.partition_point(|entry| entry.key() < octets.as_slice());
                let entry = entries.get(at).filter(|entry| entry.key() == octets.as_slice());
                found.extend(entry.map(|entry| (key, entry.value())));
            }
        }
        Ok(found)
    }

    /// Carries changes out, and puts what differs into the batch.
    pub(crate) async fn write(
        &mut self,
        mut changes: Vec<Change>,
        batch: &mut Batch,
    ) -> Result<(), StoreError> {
        // The newest message of a thread that joins another one leaves its place and takes the same.
        changes.sort_by_key(|(_, _, is_there)| *is_there);
        self.open(changes.iter().map(|(which, _, _)| *which).collect()).await?;
        for (which, entry, is_there) in changes {
            let opened = self.opened.entry(which).or_default();
            opened.directory.change(entry, is_there);
            opened.changed = true;
        }
        let mut written = self.gather().await?;
        for (which, opened) in self.opened.iter_mut().filter(|(_, opened)| opened.changed) {
            let key = |page: u32| order_key(self.account, *which, page.into());
            if opened.directory.is_full() {
                let pages = match written.remove(which) {
                    Some(mut pages) => {
                        pages.extend(opened.directory.settle(std::mem::take(&mut opened.pages)));
                        pages
                    }
                    None => opened.directory.spill(),
                };
                put_pages(pages, key, batch);
            }
            if !opened.directory.is_empty() {
                batch.put(Table::Orders, key(0), opened.directory.encode());
            } else if opened.stored {
                batch.delete(Table::Orders, key(0));
            }
        }
        Ok(())
    }

    /// Brings all changes of the orders that are worth settling into their directories, and the pages that they touch. Returns
    /// these orders, each with the pages that go.
    async fn gather(&mut self) -> Result<OrderedMap<Which, Vec<(u32, Option<Page>)>>, StoreError> {
        let settling = |opened: &Opened| opened.directory.is_full() && opened.directory.is_worth_settling();
        let which: Vec<Which> =
            self.opened.iter().filter(|(_, opened)| settling(opened)).map(|(which, _)| *which).collect();
        let of = |orders: &Self, pages: fn(&Directory) -> OrderedSet<u32>| {
            let opened = which.iter().filter_map(|which| Some((which, orders.opened.get(which)?)));
            opened
                .flat_map(|(which, opened)| pages(&opened.directory).into_iter().map(|page| (*which, page)))
                .collect()
        };
        self.load(of(self, |directory| directory.run_pages().collect())).await?;
        let mut gone = OrderedMap::new();
        for which in &which {
            let opened = self.opened.entry(*which).or_default();
            gone.insert(*which, opened.directory.gather(&mut opened.pages));
        }
        self.load(of(self, Directory::touched)).await?;
        Ok(gone)
    }

    /// How many entries an opened order has after its changes.
    pub(crate) fn total(&self, which: Which) -> Option<u32> {
        self.opened.get(&which).map(|opened| opened.directory.total())
    }
}

/// Puts pages into a batch; those that are no more are deleted.
pub(crate) fn put_pages(pages: Vec<(u32, Option<Page>)>, key: impl Fn(u32) -> Key, batch: &mut Batch) {
    for (number, page) in pages {
        match page {
            Some(page) => batch.put(Table::Orders, key(number), page.encode()),
            None => batch.delete(Table::Orders, key(number)),
        }
    }
}

pub(crate) fn order_key(account: u32, (mailbox, order): Which, page: u64) -> Key {
    Key::numbers(&[account.into(), mailbox.into(), order.number(), page])
}
