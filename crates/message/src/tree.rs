//! A message that is there as a whole: its parts, and which of them are the body (RFC 2046, 5.1; RFC 2387).

use crate::content::Content;
use crate::decode::{self, Encoding};
use crate::fields::Fields;
use crate::scan::{LONGEST_HEADER, Scanner};
use crate::{Part, PartKind, Scan};
use memchr::memrchr;
use std::borrow::Cow;
use std::ops::Range;

/// The parts of a message. Those of messages in it are not among them.
pub(crate) struct Tree<'x> {
    octets: &'x [u8],
    scan: Cow<'x, Scan>,
    pub(crate) nodes: Vec<Node>,
    /// Numbers of the nodes that are the text, in order.
    pub(crate) text: Vec<usize>,
    /// The same of HTML.
    pub(crate) html: Vec<usize>,
}

/// One part of it.
pub(crate) struct Node {
    /// Its place in the scan.
    place: usize,
    pub(crate) content: Option<Content>,
    kind: NodeKind,
    /// Whether its end is missing or its encoding is faulty.
    damaged: bool,
    /// Whether it is to be saved rather than shown.
    attached: bool,
    /// Whether it gives itself the name of a file.
    named: bool,
    /// Whether it is listed as attachment.
    pub(crate) listed: bool,
    /// Whether it is shown as body.
    pub(crate) shown: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NodeKind {
    Multipart,
    Message,
    Plain,
    Html,
    /// Another text, or what is shown as one because it is damaged.
    Text,
    /// Images, sounds and films.
    Media,
    Other,
}

impl<'x> Tree<'x> {
    pub(crate) fn of(octets: &'x [u8]) -> Self {
        Self::build(octets, Cow::Owned(Scanner::whole(octets)))
    }

    /// The tree of a message whose scan is known.
    pub(crate) fn scanned(octets: &'x [u8], scan: &'x Scan) -> Self {
        Self::build(octets, Cow::Borrowed(scan))
    }

    fn build(octets: &'x [u8], scan: Cow<'x, Scan>) -> Self {
        let mut tree = Self { octets, scan, nodes: Vec::new(), text: Vec::new(), html: Vec::new() };
        let numbered = tree.scan.parts.iter().enumerate().filter(|(_, part)| part.number.is_some());
        tree.nodes = numbered.map(|(place, part)| tree.node(place, part)).collect();
        Choice::new().choose(&mut tree);
        tree.settle();
        tree
    }

    /// Whether the octets are no message.
    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The fields of the message.
    pub(crate) fn fields(&self) -> Fields<'x> {
        self.scan.parts.first().map(|root| Fields::of(self.slice(&root.header))).unwrap_or_default()
    }

