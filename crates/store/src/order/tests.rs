use super::*;

/// An order over pages in memory.
#[derive(Default)]
struct Kept {
    directory: Directory,
    pages: OrderedMap<u32, Page>,
    /// How many pages were written.
    written: usize,
}

impl Kept {
    /// As a ledger does it: change, and settle where much waits.
    fn change(&mut self, changes: &[(Entry, bool)]) {
        for (entry, is_there) in changes {
            self.directory.change(entry.clone(), *is_there);
        }
        if self.directory.is_full() {
            match self.directory.is_worth_settling() {
                true => self.settle(),
                false => {
                    let spilled = self.directory.spill();
                    self.write(spilled);
                }
            }
        }
    }

    /// All goes through its stored form.
    fn settle(&mut self) {
        self.directory = Directory::parse(Some(&self.directory.encode())).expect("is a directory");
        let runs: OrderedSet<u32> = self.directory.run_pages().collect();
        let gone = self.directory.gather(&mut self.brought(&runs));
        let settled = self.directory.settle(self.brought(&self.directory.touched()));
        self.write(gone);
        self.write(settled);
    }

    fn brought(&self, numbers: &OrderedSet<u32>) -> OrderedMap<u32, Page> {
        numbers.iter().map(|page| (*page, self.pages[page].clone())).collect()
    }

    fn write(&mut self, pages: Vec<(u32, Option<Page>)>) {
        for (number, page) in pages {
            self.written += 1;
            match page {
                Some(page) => {
                    assert!(!page.0.is_empty() && page.0.len() <= MOST);
                    self.pages.insert(number, Page::parse(&page.encode()).expect("is a page"));
                }
                None => assert!(self.pages.remove(&number).is_some()),
            }
        }
    }

    /// The entries of a place, from no more pages than a list reads.
    fn at(&self, place: usize) -> Vec<Entry> {
        let numbers = self.directory.pages_at(place).into_iter().collect();
        self.directory.entries_at(place, &self.brought(&numbers))
    }

    fn all(&self) -> Vec<Entry> {
        (0..self.directory.places()).flat_map(|place| self.at(place)).collect()
    }

    fn assert_is(&self, expected: &OrderedSet<Entry>) {
        assert_eq!(Directory::parse(Some(&self.directory.encode())).as_ref(), Ok(&self.directory));
        assert_eq!(self.all(), expected.iter().cloned().collect::<Vec<_>>());
        assert_eq!(self.directory.total() as usize, expected.len());
        assert_eq!(self.directory.pages().collect::<OrderedSet<_>>(), self.pages.keys().copied().collect());
        for entry in expected.iter().step_by(97) {
            assert!(self.at(self.directory.place_of(entry)).contains(entry));
        }
    }
}

/// Numbers that look like chance and come again (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn entry(&mut self) -> Entry {
        let word = ["a", "ab", "b", "kim", "kim@waypost.example", "robin"][self.below(6) as usize];
        let rest = self.below(1 << 14).to_be_bytes();
        Entry::new([word.as_bytes(), &rest[5..]].concat(), self.below(3) as u32)
    }
}

#[test]
fn an_order_is_the_sorted_set_whatever_is_done_to_it() {
    for seed in 1..=12_u64 {
        let (mut chance, mut kept, mut set) = (Chance(seed), Kept::default(), OrderedSet::new());
        for round in 0..60 {
            // Growing, then shrinking to nearly nothing; small changes and large ones.
            let much = 1 + chance.below(if round % 7 == 0 { 3000 } else { 120 });
            let mut changes = Vec::new();
            for _ in 0..much {
                let grows = chance.below(10) < if round < 30 { 8 } else { 2 };
                let entry = chance.entry();
                if grows && set.insert(entry.clone()) {
                    changes.push((entry, true));
                } else if !grows {
                    let near = set.starting_at(&entry).next().cloned();
                    changes.extend(near.filter(|near| set.remove(near)).map(|near| (near, false)));
                }
            }
            kept.change(&changes);
            if round % 10 == 9 {
                kept.assert_is(&set);
            }
        }
        let gone: Vec<_> = set.iter().map(|entry| (entry.clone(), false)).collect();
        kept.change(&gone);
        kept.settle();
        kept.assert_is(&OrderedSet::new());
        assert!(kept.directory.is_empty());
    }
}

#[test]
fn pages_that_were_emptied_in_part_are_put_together() {
    let mut kept = Kept::default();
    let entry = |number: u32| Entry::new(number.to_be_bytes().to_vec(), number);
    let all: OrderedSet<Entry> = (0..20_000).map(entry).collect();
    kept.change(&all.iter().map(|entry| (entry.clone(), true)).collect::<Vec<_>>());
    assert_eq!(kept.pages.len(), 20_000_usize.div_ceil(FILL));
    let (few, gone): (OrderedSet<_>, OrderedSet<_>) =
        all.into_iter().partition(|entry| entry.value() % 20 == 0);
    kept.change(&gone.into_iter().map(|entry| (entry, false)).collect::<Vec<_>>());
    kept.assert_is(&few);
    assert!(kept.pages.len() <= 4, "{} pages for 1,000 entries", kept.pages.len());
}

