//! ACL (RFC 4314): who may do what with a mailbox.

use super::{Extension, NOTHING, Verb, commands, on_request};
use crate::encode::Encoder;
use crate::event::Response;
use crate::grammar::core::{astring, quoted, sp};
use crate::grammar::{Parsed, Reading, following, mailbox};
use crate::types::{MailboxName, ResponseCode};

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["ACL"],
    untagged: on_request(&[("ACL", acl_data), ("LISTRIGHTS", listrights_data), ("MYRIGHTS", myrights_data)]),
    codes: &[("MYRIGHTS", my_rights_code)],
    ..NOTHING
};

/// Rights, a letter each (RFC 4314, 2.1): `l` lookup, `r` read, `s` keep seen, `w` write flags, `i` insert, `p` post, `k` create
/// mailboxes, `x` delete the mailbox, `t` delete messages, `e` expunge, `a` administer; digits and others are the server's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights(String);

impl Rights {
    /// From letters, as sent.
    #[must_use]
    pub fn new(letters: &str) -> Self {
        Self(letters.to_owned())
    }
    /// Whether this right is among them. The old rights `c` and `d` count for those they became (RFC 4314, 2.1.1).
    #[must_use]
    pub fn has(&self, right: char) -> bool {
        let old = match right {
            'k' | 'x' if !self.0.contains(['k', 'x']) => 'c',
            't' | 'e' if !self.0.contains(['t', 'e']) => 'd',
            _ => right,
        };
        self.0.contains(right) || self.0.contains(old)
    }
    /// The letters as sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// SETACL (RFC 4314, 3.1). Answered by its end only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAcl {
    /// Of which mailbox.
    pub mailbox: MailboxName,
    /// Whose rights: a user's name, `anyone`, or another identifier; behind `-` it takes rights away.
    pub identifier: String,
    /// What to do with them.
    pub change: RightsChange,
}

/// How SETACL changes rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RightsChange {
    /// These and no other.
    Replace(Rights),
    /// These too.
    Add(Rights),
    /// No longer these.
    Remove(Rights),
}

/// DELETEACL (RFC 4314, 3.2). Answered by its end only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteAcl {
    /// Of which mailbox.
    pub mailbox: MailboxName,
    /// Whose rights.
    pub identifier: String,
}

/// GETACL (RFC 4314, 3.3). Answered by [`Response::Acl`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetAcl(pub MailboxName);

/// LISTRIGHTS (RFC 4314, 3.4): which rights can be given. Answered by [`Response::ListRights`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRights {
    /// Of which mailbox.
    pub mailbox: MailboxName,
    /// To whom.
    pub identifier: String,
}

/// MYRIGHTS (RFC 4314, 3.5). Answered by [`Response::MyRights`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MyRights(pub MailboxName);

commands!(SetAcl, DeleteAcl, GetAcl, ListRights, MyRights);

/// An ACL response (RFC 4314, 3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acl {
    /// Of which mailbox.
    pub mailbox: MailboxName,
    /// Identifiers and their rights.
    pub entries: Vec<(String, Rights)>,
}

/// A LISTRIGHTS response (RFC 4314, 3.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantableRights {
    /// Of which mailbox.
    pub mailbox: MailboxName,
    /// To whom.
    pub identifier: String,
    /// What that identifier always has.
    pub required: Rights,
    /// What it can be given besides; rights that stand together come together.
    pub optional: Vec<Rights>,
}

const ACL: &[&str] = &["ACL"];

impl Verb for SetAcl {
    fn needs(&self) -> &'static [&'static str] {
        ACL
    }

    /// ```abnf
    /// setacl = "SETACL" SP mailbox SP identifier SP mod-rights
    /// mod-rights = astring ; +rights to add, -rights to remove, rights to replace
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        named(encoder, "SETACL ", &self.mailbox, &self.identifier)?;
        let (sign, rights) = match &self.change {
            RightsChange::Replace(rights) => ("", rights),
            RightsChange::Add(rights) => ("+", rights),
            RightsChange::Remove(rights) => ("-", rights),
        };
        if !rights.0.bytes().all(|right| right.is_ascii_lowercase() || right.is_ascii_digit()) {
            return Err("rights are lower-case letters and digits");
        }
        encoder.text(" ");
        encoder.astring(format!("{sign}{}", rights.0).as_bytes())
    }
}

