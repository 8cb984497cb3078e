//! A message without its attachments, for reading it from a few ranges.
//!
//! All header blocks, boundaries and texts stay; bodies of attachments are left out. The same parts with the same numbers are
//! found in what is left.

use crate::scan::{LEAST_CUT, LONGEST_HEADER, close_header};
use crate::{Encoding, MessageView, Part, PartKind, Scan, Summary, summary, view};
use std::ops::Range;

/// Octets that are left out.
#[derive(Debug)]
struct Cut {
    range: Range<u64>,
    /// What stands in their place.
    fill: Fill,
}

#[derive(Debug, Clone, Copy)]
enum Fill {
    Nothing,
    /// The rest of a header block that began there.
    Header(u64),
    /// The rest of a text that began there; the fault of its encoding.
    Text(u64, &'static [u8]),
}

impl Scan {
    /// The octets that a view needs, ascending: at most `limit` of each text, and four times this of all.
    #[must_use]
    pub fn ranges_for_view(&self, limit: u64) -> Vec<Range<u64>> {
        kept(&self.cuts(limit, LEAST_CUT), self.total)
    }

    /// Whether a text is cut by this limit.
    #[must_use]
    pub fn is_text_cut(&self, limit: u64) -> bool {
        self.cuts(limit, LEAST_CUT)
            .iter()
            .any(|cut| matches!(cut.fill, Fill::Text(start, _) if start < cut.range.start || limit == 0))
    }

    /// The part with a number.
    #[must_use]
    pub fn part(&self, number: u32) -> Option<&Part> {
        self.parts.iter().find(|part| part.number == Some(number))
    }

