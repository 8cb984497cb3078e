//! Parsing IMAP responses from memory, beside imap-proto and imap-codec: same octets, same run, rounds interleaved.
//!
//! Each parser turns every response into its typed form and counts it. Ours runs whole: framing, grammar and connection
//! machine, with events taken out; the peers only parse, one response after the other.

use crate::report::{Row, median, publish};
use imap_codec::ResponseCodec;
use imap_codec::decode::Decoder as _;
use std::fmt::Write as _;
use std::io;
use std::time::Instant;
use waypost_imap::{Client, Event, Options};
use waypost_wire::{Input, Machine as _, Output, Timestamp};

const ROUNDS: usize = 7;
/// What a driver gets from a socket in one read.
const CHUNK: usize = 64 * 1024;

type Parser = fn(&[u8]) -> usize;

pub(crate) fn run() -> io::Result<()> {
    let sets =
        [("envelope", envelopes(20_000)), ("structure", structures(20_000)), ("flags", flags(100_000))];
    let parsers: [(&str, Parser); 3] = [
        ("waypost-imap", waypost),
        ("imap-proto 0.17", imap_proto),
        ("imap-codec 2.0.0-alpha.10", imap_codec),
    ];
    let mut rows = Vec::new();
    for (set, (octets, expected)) in &sets {
        let mut seconds = vec![Vec::new(); parsers.len()];
        for _ in 0..ROUNDS {
            for ((who, parse), times) in parsers.iter().zip(&mut seconds) {
                let start = Instant::now();
                let count = parse(octets);
                times.push(start.elapsed().as_secs_f64());
                if count != *expected {
                    return Err(io::Error::other(format!(
                        "{who} gave {count} of {expected} responses of '{set}'"
                    )));
                }
            }
        }
        for ((who, _), times) in parsers.iter().zip(seconds) {
            let middle = median(times);
            rows.push(Row::new(set, who, "responses/s", *expected as f64 / middle));
            rows.push(Row::new(set, who, "MB/s", octets.len() as f64 / 1e6 / middle));
        }
    }
    publish("imap", &rows)
}

fn waypost(octets: &[u8]) -> usize {
    let now = Timestamp::default();
    let mut client = Client::new(Options::default());
    let mut count = 0;
    let mut drain = |client: &mut Client| {
        loop {
            match client.poll(now) {
                Output::Event(Event::Response(_)) => count += 1,
                Output::Wait(_) => break,
                _ => {}
            }
        }
    };
    client.handle(now, Input::Bytes(b"* PREAUTH ready\r\n"));
    drain(&mut client);
    for chunk in octets.chunks(CHUNK) {
        client.handle(now, Input::Bytes(chunk));
        drain(&mut client);
    }
    count
}

fn imap_proto(mut octets: &[u8]) -> usize {
    let mut count = 0;
    while let Ok((rest, response)) = imap_proto::Response::parse(octets) {
        std::hint::black_box(response);
        octets = rest;
        count += 1;
    }
    count
}

fn imap_codec(mut octets: &[u8]) -> usize {
    let codec = ResponseCodec::default();
    let mut count = 0;
    while let Ok((rest, response)) = codec.decode(octets) {
        std::hint::black_box(response);
        octets = rest;
        count += 1;
    }
    count
}

const ENVELOPE: &str = r#"ENVELOPE ("Tue, 24 Nov 2026 09:15:00 +0100" "Re: the timetable for the north path" (("Robin Holt" NIL "robin" "waypost.example")) (("Robin Holt" NIL "robin" "waypost.example")) (("Robin Holt" NIL "robin" "waypost.example")) (("Kim Ode" NIL "kim" "waypost.example")("Ana Sol" NIL "ana" "orchard.example")) NIL NIL "<20261123@orchard.example>" "<20261124@waypost.example>")"#;
const STRUCTURE: &str = r#"BODYSTRUCTURE (("text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable" 1520 41 NIL NIL NIL NIL)("text" "html" ("charset" "utf-8") NIL NIL "quoted-printable" 6120 140 NIL NIL NIL NIL) "alternative" ("boundary" "=_a1") NIL NIL NIL)"#;

fn envelopes(count: usize) -> (Vec<u8>, usize) {
    lines(count, |line, number| {
        write!(
            line,
            "* {number} FETCH (UID {} FLAGS (\\Seen) INTERNALDATE \"24-Nov-2026 09:15:02 +0100\" RFC822.SIZE {} {ENVELOPE})",
            number + 7,
            4000 + number % 900
        )
    })
}

fn structures(count: usize) -> (Vec<u8>, usize) {
    lines(count, |line, number| write!(line, "* {number} FETCH (UID {} {STRUCTURE})", number + 7))
}

fn flags(count: usize) -> (Vec<u8>, usize) {
    lines(count, |line, number| {
        write!(line, "* {number} FETCH (UID {} FLAGS (\\Seen \\Answered))", number + 7)
    })
}

fn lines(count: usize, write: impl Fn(&mut String, usize) -> std::fmt::Result) -> (Vec<u8>, usize) {
    let mut octets = String::new();
    for number in 1..=count {
        // Writing to a String does not fail.
        let _ = write(&mut octets, number);
        octets.push_str("\r\n");
    }
    (octets.into_bytes(), count)
}
