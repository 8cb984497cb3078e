//! Parsing IMAP responses from memory, beside imap-proto and imap-codec and in wasm under Node: same octets, same run, rounds
//! interleaved. Ratios are medians of the ratios within a round.

use crate::parsers::PARSERS;
use crate::report::{Row, median, publish};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;
use waypost_bench::{Set, sets};

const ROUNDS: usize = 9;
const WASM: &str = "waypost-wasm";

/// Seconds of each round, by who took them.
type Times = BTreeMap<&'static str, Vec<f64>>;

pub(crate) fn run() -> io::Result<()> {
    let sets = sets();
    let mut node = Node::start(&sets)?;
    let mut rows = Vec::new();
    for set in &sets {
        let mut times = Times::new();
        // The first round warms up caches and the wasm compiler.
        for round in 0..=ROUNDS {
            for (who, seconds) in one_round(set, &mut node)? {
                if round > 0 {
                    times.entry(who).or_default().push(seconds);
                }
            }
        }
        rows.extend(measured(set, &times));
        rows.extend(ratios(set, &times));
    }
    node.stop()?;
    rows.extend(allocations()?);
    publish("imap", &rows)
}

fn one_round(set: &Set, node: &mut Node) -> io::Result<Vec<(&'static str, f64)>> {
    let mut times = Vec::new();
    for parser in PARSERS.iter().filter(|parser| parser.takes(set)) {
        let start = Instant::now();
        let (count, sum) = (parser.parse)(&set.octets);
        times.push((parser.who, start.elapsed().as_secs_f64()));
        let parses = !parser.who.starts_with("mem");
        if parses && (count != set.responses || sum.is_some_and(|sum| sum != set.sum)) {
            let expected = set.responses;
            let why = format!("{} gave {count} of {expected} responses of set {}", parser.who, set.name);
            return Err(io::Error::other(why));
        }
    }
    times.push((WASM, node.parse(set)?));
    Ok(times)
}

fn measured(set: &Set, times: &Times) -> Vec<Row> {
    let mut rows = Vec::new();
    for (who, seconds) in times {
        let middle = median(seconds.clone());
        rows.push(Row::new(set.name, who, "ms", middle * 1e3));
        rows.push(Row::new(set.name, who, "MB_per_s", set.octets.len() as f64 / 1e6 / middle));
        rows.push(Row::new(set.name, who, "responses_per_s", f64::from(set.responses) / middle));
    }
    rows
}

/// How many times as fast ours is as the others in the same round; for C, how many times the time of a copy it takes.
fn ratios(set: &Set, times: &Times) -> Vec<Row> {
    let ratio = |slow: &str, fast: &str| {
        let (slow, fast) = (times.get(slow)?, times.get(fast)?);
        Some(median(slow.iter().zip(fast).map(|(slow, fast)| slow / fast).collect()))
    };
    let rows = [
        ("waypost", "times imap-codec", ratio("imap-codec", "waypost")),
        ("waypost", "times imap-proto", ratio("imap-proto", "waypost")),
        (WASM, "times imap-codec", ratio("imap-codec", WASM)),
        ("waypost", "of memcpy", ratio("waypost", "memcpy")),
        ("waypost", "of memcpy into pieces", ratio("waypost", "memcpy into pieces")),
    ];
    rows.into_iter()
        .filter_map(|(who, metric, value)| Some(Row::new(set.name, who, metric, value?)))
        .collect()
}

/// What the program beside this one counts.
fn allocations() -> io::Result<Vec<Row>> {
    let program = std::env::current_exe()?.with_file_name("waypost-allocations");
    let output = Command::new(&program).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let row = |line: &str| {
        let (set, rest) = line.split_once(' ')?;
        let mut words = rest.rsplitn(3, ' ');
        let (responses, count): (f64, f64) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Row::new(set, words.next()?, "allocations_per_response", count / responses))
    };
    Ok(text.lines().filter_map(row).collect())
}

/// The same code in wasm: a Node that waits for the name of a set.
struct Node {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Node {
    fn start(sets: &[Set]) -> io::Result<Self> {
        let folder = Path::new("target/bench/sets");
        fs::create_dir_all(folder)?;
        for set in sets {
            fs::write(folder.join(set.name), &set.octets)?;
        }
        let mut child = Command::new("node")
            .arg("tests/bench/wasm.mjs")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (asks, answers) = pipes.ok_or_else(|| io::Error::other("node has no pipes"))?;
        Ok(Self { child, asks, answers: BufReader::new(answers) })
    }

    /// Seconds that it took.
    fn parse(&mut self, set: &Set) -> io::Result<f64> {
        writeln!(self.asks, "{}", set.name)?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let mut words = line.split_ascii_whitespace().map(str::parse::<f64>);
        let mut next = || words.next().and_then(Result::ok).ok_or_else(|| io::Error::other(line.clone()));
        let (milliseconds, responses, sum) = (next()?, next()?, next()?);
        if responses != f64::from(set.responses) || sum != set.sum as f64 {
            return Err(io::Error::other(format!("{WASM} gave {responses} responses of set {}", set.name)));
        }
        Ok(milliseconds / 1e3)
    }

    fn stop(mut self) -> io::Result<()> {
        drop(self.asks);
        self.child.wait().map(drop)
    }
}
