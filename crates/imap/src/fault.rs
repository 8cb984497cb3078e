//! The faults of real servers that are tolerated: one row each, counted when it fires, turned off by
//! [`crate::Options::strict`].

use std::cell::Cell;

/// A fault that is tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultRow {
    /// Which.
    pub fault: Fault,
    /// A short name that stays the same over versions, such as `extra-space`.
    pub name: &'static str,
    /// Servers and versions that were seen to do it.
    pub servers: &'static str,
    /// What such a server sends after its greeting: the test sends it and finds the fault counted and the rest understood.
    pub sample: &'static [u8],
    /// Where it was reported or seen.
    pub source: &'static str,
}

/// Declares the faults and their table.
macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $fault:ident: $name:literal, $servers:literal, $sample:literal, $source:literal;)+) => {
        /// The name of a tolerated fault. [`FAULTS`] describes each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Fault {
            $($(#[doc = $doc])+ $fault,)+
        }

        /// All tolerated faults.
        pub const FAULTS: &[FaultRow] = &[
            $(FaultRow { fault: Fault::$fault, name: $name, servers: $servers, sample: $sample, source: $source },)+
        ];
    };
}

faults! {
    /// More than one space, or one where none belongs: at the end of a line, before a closing parenthesis.
    ExtraSpace: "extra-space", "QQ, DavMail, Exchange", b"*  22279 EXISTS\r\n* 1 FETCH (UID 19436 )\r\n", "parsedmarc#505, jakartaee/mail-api#209";
    /// NIL where a list belongs, such as `FLAGS NIL`.
    NilForList: "nil-for-list", "several", b"* FLAGS NIL\r\n", "emailjs/modern-email defects";
    /// An atom where a string belongs.
    AtomForString: "atom-for-string", "Proton Bridge", b"* LIST () \"/\" INBOX\r\n* 1 FETCH (ENVELOPE (NIL Subject NIL NIL NIL NIL NIL NIL NIL NIL))\r\n", "Mailspring#429";
    /// A quote inside a quoted string that is not escaped.
    UnescapedQuote: "unescaped-quote", "several", b"* 1 FETCH (ENVELOPE (NIL \"HTML\"\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\n", "MailKit#485, go-imap#659";
    /// A negative number, NIL or a floating-point number where octets or lines are counted.
    OddCount: "odd-count", "mail.ru, several", b"* 1 FETCH (RFC822.SIZE -1)\r\n", "MailKit#823, MailKit#1838";
    /// A negative mod-sequence where a mailbox has none.
    NegativeModSequence: "negative-modseq", "Zoho", b"* 1 FETCH (UID 7 MODSEQ (-1))\r\n", "recorded sessions of Zoho";
}

/// Counts faults; refuses them all in strict mode.
#[derive(Debug)]
pub(crate) struct Faults {
    strict: bool,
    counts: [Cell<u64>; FAULTS.len()],
}

impl Faults {
    pub(crate) fn new(strict: bool) -> Self {
        Self { strict, counts: [const { Cell::new(0) }; FAULTS.len()] }
    }

    /// Counts the fault. Returns whether it may be tolerated.
    pub(crate) fn tolerate(&self, fault: Fault) -> bool {
        if let Some(count) = self.counts.get(fault as usize).filter(|_| !self.strict) {
            count.set(count.get().saturating_add(1));
        }
        !self.strict
    }

    /// The rows that fired, with how often.
    pub(crate) fn fired(&self) -> impl Iterator<Item = (&'static FaultRow, u64)> {
        FAULTS.iter().zip(&self.counts).map(|(row, count)| (row, count.get())).filter(|(_, count)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_the_faults() {
        assert!(FAULTS.iter().enumerate().all(|(index, row)| row.fault as usize == index));
    }
}
