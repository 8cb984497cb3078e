//! The same scenarios on five kinds of real IMAP servers, through the native client. What a server can't do is listed by name in
//! `expected.rs`, so that nothing is skipped in silence; a table of all of it is printed and written to `target/servers.md`.
//!
//! A new scenario is a function in a file of `scenarios/` and a row in that file's table.

mod client;
mod expected;
mod messages;
mod scenarios;
mod stage;
mod table;
mod verdict;

use client::Heard;
use scenarios::Scenario;
use stage::Stage;
use std::time::Duration;
use table::{Column, Table};
use tokio::time::timeout;
use verdict::{Verdict, Why};
use waypost_testkit::servers::{ImapServer, Kind, required};

#[test]
fn every_scenario_holds_on_every_server_or_is_listed_as_not_offered() {
    // A thread for each server: what goes past the client under test blocks.
    let running = Kind::ALL.map(|kind| std::thread::spawn(move || column(kind)));
    let columns = running.map(|thread| thread.join().expect("the scenarios of a server run to their end"));
    let table = Table {
        scenarios: scenarios::all().map(|scenario| scenario.name).collect(),
        columns: columns.into(),
    };
    table.show();
    let faults = table.faults();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Starts a server and runs every scenario on it.
fn column(kind: Kind) -> Column {
    let server = match ImapServer::start(kind) {
        Ok(server) => server,
        Err(error) => {
            let fatal = required() || !error.is_missing();
            let missing = Some((error.to_string(), fatal));
            return Column {
                kind,
                version: String::new(),
                missing,
                verdicts: Vec::new(),
                heard: Heard::default(),
            };
        }
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime is made");
    let stage = Stage::new(&server);
    let verdicts = scenarios::all().map(|scenario| runtime.block_on(verdict(scenario, &stage))).collect();
    Column { kind, version: server.version().to_owned(), missing: None, verdicts, heard: stage.heard() }
}

async fn verdict(scenario: &Scenario, stage: &Stage<'_>) -> Verdict {
    let verdict = timeout(PATIENCE, (scenario.run)(stage)).await;
    verdict.unwrap_or_else(|_| Err(Why::Failed("it did not end in time".to_owned())))
}

/// For one scenario on one server; Courier answers a wrong password after 5 s.
const PATIENCE: Duration = Duration::from_secs(90);
