//! Counts the allocations of each parser over a set: a program of its own, because counting costs time.
//! Prints `SET WHO ALLOCATIONS RESPONSES` lines.

#[path = "../parsers.rs"]
mod parsers;

use std::io::Write as _;
use waypost_bench::{Parser, Set};

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for set in waypost_bench::sets() {
        for parser in parsers::PARSERS.iter().filter(|parser| parser.takes(&set)) {
            let (count, responses) = match parser.who {
                "waypost" if set.responses > 1 => on_a_warm_connection(&set),
                _ => {
                    let counted = allocation_counter::measure(|| {
                        (parser.parse)(&set.octets);
                    });
                    (counted.count_total, set.responses)
                }
            };
            writeln!(out, "{} {} {count} {responses}", set.name, parser.who)?;
        }
    }
    Ok(())
}

/// Ours is a whole connection, whose buffers are made once: they are no cost of a response, so the first chunk is not counted.
fn on_a_warm_connection(set: &Set) -> (u64, u32) {
    let mut parser = Parser::default();
    let mut chunks = set.octets.chunks(parsers::CHUNK);
    parser.feed(chunks.next().unwrap_or_default());
    let before = parser.responses;
    let counted = allocation_counter::measure(|| chunks.for_each(|chunk| parser.feed(chunk)));
    (counted.count_total, parser.responses - before)
}
