//! Walks through the structure of a message, forward only.
//!
//! One boundary is looked for at a time, wherever it stands in a line, to the end of the message. So each step waits for one
//! boundary, and the end of the octets is one more way for a step to end.

use super::header::{ContentKind, Described, HeaderBlock, Nesting};
use super::measure::Measure;
use super::search::{Found, Search};
use super::{Part, PartKind};
use crate::attachment;
use std::ops::Range;

/// One walk.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    /// Octets that were taken.
    at: u64,
    /// The last two of them.
    last: [u8; 2],
    step: Step,
    level: Level,
    stack: Vec<(Level, Option<Vec<u32>>)>,
    /// Parts of the current message, in its numbering.
    message: Vec<u32>,
    parts: Vec<Part>,
    nesting: Nesting,
    /// Octets of header blocks that were kept.
    headers: u64,
    /// The charset of the first text, for raw octets in names.
    charset: Option<String>,
    gaps: Vec<Range<u64>>,
    /// Multiparts whose boundary never comes: what this walk supposes.
    texts: usize,
    most: Bounds,
}

/// How much is recorded of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) parts: usize,
    /// Octets of all header blocks.
    pub(super) headers: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { parts: MOST_PARTS, headers: MOST_HEADERS }
    }
}

/// What is waited for.
#[derive(Debug, Clone)]
enum Step {
    /// The end of a header block.
    Header(HeaderBlock),
    /// The first boundary of a multipart.
    First { search: Search, part: Box<Part>, digest: bool, boundary: Vec<u8> },
    /// The end of a body.
    Body { search: Option<Search>, part: Box<Part>, measure: Measure },
    /// What follows a boundary: the octet after it.
    After(Option<u8>),
    /// The end of the line of a boundary.
    Line,
    /// The boundary around a multipart that has ended.
    Next { search: Search, ended: u32, from: u64 },
    /// Nothing more.
    Done,
}

/// A multipart or a message whose parts are read.
#[derive(Debug, Clone)]
struct Level {
    kind: LevelKind,
    boundary: Option<Vec<u8>>,
    /// Its number in the message around it.
    number: usize,
    part: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum LevelKind {
    Message,
    Digest,
    Multipart,
}

impl Machine {
    pub(super) fn new(most: Bounds) -> Self {
        Self {
            at: 0,
            last: [0; 2],
            step: Step::Header(HeaderBlock::new(0)),
            level: Level { kind: LevelKind::Message, boundary: None, number: 0, part: None },
            stack: Vec::new(),
            message: Vec::new(),
            parts: Vec::new(),
            nesting: Nesting::default(),
            headers: 0,
            charset: None,
            gaps: Vec::new(),
            texts: 0,
            most,
        }
    }

    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Where the multipart begins whose first boundary is waited for.
    pub(super) fn waits_since(&self) -> Option<u64> {
        match &self.step {
            Step::First { part, .. } => Some(part.body.start),
            _ => None,
        }
    }

    /// Takes octets. It stops where a multipart began whose boundary is not in them, and at their end.
    pub(super) fn push(&mut self, mut octets: &[u8]) {
        while !octets.is_empty() && !matches!(self.step, Step::Done) {
            let used = self.step(octets);
            octets = &octets[used..];
        }
    }

    fn step(&mut self, octets: &[u8]) -> usize {
        match &mut self.step {
            Step::Header(block) => {
                let (used, ended) = block.push(octets);
                self.take(&octets[..used]);
                if ended {
                    self.end_header();
                }
                used
            }
            Step::First { search, .. } => match search.push(octets, |_| ()) {
                Some(found) => self.enter_multipart(octets, &found),
                None => self.take(octets),
            },
            Step::Body { search: None, measure, .. } => {
                measure.push(octets);
                self.take(octets)
            }
            Step::Body { search: Some(search), measure, .. } => {
                match search.push(octets, |inside| measure.push(inside)) {
                    Some(found) => self.end_body(octets, &found),
                    None => self.take(octets),
                }
            }
            Step::After(first) => {
                let first = *first;
                self.after(first, octets)
            }
            Step::Line => self.end_line(octets),
            Step::Next { search, .. } => match search.push(octets, |_| ()) {
                Some(found) => self.leave_multipart(octets, &found),
                None => self.take(octets),
            },
            Step::Done => octets.len(),
        }
    }

    fn take(&mut self, octets: &[u8]) -> usize {
        self.at += octets.len() as u64;
        match octets {
            [] => {}
            [one] => self.last = [self.last[1], *one],
            [.., before, one] => self.last = [*before, *one],
        }
        octets.len()
    }

    fn start_header(&mut self) {
        self.step = Step::Header(HeaderBlock::new(self.at));
    }

