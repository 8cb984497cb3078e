//! Envelopes and body structures of a batch, taken apart when somebody looks: strings one behind the other, and tables of numbers that
//! say where each is. It needs no connection: rows outlive the one they came over.

use super::rows::NONE;
use std::borrow::Cow;
use wasm_bindgen::prelude::wasm_bindgen;
use waypost_imap::types::{Addresses, BodyStructure, Envelope, Unpacked};

/// Takes batches apart.
#[wasm_bindgen]
#[derive(Default)]
pub struct Expander {
    /// What the page writes: places, then octets.
    places: Vec<u32>,
    octets: Vec<u8>,
    unpacked: Unpacked,
    texts: Texts,
    /// Numbers of envelopes and parts.
    nodes: Vec<u32>,
    /// Per packed row: where its envelope and its structure are in `nodes`, or [`NONE`].
    rows: Vec<u32>,
    header: Vec<u32>,
}

#[wasm_bindgen]
impl Expander {
    /// One that holds nothing.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The address of room for so many places; those of the batch before are gone.
    pub fn room_for_places(&mut self, count: usize) -> usize {
        self.places.clear();
        self.places.resize(count, 0);
        self.places.as_ptr() as usize
    }

    /// The address of room for so many octets.
    pub fn room_for_octets(&mut self, count: usize) -> usize {
        self.octets.clear();
        self.octets.resize(count, 0);
        self.octets.as_ptr() as usize
    }

    /// Takes apart what was written there. `starts` of rows are found in the places themselves. Gives the address of a table: pairs
    /// of address and length in octets of: rows, nodes, texts, octets of the texts, places of wide texts, octets of wide texts.
    pub fn expand(&mut self) -> usize {
        self.texts.clear();
        self.nodes.clear();
        self.rows.clear();
        let mut at = 0;
        while let Some(length) = Unpacked::length(&self.places, at) {
            let Some((envelope, structure)) = self.unpacked.row(&self.places, at, &self.octets) else {
                break;
            };
            let envelope =
                envelope.map(|envelope| write_envelope(&mut self.texts, &mut self.nodes, envelope));
            let structure =
                structure.map(|structure| write_structure(&mut self.texts, &mut self.nodes, structure));
            self.rows.extend([envelope.unwrap_or(NONE), structure.unwrap_or(NONE)]);
            at += length;
        }
        self.header.clear();
        let words = |words: &[u32]| [words.as_ptr() as u32, (words.len() * 4) as u32];
        let octets = |octets: &[u8]| [octets.as_ptr() as u32, octets.len() as u32];
        self.header.extend(words(&self.rows));
        self.header.extend(words(&self.nodes));
        self.header.extend(words(&self.texts.ends));
        self.header.extend(octets(&self.texts.octets));
        self.header.extend(words(&self.texts.wide));
        self.header.extend(octets(&self.texts.wide_octets));
        self.header.as_ptr() as usize
    }
}

/// Strings one behind the other. Those of ASCII are decoded at once; the others, which are few, one by one.
#[derive(Default)]
struct Texts {
    /// Where each ends in `octets`, with the marks.
    ends: Vec<u32>,
    octets: Vec<u8>,
    /// For each that is not of ASCII: its number, where it begins and where it ends in `wide_octets`.
    wide: Vec<u32>,
    wide_octets: Vec<u8>,
}

impl Texts {
    fn clear(&mut self) {
        self.ends.clear();
        self.octets.clear();
        self.wide.clear();
        self.wide_octets.clear();
    }

    /// The number of the next string.
    fn next(&self) -> u32 {
        self.ends.len() as u32
    }

    fn push(&mut self, text: Option<&[u8]>) {
        match text {
            Some(text) => self.push_parts([text, b"", b""]),
            None => self.end(MISSING),
        }
    }

    /// A string in three parts.
    #[inline]
    fn push_parts(&mut self, parts: [&[u8]; 3]) {
        if !parts.iter().all(|part| part.is_ascii()) {
            let start = self.wide_octets.len() as u32;
            parts.iter().for_each(|part| self.wide_octets.extend_from_slice(part));
            self.wide.extend([self.next(), start, self.wide_octets.len() as u32]);
            return self.end(WIDE | ENCODED);
        }
        let encoded = parts.iter().any(|part| holds_encoded_word(part));
        parts.iter().for_each(|part| self.octets.extend_from_slice(part));
        self.end(if encoded { ENCODED } else { 0 });
    }

