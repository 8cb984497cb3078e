//! Small octets there and back, one after the other, with nothing beside or with many connections that wait.

use super::frames::Piece;
use super::line::{Buffer, Line};
use super::memory::{PROCESSES, open_many};
use super::relays::{Kind, Relay};
use super::table::Table;
use super::{Outcome, Plan, turns, words};
use crate::report::median;
use std::time::Instant;

pub(crate) fn run(
    plan: &Plan,
    (set, beside): (&str, usize),
    relays: &[Relay],
    descriptors: u64,
    table: &mut Table,
) -> Outcome<()> {
    let mut buffer = Buffer::new();
    let mut waiting: Vec<Vec<Line>> = Vec::new();
    // The server and this tool have all of them, a relay two for each of its own.
    let share = descriptors.saturating_sub(100) / (relays.len() as u64).max(2);
    for relay in relays {
        let most = match relay.kind {
            Kind::Websockify => PROCESSES,
            _ => usize::try_from(share).map_err(words)?,
        };
        if beside > most {
            table.note(set, relay.kind, &format!("{most} beside it"));
        }
        waiting.push(open_many(relay, &relay.speech, beside.min(most))?);
    }
    let piece = Piece::new(vec![7; 64]);
    for round in 0..plan.rounds(ROUNDS) {
        for relay in turns(relays, round) {
            let mut line = relay.open(&mut buffer)?;
            line.echo(&piece, &mut buffer)?;
            let mut times = Vec::with_capacity(TRIPS);
            let used = relay.processor_seconds();
            for _ in 0..TRIPS {
                let start = Instant::now();
                line.echo(&piece, &mut buffer)?;
                times.push(start.elapsed().as_secs_f64() * 1e6);
            }
            if let (Some(before), Some(after)) = (used, relay.processor_seconds()) {
                let each = (after - before) * 1e6 / TRIPS as f64;
                table.add(set, relay.kind, "cpu_us_per_round_trip", round, each);
            }
            times.sort_by(f64::total_cmp);
            let late = times.get(TRIPS * 99 / 100).copied().ok_or_else(|| words("no round trips"))?;
            table.add(set, relay.kind, "p50_us", round, median(times));
            table.add(set, relay.kind, "p99_us", round, late);
        }
    }
    Ok(())
}

/// Many short ones: in any relay a round costs about one value or twice that, perhaps by where the scheduler puts tool and relay.
const ROUNDS: usize = 24;
const TRIPS: usize = 1000;
