//! Which octets of a message are what, found while they pass by.
//!
//! A message may be larger than what fits into memory. The scanner takes it piece by piece, keeps no more than one header block and
//! a boundary, and records the place of each part: so its texts can be read and its attachments be decoded without the rest.
//! The parts, damaged or not, are those that `mail-parser` finds in the whole message, with the same numbers (RFC 2045, RFC 2046).

mod header;
mod machine;
mod measure;
mod search;

use crate::decode::Encoding;
use header::{ContentKind, Described};
pub(crate) use header::{LONGEST_HEADER, close_header};
use machine::{Bounds, Machine};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What is known of the structure of a message. It is stored with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Scan {
    /// Octets of the message.
    pub total: u64,
    /// Octets of its header block, with the empty line.
    pub header: u64,
    /// Where the last part ends that is recorded. What follows is an epilogue, or parts beyond the bounds.
    pub end: u64,
    /// All parts in the order in which they stand, those of nested messages too. Empty if the octets are no message.
    pub parts: Vec<Part>,
    /// Large preambles and epilogues, which nobody reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Range<u64>>,
}

/// One part of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct Part {
    /// The index of its attachment in a view, and for [`crate::part`]. Parts of nested messages have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// The multipart or message that it stands in, as a place in [`Scan::parts`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// What it consists of.
    #[serde(skip_serializing_if = "is_default")]
    pub kind: PartKind,
    /// Its header block, with the empty line.
    pub header: Range<u64>,
    /// Its body, encoded.
    pub body: Range<u64>,
    /// Octets of the body, decoded.
    pub size: u64,
    /// Such as `image/png`, lower case. Not to be trusted.
    pub content_type: String,
    /// The declared charset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// Its transfer encoding.
    #[serde(skip_serializing_if = "is_default")]
    pub encoding: Encoding,
    /// `attachment`, `inline` or another word, lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
    /// File name, decoded, without path; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Content-ID without brackets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    /// Whether its text may be shown as the message.
    #[serde(skip_serializing_if = "is_default")]
    pub text: bool,
    /// Whether its transfer encoding has faults.
    #[serde(skip_serializing_if = "is_default")]
    pub faulty: bool,
    /// Whether the boundary that ends it is missing.
    #[serde(skip_serializing_if = "is_default")]
    pub open: bool,
}

/// What a part consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub enum PartKind {
    /// Octets.
    #[default]
    Leaf,
    /// Parts.
    Multipart,
    /// A message that is not encoded: its parts follow.
    Message,
}

impl Part {
    fn new(described: Described, header: Range<u64>, parent: Option<u32>) -> Self {
        Self {
            parent,
            body: header.end..header.end,
            header,
            content_type: described.content_type,
            charset: described.charset,
            encoding: described.encoding,
            disposition: described.disposition,
            name: described.name,
            content_id: described.content_id,
            text: matches!(
                described.kind,
                ContentKind::Undeclared | ContentKind::Readable | ContentKind::Multipart { .. }
            ),
            ..Self::default()
        }
    }

    fn is_readable(&self) -> bool {
        self.text && self.kind == PartKind::Leaf && self.disposition.as_deref() != Some("attachment")
    }
}

/// Takes a message piece by piece. However it is split, the scan is the same.
#[derive(Debug)]
pub struct Scanner {
    total: u64,
    /// The walk, and what it would be if the multipart that it waits in had no boundary; the same of that one, and so on.
    walks: Vec<Machine>,
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new()
    }
}

impl Scanner {
    /// A scanner at the beginning of a message.
    #[must_use]
    pub fn new() -> Self {
        Self { total: 0, walks: vec![Machine::new(Bounds::default())] }
    }

    /// The structure of octets that are there as a whole, with all parts.
    pub(crate) fn whole(octets: &[u8]) -> Scan {
        let all = Bounds { parts: usize::MAX, headers: u64::MAX };
        let mut scanner = Self { total: 0, walks: vec![Machine::new(all)] };
        scanner.push(octets);
        scanner.finish()
    }

    /// Takes the next octets.
    pub fn push(&mut self, octets: &[u8]) {
        let mut number = 0;
        while let Some(walk) = self.walks.get_mut(number) {
            let skipped = usize::try_from(walk.at().saturating_sub(self.total)).unwrap_or(usize::MAX);
            let waited = walk.waits_since();
            walk.push(octets.get(skipped..).unwrap_or_default());
            let waits = walk.waits_since();
            if waits.is_some() && waits == waited {
                number += 1;
                continue;
            }
            let other = walk.without_multipart();
            number += 1;
            self.walks.truncate(number);
            self.walks.extend(other);
        }
        self.total += octets.len() as u64;
    }