    fn end(&mut self, mark: u32) {
        self.ends.push(self.octets.len() as u32 | mark);
    }
}

/// Whether an encoded word (RFC 2047) may be in it.
fn holds_encoded_word(text: &[u8]) -> bool {
    text.windows(2).any(|two| two == b"=?")
}

/// The first string (date, subject, in-reply-to, message-id), then for each list of addresses its first string and how many addresses
/// it has; each is two strings: the name, and mailbox and host. Lists that are the same share them.
fn write_envelope(texts: &mut Texts, nodes: &mut Vec<u32>, envelope: Envelope<'_>) -> u32 {
    let at = nodes.len() as u32;
    nodes.push(texts.next());
    for text in [envelope.date(), envelope.subject(), envelope.in_reply_to(), envelope.message_id()] {
        texts.push(text.as_deref());
    }
    let lists = envelope.lists();
    let first = nodes.len();
    for (index, list) in lists.iter().enumerate() {
        let same = lists.iter().take(index).position(|other| other == list);
        if let Some(same) = same {
            let (from, count) = (nodes[first + same * 2], nodes[first + same * 2 + 1]);
            nodes.extend([from, count]);
            continue;
        }
        let from = texts.next();
        let mut count = 0;
        for address in Addresses::from(*list) {
            // Marks of groups have no host; the members are what counts.
            let Some(host) = address.host else { continue };
            texts.push(address.name.as_deref());
            texts.push_parts([address.mailbox.as_deref().unwrap_or_default(), b"@", &host]);
            count += 1;
        }
        nodes.extend([from, count]);
    }
    at
}

/// A part, then the parts in it. Numbers: where the part after it begins, how many parts are in it, octets (low, high), lines plus one,
/// its first string, how many parameters, how many of the disposition, how many languages, where its envelope is or [`NONE`].
/// Strings: type, id, description, encoding, MD5, location, disposition, names and values of the parameters, of those of the
/// disposition, languages.
fn write_structure(texts: &mut Texts, nodes: &mut Vec<u32>, part: BodyStructure<'_>) -> u32 {
    let at = nodes.len();
    nodes.extend([0; PART]);
    let first = texts.next();
    let text = |text: Option<Cow<'_, [u8]>>, texts: &mut Texts| texts.push(text.as_deref());
    texts.push_parts([part.kind().as_bytes(), b"/", part.subtype().as_bytes()]);
    text(part.id(), texts);
    text(part.description(), texts);
    texts.push(Some(part.encoding().as_bytes()));
    text(part.md5(), texts);
    text(part.location(), texts);
    let disposition = part.disposition();
    texts.push(disposition.as_ref().map(|disposition| disposition.kind.as_bytes()));
    let mut counts = [0_u32; 2];
    let lists = [Some(part.parameters()), disposition.map(|disposition| disposition.parameters)];
    for (count, parameters) in counts.iter_mut().zip(lists) {
        for (name, value) in parameters.into_iter().flatten() {
            texts.push(Some(name.as_bytes()));
            texts.push(Some(&value));
            *count += 1;
        }
    }
    let mut languages = 0;
    for language in part.languages() {
        texts.push(Some(&language));
        languages += 1;
    }
    let mut children = 0;
    let message = part.message();
    let envelope = message.map_or(NONE, |(envelope, _)| write_envelope(texts, nodes, envelope));
    let parts_at = nodes.len();
    for child in part.parts().chain(message.map(|(_, inner)| inner)) {
        write_structure(texts, nodes, child);
        children += 1;
    }
    let octets = part.octets();
    let lines = part.lines().map_or(0, |lines| u32::try_from(lines).unwrap_or(u32::MAX - 1) + 1);
    let numbers = [
        nodes.len() as u32,
        parts_at as u32,
        children,
        octets as u32,
        (octets >> 32) as u32,
        lines,
        first,
        counts[0],
        counts[1],
        languages,
        envelope,
    ];
    nodes[at..at + PART].copy_from_slice(&numbers);
    at as u32
}

/// Numbers of a part.
const PART: usize = 11;

/// Marks of a string: NIL; not of ASCII; it may hold encoded words.
const MISSING: u32 = 1 << 31;
const WIDE: u32 = 1 << 30;
const ENCODED: u32 = 1 << 29;
