//! Address lists (RFC 5322, 3.4), as real mailers write them.

use crate::Address;
use crate::header::{self, WORD, WORD_END};

/// The people and lists of a raw header. Members of groups stand in a row with the others; a group without members, such as
/// `undisclosed-recipients:;`, stands for itself.
pub(crate) fn addresses(raw: &[u8], fallback: Option<&str>) -> Vec<Address> {
    let normal = header::normalise(raw, fallback);
    let mut reader = Reader::default();
    let mut rest = &normal[..];
    while let Some((&octet, behind)) = rest.split_first() {
        rest = behind;
        if octet == WORD {
            let end = rest.iter().position(|octet| *octet == WORD_END).unwrap_or(rest.len());
            reader.word(&rest[..end]);
            rest = rest.get(end + 1..).unwrap_or_default();
        } else {
            reader.read(octet);
        }
    }
    reader.end_token();
    reader.end_address();
    reader.end_group();
    reader.found
}

/// Where an octet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Place {
    #[default]
    Name,
    Quote,
    Address,
    /// A comment within this many others.
    Comment(usize),
}

/// What was read of an address.
#[derive(Default)]
struct Reader {
    place: Place,
    /// Where the comment began.
    around: Place,
    escaped: bool,
    /// What is read of a name, an address or a comment.
    token: Vec<u8>,
    /// Whether the last of the name is an encoded word.
    after_word: bool,
    name: String,
    comment: String,
    address: String,
    /// The group, and how many addresses stand before it.
    group: Option<(String, usize)>,
    found: Vec<Address>,
}

impl Reader {
    fn read(&mut self, octet: u8) {
        if std::mem::take(&mut self.escaped) {
            return self.token.push(octet);
        }
        match (self.place, octet) {
            (Place::Quote | Place::Address | Place::Comment(_), b'\\') => self.escaped = true,
            (Place::Name, b',') => {
                self.end_token();
                self.end_address();
            }
            (Place::Name, b'<') => {
                self.end_name();
                self.place = Place::Address;
            }
            (Place::Name, b'"') => {
                self.end_token();
                self.space();
                self.place = Place::Quote;
            }
            (Place::Name, b':') => self.start_group(),
            (Place::Name, b';') => {
                self.end_token();
                self.end_address();
                self.end_group();
            }
            (Place::Address, b'>') | (Place::Quote, b'"') => {
                self.end_token();
                self.place = Place::Name;
            }
            (Place::Name | Place::Address, b'(') => {
                self.end_token();
                self.around = self.place;
                self.place = Place::Comment(0);
            }
            (Place::Comment(0), b')') => {
                self.end_token();
                self.place = self.around;
            }
            _ => self.push(octet),
        }
    }

    fn push(&mut self, octet: u8) {
        match (self.place, octet) {
            (Place::Comment(depth), b'(') => self.place = Place::Comment(depth + 1),
            (Place::Comment(depth), b')') => self.place = Place::Comment(depth.saturating_sub(1)),
            _ => {}
        }
        self.token.push(octet);
    }

    /// An encoded word. Within an address it can only be a name.
    fn word(&mut self, text: &[u8]) {
        self.end_token();
        self.escaped = false;
        if !(self.after_word || self.place == Place::Quote) {
            self.space();
        }
        let list = if let Place::Comment(_) = self.place { &mut self.comment } else { &mut self.name };
        list.push_str(&String::from_utf8_lossy(text));
        self.after_word = true;
    }

    /// A space after what there is of the name or the comment.
    fn space(&mut self) {
        let list = if let Place::Comment(_) = self.place { &mut self.comment } else { &mut self.name };
        if !list.is_empty() {
            list.push(' ');
        }
    }

    /// Ends a piece of a name, an address or a comment. A piece of a name with an `@` is an address.
    fn end_token(&mut self) {
        if self.place == Place::Name && self.token.contains(&b'@') {
            self.place = Place::Address;
            self.end_token();
            self.place = Place::Name;
            return;
        }
        self.end_name();
    }

