//! Envelopes and body structures laid flat in memory, many rows in one: what crosses from WebAssembly to a page is copied as it
//! lies and taken apart when somebody looks. Nothing is parsed twice.

use super::{BodyStructure, Envelope, Fetched};
use crate::grammar::{ENVELOPE_FIELDS, Part, PartForm};

/// What was packed, to be looked at again.
#[derive(Debug, Default)]
pub struct Unpacked {
    parts: Vec<Part>,
}

impl Fetched {
    /// Appends envelope and body structure: numbers to `places`, octets to `octets`. Returns whether there was one of them.
    pub fn pack(&self, places: &mut Vec<u32>, octets: &mut Vec<u8>) -> bool {
        if self.envelope.is_none() && self.structure.is_empty() {
            return false;
        }
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let parts = number(self.structure.len());
        places.extend([
            number(octets.len()),
            number(self.octets.len()),
            parts,
            u32::from(self.envelope.is_some()),
        ]);
        octets.extend_from_slice(&self.octets);
        places.extend(self.envelope.iter().flatten());
        places.extend(self.structure.iter().flat_map(pack_part));
        true
    }
}

impl Unpacked {
    /// How many numbers of `places` were packed for the row that begins at `at`; `None` where none begins.
    #[must_use]
    pub fn length(places: &[u32], at: usize) -> Option<usize> {
        let &[_, _, parts, has_envelope] = places.get(at..at.checked_add(HEADER)?)? else { return None };
        let fields = if has_envelope == 0 { 0 } else { ENVELOPE_FIELDS };
        (parts as usize).checked_mul(PART)?.checked_add(HEADER + fields)
    }

    /// What was packed to `places` from `at` on. `None` where these are no such numbers.
    pub fn row<'a>(
        &'a mut self,
        places: &[u32],
        at: usize,
        octets: &'a [u8],
    ) -> Option<(Option<Envelope<'a>>, Option<BodyStructure<'a>>)> {
        let (header, rest) = places.get(at..)?.split_at_checked(HEADER)?;
        let &[start, length, parts, has_envelope] = header else { return None };
        let octets = octets.get(start as usize..)?.get(..length as usize)?;
        let (fields, rest) = rest.split_at_checked(if has_envelope == 0 { 0 } else { ENVELOPE_FIELDS })?;
        let envelope = fields.try_into().ok().map(|fields| Envelope { octets, fields });
        self.parts.clear();
        self.parts.extend(rest.chunks_exact(PART).take(parts as usize).filter_map(unpack_part));
        let structure =
            (!self.parts.is_empty()).then_some(BodyStructure { octets, parts: &self.parts, at: 0 });
        Some((envelope, structure))
    }
}

const FORMS: [PartForm; 3] = [PartForm::Broken, PartForm::Multipart, PartForm::Single];

fn pack_part(part: &Part) -> [u32; PART] {
    let form = FORMS.iter().position(|form| *form == part.form).unwrap_or_default();
    let lines = part.lines.unwrap_or_default();
    [
        (form as u32) | u32::from(part.lines.is_some()) << 8,
        part.kind,
        part.subtype,
        part.parameters,
        part.id,
        part.description,
        part.encoding,
        part.md5,
        part.disposition,
        part.language,
        part.location,
        part.extension,
        part.end,
        part.envelope,
        part.next,
        part.octets as u32,
        (part.octets >> 32) as u32,
        lines as u32,
        (lines >> 32) as u32,
    ]
}

fn unpack_part(numbers: &[u32]) -> Option<Part> {
    let numbers: &[u32; PART] = numbers.try_into().ok()?;
    let [form, kind, subtype, parameters, id, description, encoding, md5, disposition, rest @ ..] = *numbers;
    let [language, location, extension, end, envelope, next, octets @ .., low, high] = rest;
    let [octets_low, octets_high] = octets;
    let long = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    Some(Part {
        form: *FORMS.get(form as usize & 0xff)?,
        kind,
        subtype,
        parameters,
        id,
        description,
        encoding,
        md5,
        disposition,
        language,
        location,
        extension,
        end,
        envelope,
        next,
        octets: long(octets_low, octets_high),
        lines: (form >> 8 != 0).then_some(long(low, high)),
    })
}

/// Numbers before the fields of a row: where its octets begin, how many they are, how many parts, whether there is an envelope.
const HEADER: usize = 4;

/// Numbers of a part.
const PART: usize = 19;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_what_is_unpacked() {
        let rows: Vec<Fetched> = [
            &b"(UID 5 FLAGS (\\Seen))"[..],
            b"(UID 6 ENVELOPE (\"Tue, 1 Dec 2026 10:00:00 +0000\" \"a \\\"b\\\"\" ((\"Kim\" NIL \"kim\" \"a.example\")) NIL NIL NIL NIL NIL NIL \"<1@a>\"))",
            b"(BODYSTRUCTURE ((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 5000000000 7)(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 9 (NIL \"inner\" NIL NIL NIL NIL NIL NIL NIL NIL) (\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 0) 3) \"mixed\") ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))",
            b"(BODYSTRUCTURE ((BROKEN)(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 1) \"MIXED\"))",
        ]
        .iter()
        .map(|row| Fetched::parse(1, row).expect("reads"))
        .collect();
        let (mut places, mut octets, mut starts) = (Vec::new(), Vec::new(), Vec::new());
        for row in &rows {
            let at = places.len();
            starts.push(row.pack(&mut places, &mut octets).then_some(at));
        }
        assert_eq!(starts[0], None);
        let mut unpacked = Unpacked::default();
        for (row, at) in rows.iter().zip(starts) {
            let Some(at) = at else { continue };
            let (envelope, structure) = unpacked.row(&places, at, &octets).expect("is there");
            assert_eq!((envelope, structure), (row.envelope(), row.body_structure()));
        }
        for broken in 0..places.len() {
            // Numbers that are none of ours are refused or read as something; nothing breaks.
            let _ = Unpacked::default().row(&places, broken, &octets[..octets.len() / 2]);
        }
    }
}
