//! Envelopes and body structures laid flat in memory, many rows in one: what crosses from WebAssembly to a page is copied as it
//! lies and taken apart when somebody looks. Nothing is parsed twice.

use super::{BodyStructure, Envelope, Row};
use crate::grammar::{ENVELOPE_FIELDS, Part, PartForm};

/// What was packed, to be looked at again.
#[derive(Debug, Default)]
pub struct Unpacked {
    parts: Vec<Part>,
}

impl Row<'_> {
    /// Appends envelope and body structure: numbers to `places`, octets to `octets`, from where the first of them begins. Returns
    /// whether there was one of them.
    pub fn pack(self, places: &mut Vec<u32>, octets: &mut Vec<u8>) -> bool {
        let fetched = self.fetched;
        if !self.has_envelope() && !self.has_structure() {
            return false;
        }
        let kept = self.octets.get(fetched.first..fetched.wanted).unwrap_or_default();
        let first = number(fetched.first);
        places.extend([
            number(octets.len()),
            number(kept.len()),
            number(fetched.structure.len()),
            u32::from(self.has_envelope()),
        ]);
        octets.extend_from_slice(kept);
        if let Some(fields) = &fetched.envelope {
            places.extend_from_slice(&fields.map(|place| moved(place, first)));
        }
        for part in &fetched.structure {
            places.extend_from_slice(&pack_part(part, first));
        }
        true
    }
}

fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A place counted from `first`, which no field begins at; 0 is still a field that was not sent.
fn moved(place: u32, first: u32) -> u32 {
    place.saturating_sub(first)
}

impl Unpacked {
    /// How many numbers of `places` were packed for the row that begins at `at`; `None` where none begins.
    #[must_use]
    pub fn length(places: &[u32], at: usize) -> Option<usize> {
        let &[_, _, parts, has_envelope] = places.get(at..at.checked_add(HEADER)?)? else { return None };
        let fields = if has_envelope == 0 { 0 } else { ENVELOPE_FIELDS };
        (parts as usize).checked_mul(PART)?.checked_add(HEADER + fields)
    }

    /// The octets of the row that was packed to `places` from `at` on.
    #[must_use]
    pub fn octets<'a>(places: &[u32], at: usize, octets: &'a [u8]) -> &'a [u8] {
        let packed = || {
            let &[start, length] = places.get(at..at.checked_add(2)?)? else { return None };
            octets.get(start as usize..)?.get(..length as usize)
        };
        packed().unwrap_or_default()
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

fn pack_part(part: &Part, first: u32) -> [u32; PART] {
    let at = |place| moved(place, first);
    let form = FORMS.iter().position(|form| *form == part.form).unwrap_or_default();
    let lines = part.lines.unwrap_or_default();
    [
        (form as u32) | u32::from(part.lines.is_some()) << 8,
        at(part.kind),
        at(part.subtype),
        at(part.parameters),
        at(part.id),
        at(part.description),
        at(part.encoding),
        at(part.md5),
        at(part.disposition),
        at(part.language),
        at(part.location),
        at(part.extension),
        at(part.end),
        at(part.envelope),
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
    use crate::types::Fetched;

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
            starts.push(row.as_row().pack(&mut places, &mut octets).then_some(at));
        }
        assert_eq!(starts[0], None);
        let mut unpacked = Unpacked::default();
        for (row, at) in rows.iter().zip(starts) {
            let Some(at) = at else { continue };
            let (envelope, structure) = unpacked.row(&places, at, &octets).expect("is there");
            assert_eq!(
                (envelope.map(Envelope::into_owned), structure.map(BodyStructure::into_owned)),
                (
                    row.envelope().map(Envelope::into_owned),
                    row.body_structure().map(BodyStructure::into_owned)
                )
            );
        }
        for broken in 0..places.len() {
            // Numbers that are none of ours are refused or read as something; nothing breaks.
            let _ = Unpacked::default().row(&places, broken, &octets[..octets.len() / 2]);
        }
    }
}