    /// The structure, when all octets were taken.
    #[must_use]
    pub fn finish(mut self) -> Scan {
        let waiting = self.walks.iter().take_while(|walk| walk.waits_since().is_some()).count();
        let walk = self.walks.drain(..).nth(waiting);
        let (parts, gaps, end) = walk.map_or_else(Default::default, |walk| walk.finish(self.total));
        let header = parts.first().map_or(0, |root| root.header.end);
        Scan { total: self.total, header, end, parts, gaps }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Octets that are left out only if they are more: to read a message in few pieces is faster than to read less of it.
pub(crate) const LEAST_CUT: u64 = 1024;
/// Walks at once: one for each multipart that waits for its boundary, and the last of them, to which every multipart is a text.
const MOST_WALKS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{self, reads_alike};
    use crate::samples::{Random, mutate, samples};
    use mail_parser::{MessagePart, MimeHeaders, PartType};

    fn scan(octets: &[u8]) -> Scan {
        let mut scanner = Scanner::new();
        scanner.push(octets);
        scanner.finish()
    }

    /// Its place, and that of each part with a number.
    fn places(scan: &Scan) -> Vec<(PartKind, Range<u64>, Range<u64>, bool)> {
        let numbered = scan.parts.iter().filter(|part| part.number.is_some());
        numbered.map(place).collect()
    }

    fn place(part: &Part) -> (PartKind, Range<u64>, Range<u64>, bool) {
        let body = if part.kind == PartKind::Multipart { part.body.start..0 } else { part.body.clone() };
        (part.kind, part.header.clone(), body, part.kind == PartKind::Leaf && (part.faulty || part.open))
    }

    /// The same as `mail-parser` has it.
    fn library(octets: &[u8]) -> Vec<(PartKind, Range<u64>, Range<u64>, bool)> {
        let Some(message) = oracle::message(octets) else { return Vec::new() };
        let listed = |id: &u32| message.attachments.contains(id);
        (0..).zip(&message.parts).map(|(id, part)| library_place(part, listed(&id))).collect()
    }

    fn library_place(part: &MessagePart<'_>, listed: bool) -> (PartKind, Range<u64>, Range<u64>, bool) {
        let encoded = Encoding::of(part.content_transfer_encoding());
        let kind = match &part.body {
            // The library leaves it so where it loses its way among messages in messages.
            PartType::Multipart(_) if listed => PartKind::Message,
            PartType::Multipart(_) => PartKind::Multipart,
            PartType::Message(_) if encoded == Encoding::Identity => PartKind::Message,
            _ => PartKind::Leaf,
        };
        let [header, body, end] = [part.offset_header, part.offset_body, part.offset_end].map(u64::from);
        let problem = kind == PartKind::Leaf && part.is_encoding_problem;
        (kind, header..body, body..if kind == PartKind::Multipart { 0 } else { end }, problem)
    }

    fn agrees(octets: &[u8]) {
        let found = scan(octets);
        let (mut ours, theirs) = (places(&found), library(octets));
        for (number, (ours, theirs)) in ours.iter_mut().zip(&theirs).enumerate() {
            let part = found.part(u32::try_from(number).expect("few")).expect("it is there");
            // Whether an encoded message can be read is not known before it is decoded; a nested one without a header is none.
            if part.content_type.starts_with("message/") && theirs.0 == PartKind::Leaf {
                (ours.0, ours.3) = (theirs.0, theirs.3);
            }
        }
        assert_eq!(ours, theirs, "{}", String::from_utf8_lossy(octets));
    }

    #[test]
    fn parts_are_those_of_the_library() {
        samples().iter().for_each(|sample| agrees(sample));
    }

    #[test]
    fn parts_of_damaged_messages_are_those_of_the_library() {
        for sample in samples() {
            for end in 0..sample.len() {
                agrees(&sample[..end]);
            }
        }
        let mut random = Random(0x5ca9_0001);
        let samples = samples();
        let mut broken = 0;
        for round in 0..ROUNDS {
            let mut octets = samples[round % samples.len()].clone();
            mutate(&mut octets, &mut random);
            if reads_alike(&octets) {
                agrees(&octets);
            } else {
                broken += 1;
            }
        }
        assert!(broken < ROUNDS / 100, "{broken}");
    }

    #[test]
    fn any_split_gives_the_same_scan() {
        let mut random = Random(0x5ca9_0002);
        let samples = samples();
        for round in 0..ROUNDS / 4 {
            let mut octets = samples[round % samples.len()].clone();
            if round >= samples.len() {
                mutate(&mut octets, &mut random);
            }
            let whole = scan(&octets);
            let sizes = [1, 2, 3 + random.next(9), 20 + random.next(100)];
            for size in sizes {
                let mut scanner = Scanner::new();
                octets.chunks(size).for_each(|chunk| scanner.push(chunk));
                assert_eq!(scanner.finish(), whole, "by {size}: {}", String::from_utf8_lossy(&octets));
            }
        }
    }

    #[test]
    fn a_header_without_end_is_not_kept() {
        let field = "X-Long: 0123456789 0123456789 0123456789\r\n".repeat(50_000);
        let octets = format!("Content-Type: text/html\r\n{field}Content-Type: image/png\r\n\r\n<b>x</b>\r\n");
        let found = scan(octets.as_bytes());
        let body = octets.find("<b>").expect("it is there") as u64;
        assert_eq!((found.header, found.parts[0].body.clone()), (body, body..octets.len() as u64));
        assert_eq!(found.parts[0].content_type, "text/html", "only the first octets are read");
    }

    #[test]
    fn a_tower_of_messages_is_cut() {
        for level in [
            "Content-Type: message/rfc822\r\n\r\n",
            "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n",
        ] {
            let parts = scan(level.repeat(1_009).as_bytes()).parts;
            let leaf = parts.last().expect("the last level");
            let levels = parts.iter().filter(|part| part.kind != PartKind::Leaf).count();
            assert_eq!((levels, leaf.kind), (1_000, PartKind::Leaf), "{level}");
            assert_eq!(leaf.content_type, "application/octet-stream");
        }
    }

    #[test]
    fn no_more_parts_are_recorded_than_the_bound() {
        let part = "--b\r\nContent-Type: image/png\r\n\r\nx\r\n".repeat(12_000);
        let octets = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{part}--b--\r\n");
        let found = scan(octets.as_bytes());
        assert_eq!(found.parts.len(), 10_000);
        assert!(found.end < found.total && found.total == octets.len() as u64);
    }

    #[test]
    fn multiparts_without_any_boundary_are_followed_up_to_a_bound() {
        let mut octets = "Content-Type: multipart/mixed; boundary=a\n\n".to_owned();
        for number in 0..MOST_WALKS + 3 {
            octets += &format!("--a\nContent-Type: multipart/mixed; boundary=never{number}\n\nwords\n");
        }
        octets += "--a\nContent-Type: image/png\n\nx\n--a--\n";
        agrees(octets.as_bytes());
        let mut scanner = Scanner::new();
        octets.as_bytes().chunks(1).for_each(|octet| scanner.push(octet));
        assert!(scanner.walks.len() <= MOST_WALKS);
        assert_eq!(scanner.finish(), scan(octets.as_bytes()));
    }

    #[test]
    fn behind_multiparts_without_any_boundary_a_whole_one_is_the_same_however_it_is_split() {
        for never in 0..MOST_WALKS + 2 {
            let mut octets = "Content-Type: multipart/mixed; boundary=a\n\n".to_owned();
            for number in 0..never {
                octets += &format!("--a\nContent-Type: multipart/mixed; boundary=never{number}\n\nwords\n");
            }
            octets += "--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n--a--\n";
            let whole = scan(octets.as_bytes());
            for size in [1, 7, 50] {
                let mut scanner = Scanner::new();
                octets.as_bytes().chunks(size).for_each(|chunk| scanner.push(chunk));
                assert_eq!(scanner.finish(), whole, "{never} by {size}");
            }
            let is_followed = whole.parts.last().is_some_and(|part| part.text && part.size == 3);
            assert_eq!(is_followed, never < MOST_WALKS - 1, "{never}");
        }
    }

    #[test]
    fn an_empty_text_behind_a_missing_boundary_does_not_look_at_the_end_of_the_piece() {
        let octets = b"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=never\n\
            Content-Transfer-Encoding: base64\n\n--a\n\nx\n--a--";
        let whole = scan(octets);
        let mut scanner = Scanner::new();
        octets.chunks(1).for_each(|octet| scanner.push(octet));
        assert_eq!(scanner.finish(), whole);
        assert!(!whole.parts[1].faulty);
    }

    #[test]
    fn a_stored_scan_reads_back() {
        for sample in samples() {
            let found = scan(&sample);
            let json = serde_json::to_string(&found).expect("a scan is JSON");
            assert_eq!(serde_json::from_str::<Scan>(&json).expect("it reads back"), found);
        }
    }

    /// Enough for a debug build to take seconds.
    const ROUNDS: usize = 20_000;
}
