//! Rows of numbers and flags, which come by the hundred thousand: read in one pass over what was handed in, and given to their owner
//! without an event for each. Only rows in their most usual form are taken; any other is left to the grammar, which reads these too.

use super::Client;
use crate::types::{Flags, Uid, system_flag};

/// A FETCH response of which all is here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlainRow<'a> {
    /// Message sequence number.
    pub sequence: u32,
    /// UID
    pub uid: Option<Uid>,
    /// FLAGS
    pub flags: Option<Flags<'a>>,
    /// RFC822.SIZE in octets
    pub size: Option<u64>,
    /// MODSEQ (RFC 7162)
    pub mod_sequence: Option<u64>,
}

impl Client {
    /// Gives rows that come next and hold nothing but UID, FLAGS, RFC822.SIZE and MODSEQ, `most` of them at most. They are no events
    /// then. Takes none where something has to come before, and where the machine has to look at rows itself; [`Client::poll`]
    /// follows in any case. Returns how many there were.
    #[cfg_attr(for_speed, optimize(speed))]
    pub fn plain_rows(&mut self, most: usize, mut take: impl FnMut(PlainRow<'_>)) -> usize {
        let Some(input) = self.framer.unsearched().filter(|_| !self.looks_at_rows()) else { return 0 };
        let (mut at, mut count) = (0, 0);
        while count < most {
            let Some((row, length)) = input.get(at..).and_then(plain_row) else { break };
            take(row);
            at += length;
            count += 1;
        }
        self.framer.skip(at);
        count
    }
}

/// A row and its length with the line end; `None` where it is not all here or not in this form.
#[cfg_attr(for_speed, optimize(speed))]
#[inline]
fn plain_row(input: &[u8]) -> Option<(PlainRow<'_>, usize)> {
    let mut row = PlainRow { sequence: 0, uid: None, flags: None, size: None, mod_sequence: None };
    let rest = input.strip_prefix(b"* ")?;
    let (sequence, rest) = number(rest)?;
    row.sequence = u32::try_from(sequence).ok().filter(|sequence| *sequence > 0)?;
    let mut rest = rest.strip_prefix(b" FETCH (")?;
    loop {
        rest = item(rest, &mut row)?;
        match rest {
            [b' ', after @ ..] => rest = after,
            [b')', b'\r', b'\n', after @ ..] => return Some((row, input.len() - after.len())),
            _ => return None,
        }
    }
}

/// An item that was not there before, and what follows it.
#[cfg_attr(for_speed, optimize(speed))]
#[inline]
fn item<'a>(input: &'a [u8], row: &mut PlainRow<'a>) -> Option<&'a [u8]> {
    if let Some(rest) = input.strip_prefix(b"UID ") {
        let (uid, rest) = number(rest)?;
        let uid = Uid::new(u32::try_from(uid).ok()?)?;
        return row.uid.replace(uid).is_none().then_some(rest);
    }
    if let Some(rest) = input.strip_prefix(b"FLAGS (") {
        let (flags, rest) = flags(rest)?;
        return row.flags.replace(flags).is_none().then_some(rest);
    }
    if let Some(rest) = input.strip_prefix(b"RFC822.SIZE ") {
        let (size, rest) = number(rest)?;
        return row.size.replace(size).is_none().then_some(rest);
    }
    let (mod_sequence, rest) = number(input.strip_prefix(b"MODSEQ (")?)?;
    let rest = rest.strip_prefix(b")")?;
    row.mod_sequence.replace(mod_sequence).is_none().then_some(rest)
}

/// A number of up to eighteen digits; the grammar reads longer ones.
#[cfg_attr(for_speed, optimize(speed))]
#[inline]
fn number(input: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    let mut length = 0;
    for octet in input {
        let digit = octet.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        length += 1;
    }
    (0 < length && length <= 18).then_some((value, input.get(length..)?))
}

/// Flags up to the parenthesis that closes them. Each system flag is there at most once; keywords are of letters, digits, `$`, `_`
/// and `-`.
#[cfg_attr(for_speed, optimize(speed))]
#[inline]
fn flags(list: &[u8]) -> Option<(Flags<'_>, &[u8])> {
    let mut system = 0_u8;
    let mut keywords = None;
    let mut at = 0;
    loop {
        let flag = list.get(at..)?;
        let length = flag.iter().position(|octet| !is_plain(*octet))?;
        let (flag, rest) = flag.split_at_checked(length)?;
        match flag {
            [] if at == 0 && rest.starts_with(b")") => {}
            [b'\\', ..] => {
                let bit = system_flag(flag)?;
                if system & bit != 0 {
                    return None;
                }
                system |= bit;
            }
            [] => return None,
            _ => {
                keywords.get_or_insert(at);
            }
        }
        let end = at + length;
        match rest {
            [b')', after @ ..] => {
                let keywords = keywords.map_or(Some(b"".as_slice()), |from| list.get(from..end))?;
                return Some((Flags { system, keywords }, after));
            }
            [b' ', ..] => at = end + 1,
            _ => return None,
        }
    }
}

#[cfg_attr(for_speed, optimize(speed))]
#[inline]
fn is_plain(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'$' | b'_' | b'-' | b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Fetched;
    use crate::{Event, Options, Response};
    use waypost_wire::{Input, Machine, Output, Timestamp};

    const ROWS: &[&str] = &[
        "* 1 FETCH (UID 5 FLAGS (\\Seen))\r\n",
        "* 2 FETCH (FLAGS () UID 6)\r\n",
        "* 3 FETCH (UID 7 FLAGS (\\Seen $Junk \\Answered a-b_c) RFC822.SIZE 12 MODSEQ (624140003))\r\n",
        "* 4294967295 FETCH (UID 4294967295)\r\n",
        "* 5 FETCH (FLAGS ($Work))\r\n",
    ];

    const OTHERS: &[&str] = &[
        "* 1 FETCH (UID 5 FLAGS (\\seen))\r\n",
        "* 1 FETCH (UID 5 FLAGS (\\Seen \\Seen))\r\n",
        "* 1 FETCH (UID 5 FLAGS (\\Seen ))\r\n",
        "* 1 FETCH (UID 5 FLAGS ( \\Seen))\r\n",
        "* 1 FETCH (UID 5 FLAGS (\\Other))\r\n",
        "* 1 FETCH (UID 5 FLAGS (a.b))\r\n",
        "* 1 FETCH (UID 5 UID 6)\r\n",
        "* 1 FETCH (UID 5)\n",
        "* 1 FETCH (UID 5 )\r\n",
        "* 0 FETCH (UID 5)\r\n",
        "* 1 FETCH (UID 0)\r\n",
        "* 1 FETCH (UID 4294967296)\r\n",
        "* 1 FETCH ()\r\n",
        "* 1 EXISTS\r\n",
        "* 1 FETCH (UID 5 FLAGS (\\Seen) ENVELOPE NIL)\r\n",
        "* 1 FETCH (UID 5 BODY[] {3}\r\nabc)\r\n",
    ];

    fn connected() -> Client {
        let mut client = Client::new(Options::default());
        client.handle(Timestamp::default(), Input::Bytes(b"* OK hello\r\n"));
        while !matches!(client.poll(Timestamp::default()), Output::Wait(_)) {}
        client
    }

    /// What the grammar makes of it.
    fn read(row: &str) -> Fetched {
        let inner = row.split_once("FETCH ").unwrap().1.trim_end();
        let sequence = row.split(' ').nth(1).unwrap().parse().unwrap();
        Fetched::parse(sequence, inner.as_bytes()).unwrap()
    }

    #[test]
    fn a_row_reads_as_by_the_grammar() {
        let mut client = connected();
        client.handle(Timestamp::default(), Input::Bytes(ROWS.concat().as_bytes()));
        let mut expected = ROWS.iter().map(|row| read(row));
        let count = client.plain_rows(100, |row| {
            let expected = expected.next().unwrap();
            assert_eq!(
                (row.sequence, row.uid, row.size, row.mod_sequence),
                (expected.sequence, expected.uid, expected.size, expected.mod_sequence)
            );
            assert_eq!(row.flags, expected.flags());
        });
        assert_eq!(count, ROWS.len());
        assert!(matches!(client.poll(Timestamp::default()), Output::Wait(_)));
    }

    #[test]
    fn what_is_no_plain_row_is_left_to_the_grammar_and_what_follows_is_taken() {
        for other in OTHERS {
            let mut client = connected();
            client.handle(
                Timestamp::default(),
                Input::Bytes(format!("{}{other}{}", ROWS[0], ROWS[1]).as_bytes()),
            );
            let mut uids = Vec::new();
            assert_eq!(client.plain_rows(9, |row| uids.push(row.uid)), 1, "{other}");
            assert!(matches!(client.poll(Timestamp::default()), Output::Event(_)), "{other}");
            while client.plain_rows(9, |row| uids.push(row.uid)) == 0 {
                assert!(!matches!(client.poll(Timestamp::default()), Output::Wait(_)), "{other}");
            }
            assert_eq!(uids, [Uid::new(5), Uid::new(6)], "{other}");
        }
    }

    #[test]
    fn rows_cut_anywhere_come_once() {
        let all = ROWS.concat();
        for cut in 0..=all.len() {
            let mut client = connected();
            let mut sequences = Vec::new();
            for part in [&all[..cut], &all[cut..]] {
                client.handle(Timestamp::default(), Input::Bytes(part.as_bytes()));
                loop {
                    client.plain_rows(2, |row| sequences.push(row.sequence));
                    match client.poll(Timestamp::default()) {
                        Output::Event(Event::Response(Response::Fetch(row))) => sequences.push(row.sequence),
                        Output::Wait(_) => break,
                        other => panic!("{other:?}"),
                    }
                }
            }
            assert_eq!(sequences, [1, 2, 3, u32::MAX, 5], "cut at {cut}");
        }
    }
}
