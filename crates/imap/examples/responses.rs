//! Reads raw octets of IMAP servers and prints, one JSON line per file, how many responses were understood:
//!
//! `cargo run --release -p waypost-imap --example responses -- [--dump] [--faults] [--strict] FILE...`
//!
//! With `--dump` each response comes before, as the machine understood it; with `--faults` the line says which faults were
//! tolerated, with `--strict` none is.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use waypost_imap::judge::{Tally, judge};

fn main() -> ExitCode {
    let (options, files): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let has = |name: &str| options.iter().any(|option| option == name);
    if files.is_empty() || options.iter().any(|option| !OPTIONS.contains(&option.as_str())) {
        eprintln!("usage: responses [--dump] [--faults] [--strict] FILE...");
        return ExitCode::from(2);
    }
    let mut out = BufWriter::new(io::stdout().lock());
    for file in &files {
        if let Err(error) = report(file, &has, &mut out) {
            eprintln!("{file}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn report(file: &str, has: &impl Fn(&str) -> bool, out: &mut impl Write) -> io::Result<()> {
    let octets = std::fs::read(file)?;
    let mut written = Ok(());
    let tally = judge(&octets, has("--strict"), |verdict, response| {
        if has("--dump") && written.is_ok() {
            written = writeln!(out, "{verdict:?} {response:?}");
        }
    });
    written?;
    writeln!(out, "{}", json(file, &tally, has("--faults")))?;
    out.flush()
}

fn json(file: &str, tally: &Tally, with_faults: bool) -> String {
    let counts = [
        ("responses", tally.responses),
        ("typed", tally.typed),
        ("salvaged", tally.salvaged),
        ("unknown", tally.unknown),
        ("lost", tally.lost),
        ("bytes", tally.bytes),
    ];
    let mut fields = vec![format!("\"file\":{}", quoted(file))];
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
