//! Reads raw octets of POP3 servers, the answers to one kind of command after the other, and prints, one JSON line per file, how
//! many were understood:
//!
//! `cargo run --release -p waypost-pop3 --example responses -- --command NAME [--dump] [--faults] [--strict] FILE...`
//!
//! NAME is such as `retr`, `uidl` or `list-one`. With `--dump` each answer comes before, as the machine understood it; with
//! `--faults` the line says which faults were tolerated, with `--strict` none is.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use waypost_pop3::judge::{COMMANDS, Tally, judge};

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).peekable();
    let (mut options, mut files, mut command) = (Vec::new(), Vec::new(), None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--command" => command = words.next(),
            option if option.starts_with("--") => options.push(word),
            _ => files.push(word),
        }
    }
    let has = |name: &str| options.iter().any(|option| option == name);
    let command = command.filter(|command| COMMANDS.contains(&command.as_str()));
    let known = options.iter().all(|option| OPTIONS.contains(&option.as_str()));
    let (Some(command), false, true) = (command, files.is_empty(), known) else {
        eprintln!("usage: responses --command NAME [--dump] [--faults] [--strict] FILE...");
        eprintln!("NAME is one of {}", COMMANDS.join(", "));
        return ExitCode::from(2);
    };
    let mut out = BufWriter::new(io::stdout().lock());
    for file in &files {
        if let Err(error) = report(file, &command, &has, &mut out) {
            eprintln!("{file}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn report(file: &str, command: &str, has: &impl Fn(&str) -> bool, out: &mut impl Write) -> io::Result<()> {
    let octets = std::fs::read(file)?;
    let mut written = Ok(());
    let tally = judge(&octets, command, has("--strict"), |verdict, answer| {
        if has("--dump") && written.is_ok() {
            written = writeln!(out, "{verdict:?} {answer:?}");
        }
    });
    written?;
    let tally = tally.unwrap_or_default();
    writeln!(out, "{}", json(file, command, &tally, has("--faults")))?;
    out.flush()
}

fn json(file: &str, command: &str, tally: &Tally, with_faults: bool) -> String {
    let counts = [
        ("responses", tally.responses as u64),
        ("typed", tally.typed as u64),
        ("salvaged", tally.salvaged as u64),
        ("unknown", tally.unknown as u64),
        ("lost", tally.lost as u64),
        ("bytes", tally.bytes as u64),
        ("body", tally.body),
    ];
    let mut fields = vec![format!("\"file\":{}", quoted(file)), format!("\"command\":{}", quoted(command))];
    fields.extend(counts.map(|(name, count)| format!("\"{name}\":{count}")));
    if with_faults {
        let faults: Vec<String> =
            tally.faults.iter().map(|(row, count)| format!("{}:{count}", quoted(row.name))).collect();
        fields.push(format!("\"faults\":{{{}}}", faults.join(",")));
    }
    format!("{{{}}}", fields.join(","))
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let inner: String = text
        .chars()
        .map(|character| match character {
            '"' | '\\' => format!("\\{character}"),
            control if control.is_control() => format!("\\u{:04x}", u32::from(control)),
            other => other.to_string(),
        })
        .collect();
    format!("\"{inner}\"")
}

const OPTIONS: [&str; 3] = ["--dump", "--faults", "--strict"];
