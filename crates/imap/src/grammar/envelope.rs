//! ENVELOPE (RFC 9051, 7.5.2 and 9). All of it is checked here; kept is only where the fields stand.

use super::core::{Forgive, Raw, any_value, gap, neach, nil, no_sp, nstring, nstring_raw, opt_sp};
use super::{Again, Parsed, octets};
use crate::fault::Fault;
use crate::types::{Address, Envelope, EnvelopeFields, place};
use nom::Parser as _;
use nom::character::complete::char;
use nom::error::context;
use std::borrow::Cow;

/// How many fields an envelope has.
pub(crate) const FIELDS: usize = 10;

/// ```abnf
/// envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP env-bcc SP
///            env-in-reply-to SP env-message-id ")"
/// ```
/// Domino puts it into parentheses once more (MailKit issue 943). Forgives missing fields at the end (some servers leave out
/// In-Reply-To and Message-ID) and extra ones. `end` is the length of what `input` is the end of: places count from there.
#[cfg_attr(for_speed, optimize(speed))]
pub(super) fn envelope<'a>(input: &'a [u8], end: usize, reading: impl Forgive) -> Parsed<'a, EnvelopeFields> {
    if let [b'(', fields @ ..] = input
        && let Some(usual) = usual_fields(fields, end)
    {
        return Ok(usual);
    }
    let (rest, _) = context("envelope", char('(')).parse(input)?;
    let [b'(', inner @ ..] = rest else { return env_fields(rest, end, reading) };
    reading.forgive(Fault::DoubledEnvelope, rest, "envelope")?;
    let (rest, fields) = env_fields(inner, end, reading)?;
    let (rest, _) = context("envelope", char(')')).parse(opt_sp(rest)?.0)?;
    Ok((rest, fields))
}

/// The fields and the closing parenthesis, exactly as the rule has them and without literals. `None` is anything else: it is read
/// by [`env_fields`].
#[cfg_attr(for_speed, optimize(speed))]
fn usual_fields(input: &[u8], end: usize) -> Option<(&[u8], EnvelopeFields)> {
    let mut fields = EnvelopeFields::default();
    let mut rest = input;
    for (number, field) in fields.iter_mut().enumerate() {
        if number > 0 {
            let [b' ', after @ ..] = rest else { return None };
            rest = after;
        }
        *field = place(end, rest);
        rest = if (2..8).contains(&number) { after_people(rest)? } else { octets::after_text(rest)? };
    }
    let [b')', rest @ ..] = rest else { return None };
    Some((rest, fields))
}

/// What follows NIL or a list of addresses as the rule has them.
#[cfg_attr(for_speed, optimize(speed))]
fn after_people(input: &[u8]) -> Option<&[u8]> {
    let mut rest = match input {
        [b'(', list @ ..] => list,
        [b'N', b'I', b'L', after @ ..] => return Some(after),
        _ => return None,
    };
    loop {
        let [b'(', name @ ..] = rest else { return None };
        let [b' ', route @ ..] = octets::after_text(name)? else { return None };
        let [b' ', mailbox @ ..] = octets::after_text(route)? else { return None };
        let [b' ', host @ ..] = octets::after_text(mailbox)? else { return None };
        let is_nil = matches!(host, [b'N', ..]);
        if is_nil && name.get(..name.len() - route.len()).is_some_and(|name| name.contains(&b'@')) {
            return None;
        }
        let [b')', after @ ..] = octets::after_text(host)? else { return None };
        rest = match after {
            [b')', after @ ..] => return Some(after),
            _ => after,
        };
    }
}

/// The fields and the closing parenthesis.
fn env_fields<'a>(input: &'a [u8], end: usize, reading: impl Forgive) -> Parsed<'a, EnvelopeFields> {
    let (mut rest, ()) = no_sp(input, reading)?;
    let mut fields = EnvelopeFields::default();
    for (number, field) in fields.iter_mut().enumerate() {
        match rest {
            [b')', ..] => {
                reading.forgive(Fault::ShortEnvelope, rest, "envelope")?;
                break;
            }
            // No field may be empty: what comes next is of the field after it.
            _ if number > 0 => rest = gap(rest, reading)?.0,
            _ => {}
        }
        if let [b')', ..] = rest {
            continue;
        }
        *field = place(end, rest);
        rest = if (2..8).contains(&number) {
            neach(rest, reading, |input, reading| address_or_nil(input, reading))?.0
        } else {
            nstring_raw(rest, reading)?.0
        };
    }
    close(rest, reading).map(|(rest, ())| (rest, fields))
}

/// The closing parenthesis, after fields that no envelope has.
fn close<'a>(input: &'a [u8], reading: impl Forgive) -> Parsed<'a, ()> {
    if let [b')', rest @ ..] = input {
        return Ok((rest, ()));
    }
    if let ([b')', rest @ ..], ()) = opt_sp(input)? {
        return reading.forgive(Fault::ExtraSpace, rest, "SP");
    }
    let mut rest = opt_sp(input)?.0;
    while !rest.starts_with(b")") {
        reading.forgive(Fault::LongEnvelope, rest, "envelope")?;
        rest = opt_sp(any_value(rest)?.0)?.0;
    }
    Ok((rest.get(1..).unwrap_or_default(), ()))
}

