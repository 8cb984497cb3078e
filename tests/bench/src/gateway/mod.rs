//! Octets through the gateway, beside other relays and none: same server, same load tool, same run, rounds interleaved. All on loopback;
//! tool, relay and server share the machine, so that ratios say more than rates, and a relay's own time on processors says most.
//!
//! Each relay is a process of its own, or a group of them, whose memory and time are read from /proc.

mod bulk;
mod chromium;
mod frames;
mod goals;
mod line;
pub(crate) mod mail;
mod memory;
pub(crate) mod messages;
pub(crate) mod naive;
mod openings;
mod process;
mod relays;
mod table;
mod trips;

use relays::{Kind, Relay, Stage};
use std::io::Write as _;
use table::Table;

type Outcome<T> = Result<T, String>;

/// What is measured, in this order.
const SETS: [&str; 13] = [
    "down-64k",
    "up-64k",
    "down-4k",
    "up-4k",
    "rtt",
    "rtt-1000",
    "open",
    "idle-1000",
    "idle-5000",
    "idle-10000",
    "stalled-100",
    "bigframe-100",
    "chromium",
];

/// Which part of it.
pub(crate) struct Plan {
    /// Fewer rounds and octets, to see that it works or to compare roughly.
    pub(crate) quick: bool,
    sets: Vec<&'static str>,
    kinds: Vec<Kind>,
}

impl Plan {
    /// `--quick`, names of sets, and names of relays; none stand for all.
    fn parse(arguments: &[&str]) -> Outcome<Self> {
        let mut plan = Self { quick: false, sets: Vec::new(), kinds: Vec::new() };
        for argument in arguments {
            let set = SETS.iter().find(|name| *name == argument);
            let kind = relays::ALL.iter().find(|kind| kind.name() == *argument);
            match (set, kind) {
                (Some(set), _) => plan.sets.push(set),
                (_, Some(kind)) => plan.kinds.push(*kind),
                _ if *argument == "--quick" => plan.quick = true,
                _ => {
                    let relays: Vec<&str> = relays::ALL.iter().map(|kind| kind.name()).collect();
                    return Err(format!(
                        "{argument} is neither --quick, nor a set ({}), nor a relay ({}).",
                        SETS.join(", "),
                        relays.join(", ")
                    ));
                }
            }
        }
        if plan.sets.is_empty() {
            plan.sets = SETS.to_vec();
        }
        if plan.kinds.is_empty() {
            plan.kinds = relays::ALL.to_vec();
        }
        Ok(plan)
    }

    fn has(&self, set: &str) -> bool {
        self.sets.contains(&set)
    }

    /// So many rounds, or three.
    pub(crate) fn rounds(&self, count: usize) -> usize {
        if self.quick { 3 } else { count }
    }
}

pub(crate) fn run(arguments: &[&str]) -> Outcome<()> {
    let mut plan = Plan::parse(arguments)?;
    let descriptors = process::raise_descriptors();
    let stage = Stage::set()?;
    plan.kinds.retain(|kind| match stage.absence(*kind) {
        Some(why) => {
            say(&format!("{} has no rows: {why}.", kind.name()));
            false
        }
        None => true,
    });
    let mut table = Table::default();
    let result = measure(&plan, &stage, descriptors, &mut table);
    // What was measured before something failed is worth having.
    table.publish(&goals::held_against(&table)).map_err(words)?;
    result
}

fn measure(plan: &Plan, stage: &Stage, descriptors: u64, table: &mut Table) -> Outcome<()> {
    interleaved(plan, stage, descriptors, table)?;
    let relays = || plan.kinds.iter().copied().filter(|kind| *kind != Kind::Direct);
    for (set, count) in [("idle-1000", 1000), ("idle-5000", 5000), ("idle-10000", 10_000)] {
        for kind in relays().filter(|_| plan.has(set)) {
            say(&format!("{set}: {}", kind.name()));
            memory::idle(stage, kind, (set, count), descriptors, table)?;
        }
    }
    let hostile: [(&str, memory::Measure); 2] =
        [("stalled-100", memory::stalled), ("bigframe-100", memory::bigframe)];
    for (set, measure) in hostile {
        for kind in relays().filter(|_| plan.has(set)) {
            say(&format!("{set}: {}", kind.name()));
            measure(stage, kind, set, table)?;
        }
    }
    if plan.has("chromium") {
        say("chromium");
        chromium::run(plan, stage, table)?;
    }
    Ok(())
}

/// The sets whose rounds are interleaved, with all relays up at once.
fn interleaved(plan: &Plan, stage: &Stage, descriptors: u64, table: &mut Table) -> Outcome<()> {
    if !SETS.iter().take(INTERLEAVED).any(|set| plan.has(set)) {
        return Ok(());
    }
    let relays: Vec<Relay> = plan.kinds.iter().map(|kind| stage.start(*kind)).collect::<Outcome<_>>()?;
    for set in bulk::SETS.iter().filter(|set| plan.has(set.name)) {
        say(set.name);
        bulk::run(plan, set, &relays, table)?;
    }
    for (set, beside) in [("rtt", 0), ("rtt-1000", 1000)] {
        if plan.has(set) {
            say(set);
            trips::run(plan, (set, beside), &relays, descriptors, table)?;
        }
    }
    if plan.has("open") {
        say("open");
        openings::run(plan, stage, &relays, table)?;
    }
    Ok(())
}

/// The relays of a round, another one first in each.
fn turns(relays: &[Relay], round: usize) -> impl Iterator<Item = &Relay> {
    relays.iter().cycle().skip(round % relays.len().max(1)).take(relays.len())
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// How far it is, for people.
fn say(line: &str) {
    // Nothing can be said where standard error is closed.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// So many of [`SETS`].
const INTERLEAVED: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_choose_sets_and_relays_and_other_words_are_refused() {
        let plan = Plan::parse(&["--quick", "open", "waypost", "haproxy"]).unwrap();
        assert!(plan.quick && plan.has("open") && !plan.has("rtt"));
        assert_eq!(plan.kinds, [Kind::Waypost, Kind::Haproxy]);
        assert_eq!(Plan::parse(&[]).unwrap().sets, SETS);
        assert!(Plan::parse(&["opne"]).is_err_and(|why| why.starts_with("opne is neither")));
    }
}
