//! LOGIN-REFERRALS (RFC 2221): servers that send elsewhere, and what MAILBOX-REFERRALS (RFC 2193) adds: RLIST and RLSUB. A referral
//! is reported and never followed: whoever speaks for the server could name any other.

use super::{Brings, Extension, NOTHING, Verb, commands};
use crate::encode::Encoder;
use crate::grammar::{Parsed, Reading};
use crate::types::{ListPattern, MailboxName, ResponseCode};
use nom::Parser as _;
use nom::bytes::complete::take_while1;

pub(super) const EXTENSION: Extension =
    Extension { capabilities: &["LOGIN-REFERRALS"], codes: &[("REFERRAL", resp_text_code)], ..NOTHING };

/// RLIST (RFC 2193, 5.1): LIST with mailboxes of other servers. Answered by [`crate::Response::List`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteList {
    /// Reference name, usually empty.
    pub reference: MailboxName,
    /// Which names.
    pub pattern: ListPattern,
}

/// RLSUB (RFC 2193, 5.2): LSUB with mailboxes of other servers. Answered by [`crate::Response::Lsub`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteLsub {
    /// Reference name, usually empty.
    pub reference: MailboxName,
    /// Which names.
    pub pattern: ListPattern,
}

commands!(RemoteList, RemoteLsub);

impl Verb for RemoteList {
    fn needs(&self) -> &'static [&'static str] {
        &["MAILBOX-REFERRALS"]
    }

    fn brings(&self) -> Brings {
        Brings::Mailboxes
    }

    /// ```abnf
    /// rlist = "RLIST" SP mailbox SP list-mailbox
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.list_of("RLIST ", &self.reference, &self.pattern)
    }
}

impl Verb for RemoteLsub {
    fn needs(&self) -> &'static [&'static str] {
        &["MAILBOX-REFERRALS"]
    }

    /// ```abnf
    /// rlsub = "RLSUB" SP mailbox SP list-mailbox
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.list_of("RLSUB ", &self.reference, &self.pattern)
    }
}

/// ```abnf
/// referral_response_code = "[" "REFERRAL" 1*(SP <url>) "]"
/// ```
fn resp_text_code<'a>(input: &'a [u8], _: Reading<'_>) -> Parsed<'a, ResponseCode> {
    let url = |octet: u8| octet > b' ' && octet != b']';
    let mut urls = Vec::new();
    let mut rest = input;
    loop {
        let (after, one) = take_while1(url).parse(rest)?;
        urls.push(String::from_utf8_lossy(one).into_owned());
        match after.strip_prefix(b" ") {
            Some(next) => rest = next,
            None => return Ok((after, ResponseCode::Referral(urls))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::Peer;

    #[test]
    fn rfc_2221_4_and_rfc_2193_4_examples_read() {
        let read = |text: &str| match ResponseCode::parse(text.as_bytes()) {
            Some(ResponseCode::Referral(urls)) => urls,
            other => panic!("{other:?}"),
        };
        assert_eq!(read("[REFERRAL IMAP://user;AUTH=GSSAPI@SERVER2/]"), ["IMAP://user;AUTH=GSSAPI@SERVER2/"]);
        assert_eq!(
            read("[REFERRAL IMAP://user;AUTH=*@SERVER2/SHARED/FOO IMAP://user;AUTH=*@SERVER3/SHARED/FOO]"),
            ["IMAP://user;AUTH=*@SERVER2/SHARED/FOO", "IMAP://user;AUTH=*@SERVER3/SHARED/FOO"]
        );
        assert!(matches!(ResponseCode::parse(b"[REFERRAL]"), Some(ResponseCode::Unparsed(_))));
    }

    #[test]
    fn rfc_2193_5_commands_are_written() {
        let (reference, pattern) = (MailboxName::new(""), ListPattern::new("%"));
        let sent = |command| {
            let fragments = Encoder::command("A002", &command, &Peer::default()).unwrap();
            String::from_utf8(fragments[0].to_vec()).unwrap()
        };
        let list = RemoteList { reference: reference.clone(), pattern: pattern.clone() };
        assert_eq!(sent(list.into()), "A002 RLIST \"\" \"%\"\r\n");
        assert_eq!(sent(RemoteLsub { reference, pattern }.into()), "A002 RLSUB \"\" \"%\"\r\n");
    }
}
