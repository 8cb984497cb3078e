//! ENVELOPE (RFC 9051, 7.5.2 and 9).

use super::Parsed;
use super::core::{any_value, list, nstring, opt_sp};
use crate::types::{Address, Envelope};
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::take_while;
use nom::character::complete::char;
use nom::combinator::{map, value};
use nom::sequence::terminated;

/// ```abnf
/// envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP env-bcc SP
///            env-in-reply-to SP env-message-id ")"
/// ```
/// Domino puts it into parentheses once more (MailKit issue 943). Forgives missing fields at the end (some servers leave out In-Reply-To and Message-ID) and extra ones.
pub(crate) fn envelope(input: &[u8]) -> Parsed<'_, Envelope> {
    let (rest, _) = char('(').parse(input)?;
    match rest.strip_prefix(b"(") {
        Some(inner) => terminated(env_fields, (opt_sp, char(')'))).parse(inner),
        None => env_fields(rest),
    }
}

/// The fields and the closing parenthesis.
fn env_fields(input: &[u8]) -> Parsed<'_, Envelope> {
    let mut rest = input;
    let mut envelope = Envelope::default();
    for field in 0.. {
        rest = opt_sp(rest)?.0;
        if let Some(after) = rest.strip_prefix(b")") {
            return Ok((after, envelope));
        }
        rest = match field {
            0 => text(rest, &mut envelope.date)?,
            1 => text(rest, &mut envelope.subject)?,
            2 => people(rest, &mut envelope.from)?,
            3 => people(rest, &mut envelope.sender)?,
            4 => people(rest, &mut envelope.reply_to)?,
            5 => people(rest, &mut envelope.to)?,
            6 => people(rest, &mut envelope.cc)?,
            7 => people(rest, &mut envelope.bcc)?,
            8 => text(rest, &mut envelope.in_reply_to)?,
            9 => text(rest, &mut envelope.message_id)?,
            _ => any_value(rest)?.0,
        };
    }
    Ok((rest, envelope))
}

fn text<'a>(
    input: &'a [u8],
    field: &mut Option<Vec<u8>>,
) -> Result<&'a [u8], nom::Err<nom::error::Error<&'a [u8]>>> {
    let (rest, text) = nstring(input)?;
    *field = text;
    Ok(rest)
}

fn people<'a>(
    input: &'a [u8],
    field: &mut Vec<Address>,
) -> Result<&'a [u8], nom::Err<nom::error::Error<&'a [u8]>>> {
    let (rest, addresses) = list(address_or_nil)(input)?;
    *field = addresses.into_iter().flatten().collect();
    Ok(rest)
}

/// A NIL among the addresses (SmarterMail) is skipped.
fn address_or_nil(input: &[u8]) -> Parsed<'_, Option<Address>> {
    alt((map(address, Some), value(None, super::core::nil))).parse(input)
}

/// ```abnf
/// address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"
/// ```
fn address(input: &[u8]) -> Parsed<'_, Address> {
    let space = || take_while(|octet| octet == b' ');
    let (rest, (_, _, name, _, _, _, mailbox, _, host, _, _)) = (
        char('('),
        space(),
        nstring,
        space(),
        nstring,
        space(),
        nstring,
        space(),
        nstring,
        space(),
        char(')'),
    )
        .parse(input)?;
    Ok((rest, Address { name, mailbox, host }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_9051_7_5_2_example_reads() {
        let example = br#"("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev2 WG mtg summary and minutes" (("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) ((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL "<B27397-0100000@cac.washington.ed>")"#;
        let (rest, envelope) = envelope(example).unwrap();
        assert!(rest.is_empty());
        assert_eq!(envelope.subject.as_deref(), Some(&b"IMAP4rev2 WG mtg summary and minutes"[..]));
        assert_eq!(envelope.from[0].name.as_deref(), Some(&b"Terry Gray"[..]));
        assert_eq!(envelope.cc.len(), 2);
        assert_eq!(envelope.cc[1].host.as_deref(), Some(&b"MIT.EDU"[..]));
        assert_eq!(envelope.in_reply_to, None);
        assert_eq!(envelope.message_id.as_deref(), Some(&b"<B27397-0100000@cac.washington.ed>"[..]));
    }

    #[test]
    fn missing_last_fields_and_nil_among_addresses_are_forgiven() {
        let (_, short) = envelope(br#"(NIL "s" ((NIL NIL "a" "b") NIL) NIL NIL NIL NIL NIL)"#).unwrap();
        let (rest, domino) = envelope(br#"((NIL "s" NIL NIL NIL NIL NIL NIL NIL "<a@b>")) UID 5"#).unwrap();
        assert_eq!((rest, domino.message_id), (&b" UID 5"[..], Some(b"<a@b>".to_vec())));
        assert!(envelope(&b"(".repeat(100_000)).is_err());
        assert_eq!(short.from.len(), 1);
        assert_eq!(short.message_id, None);
    }
}
