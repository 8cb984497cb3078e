//! What `mail-parser` makes of the same octets: it reads messages as a whole, so it is what our own reading is held against.

use crate::address::addresses;
use crate::content::Content;
use crate::samples::{Random, mutate, samples};
use crate::scan::Scanner;
use crate::tree::Tree;
use mail_parser::parsers::MessageStream;
use mail_parser::{
    Addr, Address, ContentType, HeaderName, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders,
    PartType,
};
use std::collections::BTreeSet;

/// The message, if it has a header. To the library a last line without end is a name, where it is no line with a colon either.
pub(crate) fn message(octets: &[u8]) -> Option<Message<'_>> {
    let message = MessageParser::default().parse(octets)?;
    let is_loose = match &message.parts[0].headers[..] {
        [only] => only.offset_start as usize == octets.len() && !octets.ends_with(b":"),
        _ => false,
    };
    (!is_loose).then_some(message)
}

/// Whether the library reads the types of all parts as we do. Where the syntax of a field is broken, it may not.
pub(crate) fn reads_alike(octets: &[u8]) -> bool {
    let Some(message) = message(octets) else { return true };
    message.parts.iter().all(|part| {
        let fields = [
            (HeaderName::ContentType, part.content_type()),
            (HeaderName::ContentDisposition, part.content_disposition()),
        ];
        fields.into_iter().all(|(name, theirs)| {
            let field = part.headers.iter().rfind(|header| header.name == name);
            field.is_none_or(|field| {
                same(&octets[field.offset_start as usize..field.offset_end as usize], theirs)
            })
        })
    })
}

fn same(raw: &[u8], theirs: Option<&ContentType<'_>>) -> bool {
    match (Content::of(raw), theirs) {
        (Some(ours), Some(theirs)) => {
            let names = ["boundary", "charset", "name", "filename", "format"];
            ours.names() == (theirs.ctype(), theirs.subtype())
                && names.iter().all(|name| ours.parameter(name).as_deref() == theirs.attribute(name))
        }
        // A field without a line end says nothing to the library.
        (ours, None) => ours.is_none() || !raw.ends_with(b"\n"),
        (None, Some(_)) => false,
    }
}

/// The numbers of text, HTML and attachments.
type Chosen = [Vec<usize>; 3];

fn ours(octets: &[u8]) -> Chosen {
    let tree = Tree::of(octets);
    let attached = tree.nodes.iter().enumerate().filter(|(_, node)| node.listed && !node.shown);
    [tree.text.clone(), tree.html.clone(), attached.map(|(number, _)| number).collect()]
}

fn theirs(octets: &[u8]) -> Chosen {
    let Some(message) = message(octets) else { return Chosen::default() };
    let is_text = |id: &u32| message.parts[*id as usize].is_text();
    let mut text: Vec<u32> = message.text_body.iter().copied().filter(is_text).collect();
    let mut html: Vec<u32> = message.html_body.iter().copied().filter(is_text).collect();
    let mut shown: BTreeSet<u32> = text.iter().chain(&html).copied().collect();
    for (id, part) in (0..).zip(&message.parts) {
        if is_damaged_body(id, part) && shown.insert(id) {
            if part.is_content_type("text", "html") { html.push(id) } else { text.push(id) }
        }
    }
    let attached = attachments(&message).filter(|id| !shown.contains(id)).collect();
    [text, html, attached].map(|list: Vec<u32>| list.into_iter().map(|id| id as usize).collect())
}

fn attachments<'m>(message: &'m Message<'_>) -> impl Iterator<Item = u32> + use<'m> {
    message.attachments.iter().copied()
}

/// What the library gives up on because it is damaged.
fn is_damaged_body(id: u32, part: &MessagePart<'_>) -> bool {
    let attached = part.content_disposition().is_some_and(ContentType::is_attachment);
    let reads = match part.content_type().map(|kind| (kind.ctype(), kind.subtype())) {
        None | Some(("text", None | Some("plain" | "html"))) => part.is_encoding_problem || id == 0,
        Some(("multipart", _)) => true,
        Some(_) => false,
    };
    let has_octets = !matches!(part.body, PartType::Multipart(_) | PartType::Message(_));
    reads && has_octets && !attached && part.attachment_name().is_none()
}

/// A message of nested parts, some of them not ended.
fn grown(random: &mut Random, depth: usize, boundaries: &mut usize) -> String {
    const LEAVES: [&str; 10] = [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: text/html\r\n",
        "Content-Type: text/plain; name=a.txt\r\n",
        "Content-Type: application/x\r\nContent-Disposition: attachment; filename=a\r\n",
        "Content-Type: text/csv\r\n",
        "Content-Type: image/png\r\nContent-ID: <x>\r\n",
        "Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n",
        "Content-Type: application/pdf\r\nContent-Disposition: inline\r\n",
        "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n",
    ];
    const KINDS: [&str; 5] = ["mixed", "alternative", "related", "digest", "x-other"];
    if depth == 0 || random.next(3) == 0 {
        return format!("{}\r\nwords\r\n", LEAVES[random.next(LEAVES.len())]);
    }
    *boundaries += 1;
    let boundary = format!("b{boundaries}-");
    let mut text =
        format!("Content-Type: multipart/{}; boundary={boundary}\r\n\r\n", KINDS[random.next(KINDS.len())]);
    for _ in 0..=random.next(4) {
        text += &format!("--{boundary}\r\n{}", grown(random, depth - 1, boundaries));
    }
    if random.next(8) > 0 {
        text += &format!("--{boundary}--\r\n");
    }
    text
}

