//! Benchmarks beside the peers, and a fuzzer of the protocol machines.
//!
//! ```text
//! waypost-bench imap                   parses IMAP responses, beside other Rust parsers
//! waypost-bench pop3 [COUNT [WHO...]]  takes all mail of a maildrop, beside the limit, other libraries and programs
//! waypost-bench gateway [--quick] [SET...] [RELAY...]
//!                                      relays octets through the gateway, beside other relays
//! waypost-bench limit ADDRESS USER COMMAND
//!                                      asks an IMAP server and reads the answer, for `make bench-js`
//! waypost-bench fuzz SECONDS [SEED]    mutates transcripts against each machine; SEED is a number or "clock"
//! waypost-bench fuzz WHO HEX           runs one input again
//! waypost-bench fuzz seeds FOLDER      writes what `tests/fuzz` begins with
//! ```
//! Each prints a table and writes the rows to `target/bench/NAME.json`.

mod fuzz;
mod gateway;
mod imap;
mod js;
mod parsers;
mod pop3;
mod report;
mod requests;
mod script;
mod server;
mod transcript;

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["imap"] => imap::run().map_err(|error| error.to_string()),
        ["pop3", short @ ..] => pop3::run(short),
        ["gateway", some @ ..] => gateway::run(some),
        ["fuzz", rest @ ..] => fuzz::run(rest),
        ["limit", address, user, command] => js::limit(address, user, command),
        ["serve", role, argument] => server::serve(role, argument),
        _ => {
            Err("waypost-bench: imap | pop3 [COUNT [WHO...]] | gateway [--quick] [SET...] [RELAY...] | fuzz SECONDS [SEED] | fuzz WHO HEX".to_owned())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Nothing can be said where standard error is closed.
            let _ = writeln!(std::io::stderr(), "{why}");
            ExitCode::FAILURE
        }
    }
}