    /// The fields of a part: of very many, the first.
    pub(crate) fn fields_of(&self, part: &Part) -> Fields<'x> {
        let block = self.slice(&part.header);
        Fields::of(&block[..block.len().min(LONGEST_HEADER)])
    }

    pub(crate) fn part(&self, node: &Node) -> &Part {
        &self.scan.parts[node.place]
    }

    /// The octets of a part with its transfer encoding undone, before any charset.
    pub(crate) fn decoded(&self, node: &Node) -> Cow<'x, [u8]> {
        self.beginning(node, usize::MAX).0
    }

    /// The same of the lines among so many octets of it, and whether there is more.
    pub(crate) fn beginning(&self, node: &Node, limit: usize) -> (Cow<'x, [u8]>, bool) {
        let part = self.part(node);
        let whole = self.slice(&part.body);
        let raw = &whole[..whole.len().min(limit)];
        let is_cut = raw.len() < whole.len();
        // Cut between lines where they are as short as they should be: few characters and escapes are cut in two.
        let line = raw.len().saturating_sub(LONGEST_LINE);
        let end = memrchr(b'\n', &raw[line..]).filter(|_| is_cut).map_or(raw.len(), |end| line + end + 1);
        let decoded = match part.encoding {
            Encoding::Identity => Cow::Borrowed(&raw[..end]),
            encoding => Cow::Owned(decode::decode(encoding, &raw[..end])),
        };
        (decoded, is_cut)
    }

    /// The charset in which raw 8-bit headers are, if anything says it: that of the message or of its first text.
    pub(crate) fn charset(&self) -> Option<&str> {
        let texts = self.nodes.iter().filter(|node| node.is_text());
        texts.map(|node| self.part(node)).find_map(|part| part.charset.as_deref())
    }

    /// The fields of the message that a node is, and the charset of its first text.
    pub(crate) fn message_in(&self, node: &Node) -> Option<(Fields<'x>, Option<&str>)> {
        let inside = |part: &&Part| part.parent.is_some_and(|parent| parent as usize == node.place);
        let behind = self.scan.parts.get(node.place + 1..)?;
        let root = behind.first().filter(inside)?;
        let charset =
            behind.iter().take_while(|part| part.number.is_none()).find_map(|part| part.charset.as_deref());
        Some((self.fields_of(root), charset))
    }

    fn slice(&self, range: &Range<u64>) -> &'x [u8] {
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        self.octets.get(place(range.start)..place(range.end)).unwrap_or_default()
    }

    fn node(&self, place: usize, part: &Part) -> Node {
        let fields = self.fields_of(part);
        let content = fields.last("content-type").and_then(Content::of);
        let disposition = fields.last("content-disposition").and_then(Content::of);
        let names = content.as_ref().map(Content::names);
        let is_empty_message =
            || self.scan.parts.get(place + 1).is_none_or(|next| next.parent != u32::try_from(place).ok());
        let damaged = match part.kind {
            PartKind::Leaf => part.faulty || part.open,
            PartKind::Message => is_empty_message(),
            PartKind::Multipart => false,
        };
        let kind = match (part.kind, names) {
            (PartKind::Multipart, _) => NodeKind::Multipart,
            (PartKind::Message, _) => NodeKind::Message,
            (_, None) if part.content_type.starts_with("message/") && !damaged => NodeKind::Message,
            (_, None) if part.content_type.starts_with("message/") => NodeKind::Text,
            (_, None | Some(("text", Some("plain")))) => NodeKind::Plain,
            _ if damaged => NodeKind::Text,
            (_, Some(("text", Some("html")))) => NodeKind::Html,
            (_, Some(("text", _))) => NodeKind::Text,
            (_, Some(("image" | "audio" | "video", _))) => NodeKind::Media,
            (_, Some(("message", Some("rfc822" | "global")))) => NodeKind::Message,
            _ => NodeKind::Other,
        };
        let given =
            |content: Option<&Content>, name| content.is_some_and(|one| one.parameter(name).is_some());
        let named = given(disposition.as_ref(), "filename") || given(content.as_ref(), "name");
        let attached = disposition.is_some_and(|one| one.kind == "attachment");
        Node { place, content, kind, damaged, attached, named, listed: false, shown: false }
    }

    /// What was chosen is shown if it is text. A text whose end is missing or whose transfer encoding is faulty is shown all the same;
    /// so is a multipart that has no boundary.
    fn settle(&mut self) {
        let Self { nodes, text, html, .. } = self;
        text.retain(|number| nodes[*number].is_text());
        html.retain(|number| nodes[*number].is_text());
        for number in text.iter().chain(html.iter()) {
            nodes[*number].shown = true;
        }
        for (number, node) in nodes.iter_mut().enumerate() {
            if !node.shown && node.is_damaged_body(number == 0) {
                node.shown = true;
                let list = if node.is_html() { &mut *html } else { &mut *text };
                list.push(number);
            }
        }
    }
}

impl Node {
    /// Whether it is declared as HTML.
    pub(crate) fn is_html(&self) -> bool {
        self.names() == Some(("text", Some("html")))
    }

    fn names(&self) -> Option<(&str, Option<&str>)> {
        self.content.as_ref().map(Content::names)
    }

    /// Whether its type has a name, as that of a file has.
    fn has_name(&self) -> bool {
        self.content.as_ref().is_some_and(|content| content.parameter("name").is_some())
    }

    pub(crate) fn is_message(&self) -> bool {
        self.kind == NodeKind::Message
    }

    fn is_text(&self) -> bool {
        matches!(self.kind, NodeKind::Plain | NodeKind::Html | NodeKind::Text)
    }

    fn is_damaged_body(&self, is_root: bool) -> bool {
        let reads = match self.names() {
            None | Some(("text", None | Some("plain" | "html"))) => self.damaged || is_root,
            Some(("multipart", _)) => true,
            Some(_) => false,
        };
        let has_octets = self.damaged || !matches!(self.kind, NodeKind::Multipart | NodeKind::Message);
        reads && has_octets && !self.attached && !self.named
    }
}

/// The choice of the body, part by part.
struct Choice {
    levels: Vec<Level>,
}

