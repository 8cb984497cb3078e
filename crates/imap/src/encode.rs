//! Commands into octets (RFC 9051, 6 and 9). Every string becomes an atom, a quoted string or a literal as its octets need and
//! the server allows: no value can break out of its place.

use crate::command::{Command, FetchItem, SearchKey, StoreAction};
use crate::grammar::{is_atom_char, write_date_time};
use crate::mutf7;
use crate::types::{Capabilities, Flag, MailboxName, Section, SectionText, SequenceSet};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Octets that are sent without waiting. Wiped when dropped: passwords pass through here.
pub(crate) type Fragment = Zeroizing<Vec<u8>>;

/// What of the server's side decides how values are written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Peer {
    pub(crate) capabilities: Capabilities,
    /// Mailbox names go as UTF-8 (RFC 6855, 3; RFC 9051, 5.1).
    pub(crate) utf8: bool,
}

/// Writes one command. Between two fragments the server's `+` is awaited.
pub(crate) struct Encoder {
    fragments: Vec<Fragment>,
    /// Literals up to this length need no `+` (RFC 7888).
    free_literal: usize,
    utf8: bool,
}

impl Encoder {
    /// The octets of a command with its tag and line end.
    ///
    /// # Errors
    /// The values can't be sent; says why.
    pub(crate) fn command(tag: &str, command: &Command, peer: &Peer) -> Result<Vec<Fragment>, &'static str> {
        let capabilities = &peer.capabilities;
        let free_literal = if capabilities.has("LITERAL+") {
            usize::MAX
        } else if capabilities.has("LITERAL-") || capabilities.has("IMAP4rev2") {
            4096
        } else {
            0
        };
        let mut encoder = Self { fragments: vec![Fragment::default()], free_literal, utf8: peer.utf8 };
        encoder.text(tag);
        encoder.text(" ");
        encoder.arguments(command, capabilities)?;
        encoder.text("\r\n");
        Ok(encoder.fragments)
    }

    fn arguments(&mut self, command: &Command, capabilities: &Capabilities) -> Result<(), &'static str> {
        match command {
            Command::Capability => self.text("CAPABILITY"),
            Command::Noop => self.text("NOOP"),
            Command::Logout => self.text("LOGOUT"),
            Command::StartTls => self.text("STARTTLS"),
            Command::Idle => self.text("IDLE"),
            Command::Authenticate { mechanism, initial } => {
                self.text("AUTHENTICATE ");
                self.word(mechanism)?;
                if let Some(initial) = initial.as_ref().filter(|_| capabilities.has("SASL-IR")) {
                    self.text(" ");
                    // An empty initial response is "=" (RFC 4959, 3).
                    if initial.expose().is_empty() {
                        self.text("=")
                    } else {
                        self.octets(&base64(initial.expose()))
                    }
                }
            }
            Command::Login { username, password } => {
                self.text("LOGIN ");
                self.astring(username.as_bytes())?;
                self.text(" ");
                self.astring(password.expose().as_bytes())?;
            }
            Command::Enable(names) => {
                if names.is_empty() {
                    return Err("ENABLE without a name");
                }
                self.text("ENABLE");
                for name in names {
                    self.text(" ");
                    self.word(name)?;
                }
            }
            Command::List { reference, pattern, special_use } => {
                self.text("LIST ");
                self.list_mailbox(reference)?;
                self.text(" ");
                self.list_mailbox(pattern)?;
                if *special_use && capabilities.has("LIST-EXTENDED") && capabilities.has("SPECIAL-USE") {
                    self.text(" RETURN (SPECIAL-USE)");
                }
            }
            Command::Select(mailbox) => self.mailbox("SELECT ", mailbox)?,
            Command::Examine(mailbox) => self.mailbox("EXAMINE ", mailbox)?,
            Command::Fetch { set, items } => self.fetch("FETCH ", set, items)?,
            Command::UidFetch { set, items } => self.fetch("UID FETCH ", set, items)?,
            Command::UidStore { set, action, silent, flags } => {
                self.text("UID STORE ");
                self.set(set);
                self.text(match action {
                    StoreAction::Add => " +FLAGS",
                    StoreAction::Remove => " -FLAGS",
                    StoreAction::Replace => " FLAGS",
                });
                self.text(if *silent { ".SILENT " } else { " " });
                self.flags(flags)?;
            }
            Command::UidSearch(keys) => self.search(keys)?,
            Command::Append { mailbox, flags, date, message } => {
                self.mailbox("APPEND ", mailbox)?;
                self.text(" ");
                if !flags.is_empty() {
                    self.flags(flags)?;
                    self.text(" ");
                }
                if let Some(date) = date {
                    self.text(&write_date_time(*date));
                    self.text(" ");
                }
                if message.contains(&0) {
                    return Err("a message with NUL octets can't be appended without BINARY");
                }
                self.literal(message);
            }
        }
        Ok(())
    }

    fn octets(&mut self, octets: &[u8]) {
        if let Some(last) = self.fragments.last_mut() {
            last.extend_from_slice(octets);
        }
    }

    fn text(&mut self, text: &str) {
        self.octets(text.as_bytes());
    }

    /// A word of our own vocabulary or of the server's: must be an atom.
    fn word(&mut self, word: &str) -> Result<(), &'static str> {
        if word.is_empty() || !word.bytes().all(is_atom_char) {
            return Err("a name holds octets that IMAP does not allow in names");
        }
        self.text(word);
        Ok(())
    }

    /// ```abnf
    /// astring = 1*ASTRING-CHAR / string
    /// ```
    fn astring(&mut self, octets: &[u8]) -> Result<(), &'static str> {
        let is_nil = octets.eq_ignore_ascii_case(b"NIL");
        if !octets.is_empty() && !is_nil && octets.iter().all(|octet| is_atom_char(*octet)) {
            self.octets(octets);
            Ok(())
        } else {
            self.string(octets)
        }
    }

    /// ```abnf
    /// string = quoted / literal
    /// ```
    fn string(&mut self, octets: &[u8]) -> Result<(), &'static str> {
        if octets.contains(&0) {
            return Err("a text holds a NUL octet, which IMAP can't carry");
        }
        let quotable = octets.len() <= 1000 && octets.iter().all(|octet| matches!(octet, b' '..=b'~'));
        if !quotable {
            self.literal(octets);
            return Ok(());
        }
        self.text("\"");
        for octet in octets {
            if matches!(octet, b'"' | b'\\') {
                self.text("\\");
            }
            self.octets(&[*octet]);
        }
        self.text("\"");
        Ok(())
    }

    fn literal(&mut self, octets: &[u8]) {
        let free = octets.len() <= self.free_literal;
        self.text(&format!("{{{}{}}}\r\n", octets.len(), if free { "+" } else { "" }));
        if free {
            self.octets(octets);
        } else {
            self.fragments.push(Zeroizing::new(octets.to_vec()));
        }
    }

    fn mailbox(&mut self, command: &str, mailbox: &MailboxName) -> Result<(), &'static str> {
        self.text(command);
        if self.utf8 {
            self.astring(mailbox.as_str().as_bytes())
        } else {
            self.astring(mutf7::encode(mailbox.as_str()).as_bytes())
        }
    }

    /// ```abnf
    /// list-mailbox = 1*list-char / string
    /// ```
    fn list_mailbox(&mut self, pattern: &str) -> Result<(), &'static str> {
        if self.utf8 {
            self.string(pattern.as_bytes())
        } else {
            self.string(mutf7::encode(pattern).as_bytes())
        }
    }

    fn set(&mut self, set: &SequenceSet) {
        for (index, (first, last)) in set.ranges().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match last {
                Some(last) if last == first => self.text(&format!("{comma}{first}")),
                Some(last) => self.text(&format!("{comma}{first}:{last}")),
                None => self.text(&format!("{comma}{first}:*")),
            }
        }
    }

    fn flags(&mut self, flags: &[Flag]) -> Result<(), &'static str> {
        self.text("(");
        for (index, flag) in flags.iter().enumerate() {
            if index > 0 {
                self.text(" ");
            }
            match flag {
                Flag::Seen => self.text("\\Seen"),
                Flag::Answered => self.text("\\Answered"),
                Flag::Flagged => self.text("\\Flagged"),
                Flag::Deleted => self.text("\\Deleted"),
                Flag::Draft => self.text("\\Draft"),
                Flag::Recent | Flag::Any => return Err("\\Recent and \\* can't be set"),
                Flag::Keyword(keyword) => {
                    let name = keyword.strip_prefix('\\').inspect(|_| self.text("\\")).unwrap_or(keyword);
                    self.word(name)?;
                }
            }
        }
        self.text(")");
        Ok(())
    }

    fn fetch(&mut self, command: &str, set: &SequenceSet, items: &[FetchItem]) -> Result<(), &'static str> {
        if items.is_empty() {
            return Err("FETCH without items");
        }
        self.text(command);
        self.set(set);
        self.text(" (");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text(" ");
            }
            match item {
                FetchItem::Uid => self.text("UID"),
                FetchItem::Flags => self.text("FLAGS"),
                FetchItem::Envelope => self.text("ENVELOPE"),
                FetchItem::InternalDate => self.text("INTERNALDATE"),
                FetchItem::Size => self.text("RFC822.SIZE"),
                FetchItem::BodyStructure => self.text("BODYSTRUCTURE"),
                FetchItem::Body { section, partial } => {
                    self.text("BODY.PEEK[");
                    self.section(section)?;
                    self.text("]");
                    if let Some((first, octets)) = partial {
                        if *octets == 0 {
                            return Err("a partial FETCH of no octets");
                        }
                        self.text(&format!("<{first}.{octets}>"));
                    }
                }
            }
        }
        self.text(")");
        Ok(())
    }

    fn section(&mut self, section: &Section) -> Result<(), &'static str> {
        if section.part.contains(&0) {
            return Err("parts are counted from 1");
        }
        let part: Vec<String> = section.part.iter().map(u32::to_string).collect();
        self.text(&part.join("."));
        if !part.is_empty() && section.text != SectionText::Whole {
            self.text(".");
        }
        match &section.text {
            SectionText::Whole => {}
            SectionText::Header => self.text("HEADER"),
            SectionText::Text => self.text("TEXT"),
            SectionText::Mime if part.is_empty() => return Err("MIME needs a part number"),
            SectionText::Mime => self.text("MIME"),
            SectionText::HeaderFields(names) => self.header_list("HEADER.FIELDS (", names)?,
            SectionText::HeaderFieldsNot(names) => self.header_list("HEADER.FIELDS.NOT (", names)?,
        }
        Ok(())
    }

    fn header_list(&mut self, word: &str, names: &[String]) -> Result<(), &'static str> {
        self.text(word);
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                self.text(" ");
            }
            self.word(name)?;
        }
        self.text(")");
        Ok(())
    }

    fn search(&mut self, keys: &[SearchKey]) -> Result<(), &'static str> {
        self.text("UID SEARCH");
        // Where UTF8=ACCEPT is enabled, a charset is an error (RFC 6855, 3).
        if !self.utf8 && keys.iter().any(|key| !is_ascii(key)) {
            self.text(" CHARSET UTF-8");
        }
        for key in keys {
            self.text(" ");
            self.search_key(key)?;
        }
        if keys.is_empty() { Err("SEARCH without a key") } else { Ok(()) }
    }

    fn search_key(&mut self, key: &SearchKey) -> Result<(), &'static str> {
        match key {
            SearchKey::All => self.text("ALL"),
            SearchKey::Seen => self.text("SEEN"),
            SearchKey::Unseen => self.text("UNSEEN"),
            SearchKey::Flagged => self.text("FLAGGED"),
            SearchKey::Deleted => self.text("DELETED"),
            SearchKey::Larger(octets) => self.text(&format!("LARGER {octets}")),
            SearchKey::Uid(set) => {
                self.text("UID ");
                self.set(set);
            }
            SearchKey::From(text) => self.search_text("FROM ", text)?,
            SearchKey::To(text) => self.search_text("TO ", text)?,
            SearchKey::Subject(text) => self.search_text("SUBJECT ", text)?,
            SearchKey::Body(text) => self.search_text("BODY ", text)?,
            SearchKey::Text(text) => self.search_text("TEXT ", text)?,
            SearchKey::Header(name, text) => {
                self.text("HEADER ");
                self.astring(name.as_bytes())?;
                self.search_text(" ", text)?;
            }
            SearchKey::Not(inner) => {
                self.text("NOT ");
                self.search_key(inner)?;
            }
            SearchKey::Or(one, other) => {
                self.text("OR ");
                self.search_key(one)?;
                self.text(" ");
                self.search_key(other)?;
            }
        }
        Ok(())
    }

    fn search_text(&mut self, word: &str, text: &str) -> Result<(), &'static str> {
        self.text(word);
        self.string(text.as_bytes())
    }
}