#[test]
fn the_body_is_the_one_of_the_library() {
    let mut random = Random(0x5ca9_0004);
    let agrees = |octets: &[u8]| {
        // Without a line end the library does not know what the last field says; there is no body then either.
        let is_cut = Scanner::whole(octets).parts.first().is_some_and(|root| root.body.is_empty());
        assert!(
            is_cut || ours(octets) == theirs(octets),
            "{:?} {:?} {}",
            ours(octets),
            theirs(octets),
            String::from_utf8_lossy(octets)
        );
    };
    for _ in 0..2_000 {
        agrees(grown(&mut random, 3, &mut 0).as_bytes());
    }
    let mut broken = 0;
    let samples = samples();
    for round in 0..10_000 {
        let mut octets = samples[round % samples.len()].clone();
        if round >= samples.len() {
            mutate(&mut octets, &mut random);
        }
        if reads_alike(&octets) {
            agrees(&octets);
        } else {
            broken += 1;
        }
    }
    assert!(broken < 200, "{broken}");
}

#[test]
fn types_are_those_of_the_library() {
    const TYPES: [&str; 5] =
        ["text/plain", " Multipart/MIXED ", "text (a (b) c) /html", "attachment", "text/x.y+z(x)"];
    const PARAMETERS: [&str; 12] = [
        "boundary=a_b'c",
        "boundary=\"a b (c)\"",
        "Boundary = \"x\\\"y;=\"",
        "charset=us-ascii (plain)",
        "name=\"a b.txt\"",
        "name*=utf-8'en'a%20b",
        "name*0=\"a\"; name*1=b",
        "filename*0*=utf-8''a; filename*1*=b",
        "format=flowed",
        "FORMAT=fixed",
        "x=\"\"",
        "nothing",
    ];
    let mut random = Random(0x5ca9_0005);
    for _ in 0..20_000 {
        let mut raw = TYPES[random.next(TYPES.len())].to_owned();
        for _ in 0..random.next(4) {
            raw += [";", "; ", ";\r\n ", " ;\t", "\r\n "][random.next(5)];
            raw += PARAMETERS[random.next(PARAMETERS.len())];
        }
        raw += "\r\n";
        if raw.starts_with("attachment\r\n ") {
            // Without a slash or a semicolon the library takes what follows for the type.
            continue;
        }
        let HeaderValue::ContentType(theirs) = MessageStream::new(raw.as_bytes()).parse_content_type() else {
            panic!("{raw}")
        };
        assert!(same(raw.as_bytes(), Some(&theirs)), "{raw}: {:?}, {theirs:?}", Content::of(raw.as_bytes()));
    }
}

#[test]
fn addresses_are_those_of_the_library() {
    const NAMES: [&str; 9] = [
        "",
        "Robin ",
        "Robin  Ashdown ",
        "\"q, w\" ",
        "\"a \\\"b\\\" <c@d>\" ",
        "O'Brien \"x\" ",
        "R. (a (b) \\) c) ",
        "J\u{f6}rg ",
        "at@x ",
    ];
    const ADDRESSES: [&str; 7] =
        ["<r@x.example>", "< r@x >", "<>", "<\"a b\"@x>", "<@a,@b:c@d>", "<r@x> (c)", "<r (c) @x>"];
    const BARE: [&str; 6] =
        ["r@x.example", " r@x (Robin)", "(Robin) r@x", "robin", "robin (Robin)", "two words (Robin)"];
    let mut random = Random(0x5ca9_0006);
    for _ in 0..20_000 {
        let mut raw = String::new();
        for _ in 0..=random.next(5) {
            raw += match random.next(7) {
                0 => "Group: ",
                1 => "; ",
                2 => BARE[random.next(BARE.len())],
                _ => NAMES[random.next(NAMES.len())],
            };
            if raw.ends_with(' ') && random.next(5) > 0 {
                raw += ADDRESSES[random.next(ADDRESSES.len())];
            }
            raw += [", ", ",", ",\r\n\t", " , ,"][random.next(4)];
        }
        // The library drops or adds the space where quotes touch a word.
        let plain = |text: &str| text.split_whitespace().collect::<String>();
        let found = addresses(raw.as_bytes(), None);
        let ours: Vec<_> = found.iter().map(|one| [plain(&one.name), plain(&one.address)]).collect();
        let theirs: Vec<_> =
            library_addresses(&raw).iter().map(|one| [plain(&one[0]), plain(&one[1])]).collect();
        assert_eq!(ours, theirs, "{raw:?}");
    }
}

fn library_addresses(raw: &str) -> Vec<[String; 2]> {
    let raw = format!("{raw}\n");
    let HeaderValue::Address(list) = MessageStream::new(raw.as_bytes()).parse_address() else {
        return Vec::new();
    };
    let both = |name: Option<&str>, address: Option<&str>| {
        [name, address].map(|one| one.unwrap_or_default().to_owned())
    };
    let one = |one: &Addr<'_>| both(one.name.as_deref(), one.address.as_deref());
    let all: Vec<_> = match &list {
        Address::List(list) => list.iter().map(one).collect(),
        Address::Group(groups) => groups
            .iter()
            .flat_map(|group| match &group.addresses[..] {
                [] => vec![both(group.name.as_deref(), None)],
                members => members.iter().map(one).collect(),
            })
            .collect(),
    };
    all.into_iter().filter(|one| !one.concat().is_empty()).collect()
}
