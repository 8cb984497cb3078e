//! Nothing breaks out of its place, and everything arrives.

mod message_carriers;

use self::message_carriers::message_carriers;
use super::*;
use crate::command::{FetchItem, SearchKey, StoreAction};
use crate::ext::{acl, id, language, list, metadata, notify, quota, referral, special_use, xlist};
use crate::types::{Section, SectionText, SpecialUse, StatusItem};
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
    assert_eq!(select[0].as_slice(), "a1 SELECT \"Entwürfe\"\r\n".as_bytes());
    assert_eq!(sent(&Command::Select(mailbox), &[]), ["a1 SELECT Entw&APw-rfe\r\n"]);
}

/// Reads a command as a server would: its words, strings and parentheses. Panics where it is not one whole command.
fn read_command(wire: &[u8], utf8: bool) -> Vec<Vec<u8>> {
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
                let (word, rest) = read_quoted(rest, utf8);
                words.push(word);
                rest
            }
            [b'~', b'{', ..] | [b'{', ..] => {
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

fn read_quoted(wire: &[u8], utf8: bool) -> (Vec<u8>, &[u8]) {
    let mut value = Vec::new();
    let mut octets = wire.iter().enumerate().skip(1);
    while let Some((index, octet)) = octets.next() {
        match octet {
            b'"' => {
                assert!(std::str::from_utf8(&value).is_ok(), "no quoted string holds this");
                return (value, &wire[index + 1..]);
            }
            b'\\' => value.push(*octets.next().expect("an escaped octet").1),
            b'\r' | b'\n' | 0 => panic!("no quoted string holds this"),
            other => {
                assert!(utf8 || other.is_ascii(), "no quoted string holds this");
                value.push(*other);
            }
        }
    }
    panic!("an open quoted string");
}

/// The same of commands on mailboxes and the server.
fn mailbox_carriers(value: &str, other: &str, utf8: bool) -> Vec<(Command, Vec<u8>)> {
    let name = || MailboxName::new(value);
    let pattern = || ListPattern::new(value);
    let reference = || MailboxName::new(other);
    let mailbox = name().to_wire(utf8).into_owned();
    let plain = || value.as_bytes().to_vec();
    let text = || value.to_owned();
    let entry = || "/private/comment".to_owned();
    let list = |patterns, returns| list::List { select: vec![], reference: reference(), patterns, returns };
    let set_acl = |identifier, change| acl::SetAcl { mailbox: reference(), identifier, change };
    let metadata = |values| metadata::SetMetadata { mailbox: name(), values };
    let notify = |names| {
        let (mailboxes, events) = (notify::NotifyMailboxes::Subtree(names), vec![]);
        notify::Notify::Set { status: false, groups: vec![notify::EventGroup { mailboxes, events }] }
    };
    let depth = metadata::Depth::One;
    let get = |mailbox, entry| metadata::GetMetadata { mailbox, entries: vec![entry], depth, max_size: None };
    let status = Command::Status { mailbox: name(), items: vec![StatusItem::Size] };
    let on_mailbox: Vec<Command> = vec![
        Command::Create(name()),
        Command::Delete(name()),
        Command::Rename { from: name(), to: reference() },
        Command::Rename { from: reference(), to: name() },
        Command::Subscribe(name()),
        Command::Unsubscribe(name()),
        status,
        acl::GetAcl(name()).into(),
        acl::MyRights(name()).into(),
        acl::DeleteAcl { mailbox: name(), identifier: other.to_owned() }.into(),
        quota::GetQuotaRoot(name()).into(),
        metadata(vec![(entry(), Some(other.as_bytes().to_vec()))]).into(),
        special_use::CreateSpecialUse { mailbox: name(), uses: vec![SpecialUse::Sent] }.into(),
        notify(vec![name(), reference()]).into(),
        get(name(), entry()).into(),
    ];
    let on_pattern: Vec<Command> = vec![
        Command::Lsub { reference: reference(), pattern: pattern() },
        list(vec![pattern()], None).into(),
        list(vec![ListPattern::new("%"), pattern()], Some(vec![])).into(),
        xlist::Xlist { reference: reference(), pattern: pattern() }.into(),
        referral::RemoteList { reference: reference(), pattern: pattern() }.into(),
        referral::RemoteLsub { reference: reference(), pattern: pattern() }.into(),
    ];
    let with_text: Vec<Command> = vec![
        id::Id(vec![(text(), other.to_owned())]).into(),
        set_acl(text(), acl::RightsChange::Add(acl::Rights::new("lr"))).into(),
        acl::ListRights { mailbox: reference(), identifier: text() }.into(),
        quota::GetQuota(text()).into(),
        quota::SetQuota { root: text(), limits: vec![(quota::Resource::Other(other.to_owned()), 1)] }.into(),
        metadata(vec![(entry(), Some(plain()))]).into(),
        list(vec![ListPattern::new("*")], Some(vec![list::ListReturn::Metadata(vec![text()])])).into(),
        language::Language(vec![text(), other.to_owned()]).into(),
        language::Comparator(vec![text()]).into(),
    ];
    let anywhere = set_acl(entry(), acl::RightsChange::Replace(acl::Rights::new(value)));
    let path = format!("/private/{value}");
    let mut all = vec![
        (anywhere.into(), plain()),
        (metadata(vec![(path.clone(), None)]).into(), path.clone().into_bytes()),
        (get(reference(), path.clone()).into(), path.into_bytes()),
    ];
    all.extend(on_mailbox.into_iter().map(|command| (command, mailbox.clone())));
    let pattern = pattern().to_wire(utf8).into_owned();
    all.extend(on_pattern.into_iter().map(|command| (command, pattern.clone())));
    all.extend(with_text.into_iter().map(|command| (command, plain())));
    all
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
fn carriers(value: &str, other: &str, utf8: bool) -> Vec<(Command, Vec<u8>)> {
    let name = || MailboxName::new(value);
    let set = SequenceSet::single(7).unwrap();
    let mailbox = name().to_wire(utf8).into_owned();
    let pattern = ListPattern::new(value).to_wire(utf8).into_owned();
    let plain = value.as_bytes().to_vec();
    let section = Section { part: vec![1], text: SectionText::HeaderFields(vec![value.to_owned()]) };
    let flags = vec![Flag::Keyword(value.to_owned())];
    let store = |flags| Command::UidStore { set: set.clone(), action: StoreAction::Add, silent: true, flags };
    let search = |key| Command::UidSearch(vec![SearchKey::Not(Box::new(key))]);
    let append =
        Command::Append { mailbox: name(), flags: vec![], date: None, message: other.as_bytes().to_vec() };
    let initial = Some(Secret::new(other.as_bytes().to_vec()));
    vec![
        (login(value, other), plain.clone()),
        (login(other, value), plain.clone()),
        (Command::Select(name()), mailbox.clone()),
        (Command::Examine(name()), mailbox.clone()),
        (append, mailbox),
        (
            Command::List { reference: MailboxName::new(other), pattern: value.into(), special_use: true },
            pattern,
        ),
        (Command::Enable(vec![value.to_owned()]), plain.clone()),
        (Command::Authenticate { mechanism: value.to_owned(), initial }, plain.clone()),
        (store(flags), plain.clone()),
        (
            Command::UidFetch { set: set.clone(), items: vec![FetchItem::Body { section, partial: None }] },
            Vec::new(),
        ),
        (search(SearchKey::Header(value.to_owned(), other.to_owned())), plain.clone()),
        (search(SearchKey::Body(value.to_owned())), plain),
    ]
}

/// Types of commands that the sources declare, without those that carry no text of the owner.
fn declared() -> Vec<String> {
    let without_text = [
        "GetNamespaces",
        "UidBatches",
        "Unauthenticate",
        "GetJmapAccess",
        "Check",
        "Close",
        "Unselect",
        "Expunge",
        "UidExpunge",
    ];
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = ["ext", "commands"].iter().flat_map(|folder| std::fs::read_dir(source.join(folder)).unwrap());
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let lists = texts.filter_map(|text| {
        let (_, list) = text.split_once("\ncommands!(")?;
        list.split_once(')').map(|(list, _)| list.to_owned())
    });
    let names = lists.flat_map(|list| list.split(", ").map(str::to_owned).collect::<Vec<_>>());
    names.filter(|name| !without_text.contains(&name.as_str())).collect()
}

#[test]
fn every_command_that_carries_text_is_among_those_that_are_tried() {
    let tried: Vec<String> =
        [carriers("a", "b", false), mailbox_carriers("a", "b", false), message_carriers("a", "b", false)]
            .iter()
            .flatten()
            .map(|(command, _)| format!("{command:?}"))
            .collect();
    let declared = declared();
    assert!(declared.len() > 30, "{declared:?}");
    for name in declared {
        // An enum is shown by its variant.
        let name = if name == "Notify" { "Set".to_owned() } else { name };
        let begins = |shown: &String| {
            shown
                .strip_prefix("Extended(")
                .and_then(|shown| shown.strip_prefix(&*name))
                .is_some_and(|rest| rest.starts_with(['(', ' ']))
        };
        assert!(tried.iter().any(begins), "no value of the owner is tried in {name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn no_value_breaks_out_of_its_place_and_each_arrives(
        value in hostile(), other in hostile(), names in 0..4_usize, utf8: bool,
    ) {
        let names = [&[][..], &["LITERAL+", "SASL-IR"], &["LITERAL-", "LIST-EXTENDED", "SPECIAL-USE"], &["IMAP4rev2"]][names];
        let peer = Peer { utf8, ..peer(names) };
        for (command, arrives) in carriers(&value, &other, utf8).into_iter().chain(mailbox_carriers(&value, &other, utf8)).chain(message_carriers(&value, &other, utf8)) {
            let Ok(fragments) = Encoder::command("a1", &command, &peer) else { continue };
            let (last, before) = fragments.split_last().unwrap();
            for fragment in before {
                prop_assert!(fragment.ends_with(b"}\r\n"), "a fragment ends where the server answers");
            }
            prop_assert!(last.ends_with(b"\r\n"));
            let words = read_command(&fragments.iter().flat_map(|fragment| fragment.iter().copied()).collect::<Vec<u8>>(), utf8);
            prop_assert!(arrives.is_empty() || words.contains(&arrives), "{command:?}");
        }
    }
}
