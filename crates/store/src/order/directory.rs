//! The directory of an order, its pages, and how changes find their way into them. Nothing here reads or writes: whoever does
//! asks which pages are touched, brings them, and writes what comes back.

use super::Entry;
use crate::octets::{Reader, push_number};
use crate::{OrderedMap, OrderedSet, StoreError, Table};

/// The directory of an order: what page 0 holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Directory {
    ranges: Vec<Range>,
    /// Changes that are not in the pages yet and wait in pages of their own; later runs overrule earlier ones.
    runs: Vec<Run>,
    /// The latest changes, which overrule the runs: whether the entry is there.
    waiting: OrderedMap<Entry, bool>,
    /// The highest number that a page was given.
    highest: u32,
}

/// A page, as the directory knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    page: u32,
    /// Nothing in it is below this; of the first page it means nothing.
    begin: Entry,
    count: u32,
}

/// Changes of one kind that wait, in pages.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Run {
    /// Whether the entries are there from then on, or no more.
    is_there: bool,
    ranges: Vec<Range>,
}

/// The entries of a page, ascending.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page(pub Vec<Entry>);

impl Page {
    /// Takes a stored page apart.
    ///
    /// # Errors
    /// The octets are no page.
    pub fn parse(octets: &[u8]) -> Result<Self, StoreError> {
        let mut reader = Reader(octets);
        let read = |reader: &mut Reader<'_>| {
            let format = reader.octet()?;
            entries(reader).filter(|_| format == FORMAT && reader.is_empty())
        };
        read(&mut reader).map(Self).ok_or(DAMAGED)
    }

    /// The octets to store.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut octets = vec![FORMAT];
        push_entries(&mut octets, self.0.len(), self.0.iter());
        octets
    }
}

impl Directory {
    /// Takes a stored directory apart; without octets, that of an empty order.
    ///
    /// # Errors
    /// The octets are no directory.
    pub fn parse(octets: Option<&[u8]>) -> Result<Self, StoreError> {
        match octets {
            None => Ok(Self::default()),
            Some(octets) => Self::read(&mut Reader(octets)).ok_or(DAMAGED),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        if reader.octet()? != FORMAT {
            return None;
        }
        let highest = reader.small()?;
        let mut numbers = OrderedSet::new();
        let mut is_new = |page| page != 0 && page <= highest && numbers.insert(page);
        let ranges = read_ranges(reader, &mut is_new)?;
        let mut runs = Vec::new();
        for _ in 0..reader.small()? {
            let is_there = reader.octet()? != 0;
            runs.push(Run { is_there, ranges: read_ranges(reader, &mut is_new)? });
        }
        let mut waiting = OrderedMap::new();
        for entry in entries(reader)? {
            waiting.insert(entry, reader.octet()? != 0);
        }
        reader.is_empty().then_some(Self { ranges, runs, waiting, highest })
    }

    /// The octets to store.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut octets = vec![FORMAT];
        push_number(&mut octets, self.highest.into());
        push_ranges(&mut octets, &self.ranges);
        push_number(&mut octets, self.runs.len() as u64);
        for run in &self.runs {
            octets.push(u8::from(run.is_there));
            push_ranges(&mut octets, &run.ranges);
        }
        push_entries(&mut octets, self.waiting.len(), self.waiting.keys());
        octets.extend(self.waiting.values().map(|is_there| u8::from(*is_there)));
        octets
    }

    /// How many entries the order has.
    #[must_use]
    pub fn total(&self) -> u32 {
        let (mut added, mut removed) = (counted(&self.ranges), 0_u32);
        let runs = self.runs.iter().map(|run| (run.is_there, counted(&run.ranges)));
        for (is_there, count) in runs.chain(self.waiting.values().map(|is_there| (*is_there, 1))) {
            let sum = if is_there { &mut added } else { &mut removed };
            *sum = sum.saturating_add(count);
        }
        added.saturating_sub(removed)
    }

