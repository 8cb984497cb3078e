//! The table of scenarios and servers, and what is wrong with it; for IMAP and for POP3.

use crate::client::Heard;
use crate::expected;
use crate::verdict::{Verdict, Why};
use std::fmt::Write as _;
use std::path::Path;
use waypost_testkit::servers::Kind;

/// What one server gave.
pub(crate) struct Column {
    pub(crate) kind: Kind,
    pub(crate) version: String,
    /// Why it is not there, and whether that is a failure.
    pub(crate) missing: Option<(String, bool)>,
    /// In the order of the scenarios.
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) heard: Heard,
}

/// All of it.
pub(crate) struct Table {
    pub(crate) scenarios: Vec<&'static str>,
    pub(crate) columns: Vec<Column>,
}

impl Table {
    /// Prints it, also where the test passes, and keeps it in the target folder.
    pub(crate) fn show(&self) {
        let text = self.text();
        // The harness swallows what passing tests print with print!.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
        let _ = std::fs::create_dir_all(&target);
        let _ = std::fs::write(target.join(expected::PAGE), text);
    }

    fn text(&self) -> String {
        let mut text = String::from("\n| Scenario |");
        for column in &self.columns {
            let _ = write!(text, " {} {} |", column.kind, short(&column.version));
        }
        let _ = write!(text, "\n|---|{}\n", "---|".repeat(self.columns.len()));
        for (row, scenario) in self.scenarios.iter().enumerate() {
            let _ = write!(text, "| {scenario} |");
            for column in &self.columns {
                let _ = write!(text, " {} |", word(column.verdicts.get(row)));
            }
            text.push('\n');
        }
        self.notes(&mut text);
        self.habits(&mut text);
        text
    }

    /// What stands behind the words of the table.
    fn notes(&self, text: &mut String) {
        text.push_str("\nNot offered, and failed:\n\n");
        for column in &self.columns {
            for (scenario, verdict) in self.scenarios.iter().zip(&column.verdicts) {
                if let Err(Why::NotOffered(what) | Why::Failed(what)) = verdict {
                    let _ = writeln!(
                        text,
                        "- {}, {scenario}: {} ({})",
                        column.kind,
                        what.trim(),
                        word(Some(verdict))
                    );
                }
            }
            if let Some((why, _)) = &column.missing {
                let _ = writeln!(text, "- {} was missing: {why}", column.kind);
            }
        }
    }

    /// What of the servers' words broke the rules.
    fn habits(&self, text: &mut String) {
        text.push_str("\nForgiven, and not understood:\n\n");
        for column in &self.columns {
            for (name, times) in &column.heard.forgiven {
                let _ = writeln!(text, "- {}: {name}, {times} times", column.kind);
            }
            for octets in &column.heard.unparsed {
                let _ = writeln!(text, "- {}, not understood: {octets}", column.kind);
            }
        }
    }

    /// What must not be: failures, and where the servers are not as `expected.rs` says.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for column in &self.columns {
            if let Some((why, true)) = &column.missing {
                faults.push(format!("{} did not run: {why}", column.kind));
            }
            let unparsed = column.heard.unparsed.iter();
            faults.extend(unparsed.map(|octets| format!("{}: not understood: {octets}", column.kind)));
            for (scenario, verdict) in self.scenarios.iter().zip(&column.verdicts) {
                let listed = expected::is_not_offered(column.kind, scenario);
                match verdict {
                    Ok(()) if listed => faults.push(format!(
                        "{}, {scenario}: passed, but expected.rs lists it as not offered",
                        column.kind
                    )),
                    Err(Why::NotOffered(what)) if !listed => faults.push(format!(
                        "{}, {scenario}: not offered ({what}), but expected.rs does not list it",
                        column.kind
                    )),
                    Err(Why::Failed(why)) => faults.push(format!("{}, {scenario}: {why}", column.kind)),
                    _ => {}
                }
            }
        }
        faults.extend(expected::unknown_scenarios(&self.scenarios));
        faults
    }
}

fn word(verdict: Option<&Verdict>) -> &'static str {
    match verdict {
        None => "missing",
        Some(Ok(())) => "passed",
        Some(Err(Why::NotOffered(_))) => "not offered",
        Some(Err(Why::Failed(_))) => "FAILED",
    }
}

/// The version without what the packager added.
fn short(version: &str) -> &str {
    version.split(['-', '+']).next().unwrap_or(version)
}
