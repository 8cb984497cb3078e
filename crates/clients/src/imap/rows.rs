//! Rows of FETCH as columns, many in a batch: the page reads a batch by views of memory, in one go.

use waypost_imap::types::{Attribute, BodyData, Fetched, FetchedBody, Flags, Row, Section, SectionText};

use super::records::Records;
use std::fmt::Write as _;
use waypost_imap::PlainRow;

/// Rows by their columns. A column that no row has is empty; where some have it, the others have the value for "not sent".
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) uids: Vec<u32>,
    pub(super) sequences: Vec<u32>,
    /// The system flags in the low octet, above it the number of a set of keywords; [`NONE`] where no flags were sent.
    pub(super) flags: Vec<u32>,
    /// Octets, or not a number.
    pub(super) sizes: Vec<f64>,
    /// Milliseconds since 1970, or not a number.
    pub(super) dates: Vec<f64>,
    /// 0 where it was not sent.
    pub(super) mod_sequences: Vec<u64>,
    /// Where in `places` a row's envelope and structure are told of, or [`NONE`].
    pub(super) packed: Vec<u32>,
    pub(super) places: Vec<u32>,
    pub(super) octets: Vec<u8>,
    /// Where in `extras` a row's list of further items begins, or [`NONE`].
    pub(super) extra: Vec<u32>,
    pub(super) extras: Records,
    /// Where the last list of `extras` begins.
    last_extra: usize,
    /// The sets of keywords, each a list of texts; the first is that of no keywords.
    pub(super) keywords: Records,
    sets: Vec<Vec<u8>>,
}

impl Rows {
    /// A row of numbers and flags.
    #[inline]
    pub(super) fn push_plain(&mut self, row: PlainRow<'_>) {
        let count = self.uids.len();
        self.uids.push(row.uid.map_or(0, |uid| uid.as_u32()));
        self.sequences.push(row.sequence);
        let flags = match row.flags {
            Some(flags) if flags.has_keywords() => self.flags_with_keywords(flags),
            Some(flags) => u32::from(flags.system_bits()),
            None => NONE,
        };
        self.flags.push(flags);
        push(&mut self.sizes, count, row.size.map(|size| size as f64), f64::NAN);
        push(&mut self.mod_sequences, count, row.mod_sequence, 0);
        push(&mut self.dates, count, None, f64::NAN);
        push(&mut self.packed, count, None, NONE);
        push(&mut self.extra, count, None, NONE);
    }

    pub(super) fn push(&mut self, fetched: Row<'_>) {
        let count = self.uids.len();
        let row = fetched.items();
        self.uids.push(row.uid.map_or(0, |uid| uid.as_u32()));
        self.sequences.push(row.sequence);
        let flags = match fetched.flags() {
            Some(flags) if flags.has_keywords() => self.flags_with_keywords(flags),
            Some(flags) => u32::from(flags.system_bits()),
            None => NONE,
        };
        self.flags.push(flags);
        push(&mut self.sizes, count, row.size.map(|size| size as f64), f64::NAN);
        let date = row.internal_date.map(|date| date.unix_seconds as f64 * 1000.0);
        push(&mut self.dates, count, date, f64::NAN);
        push(&mut self.mod_sequences, count, row.mod_sequence, 0);
        let at = self.places.len();
        let packed = fetched.pack(&mut self.places, &mut self.octets).then(|| number(at));
        push(&mut self.packed, count, packed, NONE);
        let extra = !(row.attributes.is_empty() && row.bodies.is_empty());
        let extra = extra.then(|| self.extra(row));
        push(&mut self.extra, count, extra, NONE);
    }

    pub(super) fn count(&self) -> usize {
        self.uids.len()
    }

    /// Whether they are a batch.
    pub(super) fn is_full(&self) -> bool {
        self.count() >= MOST_ROWS || self.octets.len() + self.extras.as_octets().len() >= MOST_OCTETS
    }

    pub(super) fn clear(&mut self) {
        self.uids.clear();
        self.sequences.clear();
        self.flags.clear();
        self.sizes.clear();
        self.dates.clear();
        self.mod_sequences.clear();
        self.packed.clear();
        self.places.clear();
        self.octets.clear();
        self.extra.clear();
        self.extras.clear();
        self.last_extra = 0;
        self.keywords.clear();
        self.sets.clear();
    }

    /// Keywords stand in a table, each set once: few differ.
    #[inline(never)]
    fn flags_with_keywords(&mut self, flags: Flags<'_>) -> u32 {
        let mut set = Records::default();
        set.texts(flags.keywords());
        let known = self.sets.iter().position(|known| known == set.as_octets());
        let index = known.unwrap_or_else(|| {
            self.keywords.append(set.as_octets());
            self.sets.push(set.as_octets().to_vec());
            self.sets.len() - 1
        });
        u32::from(flags.system_bits()) | number(index + 1) << 8
    }

    /// Items that few rows have. Where they are those of the row before, as with long bodies, both share them.
    #[inline(never)]
    fn extra(&mut self, row: &Fetched) -> u32 {
        let at = self.extras.as_octets().len();
        self.extras.count(row.attributes.len() + row.bodies.len());
        for body in &row.bodies {
            write_body(&mut self.extras, body);
        }
        for attribute in &row.attributes {
            write_attribute(&mut self.extras, attribute);
        }
        if let Some((before, written)) =
            self.extras.as_octets().get(self.last_extra..).map(|both| both.split_at(at - self.last_extra))
            && before == written
        {
            self.extras.truncate(at);
        } else {
            self.last_extra = at;
        }
        number(self.last_extra)
    }
}