impl Verb for DeleteAcl {
    fn needs(&self) -> &'static [&'static str] {
        ACL
    }

    /// ```abnf
    /// deleteacl = "DELETEACL" SP mailbox SP identifier
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        named(encoder, "DELETEACL ", &self.mailbox, &self.identifier)
    }
}

impl Verb for GetAcl {
    fn needs(&self) -> &'static [&'static str] {
        ACL
    }

    /// ```abnf
    /// getacl = "GETACL" SP mailbox
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.mailbox("GETACL ", &self.0)
    }
}

impl Verb for ListRights {
    fn needs(&self) -> &'static [&'static str] {
        ACL
    }

    /// ```abnf
    /// listrights = "LISTRIGHTS" SP mailbox SP identifier
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        named(encoder, "LISTRIGHTS ", &self.mailbox, &self.identifier)
    }
}

impl Verb for MyRights {
    fn needs(&self) -> &'static [&'static str] {
        ACL
    }

    /// ```abnf
    /// myrights = "MYRIGHTS" SP mailbox
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.mailbox("MYRIGHTS ", &self.0)
    }
}

fn named(
    encoder: &mut Encoder,
    command: &str,
    mailbox: &MailboxName,
    identifier: &str,
) -> Result<(), &'static str> {
    encoder.mailbox(command, mailbox)?;
    encoder.text(" ");
    encoder.astring(identifier.as_bytes())
}

/// ```abnf
/// acl-data = "ACL" SP mailbox *(SP identifier SP rights)
/// ```
fn acl_data<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, mailbox) = mailbox(input, reading)?;
    let (rest, entries) = following(rest, reading, |input, reading| {
        let (rest, identifier) = identifier(input, reading)?;
        let (rest, ()) = sp(rest, reading)?;
        let (rest, rights) = rights(rest, reading)?;
        Ok((rest, (identifier, rights)))
    })?;
    Ok((rest, Response::Acl(Acl { mailbox, entries })))
}

/// ```abnf
/// listrights-data = "LISTRIGHTS" SP mailbox SP identifier SP rights *(SP rights)
/// ```
fn listrights_data<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, mailbox) = mailbox(input, reading)?;
    let (rest, ()) = sp(rest, reading)?;
    let (rest, identifier) = identifier(rest, reading)?;
    let (rest, ()) = sp(rest, reading)?;
    let (rest, required) = rights(rest, reading)?;
    let (rest, optional) = following(rest, reading, rights)?;
    Ok((rest, Response::ListRights(GrantableRights { mailbox, identifier, required, optional })))
}

/// ```abnf
/// myrights-data = "MYRIGHTS" SP mailbox SP rights
/// ```
fn myrights_data<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, mailbox) = mailbox(input, reading)?;
    let (rest, ()) = sp(rest, reading)?;
    let (rest, rights) = rights(rest, reading)?;
    Ok((rest, Response::MyRights(mailbox, rights)))
}

/// ```abnf
/// resp-text-code =/ "MYRIGHTS" SP rights
/// ```
/// Of no specification: Courier 5.0 sends it on SELECT.
fn my_rights_code<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ResponseCode> {
    let (rest, rights) = quoted(input, reading)?;
    let letters = String::from_utf8_lossy(&rights).into_owned();
    Ok((rest, ResponseCode::MyRights(Rights(letters))))
}

/// ```abnf
/// identifier = astring
/// ```
fn identifier<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, String> {
    let (rest, identifier) = astring(input, reading)?;
    Ok((rest, String::from_utf8_lossy(&identifier).into_owned()))
}

