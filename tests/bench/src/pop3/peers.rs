//! Those who take mail under Node and in Chromium.

use super::judge::Got;
use super::{Account, Outcome, Taken, words};
use crate::script::Script;
use serde_json::{Value, json};
use std::fs;

/// A script that takes mail.
pub(crate) struct Peer(Script);

impl Peer {
    pub(crate) fn start(path: &str) -> Outcome<Self> {
        Script::start(path).map(Self)
    }

    /// Takes all messages of an account, as `task` says.
    pub(crate) fn take(&mut self, task: &Value, account: &Account, judged: bool) -> Outcome<Taken> {
        let mut task = task.clone();
        for (name, value) in [
            ("port", json!(account.port)),
            ("user", json!(account.user)),
            ("password", json!(account.password)),
            ("count", json!(account.count)),
            ("judged", json!(judged)),
        ] {
            task[name] = value;
        }
        let answer = self.ask(&task)?;
        if answer["messages"] != json!(account.count) {
            return Err(format!("{task}: {answer}"));
        }
        let number = |name: &str| answer[name].as_f64();
        let ms = number("ms").ok_or_else(|| format!("{task}: {answer}"))?;
        Ok(Taken { ms, cpu_ms: number("cpuMs"), got: got(&answer)? })
    }

    pub(crate) fn ask(&mut self, task: &Value) -> Outcome<Value> {
        self.0.ask(task)
    }
}

/// Digests stand in the answer; messages in a file, each behind its length.
fn got(answer: &Value) -> Outcome<Option<Got>> {
    if let Some(digests) = answer["digests"].as_array() {
        let digests = digests.iter().filter_map(Value::as_str).map(str::to_owned);
        return Ok(Some(Got::Digests(digests.collect())));
    }
    let Some(path) = answer["file"].as_str() else { return Ok(None) };
    let octets = fs::read(path).map_err(words)?;
    fs::remove_file(path).map_err(words)?;
    let (mut messages, mut rest) = (Vec::new(), octets.as_slice());
    while let Some((length, after)) = rest.split_first_chunk() {
        let (message, after) =
            after.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or("a message is cut off")?;
        messages.push(message.to_vec());
        rest = after;
    }
    Ok(Some(Got::Messages(messages)))
}