    /// Whether nothing is in it, and nothing has to be kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty() && self.runs.is_empty() && self.waiting.is_empty()
    }

    /// Adds an entry that is not there, or takes out one that is.
    pub fn change(&mut self, entry: Entry, is_there: bool) {
        // What undoes a waiting change leaves nothing to do.
        if self.waiting.get(&entry).is_some_and(|waits| *waits != is_there) {
            self.waiting.remove(&entry);
        } else {
            self.waiting.insert(entry, is_there);
        }
    }

    /// Whether so many changes wait in it that they should go into pages.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.waiting.len() > WAITING
    }

    /// Whether the changes are worth the pages that they go into. Otherwise [`Directory::spill`] lets them wait for others.
    #[must_use]
    pub fn is_worth_settling(&self) -> bool {
        // Where the entries of runs belong is not known before their pages are read.
        let pages = if self.runs.is_empty() { self.touched().len() } else { self.ranges.len() };
        let runs: usize = self.runs.iter().map(|run| counted(&run.ranges) as usize).sum();
        let is_much = pages * FILL <= (runs + self.waiting.len()) * WORTH;
        pages <= FEW || is_much || self.runs.len() >= MOST_RUNS
    }

    /// Lets the changes in it wait in pages of their own, which are to be written.
    pub fn spill(&mut self) -> Vec<(u32, Option<Page>)> {
        let (added, removed): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|(_, is_there)| *is_there);
        let mut written = Vec::new();
        for (is_there, changes) in [(true, added), (false, removed)] {
            let entries: Vec<Entry> = changes.into_iter().map(|(entry, _)| entry).collect();
            let mut ranges = Vec::new();
            for part in entries.chunks(RUN_FILL) {
                self.highest = self.highest.saturating_add(1);
                ranges.push(Range { page: self.highest, begin: part[0].clone(), count: part.len() as u32 });
                written.push((self.highest, Some(Page(part.to_vec()))));
            }
            if !ranges.is_empty() {
                self.runs.push(Run { is_there, ranges });
            }
        }
        written
    }

    /// The pages in which changes wait.
    pub fn run_pages(&self) -> impl Iterator<Item = u32> {
        self.runs.iter().flat_map(|run| &run.ranges).map(|range| range.page)
    }

    /// Takes all changes out of the pages in which they wait, those of [`Directory::run_pages`]; what comes back is to be deleted.
    pub fn gather(&mut self, pages: &mut OrderedMap<u32, Page>) -> Vec<(u32, Option<Page>)> {
        let mut gone = Vec::new();
        for run in std::mem::take(&mut self.runs).into_iter().rev() {
            for range in run.ranges {
                for entry in pages.remove(&range.page).unwrap_or_default().0 {
                    self.waiting.entry(entry).or_insert(run.is_there);
                }
                gone.push((range.page, None));
            }
        }
        gone
    }

    /// The pages that the waiting changes go into, and neighbours of those that become small. Of changes in runs nothing is known.
    #[must_use]
    pub fn touched(&self) -> OrderedSet<u32> {
        let mut sizes: OrderedMap<usize, i64> = OrderedMap::new();
        for (entry, is_there) in &self.waiting {
            *sizes.entry(self.place_of(entry)).or_default() += if *is_there { 1 } else { -1 };
        }
        let mut touched = OrderedSet::new();
        for (place, change) in sizes {
            let Some(range) = self.ranges.get(place) else { continue };
            touched.insert(range.page);
            if i64::from(range.count) + change < SMALL {
                let neighbour = if place == 0 { 1 } else { place - 1 };
                touched.extend(self.ranges.get(neighbour).map(|range| range.page));
            }
        }
        touched
    }

    /// Puts the waiting changes, all of them gathered, into their pages. Brought are those of [`Directory::touched`], or more; what comes back is to be
    /// written: a page, or `None` for one that goes.
    pub fn settle(&mut self, mut brought: OrderedMap<u32, Page>) -> Vec<(u32, Option<Page>)> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut changes: OrderedMap<usize, Vec<(Entry, bool)>> = OrderedMap::new();
        for (entry, is_there) in waiting {
            changes.entry(self.place_of(&entry)).or_default().push((entry, is_there));
        }
        let mut rest = Rebuilt { highest: self.highest, ..Rebuilt::default() };
        let ranges = std::mem::take(&mut self.ranges);
        for place in 0..ranges.len().max(1) {
            let changes = changes.remove(&place).unwrap_or_default();
            let Some(range) = ranges.get(place) else {
                rest.take(None, merged(Vec::new(), changes), true);
                continue;
            };
            match brought.remove(&range.page) {
                Some(page) => {
                    let changed = !changes.is_empty();
                    rest.take(Some(range.page), merged(page.0, changes), changed);
                }
                None => rest.pass(range.clone(), changes, &mut self.waiting),
            }
        }
        rest.flush();
        (self.ranges, self.highest) = (rest.ranges, rest.highest);
        rest.written
    }

    /// The place of the page that an entry is in, or would be in.
    #[must_use]
    pub fn place_of(&self, entry: &Entry) -> usize {
        self.ranges.partition_point(|range| range.begin <= *entry).saturating_sub(1)
    }

    /// How many places there are: one more than the last of [`Directory::place_of`].
    #[must_use]
    pub fn places(&self) -> usize {
        self.ranges.len().max(1)
    }

    /// The numbers of the pages that [`Directory::entries_at`] needs: none in an order that has none yet.
    #[must_use]
    pub fn pages_at(&self, place: usize) -> Vec<u32> {
        let runs = self.runs.iter().flat_map(|run| self.overlapping(run, place));
        self.ranges.get(place).into_iter().chain(runs).map(|range| range.page).collect()
    }

    /// The numbers of all pages.
    pub fn pages(&self) -> impl Iterator<Item = u32> {
        self.ranges.iter().map(|range| range.page).chain(self.run_pages())
    }

    /// The entries of a place as they are now: those of its page with what waits laid over.
    #[must_use]
    pub fn entries_at(&self, place: usize, pages: &OrderedMap<u32, Page>) -> Vec<Entry> {
        let (begin, end) = self.bounds(place);
        let is_before_end = |entry: &&Entry| end.is_none_or(|end| *entry < end);
        let mut changes = OrderedMap::new();
        for run in &self.runs {
            for page in self.overlapping(run, place).iter().filter_map(|range| pages.get(&range.page)) {
                let first = page.0.partition_point(|entry| begin.is_some_and(|begin| entry < begin));
                let inside = page.0[first..].iter().take_while(is_before_end);
                changes.extend(inside.map(|entry| (entry.clone(), run.is_there)));
            }
        }
        let lowest = Entry::default();
        let waiting = self.waiting.starting_at(begin.unwrap_or(&lowest));
        let waiting = waiting.take_while(|(entry, _)| is_before_end(entry));
        changes.extend(waiting.map(|(entry, is_there)| (entry.clone(), *is_there)));
        let page =
            self.ranges.get(place).and_then(|range| pages.get(&range.page)).cloned().unwrap_or_default();
        merged(page.0, changes)
    }

    /// The pages of a run that may have entries of a place.
    fn overlapping<'a>(&self, run: &'a Run, place: usize) -> &'a [Range] {
        let (begin, end) = self.bounds(place);
        let first = run.ranges.partition_point(|range| begin.is_some_and(|begin| range.begin <= *begin));
        let last = run.ranges.partition_point(|range| end.is_none_or(|end| range.begin < *end));
        run.ranges.get(first.saturating_sub(1)..last).unwrap_or_default()
    }

    /// Where a place begins and where the next one does.
    fn bounds(&self, place: usize) -> (Option<&Entry>, Option<&Entry>) {
        let begin = self.ranges.get(place).filter(|_| place > 0);
        (begin.map(|range| &range.begin), self.ranges.get(place + 1).map(|range| &range.begin))
    }
}