/// ```abnf
/// rights = astring
/// ```
fn rights<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Rights> {
    let (rest, letters) = astring(input, reading)?;
    Ok((rest, Rights(String::from_utf8_lossy(&letters).into_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;
    use crate::encode::Peer;

    fn sent(command: impl Into<Command>) -> String {
        let fragments = Encoder::command("A", &command.into(), &Peer::default());
        fragments.map_or_else(str::to_owned, |fragments| String::from_utf8(fragments[0].to_vec()).unwrap())
    }

    #[test]
    fn rfc_4314_3_examples_are_written() {
        let drafts = || MailboxName::new("INBOX/Drafts");
        let fred = || "Fred".to_owned();
        let set = |change| SetAcl { mailbox: drafts(), identifier: "John".to_owned(), change };
        let rights = || Rights::new("lrQswicda");
        assert!(sent(set(RightsChange::Replace(rights()))).starts_with("rights are"));
        assert_eq!(sent(GetAcl(drafts())), "A GETACL INBOX/Drafts\r\n");
        assert_eq!(
            sent(set(RightsChange::Replace(Rights::new("lrswicda")))),
            "A SETACL INBOX/Drafts John lrswicda\r\n"
        );
        assert_eq!(sent(set(RightsChange::Add(Rights::new("cda")))), "A SETACL INBOX/Drafts John +cda\r\n");
        assert_eq!(sent(set(RightsChange::Remove(Rights::new("w")))), "A SETACL INBOX/Drafts John -w\r\n");
        assert_eq!(sent(set(RightsChange::Replace(Rights::new("")))), "A SETACL INBOX/Drafts John \"\"\r\n");
        assert_eq!(
            sent(DeleteAcl { mailbox: drafts(), identifier: fred() }),
            "A DELETEACL INBOX/Drafts Fred\r\n"
        );
        assert_eq!(
            sent(ListRights { mailbox: MailboxName::new("~/Mail/saved"), identifier: "smith".to_owned() }),
            "A LISTRIGHTS ~/Mail/saved smith\r\n"
        );
        assert_eq!(sent(MyRights(MailboxName::new("INBOX"))), "A MYRIGHTS INBOX\r\n");
    }

    fn read<T>(parse: impl Fn(&'static [u8], Reading<'_>) -> Parsed<'static, T>, line: &'static str) -> T {
        let (rest, value) = parse(line.as_bytes(), Reading::lenient()).unwrap();
        assert_eq!(rest, b"", "{line}");
        value
    }

    #[test]
    fn rfc_4314_3_6_and_3_8_examples_read() {
        let entry = |name: &str, rights| (name.to_owned(), Rights::new(rights));
        assert_eq!(
            read(acl_data, "INBOX Fred rwipslxetad \"a b\" lr"),
            Response::Acl(Acl {
                mailbox: MailboxName::new("INBOX"),
                entries: vec![entry("Fred", "rwipslxetad"), entry("a b", "lr")],
            })
        );
        assert!(matches!(read(acl_data, "INBOX"), Response::Acl(acl) if acl.entries.is_empty()));
        assert_eq!(
            read(myrights_data, "INBOX rwiptsldaex"),
            Response::MyRights(MailboxName::new("INBOX"), Rights::new("rwiptsldaex"))
        );
        assert!(myrights_data(b"INBOX", Reading::lenient()).is_err());
    }

    #[test]
    fn rfc_4314_3_7_examples_read() {
        let grantable = |line| match read(listrights_data, line) {
            Response::ListRights(rights) => rights,
            other => panic!("{other:?}"),
        };
        let saved = grantable("~/Mail/saved smith la r swicdkxte");
        assert_eq!((saved.identifier.as_str(), saved.required.as_str()), ("smith", "la"));
        assert_eq!(saved.optional, [Rights::new("r"), Rights::new("swicdkxte")]);
        let anyone = grantable("archive/imap anyone \"\" l r s w i p k x t e c d a 0 1 2 3 4 5 6 7 8 9");
        assert_eq!((anyone.required.as_str(), anyone.optional.len()), ("", 23));
    }

    #[test]
    fn the_code_of_courier_reads() {
        let rights = ResponseCode::MyRights(Rights::new("acdilrsw"));
        assert_eq!(ResponseCode::parse(b"[MYRIGHTS \"acdilrsw\"]"), Some(rights));
    }

    #[test]
    fn rfc_4314_2_1_1_old_rights_stand_for_new_ones() {
        let old = Rights::new("lrswicda");
        assert!("lrsikxtea".chars().all(|right| old.has(right)) && !old.has('p'));
        let new = Rights::new("lrkcd");
        assert!(new.has('k') && !new.has('x') && new.has('t'));
    }
}
