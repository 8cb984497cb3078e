//! Envelopes and body structures of a batch, taken apart when somebody looks: strings one behind the other, and tables of numbers that
//! say where each is. It needs no connection: rows outlive the one they came over.

use super::moment::usual_moment;
use super::rows::NONE;
use super::texts::Texts;
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
        self.places.resize(count, 0);
        self.places.as_ptr() as usize
    }

    /// The address of room for so many octets.
    pub fn room_for_octets(&mut self, count: usize) -> usize {
        self.octets.resize(count, 0);
        self.octets.as_ptr() as usize
    }

    /// Takes apart what was written there. `starts` of rows are found in the places themselves. Gives the address of a table: pairs
    /// of address and length in octets of: rows, nodes, places of texts, octets of the texts, places of wide texts, octets of wide texts.
    pub fn expand(&mut self) -> usize {
        self.texts.begin(&self.octets);
        self.nodes.clear();
        self.rows.clear();
        let mut at = 0;
        while let Some(length) = Unpacked::length(&self.places, at) {
            let Some((envelope, structure)) = self.unpacked.row(&self.places, at, &self.octets) else {
                break;
            };
            self.texts.begin_row(Unpacked::octets(&self.places, at, &self.octets));
            let envelope =
                envelope.map(|envelope| write_envelope(&mut self.texts, &mut self.nodes, envelope));
            let structure =
                structure.map(|structure| write_structure(&mut self.texts, &mut self.nodes, structure));
            self.rows.extend([envelope.unwrap_or(NONE), structure.unwrap_or(NONE)]);
            at += length;
        }
        if !self.texts.all_ascii {
            // What is not of ASCII is among the wide texts.
            self.octets.iter_mut().for_each(|octet| *octet &= 0x7f);
        }
        self.octets.append(&mut self.texts.foreign);
        self.header.clear();
        let words = |words: &[u32]| [words.as_ptr() as u32, (words.len() * 4) as u32];
        let octets = |octets: &[u8]| [octets.as_ptr() as u32, octets.len() as u32];
        self.header.extend_from_slice(&words(&self.rows));
        self.header.extend_from_slice(&words(&self.nodes));
        self.header.extend_from_slice(&words(&self.texts.places));
        self.header.extend_from_slice(&octets(&self.octets));
        self.header.extend_from_slice(&words(&self.texts.wide));
        self.header.extend_from_slice(&octets(&self.texts.wide_octets));
        self.header.as_ptr() as usize
    }
}

/// The first string (date, subject, in-reply-to, message-id), then the date in seconds, or 0 if it is in no usual form: only then its string
/// is there. Then for each list of addresses its first string and how many addresses it has; each is two strings: the name, and mailbox
/// and host. Lists that are the same share them.
fn write_envelope(texts: &mut Texts, nodes: &mut Vec<u32>, envelope: Envelope<'_>) -> u32 {
    let at = nodes.len() as u32;
    let date = envelope.date();
    let seconds = date.as_deref().and_then(usual_moment).unwrap_or_default();
    nodes.extend_from_slice(&[texts.next(), seconds]);
    texts.push(date.as_ref().filter(|_| seconds == 0));
    for text in [envelope.subject(), envelope.in_reply_to(), envelope.message_id()] {
        texts.push(text.as_ref());
    }
    let lists = envelope.lists();
    let first = nodes.len();
    for (index, list) in lists.iter().enumerate() {
        let same = lists.iter().take(index).position(|other| other == list);
        if let Some(same) = same {
            let (from, count) = (nodes[first + same * 2], nodes[first + same * 2 + 1]);
            nodes.extend_from_slice(&[from, count]);
            continue;
        }
        let from = texts.next();
        let mut count = 0;
        for address in Addresses::from(*list) {
            // Marks of groups have no host; the members are what counts.
            let Some(host) = address.host else { continue };
            texts.push(address.name.as_ref());
            match (&address.mailbox, &host) {
                (Some(Cow::Borrowed(mailbox)), Cow::Borrowed(host)) => {
                    texts.push_parts([mailbox, b"@", host])
                }
                (mailbox, host) => {
                    texts.push_foreign(&[mailbox.as_deref().unwrap_or_default(), b"@", host].concat());
                }
            }
            count += 1;
        }
        nodes.extend_from_slice(&[from, count]);
    }
    at
}

/// A part, then the parts in it. Numbers: where the part after it begins, how many parts are in it, octets (low, high), lines plus one,
/// its first string, how many parameters, how many of the disposition, how many languages, where its envelope is or [`NONE`].
/// Strings: type, id, description, encoding, location, disposition, names and values of the parameters, of those of the
/// disposition, languages.
fn write_structure(texts: &mut Texts, nodes: &mut Vec<u32>, part: BodyStructure<'_>) -> u32 {
    let at = nodes.len();
    nodes.extend_from_slice(&[0; PART]);
    let first = texts.next();
    match (part.kind(), part.subtype()) {
        (Cow::Borrowed(kind), Cow::Borrowed(subtype)) => {
            texts.push_parts([kind.as_bytes(), b"/", subtype.as_bytes()]);
        }
        (kind, subtype) => texts.push_foreign(&[kind.as_bytes(), b"/", subtype.as_bytes()].concat()),
    }
    texts.push(part.id().as_ref());
    texts.push(part.description().as_ref());
    texts.push(Some(&octets_of(part.encoding())));
    texts.push(part.location().as_ref());
    let disposition = part.disposition();
    texts.push(disposition.as_ref().map(|disposition| octets_of(disposition.kind.clone())).as_ref());
    let mut counts = [0_u32; 2];
    let lists = [Some(part.parameters()), disposition.map(|disposition| disposition.parameters)];
    for (count, parameters) in counts.iter_mut().zip(lists) {
        for (name, value) in parameters.into_iter().flatten() {
            texts.push(Some(&octets_of(name)));
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

fn octets_of(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// Numbers of a part.
const PART: usize = 11;
