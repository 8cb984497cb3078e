//! What came, beside what was served.

use super::mail::{digest, message, stuffed};
use std::collections::BTreeSet;

/// What a client handed out.
pub(crate) enum Got {
    /// The messages.
    Messages(Vec<Vec<u8>>),
    /// SHA-256 of each, in hex.
    Digests(Vec<String>),
}

/// Says `exact`, `altered (how)` where the message is still what its author wrote, or `wrong (how)`.
pub(crate) fn judge(got: &Got, count: u32) -> String {
    let served = (1..=count).map(|number| digest(&message(number)));
    let came: BTreeSet<String> = match got {
        Got::Messages(messages) => messages.iter().map(|one| digest(one)).collect(),
        Got::Digests(digests) => digests.iter().cloned().collect(),
    };
    let length = match got {
        Got::Messages(messages) => messages.len(),
        Got::Digests(digests) => digests.len(),
    };
    if length != count as usize {
        return format!("wrong ({length} messages of {count})");
    }
    if served.clone().all(|one| came.contains(&one)) {
        return EXACT.to_owned();
    }
    match got {
        Got::Messages(messages) => changes(messages),
        Got::Digests(_) => "wrong".to_owned(),
    }
}

/// The word for octets that are those of the server.
pub(crate) const EXACT: &str = "exact";

/// The first set of changes that explains all messages.
fn changes(messages: &[Vec<u8>]) -> String {
    let all = |changes: &[usize]| messages.iter().all(|one| explains(changes, one).unwrap_or(false));
    let sets = (1..1_usize << CHANGES.len()).map(|bits| -> Vec<usize> {
        (0..CHANGES.len()).filter(|change| bits & (1 << change) != 0).collect()
    });
    let mut sets: Vec<Vec<usize>> = sets.collect();
    sets.sort_by_key(Vec::len);
    let Some(found) = sets.iter().find(|set| all(set)) else { return "wrong".to_owned() };
    let found = || found.iter().filter_map(|change| CHANGES.get(*change));
    let names: Vec<&str> = found().map(|change| change.name).collect();
    let verdict = if found().all(|change| change.harmless) { "altered" } else { "wrong" };
    format!("{verdict} ({})", names.join(", "))
}

/// Whether these changes make of the message that was served the one that came.
fn explains(changes: &[usize], came: &[u8]) -> Option<bool> {
    let id = memchr::memmem::find(came, b"Message-ID: <")?;
    let number = came.get(id + b"Message-ID: <".len()..)?.split(|octet| *octet == b'.').next()?;
    let number = std::str::from_utf8(number).ok()?.parse().ok()?;
    let (mut served, mut came) = (message(number), came.to_vec());
    for change in changes.iter().filter_map(|change| CHANGES.get(*change)) {
        match change.what {
            What::Served(make) => served = make(&served),
            What::Came(undo) => came = undo(&came),
        }
    }
    Some(served == came)
}

struct Change {
    name: &'static str,
    /// The author's message can be had again.
    harmless: bool,
    what: What,
}

enum What {
    /// Does it to what was served.
    Served(fn(&[u8]) -> Vec<u8>),
    /// Undoes it in what came.
    Came(fn(&[u8]) -> Vec<u8>),
}

const CHANGES: [Change; 5] = [
    Change { name: "Received line added", harmless: true, what: What::Came(without_received) },
    Change { name: "empty line added", harmless: true, what: What::Came(without_empty_line) },
    Change { name: "dots left stuffed", harmless: false, what: What::Served(stuffed) },
    Change { name: "last line end missing", harmless: false, what: What::Served(without_last_line_end) },
    Change { name: "CRLF became LF", harmless: true, what: What::Served(with_line_feeds) },
];

fn with_line_feeds(message: &[u8]) -> Vec<u8> {
    let mut octets = message.iter().copied().peekable();
    std::iter::from_fn(|| {
        let octet = octets.next()?;
        if octet == b'\r' { octets.next_if_eq(&b'\n').or(Some(octet)) } else { Some(octet) }
    })
    .collect()
}

fn without_last_line_end(message: &[u8]) -> Vec<u8> {
    message.strip_suffix(b"\r\n").unwrap_or(message).to_vec()
}

fn without_empty_line(message: &[u8]) -> Vec<u8> {
    let ends = [b"\r\n".as_slice(), b"\n"];
    ends.iter().find_map(|end| message.strip_suffix(*end)).unwrap_or(message).to_vec()
}

/// Without the field that stands first, if it is `Received` (RFC 5322, 3.6.7), and its folded lines.
fn without_received(message: &[u8]) -> Vec<u8> {
    let mut lines = message.split_inclusive(|octet| *octet == b'\n').peekable();
    if lines.next_if(|line| line.starts_with(b"Received:")).is_some() {
        while lines.next_if(|line| line.starts_with(b" ") || line.starts_with(b"\t")).is_some() {}
    }
    lines.flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(change: impl Fn(Vec<u8>) -> Vec<u8>) -> String {
        judge(&Got::Messages((1..=3).map(|number| change(message(number))).collect()), 3)
    }

    #[test]
    fn octets_that_came_as_they_were_served_are_exact() {
        assert_eq!(judged(|message| message), "exact");
        let digests = |last| Got::Digests([1, 2, last].map(|number| digest(&message(number))).to_vec());
        assert_eq!((judge(&digests(3), 3).as_str(), judge(&digests(4), 3).as_str()), ("exact", "wrong"));
    }

    #[test]
    fn what_can_be_undone_is_altered_and_what_cannot_is_wrong() {
        assert_eq!(judged(|message| with_line_feeds(&message)), "altered (CRLF became LF)");
        assert_eq!(
            judged(|message| [b"Received: from a\n\tby b\n", with_line_feeds(&message).as_slice()].concat()),
            "altered (Received line added, CRLF became LF)"
        );
        assert_eq!(
            judged(|message| without_last_line_end(&stuffed(&message))),
            "wrong (dots left stuffed, last line end missing)"
        );
        assert_eq!(judged(|message| message.to_ascii_uppercase()), "wrong");
        assert_eq!(judge(&Got::Messages(vec![message(1)]), 2), "wrong (1 messages of 2)");
    }
}