/// A NIL among the addresses (SmarterMail) is skipped.
fn address_or_nil<'a>(input: &'a [u8], reading: impl Forgive) -> Parsed<'a, ()> {
    if let [b'(', ..] = input {
        let (rest, [name, _, mailbox, host]) =
            address_with(input, reading, |input, reading| nstring_raw(input, reading))?;
        let holds_address = |name: Raw<'_>| name.text().contains(&b'@');
        if host.is_none() && mailbox.is_some() && name.is_some_and(holds_address) {
            reading.forgive(Fault::SwappedAddress, input, "address")?;
        }
        return Ok((rest, ()));
    }
    let (rest, ()) = nil(input)?;
    reading.forgive(Fault::NilAddress, input, "address")?;
    Ok((rest, ()))
}

/// ```abnf
/// address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"
/// ```
/// `text` reads an nstring.
#[inline]
fn address_with<'a, T, F: Forgive>(
    input: &'a [u8],
    reading: F,
    text: impl Fn(&'a [u8], F) -> Parsed<'a, T>,
) -> Parsed<'a, [T; 4]> {
    let (rest, _) = context("address", char('(')).parse(input)?;
    let (rest, ()) = no_sp(rest, reading)?;
    let (rest, name) = text(rest, reading)?;
    let (rest, route) = text(gap(rest, reading)?.0, reading)?;
    let (rest, mailbox) = text(gap(rest, reading)?.0, reading)?;
    let (rest, host) = text(gap(rest, reading)?.0, reading)?;
    let (rest, _) = context("address", char(')')).parse(no_sp(rest, reading)?.0)?;
    Ok((rest, [name, route, mailbox, host]))
}

/// The next address of a list that was read before.
#[cfg_attr(for_speed, optimize(speed))]
pub(crate) fn addresses(list: &[u8]) -> Option<(&[u8], Address<'_>)> {
    let mut rest = list.trim_ascii_start();
    while let Ok((after, ())) = nil(rest) {
        rest = after.trim_ascii_start();
    }
    if let Some(found) = usual_address(rest) {
        return Some(found);
    }
    let (rest, [name, route, mailbox, host]) =
        address_with(rest, Again, |input, reading| nstring(input, reading)).ok()?;
    let address = Address { name, route, mailbox, host };
    Some((rest, if address.host.is_none() { unswapped(address) } else { address }))
}

/// An address as the rule has it, without literals and escapes, and with a host.
#[cfg_attr(for_speed, optimize(speed))]
fn usual_address(input: &[u8]) -> Option<(&[u8], Address<'_>)> {
    let [b'(', rest @ ..] = input else { return None };
    let ([b' ', rest @ ..], name) = octets::text(rest)? else { return None };
    let ([b' ', rest @ ..], route) = octets::text(rest)? else { return None };
    let ([b' ', rest @ ..], mailbox) = octets::text(rest)? else { return None };
    let ([b')', rest @ ..], Some(host)) = octets::text(rest)? else { return None };
    let [name, route, mailbox] = [name, route, mailbox].map(|text| text.map(Cow::Borrowed));
    Some((rest, Address { name, route, mailbox, host: Some(Cow::Borrowed(host)) }))
}

/// Gmail puts the address that follows encoded words where the name belongs, and these where the mailbox belongs (MailKit issues 263,
/// 494).
fn unswapped(address: Address<'_>) -> Address<'_> {
    let name = address.name.as_deref().filter(|name| name.contains(&b'@') && address.mailbox.is_some());
    let Some(name) = name else { return address };
    let start = name.iter().rposition(|octet| *octet == b'<').map_or(0, |at| at + 1);
    let spec = name.get(start..).unwrap_or_default();
    let spec = spec.strip_suffix(b">").unwrap_or(spec);
    let at = spec.iter().rposition(|octet| *octet == b'@').unwrap_or_default();
    let before = name.get(..start.saturating_sub(1)).unwrap_or_default().trim_ascii();
    let words: Vec<&[u8]> = [address.mailbox.as_deref().unwrap_or_default(), before]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    Address {
        name: Some(Cow::Owned(words.join(&b' '))),
        route: address.route,
        mailbox: Some(Cow::Owned(spec.get(..at).unwrap_or_default().to_vec())),
        host: Some(Cow::Owned(spec.get(at + 1..).unwrap_or_default().to_vec())),
    }
}

/// The envelope that stands in octets that were read before.
#[cfg_attr(for_speed, optimize(speed))]
pub(crate) fn envelope_in(octets: &[u8], at: u32) -> Option<Envelope<'_>> {
    let input = octets.get(at as usize..)?;
    let (_, fields) = envelope(input, octets.len(), Again).ok()?;
    Some(Envelope { octets, fields })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::Reading;
    use crate::types::OwnedEnvelope;

    fn read(input: &[u8]) -> (&[u8], OwnedEnvelope) {
        let (rest, fields) = envelope(input, input.len(), Reading::lenient()).unwrap();
        (rest, Envelope { octets: input, fields }.into_owned())
    }

    #[test]
    fn rfc_9051_7_5_2_example_reads() {
        let example = br#"("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev2 WG mtg summary and minutes" (("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) ((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL "<B27397-0100000@cac.washington.ed>")"#;
        let (rest, envelope) = read(example);
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
        let (_, short) = read(br#"(NIL "s" ((NIL NIL "a" "b") NIL) NIL NIL NIL NIL NIL)"#);
        let (rest, domino) = read(br#"((NIL "s" NIL NIL NIL NIL NIL NIL NIL "<a@b>")) UID 5"#);
        assert_eq!((rest, domino.message_id), (&b" UID 5"[..], Some(b"<a@b>".to_vec())));
        assert!(envelope(&b"(".repeat(100_000), 100_000, Reading::lenient()).is_err());
        assert_eq!(short.from.len(), 1);
        assert_eq!(short.message_id, None);
    }
}
