//! Counts the allocations of each parser over a set: a program of its own, because counting costs time.
//! Prints `SET WHO ALLOCATIONS RESPONSES` lines.

#[path = "../parsers.rs"]
mod parsers;

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for set in waypost_bench::sets() {
        for parser in parsers::PARSERS.iter().filter(|parser| parser.takes(&set)) {
            let counted = allocation_counter::measure(|| {
                (parser.parse)(&set.octets);
            });
            writeln!(out, "{} {} {} {}", set.name, parser.who, counted.count_total, set.responses)?;
        }
    }
    Ok(())
}
