//! What runs under Node and in Chromium: programs that wait for a line of JSON and answer with one.

use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A script under Node.
pub(crate) struct Script {
    child: Child,
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Script {
    pub(crate) fn start(path: &str) -> Result<Self, String> {
        let mut child = Command::new("node")
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(words)?;
        let asks = child.stdin.take();
        let answers = child.stdout.take().ok_or("node has no output")?;
        Ok(Self { child, asks, answers: BufReader::new(answers) })
    }

    pub(crate) fn ask(&mut self, task: &Value) -> Result<Value, String> {
        let asks = self.asks.as_mut().ok_or("node was stopped")?;
        writeln!(asks, "{task}").map_err(words)?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(words)?;
        let answer: Value = serde_json::from_str(&line).map_err(|_| format!("{task}: no answer: {line}"))?;
        match answer["error"].as_str() {
            Some(why) => Err(format!("{}: {why}", task["do"])),
            None => Ok(answer),
        }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // The end of its input ends it, and all that it has started.
        drop(self.asks.take());
        let _ = self.child.wait();
    }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
