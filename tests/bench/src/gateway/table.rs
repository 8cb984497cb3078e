//! What was measured, as a table for people and as JSON for programs.

use super::relays::{ALL, Kind};
use crate::report::{median, print};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::io;

/// All figures of a run.
#[derive(Default)]
pub(crate) struct Table {
    /// In the order in which they were first measured.
    sets: Vec<String>,
    series: BTreeMap<Key, BTreeMap<usize, f64>>,
    notes: BTreeMap<(String, Kind), Vec<String>>,
}

type Key = (String, Kind, &'static str);

/// One figure of one relay.
#[derive(Debug, Serialize)]
struct Row {
    set: String,
    who: &'static str,
    metric: String,
    /// Median of the rounds, and their bounds.
    value: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    rounds: usize,
    note: String,
}

/// A figure beside what it should be.
#[derive(Debug, Serialize)]
pub(crate) struct Goal {
    pub(crate) set: String,
    pub(crate) what: String,
    /// None where it could not be measured.
    pub(crate) value: Option<f64>,
    pub(crate) goal: String,
    pub(crate) verdict: &'static str,
}

impl Table {
    /// Notes a figure of a round.
    pub(crate) fn add(&mut self, set: &str, who: Kind, metric: &'static str, round: usize, value: f64) {
        self.remember(set);
        self.series.entry((set.to_owned(), who, metric)).or_default().insert(round, value);
    }

    /// Says what is special about the row of a relay.
    pub(crate) fn note(&mut self, set: &str, who: Kind, words: &str) {
        self.remember(set);
        self.notes.entry((set.to_owned(), who)).or_default().push(words.to_owned());
    }

    /// The median of what was measured.
    pub(crate) fn value(&self, set: &str, who: Kind, metric: &'static str) -> Option<f64> {
        self.rounds(set, who, metric).map(|rounds| median(rounds.values().copied().collect()))
    }

    /// The median of the ratios within a round.
    pub(crate) fn ratio(&self, set: &str, metric: &'static str, who: Kind, over: Kind) -> Option<f64> {
        let (own, other) = (self.rounds(set, who, metric)?, self.rounds(set, over, metric)?);
        let ratios = own.iter().filter_map(|(round, value)| Some(value / other.get(round)?));
        Some(median(ratios.collect()))
    }

    pub(crate) fn has(&self, set: &str) -> bool {
        self.sets.iter().any(|name| name == set)
    }

    fn rounds(&self, set: &str, who: Kind, metric: &'static str) -> Option<&BTreeMap<usize, f64>> {
        self.series.get(&(set.to_owned(), who, metric))
    }

    fn remember(&mut self, set: &str) {
        if !self.has(set) {
            self.sets.push(set.to_owned());
        }
    }

    /// Prints all and writes it to `target/bench/gateway.json`.
    pub(crate) fn publish(&self, goals: &[Goal]) -> io::Result<()> {
        let rows = self.rows();
        let mut lines = vec![["set", "who", "metric", "median", "min - max", "note"].map(str::to_owned)];
        let figure = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), shown);
        lines.extend(rows.iter().map(|row| {
            let bounds = match row.rounds {
                0 | 1 => String::new(),
                _ => format!("{} - {}", figure(row.min), figure(row.max)),
            };
            let [set, who, metric] = [row.set.as_str(), row.who, &row.metric].map(str::to_owned);
            [set, who, metric, figure(row.value), bounds, row.note.clone()]
        }));
        print(&lines)?;
        let mut lines = vec![["set", "what", "value", "goal", ""].map(str::to_owned)];
        lines.extend(goals.iter().map(|goal| {
            let value = goal.value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
            [goal.set.clone(), goal.what.clone(), value, goal.goal.clone(), goal.verdict.to_owned()]
        }));
        print(&lines)?;
        fs::create_dir_all("target/bench")?;
        let all = serde_json::json!({ "rows": rows, "goals": goals });
        fs::write("target/bench/gateway.json", serde_json::to_string_pretty(&all)?)
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for (set, who) in self.sets.iter().flat_map(|set| ALL.iter().map(move |who| (set, *who))) {
            let note = self.notes.get(&(set.clone(), who)).map_or_else(String::new, |notes| notes.join("; "));
            let before = rows.len();
            for metric in METRICS {
                let Some(rounds) = self.rounds(set, who, metric) else { continue };
                let values = || rounds.values().copied();
                rows.push(Row {
                    set: set.clone(),
                    who: who.name(),
                    metric: metric.to_owned(),
                    value: Some(median(values().collect())),
                    min: values().reduce(f64::min),
                    max: values().reduce(f64::max),
                    rounds: rounds.len(),
                    note: note.clone(),
                });
            }
            if rows.len() == before && !note.is_empty() {
                let (set, metric) = (set.clone(), String::new());
                let (value, min, max) = (None, None, None);
                rows.push(Row { set, who: who.name(), metric, value, min, max, rounds: 0, note });
            }
        }
        rows
    }
}

/// Three digits that count.
fn shown(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// In the order of the table.
const METRICS: [&str; 9] = [
    "MB_per_s",
    "cpu_s_per_GiB",
    "p50_us",
    "p99_us",
    "cpu_us_per_round_trip",
    "tunnels_per_s",
    "cpu_ms_per_tunnel",
    "KiB_per_tunnel",
    "KiB_per_tunnel_after_burst",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_the_median_of_the_ratios_of_rounds_that_both_have() {
        let mut table = Table::default();
        for (round, (own, other)) in [(1.0, 2.0), (9.0, 3.0), (4.0, 4.0)].into_iter().enumerate() {
            table.add("open", Kind::Waypost, "tunnels_per_s", round, own);
            table.add("open", Kind::Haproxy, "tunnels_per_s", round, other);
        }
        table.add("open", Kind::Waypost, "tunnels_per_s", 3, 1000.0);
        let ratio = |over| table.ratio("open", "tunnels_per_s", Kind::Waypost, over);
        assert_eq!((ratio(Kind::Haproxy), ratio(Kind::Wstunnel)), (Some(1.0), None));
    }
}