fn is_ascii(key: &SearchKey) -> bool {
    match key {
        SearchKey::From(text)
        | SearchKey::To(text)
        | SearchKey::Subject(text)
        | SearchKey::Body(text)
        | SearchKey::Text(text) => text.is_ascii(),
        SearchKey::Header(name, text) => name.is_ascii() && text.is_ascii(),
        SearchKey::Not(inner) => is_ascii(inner),
        SearchKey::Or(one, other) => is_ascii(one) && is_ascii(other),
        _ => true,
    }
}

/// Base64 as SASL exchanges use it.
pub(crate) fn base64(octets: &[u8]) -> Fragment {
    Zeroizing::new(STANDARD.encode(octets).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use waypost_wire::Secret;

    fn peer(names: &[&str]) -> Peer {
        let capabilities = Capabilities::new(names.iter().map(|name| (*name).to_owned()).collect());
        Peer { capabilities, utf8: false }
    }

    fn sent(command: &Command, capabilities: &[&str]) -> Vec<String> {
        let fragments = Encoder::command("a1", command, &peer(capabilities)).unwrap();
        fragments.iter().map(|fragment| String::from_utf8_lossy(fragment).into_owned()).collect()
    }

    fn login(username: &str, password: &str) -> Command {
        Command::Login { username: username.to_owned(), password: Secret::from(password) }
    }

    #[test]
    fn strings_take_the_form_their_octets_need() {
        assert_eq!(sent(&login("robin", "a b\"c\\"), &[]), ["a1 LOGIN robin \"a b\\\"c\\\\\"\r\n"]);
        assert_eq!(sent(&login("nil", ""), &[]), ["a1 LOGIN \"nil\" \"\"\r\n"]);
        assert_eq!(sent(&login("r", "pä\r\n"), &[]), ["a1 LOGIN r {5}\r\n", "pä\r\n\r\n"]);
        assert_eq!(sent(&login("r", "pä"), &["LITERAL+"]), ["a1 LOGIN r {3+}\r\npä\r\n"]);
        let long = "ä".repeat(3000);
        assert_eq!(sent(&login("r", &long), &["LITERAL-"]).len(), 2);
    }

    #[test]
    fn values_that_can_not_be_carried_are_refused() {
        let known = peer(&[]);
        assert!(Encoder::command("a1", &login("r", "a\0b"), &known).is_err());
        assert!(Encoder::command("a1", &Command::Enable(vec!["X\r\nLOGOUT".to_owned()]), &known).is_err());
        let flags = vec![Flag::Keyword("a) (b".to_owned())];
        let set = SequenceSet::single(1).unwrap();
        let store = Command::UidStore { set, action: StoreAction::Add, silent: false, flags };
        assert!(Encoder::command("a1", &store, &known).is_err());
    }

    #[test]
    fn sets_sections_and_searches_are_written_short() {
        let set = SequenceSet::from_numbers([5, 1, 2, 3, 9]).unwrap();
        let section = Section { part: vec![1], text: SectionText::HeaderFields(vec!["To".to_owned()]) };
        let items = vec![FetchItem::Uid, FetchItem::Body { section, partial: Some((0, 100)) }];
        assert_eq!(
            sent(&Command::UidFetch { set, items }, &[]),
            ["a1 UID FETCH 1:3,5,9 (UID BODY.PEEK[1.HEADER.FIELDS (To)]<0.100>)\r\n"]
        );
        let key = SearchKey::Or(Box::new(SearchKey::Seen), Box::new(SearchKey::Subject("ü".to_owned())));
        assert_eq!(
            sent(&Command::UidSearch(vec![key]), &["LITERAL+"]),
            ["a1 UID SEARCH CHARSET UTF-8 OR SEEN SUBJECT {2+}\r\nü\r\n"]
        );
        let mailbox = MailboxName::new("Entwürfe");
        let utf8 = Peer { utf8: true, ..peer(&["LITERAL+"]) };
        let select = Encoder::command("a1", &Command::Select(mailbox.clone()), &utf8).unwrap();
        assert_eq!(select[0].as_slice(), "a1 SELECT {9+}\r\nEntwürfe\r\n".as_bytes());
        assert_eq!(sent(&Command::Select(mailbox), &[]), ["a1 SELECT Entw&APw-rfe\r\n"]);
    }

    /// Reads a command as a server would: its words, strings and parentheses. Panics where it is not one whole command.
    fn read_command(wire: &[u8]) -> Vec<Vec<u8>> {
        let mut words = Vec::new();
        let mut depth = 0_i32;
        let mut rest = wire;
        loop {
            rest = match rest {
                [b' ', rest @ ..] => rest,
                [b'\r', b'\n', rest @ ..] => {
                    assert!(rest.is_empty() && depth == 0, "something follows the command: {rest:?}");
                    return words;
                }
                [b'(', rest @ ..] => {
                    depth += 1;
                    rest
                }
                [b')', rest @ ..] => {
                    depth -= 1;
                    rest
                }
                [b'"', ..] => {
                    let (word, rest) = read_quoted(rest);
                    words.push(word);
                    rest
                }
                [b'{', ..] => {
                    let end = rest.iter().position(|octet| *octet == b'\n').expect("a literal header");
                    let digits: String = rest[..end]
                        .iter()
                        .filter(|octet| octet.is_ascii_digit())
                        .map(|octet| char::from(*octet))
                        .collect();
                    let (word, rest) = rest[end + 1..].split_at(digits.parse().expect("a length"));
                    words.push(word.to_vec());
                    rest
                }
                _ => {
                    let end = rest.iter().position(|octet| b" ()\r\"".contains(octet)).expect("an end");
                    assert!(rest[..end].iter().all(|octet| matches!(octet, b'!'..=b'~')), "{rest:?}");
                    words.push(rest[..end].to_vec());
                    &rest[end..]
                }
            };
        }
    }

    fn read_quoted(wire: &[u8]) -> (Vec<u8>, &[u8]) {
        let mut value = Vec::new();
        let mut octets = wire.iter().enumerate().skip(1);
        while let Some((index, octet)) = octets.next() {
            match octet {
                b'"' => return (value, &wire[index + 1..]),
                b'\\' => value.push(*octets.next().expect("an escaped octet").1),
                b'\r' | b'\n' | 0 | 0x80.. => panic!("no quoted string holds this"),
                other => value.push(*other),
            }
        }
        panic!("an open quoted string");
    }

    /// Strings that look for a way out.
    fn hostile() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[\\x00-\\x7f]{0,12}",
            "[\"\\\\(){}\\[\\]%*\\r\\n +&~a\\x00é-]{0,10}",
            Just("NIL".to_owned()),
            Just("{3}\r\nabc".to_owned()),
            Just("x\r\na2 LOGOUT\r\n".to_owned()),
        ]
    }

    /// Every command that carries a value of the owner, and that value as it must arrive.
    fn carriers(value: &str, other: &str) -> Vec<(Command, Vec<u8>)> {
        let name = || MailboxName::new(value);
        let set = SequenceSet::single(7).unwrap();
        let mailbox = mutf7::encode(name().as_str()).into_bytes();
        let plain = value.as_bytes().to_vec();
        let section = Section { part: vec![1], text: SectionText::HeaderFields(vec![value.to_owned()]) };
        let flags = vec![Flag::Keyword(value.to_owned())];
        let store =
            |flags| Command::UidStore { set: set.clone(), action: StoreAction::Add, silent: true, flags };
        let search = |key| Command::UidSearch(vec![SearchKey::Not(Box::new(key))]);
        let append = Command::Append {
            mailbox: name(),
            flags: vec![],
            date: None,
            message: other.as_bytes().to_vec(),
        };
        let initial = Some(Secret::new(other.as_bytes().to_vec()));
        vec![
            (login(value, other), plain.clone()),
            (login(other, value), plain.clone()),
            (Command::Select(name()), mailbox.clone()),
            (Command::Examine(name()), mailbox.clone()),
            (append, mailbox),
            (
                Command::List { reference: other.to_owned(), pattern: value.to_owned(), special_use: true },
                mutf7::encode(value).into_bytes(),
            ),
            (Command::Enable(vec![value.to_owned()]), plain.clone()),
            (Command::Authenticate { mechanism: value.to_owned(), initial }, plain.clone()),
            (store(flags), plain.clone()),
            (
                Command::UidFetch {
                    set: set.clone(),
                    items: vec![FetchItem::Body { section, partial: None }],
                },
                Vec::new(),
            ),
            (search(SearchKey::Header(value.to_owned(), other.to_owned())), plain.clone()),
            (search(SearchKey::Body(value.to_owned())), plain),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn no_value_breaks_out_of_its_place_and_each_arrives(value in hostile(), other in hostile(), names in 0..4_usize) {
            let names = [&[][..], &["LITERAL+", "SASL-IR"], &["LITERAL-", "LIST-EXTENDED", "SPECIAL-USE"], &["IMAP4rev2"]][names];
            for (command, arrives) in carriers(&value, &other) {
                let Ok(fragments) = Encoder::command("a1", &command, &peer(names)) else { continue };
                let (last, before) = fragments.split_last().unwrap();
                for fragment in before {
                    prop_assert!(fragment.ends_with(b"}\r\n"), "a fragment ends where the server answers");
                }
                prop_assert!(last.ends_with(b"\r\n"));
                let words = read_command(&fragments.iter().flat_map(|fragment| fragment.iter().copied()).collect::<Vec<u8>>());
                prop_assert!(arrives.is_empty() || words.contains(&arrives), "{command:?}");
            }
        }
    }
}
