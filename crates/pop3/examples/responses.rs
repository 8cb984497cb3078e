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
    run(std::env::args().skip(1), &mut BufWriter::new(io::stdout().lock()))
}

fn run(mut words: impl Iterator<Item = String>, out: &mut impl Write) -> ExitCode {
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
    for file in &files {
        if let Err(error) = report(file, &command, &has, out) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &[&str]) -> (ExitCode, String) {
        let mut out = Vec::new();
        let code = run(words.iter().map(|word| (*word).to_owned()), &mut out);
        (code, String::from_utf8(out).expect("is text"))
    }

    #[test]
    fn each_file_is_a_line_of_json_and_one_that_is_missing_ends_it() {
        let folder = std::env::temp_dir().join(format!("waypost-responses-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("is made");
        let file = |name: &str| folder.join(name).to_str().expect("is text").to_owned();
        let (good, bad, missing) = (file("good"), file("bad"), file("missing"));
        std::fs::write(&good, "+OK\r\na\r\n..b\r\n.\r\n-ERR no such message\r\n").expect("is written");
        std::fs::write(&bad, "+OK\r\nno end").expect("is written");

        let (code, lines) = said(&["--command", "retr", &good, &bad]);
        assert_eq!(code, ExitCode::SUCCESS);
        let lines: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).expect("is JSON")).collect();
        let [first, second] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!((&first["file"], &first["command"]), (&good.as_str().into(), &"retr".into()));
        let counts = |line: &serde_json::Value| {
            ["responses", "typed", "lost", "body"].map(|name| line[name].as_u64().expect("is a number"))
        };
        assert_eq!(counts(first), [2, 2, 0, 7], "{first}");
        assert_eq!(counts(second)[..2], [1, 0], "{second}");

        let (code, lines) = said(&["--command", "retr", &missing, &good]);
        assert_eq!((code, lines.as_str()), (ExitCode::FAILURE, ""));
        assert_eq!(said(&["--command", "no-such-command", &good]).0, ExitCode::from(2));
        std::fs::remove_dir_all(&folder).expect("is removed");
    }
}