/// A value of a column. Columns begin with the first value that was sent.
#[inline]
fn push<T: Copy>(column: &mut Vec<T>, rows: usize, value: Option<T>, missing: T) {
    match value {
        Some(value) => {
            if column.len() < rows {
                column.resize(rows, missing);
            }
            column.push(value);
        }
        None if !column.is_empty() => column.push(missing),
        None => {}
    }
}

fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(NONE)
}

/// An octet for what it is, then its parts: 0 a body that was streamed, 1 one that is here, 2 NIL, 3 a text, 4 a number, 5 texts, 6
/// nothing.
fn write_body(out: &mut Records, body: &FetchedBody) {
    let name = section(&body.section);
    match &body.data {
        BodyData::Streamed(_) => out.octet(0).text(&name),
        BodyData::Inline(octets) => out.octet(1).text(&name).octets(octets),
        BodyData::Absent => out.octet(2).text(&name),
    };
}

#[inline(never)]
fn write_attribute(out: &mut Records, attribute: &Attribute) {
    let text = |out: &mut Records, name: &str, text: Option<&[u8]>| {
        match text {
            Some(text) => out.octet(3).text(name).octets(text),
            None => out.octet(6).text(name),
        };
    };
    match attribute {
        Attribute::Preview(preview) => text(out, "preview", preview.as_deref()),
        Attribute::EmailId(id) => text(out, "emailId", Some(id.as_bytes())),
        Attribute::ThreadId(id) => text(out, "threadId", id.as_ref().map(|id| id.as_bytes())),
        Attribute::SaveDate(Some(date)) => {
            let milliseconds = (date.unix_seconds as f64 * 1000.0).to_bits();
            out.octet(4).text("saveDate").long(milliseconds);
        }
        Attribute::SaveDate(None) => text(out, "saveDate", None),
        Attribute::GmailMessageId(id) => text(out, "gmailMessageId", Some(id.to_string().as_bytes())),
        Attribute::GmailThreadId(id) => text(out, "gmailThreadId", Some(id.to_string().as_bytes())),
        Attribute::GmailLabels(labels) => {
            out.octet(5).text("gmailLabels").texts(labels);
        }
        _ => text(out, "", None),
    }
}

/// A section as it is written between brackets (RFC 9051, 6.4.5).
#[inline(never)]
pub(super) fn section(section: &Section) -> String {
    let mut text = String::new();
    for number in &section.part {
        let dot = if text.is_empty() { "" } else { "." };
        // Writing to a String does not fail.
        let _ = write!(text, "{dot}{number}");
    }
    let word = match &section.text {
        SectionText::Header => "HEADER".to_owned(),
        SectionText::Text => "TEXT".to_owned(),
        SectionText::Mime => "MIME".to_owned(),
        SectionText::HeaderFields(names) => format!("HEADER.FIELDS ({})", names.join(" ")),
        SectionText::HeaderFieldsNot(names) => format!("HEADER.FIELDS.NOT ({})", names.join(" ")),
        _ => return text,
    };
    if text.is_empty() { word } else { format!("{text}.{word}") }
}

/// A batch is given to the page when it has so many rows, or so many octets besides the columns: more come with the next one.
pub(super) const MOST_ROWS: usize = 16_384;
const MOST_OCTETS: usize = 1 << 20;

/// A place that there is not.
pub(super) const NONE: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_begin_where_a_value_was_sent_and_are_as_long_as_the_rows() {
        let mut rows = Rows::default();
        for row in [
            "(UID 5 FLAGS (\\Seen))",
            "(UID 7 FLAGS (\\Seen $Junk a) RFC822.SIZE 12)",
            "(UID 9)",
            "(UID 11 FLAGS ($Junk a))",
        ] {
            rows.push(Fetched::parse(3, row.as_bytes()).expect("reads").as_row());
        }
        assert_eq!(rows.uids, [5, 7, 9, 11]);
        assert_eq!(rows.sequences, [3; 4]);
        assert_eq!(rows.flags, [1, 0x101, NONE, 0x100], "a set of keywords stands in the table once");
        assert!(rows.sizes.iter().map(|size| size.is_nan()).eq([true, false, true, true]));
        assert!(rows.dates.is_empty() && rows.packed.is_empty() && rows.extra.is_empty());
    }

    #[test]
    fn rows_with_the_same_further_items_share_them() {
        let mut rows = Rows::default();
        for items in ["BODY[1] \"a\"", "BODY[1] \"a\"", "BODY[1] \"b\"", "BODY[1] \"a\"", "BODY[1] \"a\""] {
            rows.push(Fetched::parse(3, format!("({items})").as_bytes()).expect("reads").as_row());
        }
        let [one, same, other, again, last] = rows.extra[..] else { panic!("{:?}", rows.extra) };
        assert!(one == same && one < other && other < again && again == last);
        assert_eq!(rows.extras.as_octets().len(), 3 * other as usize);
        rows.clear();
        rows.push(Fetched::parse(3, b"(BODY[1] \"a\")").expect("reads").as_row());
        assert_eq!((rows.extra[0], rows.last_extra), (0, 0));
    }

    #[test]
    fn sections_are_written_as_in_the_command() {
        for (part, text, written) in [
            (vec![], SectionText::Whole, ""),
            (vec![1, 2], SectionText::Whole, "1.2"),
            (vec![3], SectionText::Mime, "3.MIME"),
            (vec![], SectionText::HeaderFields(vec!["To".into(), "Cc".into()]), "HEADER.FIELDS (To Cc)"),
        ] {
            assert_eq!(section(&Section { part, text }), written);
        }
    }
}
