//! One connection with as much as goes through it, in one direction.

use super::frames::Piece;
use super::line::Buffer;
use super::mail::Order;
use super::relays::{Kind, Relay};
use super::table::Table;
use super::{Outcome, Plan, turns};
use std::time::Instant;

/// A direction, and the size of the writes of who sends.
pub(crate) struct Set {
    pub(crate) name: &'static str,
    down: bool,
    piece: u32,
    octets: u64,
}

pub(crate) const SETS: [Set; 4] = [
    Set { name: "down-64k", down: true, piece: 64 * 1024, octets: 512 * MIB },
    Set { name: "up-64k", down: false, piece: 64 * 1024, octets: 512 * MIB },
    Set { name: "down-4k", down: true, piece: 4 * 1024, octets: 256 * MIB },
    Set { name: "up-4k", down: false, piece: 4 * 1024, octets: 256 * MIB },
];

pub(crate) fn run(plan: &Plan, set: &Set, relays: &[Relay], table: &mut Table) -> Outcome<()> {
    let piece = Piece::new(vec![7; set.piece as usize]);
    let mut buffer = Buffer::new();
    for round in 0..plan.rounds(ROUNDS) {
        for relay in turns(relays, round) {
            let octets = match relay.kind {
                // It unmasks in Python.
                Kind::Websockify => 64 * MIB,
                _ if plan.quick => set.octets / 2,
                _ => set.octets,
            };
            let mut line = relay.open(&mut buffer)?;
            let (start, used) = (Instant::now(), relay.processor_seconds());
            if set.down {
                line.order(Order::Send { piece: set.piece, total: octets }, &mut buffer)?;
                line.receive(octets, &mut buffer)?;
            } else {
                line.order(Order::Take { total: octets }, &mut buffer)?;
                for _ in 0..octets / u64::from(set.piece) {
                    line.send(&piece, &mut buffer)?;
                }
                line.receive(1, &mut buffer)?;
            }
            let seconds = start.elapsed().as_secs_f64();
            if line.unread() > 0 {
                return Err(format!("{}: more came than was sent", relay.kind.name()));
            }
            table.add(set.name, relay.kind, "MB_per_s", round, octets as f64 / 1e6 / seconds);
            if let (Some(before), Some(after)) = (used, relay.processor_seconds()) {
                let gib = octets as f64 / f64::from(1 << 30);
                table.add(set.name, relay.kind, "cpu_s_per_GiB", round, (after - before) / gib);
            }
        }
    }
    Ok(())
}

const ROUNDS: usize = 7;
const MIB: u64 = 1 << 20;