    fn cuts(&self, limit: u64, least: u64) -> Vec<Cut> {
        if self.parts.is_empty() {
            let cut =
                (limit < self.total).then_some(Cut { range: limit..self.total, fill: Fill::Text(0, b"") });
            return cut.into_iter().collect();
        }
        let mut left = limit.saturating_mul(TEXTS);
        let mut cuts: Vec<Cut> =
            self.gaps.iter().map(|gap| Cut { range: gap.clone(), fill: Fill::Nothing }).collect();
        for part in &self.parts {
            cuts.extend(header_cut(part));
            cuts.extend(body_cut(part, limit, least, &mut left));
        }
        if self.end < self.total && self.parts.len() > 1 {
            cuts.push(Cut { range: self.end..self.total, fill: Fill::Nothing });
        }
        cuts.sort_by_key(|cut| cut.range.start);
        cuts
    }
}

fn header_cut(part: &Part) -> Option<Cut> {
    let end = part.header.start.saturating_add(LONGEST_HEADER as u64);
    let is_long = end < part.header.end && part.body.start == part.header.end;
    is_long.then_some(Cut { range: end..part.header.end, fill: Fill::Header(part.header.start) })
}

fn body_cut(part: &Part, limit: u64, least: u64, left: &mut u64) -> Option<Cut> {
    if part.kind != PartKind::Leaf {
        return None;
    }
    let length = part.body.end - part.body.start;
    let kept = if part.text {
        let kept = length.min(limit).min(*left);
        *left -= kept;
        kept
    } else if is_encoded_message(part) {
        length.min(NESTED_HEAD)
    } else if length > least {
        0
    } else {
        length
    };
    let fault: &[u8] = match part.encoding {
        Encoding::Base64 if part.faulty => b"!",
        Encoding::QuotedPrintable if part.faulty => b"==",
        _ => b"",
    };
    let range = part.body.start + kept..part.body.end;
    (kept < length).then_some(Cut { range, fill: Fill::Text(part.body.start, fault) })
}

/// A nested message that is encoded: its subject, which names it, stands at the beginning of its body.
fn is_encoded_message(part: &Part) -> bool {
    part.encoding != Encoding::Identity && part.content_type.starts_with("message/")
}

fn kept(cuts: &[Cut], total: u64) -> Vec<Range<u64>> {
    let ends = cuts.iter().map(|cut| cut.range.start).chain([total]);
    let starts = [0].into_iter().chain(cuts.iter().map(|cut| cut.range.end));
    starts.zip(ends).map(|(start, end)| start..end).filter(|range| !range.is_empty()).collect()
}

/// The view of a message from the octets of [`Scan::ranges_for_view`] with the same limit. `None` if they are not those.
#[must_use]
pub fn view_from<P: AsRef<[u8]>>(scan: &Scan, limit: u64, pieces: &[P]) -> Option<MessageView> {
    let cuts = scan.cuts(limit, LEAST_CUT);
    Some(view_of(scan, &cuts, &skeleton(scan.total, &cuts, pieces)?))
}

/// The line of a message from the octets of [`Scan::ranges_for_view`] with the same limit. `None` if they are not those.
#[must_use]
pub fn summary_from<P: AsRef<[u8]>>(scan: &Scan, limit: u64, pieces: &[P]) -> Option<Summary> {
    let cuts = scan.cuts(limit, LEAST_CUT);
    Some(summary(&skeleton(scan.total, &cuts, pieces)?))
}

fn view_of(scan: &Scan, cuts: &[Cut], skeleton: &[u8]) -> MessageView {
    let mut shown = view(skeleton);
    for attachment in &mut shown.parts {
        let Some(part) = scan.part(attachment.index) else { continue };
        if cuts.iter().any(|cut| part.body.contains(&cut.range.start)) {
            attachment.size = part.size;
        }
    }
    shown
}

/// The pieces with what stands in place of the rest.
fn skeleton<P: AsRef<[u8]>>(total: u64, cuts: &[Cut], pieces: &[P]) -> Option<Vec<u8>> {
    let ranges = kept(cuts, total);
    let fits = |(range, piece): (&Range<u64>, &P)| piece.as_ref().len() as u64 == range.end - range.start;
    if ranges.len() != pieces.len() || !ranges.iter().zip(pieces).all(fits) {
        return None;
    }
    let mut skeleton = Vec::new();
    let mut pieces = ranges.iter().zip(pieces).peekable();
    for cut in cuts {
        while let Some((_, piece)) = pieces.next_if(|(range, _)| range.start < cut.range.start) {
            skeleton.extend_from_slice(piece.as_ref());
        }
        fill(&mut skeleton, cut);
    }
    pieces.for_each(|(_, piece)| skeleton.extend_from_slice(piece.as_ref()));
    Some(skeleton)
}

fn fill(skeleton: &mut Vec<u8>, cut: &Cut) {
    let began = |start: u64| {
        let back = usize::try_from(cut.range.start - start).unwrap_or(usize::MAX);
        skeleton.len().saturating_sub(back)
    };
    match cut.fill {
        Fill::Nothing => {}
        Fill::Header(start) => {
            let start = began(start);
            let end = close_header(skeleton, start);
            skeleton.extend_from_slice(end);
        }
        Fill::Text(start, fault) => {
            let start = began(start);
            // A text is cut between lines, so that no character and no escape is cut in two.
            if let Some(end) = skeleton[start..].iter().rposition(|octet| *octet == b'\n') {
                skeleton.truncate(start + end + 1);
            }
            skeleton.extend_from_slice(fault);
        }
    }
}

/// A message has its text, the same as HTML, and what lists and scanners add.
const TEXTS: u64 = 4;
/// Holds the header block of a nested message.
const NESTED_HEAD: u64 = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Random, mutate, samples};
    use crate::{PartDecoder, Scanner, part};

    fn scan(octets: &[u8]) -> Scan {
        let mut scanner = Scanner::new();
        scanner.push(octets);
        scanner.finish()
    }

    fn take(octets: &[u8], ranges: &[Range<u64>]) -> Vec<Vec<u8>> {
        let place = |place: u64| usize::try_from(place).expect("small");
        ranges.iter().map(|range| octets[place(range.start)..place(range.end)].to_vec()).collect()
    }

    fn lacking(octets: &[u8], limit: u64, least: u64) -> (Scan, Vec<Cut>, Vec<u8>) {
        let scan = scan(octets);
        let cuts = scan.cuts(limit, least);
        let pieces = take(octets, &kept(&cuts, scan.total));
        let skeleton = skeleton(scan.total, &cuts, &pieces).expect("the pieces fit");
        (scan, cuts, skeleton)
    }

    /// A view and a line without attachments are those with them, and each attachment decodes from its range.
    fn agrees(octets: &[u8]) {
        let (scan, cuts, skeleton) = lacking(octets, 1 << 20, 0);
        let whole = view(octets);
        let text = String::from_utf8_lossy(octets);
        assert_eq!(view_of(&scan, &cuts, &skeleton), whole, "{text}");
        assert_eq!(summary(&skeleton), summary(octets), "{text}");
        for attachment in &whole.parts {
            let found = scan.part(attachment.index).expect("a listed part is there");
            let body = take(octets, std::slice::from_ref(&found.body)).concat();
            let mut decoder = PartDecoder::for_part(found);
            let mut decoded = Vec::new();
            body.chunks(5).for_each(|chunk| decoder.push(chunk, &mut decoded));
            decoder.finish(&mut decoded);
            assert_eq!(Some(&decoded), part(octets, attachment.index).as_ref(), "{text}");
            assert_eq!((found.size, decoded.len() as u64), (attachment.size, attachment.size), "{text}");
        }
    }

    #[test]
    fn a_view_needs_no_attachments() {
        samples().iter().for_each(|sample| agrees(sample));
        let mut random = Random(0x5ca9_0003);
        let samples = samples();
        for round in 0..6_000 {
            let mut octets = samples[round % samples.len()].clone();
            mutate(&mut octets, &mut random);
            agrees(&octets);
        }
    }

    fn seen(octets: &[u8], limit: u64) -> (MessageView, u64) {
        let scan = scan(octets);
        let ranges = scan.ranges_for_view(limit);
        let pieces = take(octets, &ranges);
        assert_eq!(view_from::<Vec<u8>>(&scan, limit, &pieces[1..]), None, "a piece is missing");
        let shown = view_from(&scan, limit, &pieces).expect("the pieces fit");
        (shown, ranges.iter().map(|range| range.end - range.start).sum())
    }

    #[test]
    fn what_nobody_reads_is_not_asked_for() {
        let (junk, field) = ("junk\r\n".repeat(50_000), "X: 0123456789\r\n".repeat(40_000));
        let octets = format!(
            "Subject: x\r\nContent-Type: multipart/mixed; boundary=a\r\n{field}\r\n{junk}--a\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nwords\r\n--b--\r\n{junk}--a\r\n\
             Content-Type: text/x; name=y\r\n\r\n{junk}\r\n--a--\r\n{junk}"
        );
        let (shown, asked) = seen(octets.as_bytes(), 4096);
        assert_eq!(shown, view(octets.as_bytes()));
        assert_eq!((shown.text.as_str(), shown.parts[0].size), ("words", junk.len() as u64));
        assert!(asked < LONGEST_HEADER as u64 + 4096, "{asked}");
    }

    #[test]
    fn a_long_text_is_cut_between_lines() {
        let line = "caf=C3=A9\r\n";
        for (kind, encoding, line) in
            [("plain", "quoted-printable", line), ("html", "base64", "Y2Fmw6kK\r\n")]
        {
            let octets = format!(
                "Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{}",
                line.repeat(10_000)
            );
            let (shown, asked) = seen(octets.as_bytes(), 3333);
            assert!(asked < 3500, "{asked}");
            assert!(
                scan(octets.as_bytes()).is_text_cut(3333) && !scan(octets.as_bytes()).is_text_cut(1 << 20)
            );
            let words: Vec<&str> = shown.text.split_whitespace().collect();
            assert_eq!(
                (words.len(), words.iter().all(|word| *word == "café")),
                (3333 / line.len(), true),
                "{kind}"
            );
        }
    }

    #[test]
    fn octets_that_are_no_message_are_read_up_to_the_limit() {
        let (shown, asked) = seen("no header here\n".repeat(1000).as_bytes(), 150);
        assert_eq!((shown.text.lines().count(), asked), (10, 150));
    }
}