    fn end_header(&mut self) {
        let Step::Header(block) = std::mem::replace(&mut self.step, Step::Done) else { return };
        let start = block.start;
        self.headers += block.kept();
        if self.parts.len() >= self.most.parts || self.headers > self.most.headers {
            self.at = start;
            return;
        }
        let described = block.parse(self.at - start, &mut self.nesting, self.charset.as_deref());
        self.name_message(&described);
        let digest = self.level.kind == LevelKind::Digest;
        let is_message =
            described.kind == ContentKind::Message || described.kind == ContentKind::Undeclared && digest;
        let mut part = Box::new(Part::new(described.clone(), start..self.at, self.level.part));
        if is_message && described.kind == ContentKind::Undeclared {
            "message/rfc822".clone_into(&mut part.content_type);
            part.text = false;
        }
        match (described.kind, described.boundary) {
            // Which multipart is given up may depend on the message alone, and not on what has come of it so far.
            (ContentKind::Multipart { digest }, Some(boundary))
                if !boundary.is_empty() && self.texts + 1 < super::MOST_WALKS =>
            {
                let search = Search::new(&boundary, self.last);
                self.step = Step::First { search, part, digest, boundary };
            }
            _ if is_message && part.encoding == crate::Encoding::Identity => self.enter_message(*part),
            _ => self.start_body(part),
        }
    }

    /// The header block of a nested message has its subject, which names the part.
    fn name_message(&mut self, described: &Described) {
        if self.level.kind != LevelKind::Message || !self.message.is_empty() {
            return;
        }
        let Some(part) = self.level.part.and_then(|part| self.parts.get_mut(part as usize)) else { return };
        let name = described.subject.as_ref().filter(|_| part.name.is_empty());
        if let Some(subject) = name {
            let charset = described.charset.as_deref();
            part.name = attachment::name_by_subject(subject, charset).unwrap_or_default();
        }
    }

    fn start_body(&mut self, part: Box<Part>) {
        let search = self.level.boundary.as_ref().map(|boundary| Search::new(boundary, self.last));
        let measure = Measure::new(part.encoding);
        self.step = Step::Body { search, part, measure };
    }

    /// This walk if the first boundary of the multipart never comes: then the multipart is a text.
    pub(super) fn without_multipart(&self) -> Option<Self> {
        let Step::First { part, search, .. } = &self.step else { return None };
        let (at, last, texts) = (part.body.start, search.lead(), self.texts + 1);
        let mut walk = Self { step: Step::Done, at, last, texts, ..self.clone() };
        walk.start_body(part.clone());
        Some(walk)
    }

    fn enter_message(&mut self, part: Part) {
        let number = self.message.len();
        let part = self.add(Part { kind: PartKind::Message, ..part });
        let boundary = self.level.boundary.take();
        let level = Level { kind: LevelKind::Message, boundary, number, part: Some(part) };
        let around = std::mem::replace(&mut self.level, level);
        self.stack.push((around, Some(std::mem::take(&mut self.message))));
        self.start_header();
    }

    fn enter_multipart(&mut self, octets: &[u8], found: &Found) -> usize {
        let used = self.take(&octets[..found.used]);
        let Step::First { search, part, digest, boundary } = std::mem::replace(&mut self.step, Step::Line)
        else {
            return used;
        };
        self.gap(part.body.start, self.at - search.needle());
        let number = self.message.len();
        let part = self.add(Part { kind: PartKind::Multipart, ..*part });
        let kind = if digest { LevelKind::Digest } else { LevelKind::Multipart };
        let level = Level { kind, boundary: Some(boundary), number, part: Some(part) };
        let around = std::mem::replace(&mut self.level, level);
        self.stack.push((around, None));
        used
    }

    fn add(&mut self, part: Part) -> u32 {
        let index = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        self.message.push(index);
        self.parts.push(part);
        index
    }

    fn end_body(&mut self, octets: &[u8], found: &Found) -> usize {
        let used = self.take(&octets[..found.used]);
        let Step::Body { search: Some(search), part, measure } =
            std::mem::replace(&mut self.step, Step::Done)
        else {
            return used;
        };
        let boundary = self.at - search.needle();
        self.add_body(*part, measure, boundary - found.line_end, found.before[1] == b'-');
        self.at_boundary(boundary, found.before);
        used
    }

    fn add_body(&mut self, mut part: Part, measure: Measure, end: u64, dash: bool) {
        (part.size, part.faulty) = measure.finish(dash);
        part.body.end = end.max(part.body.start);
        if self.charset.is_none() && part.content_type.starts_with("text/") {
            self.charset.clone_from(&part.charset);
        }
        self.add(part);
    }

    /// After a boundary that ends a part. It may end a nested message as well.
    fn at_boundary(&mut self, boundary: u64, before: [u8; 2]) {
        if self.level.kind == LevelKind::Message {
            let Some((mut around, Some(message))) = self.stack.pop() else { return self.step = Step::Done };
            let line_end = if before[0] == b'\r' { 2 } else { 1 };
            self.close(&message, boundary.saturating_sub(line_end));
            self.message = message;
            around.boundary = self.level.boundary.take();
            self.level = around;
        }
        self.step = Step::After(None);
    }