/// The pages of an order after its changes, made from left to right.
#[derive(Default)]
struct Rebuilt {
    ranges: Vec<Range>,
    highest: u32,
    written: Vec<(u32, Option<Page>)>,
    /// Entries that are not in a page yet, the page that they came from, and whether they differ from it.
    held: Option<(Option<u32>, Vec<Entry>, bool)>,
}

impl Rebuilt {
    /// The next entries; few of them share a page with those before.
    fn take(&mut self, page: Option<u32>, entries: Vec<Entry>, changed: bool) {
        if let Some((held_page, held, held_changed)) = self.held.take() {
            let is_small = |entries: &Vec<Entry>| (entries.len() as i64) < SMALL;
            if (is_small(&held) || is_small(&entries)) && held.len() + entries.len() <= FILL {
                // One of the two pages is enough.
                self.written.extend(page.filter(|_| held_page.is_some()).map(|page| (page, None)));
                self.held = Some((held_page.or(page), [held, entries].concat(), true));
                return;
            }
            self.held = Some((held_page, held, held_changed));
            self.flush();
        }
        self.held = Some((page, entries, changed));
    }

    /// A page that was not brought stays as it is; what belongs into it waits on.
    fn pass(&mut self, range: Range, changes: Vec<(Entry, bool)>, waiting: &mut OrderedMap<Entry, bool>) {
        self.flush();
        waiting.extend(changes);
        self.ranges.push(range);
    }

