//! Taking POP3 answers apart from memory: framing, grammar and connection machine, with events taken out.

use super::Outcome;
use super::table::Figures;
use std::fmt::Write as _;
use std::time::Instant;
use waypost_pop3::{Client, Command, Event, Options};
use waypost_wire::{Input, Machine as _, Output, Secret, Timestamp};

const ROUNDS: usize = 7;
/// What a driver gets from a socket in one read.
const CHUNK: usize = 64 * 1024;
const NOW: Timestamp = Timestamp::from_millis(1);

/// What is asked, what the server sends for all of it, and how many events or octets must come out.
struct Set {
    name: &'static str,
    commands: Vec<Command>,
    /// Messages or ids.
    count: u32,
    answers: Vec<u8>,
    expected: usize,
}

pub(crate) fn run() -> Outcome<Vec<Figures>> {
    let sets = [messages(10_000), ids(100_000)];
    let mut rows = Vec::new();
    for set in &sets {
        let mut runs = Vec::new();
        for _ in 0..ROUNDS {
            let mut client = signed_in();
            for command in &set.commands {
                client.enqueue(command.clone());
            }
            drain(&mut client);
            let start = Instant::now();
            let came = receive(&mut client, &set.answers);
            runs.push((start.elapsed().as_secs_f64() * 1e3, None));
            if came != set.expected {
                return Err(format!("{came} of {} came out of '{}'", set.expected, set.name));
            }
        }
        rows.push(Figures::new(set.name, "machine", &runs, (set.count, set.answers.len()), String::new()));
    }
    Ok(rows)
}

/// Full messages of 8 KiB, one line in ten begins with a dot.
fn messages(count: u32) -> Set {
    let mut message = b"+OK 8192 octets\r\n".to_vec();
    for line in 0..105 {
        message.extend_from_slice(if line % 10 == 0 { b".." } else { b"a" });
        message.resize(message.len() + 75, b'x');
        message.extend_from_slice(b"\r\n");
    }
    message.extend_from_slice(b".\r\n");
    let octets = message.len() - b"+OK 8192 octets\r\n".len() - b".\r\n".len() - 11;
    Set {
        name: "RETR, in memory",
        count,
        commands: (1..=count).map(Command::Retr).collect(),
        answers: message.repeat(count as usize),
        expected: octets * count as usize,
    }
}

/// One listing of ids.
fn ids(count: u32) -> Set {
    let mut answers = String::from("+OK\r\n");
    for number in 1..=count {
        // Writing to a String does not fail.
        let _ = write!(answers, "{number} {number:08x}6741a5f3\r\n");
    }
    answers.push_str(".\r\n");
    Set {
        name: "UIDL, in memory",
        count,
        commands: vec![Command::Uidl(None)],
        answers: answers.into_bytes(),
        expected: count as usize,
    }
}

fn signed_in() -> Client {
    let mut client = Client::new(Options::default());
    client.enqueue(Command::Capa);
    client
        .enqueue(Command::Auth { mechanism: "EXTERNAL".to_owned(), initial: Some(Secret::new(Vec::new())) });
    for answer in [b"+OK\r\n".as_slice(), b"+OK\r\nPIPELINING\r\n.\r\n", b"+OK\r\n"] {
        receive(&mut client, answer);
    }
    client
}

/// Octets of messages and ids that came out.
fn receive(client: &mut Client, octets: &[u8]) -> usize {
    let mut came = 0;
    for chunk in octets.chunks(CHUNK) {
        client.handle(NOW, Input::Bytes(chunk));
        came += drain(client);
    }
    came
}

fn drain(client: &mut Client) -> usize {
    let mut came = 0;
    loop {
        match client.poll(NOW) {
            Output::Event(Event::Part { data, .. }) => came += data.len(),
            Output::Event(Event::UniqueId { .. }) => came += 1,
            Output::Wait(_) => return came,
            _ => {}
        }
    }
}