    fn end_name(&mut self) {
        let token = String::from_utf8_lossy(&std::mem::take(&mut self.token)).into_owned();
        let trimmed = token.trim();
        if token.is_empty() || trimmed.is_empty() && self.place != Place::Quote {
            return;
        }
        self.after_word = false;
        match self.place {
            Place::Quote => self.name.push_str(&token),
            Place::Address => self.address.push_str(trimmed),
            Place::Name | Place::Comment(_) => {
                self.space();
                let list = if self.place == Place::Name { &mut self.name } else { &mut self.comment };
                list.push_str(trimmed);
            }
        }
    }

    fn end_address(&mut self) {
        let [name, comment, address] = self.take();
        let both = || format!("{name} ({comment})");
        let (name, address) = match (name.is_empty(), comment.is_empty(), address.is_empty()) {
            (_, true, _) => (name, address),
            (true, false, _) => (comment, address),
            (false, false, true) if !name.contains(char::is_whitespace) => (comment, name),
            (false, false, _) => (both(), address),
        };
        self.add(name, address);
    }

    fn take(&mut self) -> [String; 3] {
        self.after_word = false;
        [&mut self.name, &mut self.comment, &mut self.address].map(|one| header::clean(&std::mem::take(one)))
    }

    fn add(&mut self, name: String, address: String) {
        if !name.is_empty() || !address.is_empty() {
            self.found.push(Address { name, address });
        }
    }

    /// What was read before a colon is the name of a group.
    fn start_group(&mut self) {
        self.end_group();
        self.end_token();
        let [name, _, address] = self.take();
        let space = if name.is_empty() || address.is_empty() { "" } else { " " };
        self.group = Some((format!("{name}{space}{address}"), self.found.len()));
    }

    fn end_group(&mut self) {
        if let Some((name, before)) = self.group.take()
            && self.found.len() == before
        {
            self.add(name, String::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(raw: &[u8]) -> Vec<String> {
        addresses(raw, None).into_iter().map(|one| format!("{}|{}", one.name, one.address)).collect()
    }

    #[test]
    fn lists_names_groups_and_comments() {
        for (raw, expected) in [
            (&b"robin@waypost.example"[..], &["|robin@waypost.example"][..]),
            (b"Robin Ashdown <robin@waypost.example>", &["Robin Ashdown|robin@waypost.example"]),
            (
                b"\"Ashdown, Robin\" <r@w.example>,\r\n kim@w.example",
                &["Ashdown, Robin|r@w.example", "|kim@w.example"],
            ),
            (b"robin@waypost.example (Robin)", &["Robin|robin@waypost.example"]),
            (
                b"Keepers: a@b.example, Bo <bo@b.example>;, c@d.example",
                &["|a@b.example", "Bo|bo@b.example", "|c@d.example"],
            ),
            (b"undisclosed-recipients:;", &["undisclosed-recipients|"]),
            (b"\"a \\\"quoted\\\" name\" <q@b.example>", &["a \"quoted\" name|q@b.example"]),
            (b"", &[]),
            (b" , ,, ", &[]),
        ] {
            assert_eq!(shown(raw), expected, "{}", String::from_utf8_lossy(raw));
        }
    }

    #[test]
    fn names_are_decoded_but_never_become_structure() {
        for (raw, expected) in [
            (
                &b"=?utf-8?Q?J=C3=BCrgen?= =?utf-8?Q?_Wei=C3?= =?utf-8?Q?=9F?= <j@w.example>"[..],
                "Jürgen Weiß|j@w.example",
            ),
            (b"\"=?iso-8859-1?Q?M=FCller,_Ida?=\" <i@w.example>", "Müller, Ida|i@w.example"),
            (
                b"=?utf-8?Q?=22x=22_<admin@bank.example>,?= <thief@far.example>",
                "\"x\" <admin@bank.example>,|thief@far.example",
            ),
            (b"Jos\xe9 <j@w.example>", "José|j@w.example"),
            ("灯台 <t@w.example>".as_bytes(), "灯台|t@w.example"),
            (b"=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?= <n@w.example>", "日本|n@w.example"),
        ] {
            assert_eq!(shown(raw), [expected], "{}", String::from_utf8_lossy(raw));
        }
    }
}
