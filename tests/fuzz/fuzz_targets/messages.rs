//! A message is scanned alike, whole and in pieces; it is shown alike, whole and from its ranges; and each part that is listed is there.
#![no_main]

use waypost_message::{Scan, Scanner, part, summary, summary_from, summary_scanned, view, view_from};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, octets)) = data.split_first() else { return };
    let scan = scan(octets, octets.len().max(1));
    assert_eq!(scan, self::scan(octets, usize::from(*first) + 1));
    let shown = view(octets);
    for attachment in &shown.parts {
        let found = part(octets, attachment.index).expect("a listed part is there");
        assert_eq!(found.len() as u64, attachment.size);
    }
    let ranges = scan.ranges_for_view(LIMIT);
    let place = |at: u64| usize::try_from(at).expect("small");
    let pieces: Vec<&[u8]> =
        ranges.iter().map(|range| &octets[place(range.start)..place(range.end)]).collect();
    let from_pieces = view_from(&scan, LIMIT, &pieces).expect("the pieces are those asked for");
    let (line_from_pieces, line) = (summary_from(&scan, LIMIT, &pieces), summary_scanned(&scan, octets));
    // A scan is bounded, a view of a whole message is not.
    if scan.parts.len() < MOST_PARTS {
        assert_eq!(from_pieces, shown);
        assert_eq!(line, summary(octets));
        assert_eq!(line_from_pieces, Some(line));
    }
});

fn scan(octets: &[u8], size: usize) -> Scan {
    let mut scanner = Scanner::new();
    octets.chunks(size).for_each(|chunk| scanner.push(chunk));
    scanner.finish()
}

/// More than a fuzzed message has.
const LIMIT: u64 = 1 << 20;
const MOST_PARTS: usize = 10_000;