    /// Sets the end of the part whose level is left.
    fn close(&mut self, message: &[u32], end: u64) {
        let part = message.get(self.level.number).and_then(|part| self.parts.get_mut(*part as usize));
        if let Some(part) = part {
            part.body.end = end.max(part.body.start);
        }
    }

    /// `--` ends the multipart; white space and a line end are passed over; anything else begins the next header.
    fn after(&mut self, first: Option<u8>, octets: &[u8]) -> usize {
        match (first, octets[0]) {
            (None, b'\n') => {
                let used = self.take(&octets[..1]);
                self.start_header();
                used
            }
            (None, octet @ (b'\r' | b'-')) => {
                self.step = Step::After(Some(octet));
                self.take(&octets[..1])
            }
            (None, octet) if octet.is_ascii_whitespace() => {
                self.step = Step::Line;
                self.take(&octets[..1])
            }
            (Some(b'-'), b'-') => {
                let used = self.take(&octets[..1]);
                self.end_multipart();
                used
            }
            (Some(b'-'), _) => {
                let mut block = HeaderBlock::new(self.at - 1);
                block.push(b"-");
                self.step = Step::Header(block);
                0
            }
            (Some(_), _) => {
                self.step = Step::Line;
                0
            }
            (None, _) => {
                self.start_header();
                0
            }
        }
    }

    fn end_line(&mut self, octets: &[u8]) -> usize {
        let space = octets.iter().take_while(|octet| matches!(octet, b'\r' | b' ' | b'\t')).count();
        let rest = &octets[space..];
        let used = self.take(&octets[..space + usize::from(rest.first() == Some(&b'\n'))]);
        if !rest.is_empty() {
            self.start_header();
        }
        used
    }

    fn end_multipart(&mut self) {
        self.step = Step::Done;
        let Some(ended) = self.message.get(self.level.number).copied() else { return };
        let Some((around, _)) = self.stack.pop() else { return };
        self.level = around;
        if let Some(part) = self.parts.get_mut(ended as usize) {
            part.body.end = self.at;
        }
        if let Some(boundary) = &self.level.boundary {
            let search = Search::new(boundary, self.last);
            self.step = Step::Next { search, ended, from: self.at };
        }
    }

    fn leave_multipart(&mut self, octets: &[u8], found: &Found) -> usize {
        let used = self.take(&octets[..found.used]);
        if let Step::Next { search, ended, from } = std::mem::replace(&mut self.step, Step::Done) {
            let boundary = self.at - search.needle();
            self.gap(from, boundary);
            if let Some(part) = self.parts.get_mut(ended as usize) {
                part.body.end = boundary - found.line_end;
            }
            self.at_boundary(boundary, found.before);
        }
        used
    }

    /// Notes octets between parts that nobody reads, if they are many.
    fn gap(&mut self, start: u64, end: u64) {
        if end - start > super::LEAST_CUT {
            self.gaps.push(start..end);
        }
    }

    /// The parts, the gaps, and where reading ended.
    pub(super) fn finish(mut self, total: u64) -> (Vec<Part>, Vec<Range<u64>>, u64) {
        let mut end = self.at;
        match std::mem::replace(&mut self.step, Step::Done) {
            Step::Body { search, part, mut measure } => {
                let missing = search.is_some();
                measure.push(search.as_ref().map_or(&[][..], Search::rest));
                let mut part = *part;
                part.open = missing;
                self.add_body(part, measure, total, false);
                self.level.boundary = None;
            }
            Step::Header(block) if self.parts.is_empty() => {
                let described = block.parse(total, &mut self.nesting, None);
                if described.any {
                    self.add(Part { open: true, ..Part::new(described, 0..total, None) });
                }
            }
            Step::Next { from, .. } => {
                self.gap(from, total);
                end = from;
            }
            _ => {}
        }
        self.recover(end);
        if let Some(root) = self.message.first().and_then(|root| self.parts.get_mut(*root as usize)) {
            root.body.end = total;
        }
        self.number();
        (self.parts, self.gaps, self.at)
    }

    /// Ends what is open at the end of the octets.
    fn recover(&mut self, end: u64) {
        while let Some((around, saved)) = self.stack.pop() {
            if let Some(part) = self.level.part.and_then(|part| self.parts.get_mut(part as usize)) {
                part.open = true;
            }
            let message = saved.unwrap_or_else(|| std::mem::take(&mut self.message));
            self.close(&message, end);
            self.message = message;
            self.level = around;
        }
    }

    /// Numbers the parts of the message itself, and says which of them may be read as text.
    fn number(&mut self) {
        for (number, part) in (0..).zip(&self.message) {
            if let Some(part) = self.parts.get_mut(*part as usize) {
                part.number = Some(number);
                part.text = part.is_readable();
            }
        }
        for part in &mut self.parts {
            if part.kind != PartKind::Leaf {
                part.size = part.body.end - part.body.start;
            }
        }
    }
}

/// More parts than any digest has: their records stay below some mebibytes.
const MOST_PARTS: usize = 10_000;
/// All header blocks together are read when the message is shown.
const MOST_HEADERS: u64 = 8 * 1024 * 1024;
