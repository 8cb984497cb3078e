//! How fast a message is scanned: a line per kind of message, milliseconds per mebibyte.

use std::io::{Result, Write, stdout};
use std::time::Instant;
use waypost_message::Scanner;

fn main() -> Result<()> {
    let line = "VGhlIGxpZ2h0aG91c2Uga2VlcGVyIG5vdGVzIGVhY2ggc2hpcCB0aGF0IHBhc3NlcyBieSBu\r\n";
    let quoted = "The lighthouse keeper notes each ship, caf=C3=A9 or not, that passes by=\r\n";
    for (name, encoding, line) in [
        ("base64", "base64", line),
        ("quoted-printable", "quoted-printable", quoted),
        ("text", "8bit", quoted),
    ] {
        let message = message(encoding, line);
        let best = (0..ROUNDS).map(|_| scan(&message)).fold(f64::INFINITY, f64::min);
        let mebibytes = message.len() as f64 / f64::from(1 << 20);
        writeln!(stdout(), "{name}: {:.3} ms per MiB", best / mebibytes)?;
    }
    Ok(())
}

/// A text, and an attachment of 4 MiB.
fn message(encoding: &str, line: &str) -> Vec<u8> {
    let body = line.repeat((4 << 20) / line.len());
    format!(
        "Subject: x\r\nContent-Type: multipart/mixed; boundary=\"=_b0undary\"\r\n\r\n--=_b0undary\r\n\r\nwords\r\n--=_b0undary\r\n\
         Content-Type: application/x\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n--=_b0undary--\r\n"
    )
    .into_bytes()
}

/// Milliseconds, in pieces as they come from a network.
fn scan(message: &[u8]) -> f64 {
    let started = Instant::now();
    let mut scanner = Scanner::new();
    message.chunks(16 * 1024).for_each(|piece| scanner.push(piece));
    let scan = scanner.finish();
    assert_eq!(scan.parts.len(), 3, "a multipart of two");
    started.elapsed().as_secs_f64() * 1000.0
}

const ROUNDS: usize = 40;
