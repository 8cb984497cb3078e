//! What the gateway should reach, beside the other relays of the same round or as a figure of its own.

use super::relays::Kind;
use super::table::{Goal, Table};

/// A bound.
#[derive(Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

use Bound::{AtLeast, AtMost};

/// The goals of the sets that were run.
pub(crate) fn held_against(table: &Table) -> Vec<Goal> {
    let beside = BESIDE.iter().map(|(set, metric, over, bound)| {
        let what = format!("{metric} of waypost over {}", over.name());
        held(set, what, table.ratio(set, metric, Kind::Waypost, *over), *bound)
    });
    let alone = ALONE.iter().flat_map(|(set, plain, secure)| {
        let metrics = ["KiB_per_tunnel", "KiB_per_tunnel_after_burst"];
        // The burst is a matter of the idle sets only.
        let metrics = metrics.into_iter().take(if set.starts_with("idle") { 2 } else { 1 });
        metrics.flat_map(move |metric| {
            [(Kind::Waypost, plain), (Kind::WaypostTls, secure)].map(|(who, most)| {
                let what = format!("{metric} of {}", who.name());
                held(set, what, table.value(set, who, metric), AtMost(*most))
            })
        })
    });
    beside.chain(alone).filter(|goal| table.has(&goal.set)).collect()
}

fn held(set: &str, what: String, value: Option<f64>, bound: Bound) -> Goal {
    let (goal, reached) = match bound {
        AtMost(most) => (format!("at most {most}"), value.map(|value| value <= most)),
        AtLeast(least) => (format!("at least {least}"), value.map(|value| value >= least)),
    };
    let verdict = match reached {
        Some(true) => "met",
        Some(false) => "missed",
        None => "not measured",
    };
    Goal { set: set.to_owned(), what, value, goal, verdict }
}

const BESIDE: [(&str, &str, Kind, Bound); 13] = [
    ("down-64k", "cpu_s_per_GiB", Kind::Haproxy, AtMost(0.65)),
    ("up-64k", "cpu_s_per_GiB", Kind::Haproxy, AtMost(0.85)),
    ("down-4k", "cpu_s_per_GiB", Kind::Haproxy, AtMost(1.1)),
    ("up-4k", "cpu_s_per_GiB", Kind::Haproxy, AtMost(1.3)),
    ("down-64k", "cpu_s_per_GiB", Kind::Wstunnel, AtMost(1.33)),
    ("up-64k", "cpu_s_per_GiB", Kind::Wstunnel, AtMost(1.33)),
    ("down-4k", "cpu_s_per_GiB", Kind::Wstunnel, AtMost(1.33)),
    ("up-4k", "cpu_s_per_GiB", Kind::Wstunnel, AtMost(1.33)),
    ("rtt", "cpu_us_per_round_trip", Kind::Haproxy, AtMost(1.3)),
    ("rtt-1000", "cpu_us_per_round_trip", Kind::Haproxy, AtMost(1.3)),
    ("open", "cpu_ms_per_tunnel", Kind::Haproxy, AtMost(1.5)),
    ("open", "tunnels_per_s", Kind::Haproxy, AtLeast(0.7)),
    ("chromium", "MB_per_s", Kind::Direct, AtLeast(0.9)),
];

/// KiB for each tunnel, plain and with TLS.
const ALONE: [(&str, f64, f64); 5] = [
    ("idle-1000", 6.0, 40.0),
    ("idle-5000", 6.0, 40.0),
    ("idle-10000", 6.0, 40.0),
    ("stalled-100", 350.0, 350.0),
    ("bigframe-100", 350.0, 350.0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_at_its_bound_and_missed_beyond_it_and_sets_that_did_not_run_have_none() {
        let mut table = Table::default();
        for (who, value) in [(Kind::Waypost, 1.3), (Kind::Haproxy, 1.0)] {
            table.add("up-4k", who, "cpu_s_per_GiB", 0, value);
        }
        table.add("stalled-100", Kind::Waypost, "KiB_per_tunnel", 0, 351.0);
        let goals = held_against(&table);
        let verdicts: Vec<_> = goals.iter().map(|goal| (goal.set.as_str(), goal.verdict)).collect();
        let (up, stalled) = ("up-4k", "stalled-100");
        let expected = [(up, "met"), (up, "not measured"), (stalled, "missed"), (stalled, "not measured")];
        assert_eq!(verdicts, expected);
    }
}
