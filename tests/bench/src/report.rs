//! A table for people and the same rows as JSON for programs.

use serde::Serialize;
use std::fs;
use std::io::{self, Write as _};

/// One figure.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) set: String,
    pub(crate) who: String,
    pub(crate) metric: String,
    pub(crate) value: f64,
}

impl Row {
    pub(crate) fn new(set: &str, who: &str, metric: &str, value: f64) -> Self {
        Self { set: set.to_owned(), who: who.to_owned(), metric: metric.to_owned(), value }
    }
}

/// The middle of several runs: one slow run on a noisy machine does not move it.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Prints the rows as a table and writes them to `target/bench/NAME.json`.
pub(crate) fn publish(name: &str, rows: &[Row]) -> io::Result<()> {
    let width = |pick: fn(&Row) -> &str, head: &str| {
        rows.iter().map(|row| pick(row).len()).max().unwrap_or(0).max(head.len())
    };
    let (set, who, metric) =
        (width(|row| &row.set, "set"), width(|row| &row.who, "who"), width(|row| &row.metric, "metric"));
    let mut out = io::stdout().lock();
    writeln!(out, "{:set$}  {:who$}  {:metric$}  {:>14}", "set", "who", "metric", "value")?;
    for row in rows {
        writeln!(out, "{:set$}  {:who$}  {:metric$}  {:>14.1}", row.set, row.who, row.metric, row.value)?;
    }
    fs::create_dir_all("target/bench")?;
    fs::write(format!("target/bench/{name}.json"), serde_json::to_string_pretty(rows)?)
}

/// Prints lines as a table with columns of one width.
pub(crate) fn print<const COLUMNS: usize>(lines: &[[String; COLUMNS]]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut widths = [0; COLUMNS];
    for line in lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.len());
        }
    }
    for line in lines {
        let cells: Vec<String> =
            line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    writeln!(out)
}
