//! The same scenarios on four kinds of real POP3 servers, through the native client. What a server can't do is listed by name in
//! `expected.rs`, so that nothing is skipped in silence; a table of all of it is printed and written to `target/servers-pop3.md`.
//!
//! A new scenario is a function in a file of `scenarios/` and a row in that file's table.

mod client;
mod expected;
mod scenarios;
mod stage;
#[path = "../imap_servers/table.rs"]
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
fn every_scenario_of_pop3_holds_on_every_server_or_is_listed_as_not_offered() {
    // A thread for each server: what goes past the client under test blocks.
    let kinds = Kind::ALL.into_iter().filter(|kind| kind.has_pop3());
    let running: Vec<_> = kinds.map(|kind| std::thread::spawn(move || column(kind))).collect();
    let columns =
        running.into_iter().map(|thread| thread.join().expect("the scenarios of a server run to their end"));
    let table = Table {
        scenarios: scenarios::all().map(|scenario| scenario.name).collect(),
        columns: columns.collect(),
    };
    table.show();
    let faults = table.faults();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Starts a server and runs every scenario on it.
fn column(kind: Kind) -> Column {
    let missing = |why: String, fatal| {
        let (version, verdicts, heard) = (String::new(), Vec::new(), Heard::default());
        Column { kind, version, missing: Some((why, fatal)), verdicts, heard }
    };
    let server = match ImapServer::start(kind) {
        Ok(server) if server.pop3_port().is_some() => server,
        Ok(_) => return missing("its POP3 can't run here".to_owned(), required()),
        Err(error) => return missing(error.to_string(), required() || !error.is_missing()),
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
