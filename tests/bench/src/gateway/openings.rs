//! Connections that are opened, greeted and given up, several at a time.

use super::line::Buffer;
use super::relays::{Kind, Relay, Stage};
use super::table::Table;
use super::{Outcome, Plan, turns};
use std::thread;
use std::time::Instant;

pub(crate) fn run(plan: &Plan, stage: &Stage, relays: &[Relay], table: &mut Table) -> Outcome<()> {
    let mut buffer = Buffer::new();
    let left = stage.connections(&mut buffer)?;
    for round in 0..plan.rounds(ROUNDS) {
        for relay in turns(relays, round) {
            let count = if relay.kind == Kind::Websockify || plan.quick { FEW } else { COUNT };
            let (start, used) = (Instant::now(), relay.processor_seconds());
            open_and_close(relay, count)?;
            let seconds = start.elapsed().as_secs_f64();
            stage.drained(left, &mut buffer)?;
            let name = relay.kind;
            table.add("open", name, "tunnels_per_s", round, count as f64 / seconds);
            if let (Some(before), Some(after)) = (used, relay.processor_seconds()) {
                table.add("open", name, "cpu_ms_per_tunnel", round, (after - before) * 1e3 / count as f64);
            }
        }
    }
    Ok(())
}

fn open_and_close(relay: &Relay, count: usize) -> Outcome<()> {
    thread::scope(|scope| {
        let some = || -> Outcome<()> {
            let mut buffer = Buffer::new();
            (0..count / AT_ONCE).try_for_each(|_| relay.open(&mut buffer).map(drop))
        };
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(some)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a thread ended")?)
    })
}

const ROUNDS: usize = 7;
const COUNT: usize = 1600;
const FEW: usize = 160;
const AT_ONCE: usize = 8;