#[test]
fn built_at_once_or_bit_by_bit_it_holds_the_same() {
    let mut chance = Chance(77);
    let set: OrderedSet<Entry> = (0..5000).map(|_| chance.entry()).collect();
    let (directory, pages) = build(set.clone());
    let pages = pages.into_iter().filter_map(|(number, page)| Some((number, page?))).collect();
    Kept { directory, pages, written: 0 }.assert_is(&set);
    let few: OrderedSet<Entry> = set.into_iter().take(10).collect();
    let (directory, pages) = build(few.clone());
    assert!(pages.is_empty());
    Kept { directory, ..Kept::default() }.assert_is(&few);
}

#[test]
fn what_arrives_one_by_one_waits_until_there_is_much_of_it() {
    let (mut kept, mut chance) = (Kept::default(), Chance(5));
    for number in 0..50_000 {
        // In no order, as senders are.
        let key = chance.below(u64::MAX).to_be_bytes().to_vec();
        kept.change(&[(Entry::new(key, number), true)]);
    }
    assert_eq!(kept.directory.total(), 50_000);
    assert!(kept.written < 900, "{} pages written", kept.written);
    // A part of a list needs few pages all the same.
    let most = (0..kept.directory.places()).map(|place| kept.directory.pages_at(place).len()).max();
    assert!(most.is_some_and(|most| (2..=1 + 2 * MOST_RUNS).contains(&most)), "{most:?}");
}

#[test]
fn what_arrives_nearly_in_order_leaves_no_run_for_lists_to_read() {
    let (mut kept, mut chance) = (Kept::default(), Chance(6));
    for number in 0..30_000_u32 {
        let date = u64::from(number) + chance.below(500);
        kept.change(&[(Entry::new(date.to_be_bytes().to_vec(), number), true)]);
        assert_eq!(kept.directory.run_pages().count(), 0);
    }
    assert!(kept.written < 250, "{} pages written", kept.written);
}

#[test]
fn damaged_octets_are_said_to_be_damaged() {
    let mut chance = Chance(3);
    let entries: OrderedSet<Entry> = (0..40).map(|_| chance.entry()).collect();
    let page = Page(entries.iter().cloned().collect()).encode();
    let ranges = (1..).zip(&entries).map(|(page, begin)| Range { page, begin: begin.clone(), count: 1 });
    let waiting = entries.iter().cloned().map(|entry| (entry, true)).collect();
    let range = |page| Range { page, begin: Entry::new(vec![page as u8], page), count: 3 };
    let run = |page, is_there| Run { is_there, ranges: vec![range(page), range(page + 1)] };
    let runs = vec![run(41, true), run(43, false)];
    let directory = Directory { ranges: ranges.collect(), runs, waiting, highest: 44 }.encode();
    for cut in 0..page.len() {
        assert_eq!(Page::parse(&page[..cut]), Err(DAMAGED), "{cut}");
    }
    for cut in 0..directory.len() {
        assert_eq!(Directory::parse(Some(&directory[..cut])), Err(DAMAGED), "{cut}");
    }
    // Whatever else stands there: no panic, and no memory beyond what is there.
    for _ in 0..20_000 {
        for whole in [&page, &directory] {
            let mut octets = whole.clone();
            for _ in 0..=chance.below(3) {
                let place = chance.below(octets.len() as u64) as usize;
                octets[place] = chance.below(256) as u8;
            }
            let _ = Page::parse(&octets);
            if let Ok(mut directory) = Directory::parse(Some(&octets)) {
                assert!(directory.touched().len() <= directory.places());
                (0..directory.places())
                    .for_each(|place| drop(directory.entries_at(place, &OrderedMap::new())));
                directory.gather(&mut OrderedMap::new());
                assert!(directory.settle(OrderedMap::new()).len() <= directory.total() as usize);
            }
        }
    }
}

#[test]
fn a_cursor_names_its_place_again() {
    let mut chance = Chance(9);
    for _ in 0..100 {
        let entry = chance.entry();
        assert_eq!(Entry::of_cursor(&entry.to_cursor()), Some(entry));
    }
    for cursor in ["", ".", "0.1", "xx.1", "00.", "00.-1", "00.99999999999", "ü0.1"] {
        assert_eq!(Entry::of_cursor(cursor), None, "{cursor}");
    }
    assert_eq!(Entry::of_cursor(".1"), Some(Entry::new(Vec::new(), 1)));
}
