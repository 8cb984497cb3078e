//! ENVELOPE (RFC 9051, 7.5.2 and 9).

use super::core::{any_value, nil, nlist, nstring, opt_sp};
use super::{Parsed, Reading};
use crate::types::{Address, Envelope};
use nom::Parser as _;
use nom::character::complete::char;
use nom::sequence::terminated;
use std::borrow::Cow;

/// ```abnf
/// envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP env-bcc SP
///            env-in-reply-to SP env-message-id ")"
/// ```
/// Domino puts it into parentheses once more (MailKit issue 943). Forgives missing fields at the end (some servers leave out In-Reply-To and Message-ID) and extra ones.
pub(crate) fn envelope<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Envelope> {
    let (rest, _) = char('(').parse(input)?;
    match rest.strip_prefix(b"(") {
        Some(inner) => terminated(|input| env_fields(input, reading), (opt_sp, char(')'))).parse(inner),
        None => env_fields(rest, reading),
    }
}

/// The fields and the closing parenthesis.
fn env_fields<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Envelope> {
    let mut rest = input;
    let mut envelope = Envelope::default();
    for field in 0.. {
        rest = opt_sp(rest)?.0;
        if let Some(after) = rest.strip_prefix(b")") {
            return Ok((after, envelope));
        }
        rest = match field {
            0 => text(rest, &mut envelope.date, reading)?,
            1 => text(rest, &mut envelope.subject, reading)?,
            2 => people(rest, &mut envelope.from, reading)?,
            3 => people(rest, &mut envelope.sender, reading)?,
            4 => people(rest, &mut envelope.reply_to, reading)?,
            5 => people(rest, &mut envelope.to, reading)?,
            6 => people(rest, &mut envelope.cc, reading)?,
            7 => people(rest, &mut envelope.bcc, reading)?,
            8 => text(rest, &mut envelope.in_reply_to, reading)?,
            9 => text(rest, &mut envelope.message_id, reading)?,
            _ => any_value(rest)?.0,
        };
    }
    Ok((rest, envelope))
}

fn text<'a>(
    input: &'a [u8],
    field: &mut Option<Vec<u8>>,
    reading: Reading<'_>,
) -> Result<&'a [u8], nom::Err<super::Broken<'a>>> {
    let (rest, text) = nstring(input, reading)?;
    *field = text.map(Cow::into_owned);
    Ok(rest)
}

fn people<'a>(
    input: &'a [u8],
    field: &mut Vec<Address>,
    reading: Reading<'_>,
) -> Result<&'a [u8], nom::Err<super::Broken<'a>>> {
    let (rest, addresses) = nlist(input, reading, address_or_nil)?;
    *field = addresses.into_iter().flatten().collect();
    Ok(rest)
}

/// A NIL among the addresses (SmarterMail) is skipped.
fn address_or_nil<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Option<Address>> {
    match nil(input) {
        Ok((rest, ())) => Ok((rest, None)),
        Err(_) => address(input, reading).map(|(rest, address)| (rest, Some(address))),
    }
}

/// ```abnf
/// address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"
/// ```
fn address<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Address> {
    let text = |input: &'a [u8]| -> Parsed<'a, Option<Vec<u8>>> {
        let (rest, text) = nstring(opt_sp(input)?.0, reading)?;
        Ok((rest, text.map(Cow::into_owned)))
    };
    let (rest, _) = char('(').parse(input)?;
    let (rest, name) = text(rest)?;
    let (rest, _route) = text(rest)?;
    let (rest, mailbox) = text(rest)?;
    let (rest, host) = text(rest)?;
    let (rest, _) = char(')').parse(opt_sp(rest)?.0)?;
    Ok((rest, Address { name, mailbox, host }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_9051_7_5_2_example_reads() {
        let example = br#"("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev2 WG mtg summary and minutes" (("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) ((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL "<B27397-0100000@cac.washington.ed>")"#;
        let (rest, envelope) = envelope(example, Reading::lenient()).unwrap();
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
        let (_, short) =
            envelope(br#"(NIL "s" ((NIL NIL "a" "b") NIL) NIL NIL NIL NIL NIL)"#, Reading::lenient())
                .unwrap();
        let (rest, domino) =
            envelope(br#"((NIL "s" NIL NIL NIL NIL NIL NIL NIL "<a@b>")) UID 5"#, Reading::lenient())
                .unwrap();
        assert_eq!((rest, domino.message_id), (&b" UID 5"[..], Some(b"<a@b>".to_vec())));
        assert!(envelope(&b"(".repeat(100_000), Reading::lenient()).is_err());
        assert_eq!(short.from.len(), 1);
        assert_eq!(short.message_id, None);
    }
}