/// A multipart whose parts are read, or the message itself.
#[derive(Clone, Copy)]
struct Level {
    /// Its place in the scan.
    place: Option<u32>,
    kind: LevelKind,
    in_alternative: bool,
    /// Parts that came.
    parts: usize,
    /// How many were chosen before it.
    text: usize,
    html: usize,
    needs_text: bool,
    needs_html: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LevelKind {
    Message,
    Alternative,
    Related,
    Other,
}

impl Choice {
    fn new() -> Self {
        let root = Level {
            place: None,
            kind: LevelKind::Message,
            in_alternative: false,
            parts: 0,
            text: 0,
            html: 0,
            needs_text: true,
            needs_html: true,
        };
        Self { levels: vec![root] }
    }

    fn choose(mut self, tree: &mut Tree<'_>) {
        for number in 0..tree.nodes.len() {
            let node = &tree.nodes[number];
            self.leave(tree, tree.part(node).parent);
            self.read(tree, number);
        }
        self.leave(tree, None);
    }

    /// Leaves levels up to this one.
    fn leave(&mut self, tree: &mut Tree<'_>, place: Option<u32>) {
        while let Some(level) = self.levels.pop() {
            if level.place == place || self.levels.is_empty() {
                return self.levels.push(level);
            }
            let closed = level
                .place
                .and_then(|place| tree.scan.parts.get(place as usize))
                .is_some_and(|part| !part.open);
            if closed && level.kind == LevelKind::Alternative && level.needs_text && level.needs_html {
                level.share(&mut tree.text, &mut tree.html);
            }
        }
    }

    fn read(&mut self, tree: &mut Tree<'_>, number: usize) {
        let Some(level) = self.levels.last_mut() else { return };
        level.parts += 1;
        let node = &tree.nodes[number];
        let part = tree.part(node);
        let is_headers_only = number == 0 && part.open && part.kind == PartKind::Leaf;
        match node.kind {
            NodeKind::Multipart => {
                let inner = level.inner(node, tree.text.len(), tree.html.len());
                self.levels.push(inner);
            }
            _ if is_headers_only => {}
            kind => {
                let (text, html) = level.takes(node);
                tree.text.extend(text.then_some(number));
                tree.html.extend(html.then_some(number));
                let taken = if kind == NodeKind::Html { html } else { text };
                tree.nodes[number].listed = !(taken && tree.nodes[number].is_text());
            }
        }
    }
}

impl Level {
    /// The level of a multipart in this one.
    fn inner(&self, node: &Node, text: usize, html: usize) -> Self {
        let kind = match node.names() {
            Some((_, Some("alternative"))) => LevelKind::Alternative,
            Some((_, Some("related"))) => LevelKind::Related,
            _ => LevelKind::Other,
        };
        let in_alternative = self.in_alternative || kind == LevelKind::Alternative;
        Self { place: u32::try_from(node.place).ok(), kind, in_alternative, parts: 0, text, html, ..*self }
    }

    /// Whether a part of it is the text, and whether it is the HTML.
    fn takes(&mut self, node: &Node) -> (bool, bool) {
        let (plain, html) = (node.kind == NodeKind::Plain, node.kind == NodeKind::Html);
        if node.attached || self.kind != LevelKind::Alternative && !self.shows(node) {
            return (false, false);
        }
        if self.kind == LevelKind::Alternative {
            return (plain, html);
        }
        if self.in_alternative && (self.needs_text || self.needs_html) {
            self.needs_text &= !html;
            self.needs_html &= !plain;
        }
        (self.needs_text, self.needs_html)
    }

    /// Whether a part is shown where it stands.
    fn shows(&self, node: &Node) -> bool {
        let (first, media) = (self.parts == 1, node.kind == NodeKind::Media);
        if node.damaged {
            return first && self.kind == LevelKind::Message && node.kind == NodeKind::Plain;
        }
        let reads = media || matches!(node.kind, NodeKind::Plain | NodeKind::Html);
        let stands = first || self.kind != LevelKind::Related && (media || !node.has_name());
        reads && stands
    }

    /// An alternative that has one form only has it for both.
    fn share(&self, text: &mut Vec<usize>, html: &mut Vec<usize>) {
        if text.len() == self.text && html.len() != self.html {
            text.extend_from_slice(&html[self.html..]);
        } else if html.len() == self.html && text.len() != self.text {
            html.extend_from_slice(&text[self.text..]);
        }
    }
}

/// Octets of a line, at most (RFC 5322, 2.1.1).
const LONGEST_LINE: usize = 998;
