//! What servers say in the transcripts of `tests/transcripts`. The format is described where they are replayed
//! (`crates/*/tests/conversations/replay.rs`).

use std::io;
use std::path::Path;

/// The servers' octets of every transcript of a protocol, in the order of the files' names.
pub(crate) fn servers(protocol: &str) -> io::Result<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../transcripts").join(protocol);
    let mut paths = folder.read_dir()?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    paths.iter().map(|path| Ok(server(&std::fs::read_to_string(path)?))).collect()
}

fn server(transcript: &str) -> Vec<u8> {
    transcript.lines().filter_map(|line| line.strip_prefix("S: ")).flat_map(octets).collect()
}

fn octets(text: &str) -> Vec<u8> {
    let (text, end) = match text.strip_suffix('\\') {
        Some(text) if !text.ends_with('\\') => (text, ""),
        _ => (text, "\r\n"),
    };
    let mut octets = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&octet, after)) = rest.split_first() {
        let (value, taken) = if octet == b'\\' { escape(after) } else { (octet, 0) };
        octets.push(value);
        rest = after.get(taken..).unwrap_or_default();
    }
    octets.extend_from_slice(end.as_bytes());
    octets
}

/// What follows a backslash: the octet, and how many characters it takes. A letter that is no escape takes none: flags begin with
/// a backslash.
fn escape(rest: &[u8]) -> (u8, usize) {
    match rest {
        [b'r', ..] => (b'\r', 1),
        [b'n', ..] => (b'\n', 1),
        [b'0', ..] => (0, 1),
        [b'\\', ..] => (b'\\', 1),
        [b'x', high, low, ..] => {
            let digit = |octet: u8| char::from(octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            digit(*high).zip(digit(*low)).map_or((b'\\', 0), |(high, low)| (high * 16 + low, 3))
        }
        _ => (b'\\', 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_octets_and_lines_have_their_ends() {
        let text = "# no\nS: a\\r\\x41\\\\\\Seen\nC: no\n> no\nS: b\\\nS: \\0\\n\\\n";
        assert_eq!(server(text), b"a\rA\\\\Seen\r\nb\0\n");
    }

    #[test]
    fn both_protocols_have_transcripts() {
        for protocol in ["imap", "pop3"] {
            let sessions = servers(protocol).expect("they are there");
            assert!(sessions.len() > 5 && sessions.iter().all(|session| !session.is_empty()), "{protocol}");
        }
    }
}