    fn flush(&mut self) {
        let Some((mut page, entries, changed)) = self.held.take() else { return };
        if entries.is_empty() {
            self.written.extend(page.map(|page| (page, None)));
            return;
        }
        let size = if entries.len() <= MOST { MOST } else { FILL };
        for part in entries.chunks(size) {
            let number = page.take().unwrap_or_else(|| {
                self.highest = self.highest.saturating_add(1);
                self.highest
            });
            // A chunk has entries, and no page so many that they could not be counted.
            let (begin, count) = (part[0].clone(), part.len() as u32);
            self.ranges.push(Range { page: number, begin, count });
            if changed {
                self.written.push((number, Some(Page(part.to_vec()))));
            }
        }
    }
}

/// An order of these entries, in pages that are all full: the directory and the pages.
#[must_use]
pub fn build(entries: OrderedSet<Entry>) -> (Directory, Vec<(u32, Option<Page>)>) {
    let waiting = entries.into_iter().map(|entry| (entry, true)).collect();
    let mut directory = Directory { waiting, ..Directory::default() };
    let pages = if directory.is_full() { directory.settle(OrderedMap::new()) } else { Vec::new() };
    (directory, pages)
}

/// Two ascending lists in one.
fn merged(entries: Vec<Entry>, changes: impl IntoIterator<Item = (Entry, bool)>) -> Vec<Entry> {
    let mut merged = Vec::with_capacity(entries.len());
    let mut entries = entries.into_iter().peekable();
    for (entry, is_there) in changes {
        while let Some(before) = entries.next_if(|known| *known < entry) {
            merged.push(before);
        }
        entries.next_if_eq(&entry);
        if is_there {
            merged.push(entry);
        }
    }
    merged.extend(entries);
    merged
}

/// Ascending entries behind their number.
fn push_entries<'a>(octets: &mut Vec<u8>, count: usize, entries: impl Iterator<Item = &'a Entry>) {
    push_number(octets, count as u64);
    let mut before = None;
    for entry in entries {
        entry.push(before, octets);
        before = Some(entry);
    }
}

fn entries(reader: &mut Reader<'_>) -> Option<Vec<Entry>> {
    let count = reader.small()?;
    let mut entries: Vec<Entry> = Vec::new();
    for _ in 0..count {
        let entry = Entry::read(entries.last(), reader)?;
        if entries.last().is_some_and(|before| *before >= entry) {
            return None;
        }
        entries.push(entry);
    }
    Some(entries)
}

/// Pages: where they begin, then their numbers and how many entries each has.
fn push_ranges(octets: &mut Vec<u8>, ranges: &[Range]) {
    push_entries(octets, ranges.len(), ranges.iter().map(|range| &range.begin));
    for range in ranges {
        push_number(octets, range.page.into());
        push_number(octets, range.count.into());
    }
}

fn read_ranges(reader: &mut Reader<'_>, is_new: &mut impl FnMut(u32) -> bool) -> Option<Vec<Range>> {
    let mut ranges = Vec::new();
    for begin in entries(reader)? {
        let (page, count) = (reader.small()?, reader.small()?);
        if !is_new(page) {
            return None;
        }
        ranges.push(Range { page, begin, count });
    }
    Some(ranges)
}

fn counted(ranges: &[Range]) -> u32 {
    ranges.iter().fold(0, |sum, range| sum.saturating_add(range.count))
}

const DAMAGED: StoreError = StoreError::Damaged(Table::Orders.name());

/// The first octet of a directory and of a page: another one is another form.
const FORMAT: u8 = 1;

/// The most entries of a page: 10 to 20 KiB.
const MOST: usize = 1024;

/// Entries of the pages into which a larger one is cut: what follows finds room.
const FILL: usize = 768;

/// A page with fewer looks for a neighbour to share with.
const SMALL: i64 = 128;

/// The most changes that wait in a directory: with them it stays under 30 KiB.
const WAITING: usize = 512;

/// So few pages are always rewritten: what arrives in order goes to the end, and no list has a run to read.
const FEW: usize = 4;

/// More are rewritten once they have at most so many entries for each change.
const WORTH: usize = 2;

/// Or once so many runs wait: a list reads a page of each.
const MOST_RUNS: usize = 16;

/// Entries of a page of a run.
const RUN_FILL: usize = 256;

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
