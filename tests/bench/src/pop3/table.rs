//! The rows, as a table for people and as JSON for programs.

use crate::report::{median, print};
use serde::Serialize;
use std::fs;
use std::io;

/// What one client did on one set.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) set: String,
    pub(crate) who: String,
    /// Median of the rounds, and their bounds.
    pub(crate) ms: f64,
    pub(crate) ms_min: f64,
    pub(crate) ms_max: f64,
    pub(crate) rounds: usize,
    pub(crate) messages_per_s: f64,
    pub(crate) mb_per_s: f64,
    /// Where it can be measured.
    pub(crate) cpu_ms: Option<f64>,
    /// `exact`, `altered (how)`, `wrong (how)`.
    pub(crate) octets: String,
}

impl Figures {
    pub(crate) fn new(
        set: &str,
        who: &str,
        runs: &[(f64, Option<f64>)],
        load: (u32, usize),
        octets: String,
    ) -> Self {
        let times: Vec<f64> = runs.iter().map(|(ms, _)| *ms).collect();
        let cpu: Option<Vec<f64>> = runs.iter().map(|(_, cpu)| *cpu).collect();
        let ms = median(times.clone());
        Self {
            set: set.to_owned(),
            who: who.to_owned(),
            ms,
            ms_min: times.iter().copied().fold(f64::INFINITY, f64::min),
            ms_max: times.iter().copied().fold(0.0, f64::max),
            rounds: times.len(),
            messages_per_s: f64::from(load.0) / ms * 1e3,
            mb_per_s: load.1 as f64 / ms / 1e3,
            cpu_ms: cpu.map(median),
            octets,
        }
    }
}

/// One client beside another in the same round.
#[derive(Debug, Serialize)]
pub(crate) struct Ratio {
    pub(crate) set: String,
    pub(crate) what: String,
    /// Median of the rounds.
    pub(crate) value: f64,
    pub(crate) goal: String,
    pub(crate) reached: bool,
}

/// Prints both and writes them to `target/bench/pop3.json`.
pub(crate) fn publish(rows: &[Figures], ratios: &[Ratio]) -> io::Result<()> {
    let mut lines = vec![
        ["set", "who", "ms", "min - max", "messages_per_s", "MB_per_s", "cpu_ms", "octets"]
            .map(str::to_owned),
    ];
    lines.extend(rows.iter().map(|row| {
        [
            row.set.clone(),
            row.who.clone(),
            format!("{:.1}", row.ms),
            format!("{:.0} - {:.0}", row.ms_min, row.ms_max),
            format!("{:.0}", row.messages_per_s),
            format!("{:.1}", row.mb_per_s),
            row.cpu_ms.map_or_else(String::new, |cpu| format!("{cpu:.0}")),
            row.octets.clone(),
        ]
    }));
    print(&lines)?;
    let mut lines = vec![["set", "ratio, median of the rounds", "value", "goal", ""].map(str::to_owned)];
    lines.extend(ratios.iter().map(|ratio| {
        let missed = if ratio.reached { "" } else { "missed" };
        let value = format!("{:.2}", ratio.value);
        [ratio.set.clone(), ratio.what.clone(), value, ratio.goal.clone(), missed.to_owned()]
    }));
    print(&lines)?;
    fs::create_dir_all("target/bench")?;
    let all = serde_json::json!({ "rows": rows, "ratios": ratios });
    fs::write("target/bench/pop3.json", serde_json::to_string_pretty(&all)?)
}
