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
    /// No space between two values of a list.
    MissingSpace: "missing-space", "several", b"* 1 FETCH (ENVELOPE (NIL \"a\"NIL NIL NIL NIL NIL NIL NIL NIL))\r\n", "emailjs/modern-email defects";
    /// ENVELOPE in parentheses once more.
    DoubledEnvelope: "doubled-envelope", "Domino", b"* 1 FETCH (ENVELOPE ((NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)))\r\n", "MailKit#943";
    /// ENVELOPE without its last fields.
    ShortEnvelope: "short-envelope", "several", b"* 1 FETCH (ENVELOPE (NIL \"a\" NIL NIL NIL NIL NIL NIL))\r\n", "emailjs/modern-email defects";
    /// ENVELOPE with more fields than ten.
    LongEnvelope: "long-envelope", "several", b"* 1 FETCH (ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))\r\n", "emailjs/modern-email defects";
    /// NIL among addresses.
    NilAddress: "nil-address", "SmarterMail", b"* 1 FETCH (ENVELOPE (NIL NIL ((NIL NIL \"a\" \"b\") NIL) NIL NIL NIL NIL NIL NIL NIL))\r\n", "MailKit#991";
    /// A multipart without parts: it begins with its subtype.
    EmptyMultipart: "empty-multipart", "Gmail, Yandex, QQ", b"* 1 FETCH (BODYSTRUCTURE (\"ALTERNATIVE\" (\"BOUNDARY\" \"x\") NIL NIL))\r\n", "MailKit#205, MailKit#371, MailKit#777, MailKit#1841";
    /// A part of a multipart that is none by its rule; it keeps its place.
    BrokenPart: "broken-part", "Gmail, Exchange", b"* 1 FETCH (BODYSTRUCTURE ((BROKEN)(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 1) \"MIXED\"))\r\n", "MailKit#371";
    /// A disposition that is a bare string.
    BareDisposition: "bare-disposition", "Exchange", b"* 1 FETCH (BODYSTRUCTURE (\"image\" \"png\" NIL NIL NIL \"base64\" 12 NIL \"inline\" NIL))\r\n", "MailKit#919";
    /// A message inside a message without its envelope and structure.
    MessageWithoutEnvelope: "message-without-envelope", "Gmail", b"* 1 FETCH (BODYSTRUCTURE (\"message\" \"rfc822\" NIL NIL NIL \"base64\" 700 NIL NIL NIL))\r\n", "MailKit#32, MailKit#59";
    /// A field of a body structure that is not what its place asks for; it is passed over.
    OddBodyField: "odd-body-field", "several", b"* 1 FETCH (BODYSTRUCTURE (\"text\" \"plain\" NIL NIL NIL \"7bit\" 5 (x) NIL))\r\n", "emailjs/modern-email defects";
    /// NIL for a media type or subtype.
    NilMediaType: "nil-media-type", "several", b"* 1 FETCH (BODYSTRUCTURE (NIL NIL NIL NIL NIL \"7bit\" 5))\r\n", "MailKit#371";
    /// NIL for the value of a parameter.
    NilParameter: "nil-parameter", "mail.ru", b"* 1 FETCH (BODYSTRUCTURE (\"text\" \"plain\" (\"boundary\" NIL) NIL NIL \"7bit\" 5 1))\r\n", "imap-codec#700, vmime#159";
    /// A body section without a value.
    BodyWithoutValue: "body-without-value", "Yandex", b"* 1 FETCH (UID 3 BODY[] )\r\n", "MailKit ImapFolderFetch.cs";
    /// A flag in quotes.
    QuotedFlag: "quoted-flag", "several", b"* 1 FETCH (FLAGS (\"\\\\Seen\"))\r\n", "emailjs/modern-email defects";
    /// A date that does not exist; it reads as none.
    OddDate: "odd-date", "several", b"* 1 FETCH (INTERNALDATE \"00-Jan-0000 00:00:00 +0000\")\r\n", "MailKit: INTERNALDATE";
    /// Brackets behind RFC822, as BODY has them.
    Rfc822Section: "rfc822-section", "several", b"* 1 FETCH (RFC822[] NIL)\r\n", "ruby/net-imap";
}

/// Counts faults; refuses them all in strict mode.
#[derive(Debug)]
pub(crate) struct Faults {
    strict: bool,
    counts: Box<[Cell<u64>]>,
}

impl Faults {
    pub(crate) fn new(strict: bool) -> Self {
        Self { strict, counts: FAULTS.iter().map(|_| Cell::new(0)).collect() }
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
        FAULTS
            .iter()
            .zip(&*self.counts)
            .map(|(row, count)| (row, count.get()))
            .filter(|(_, count)| *count > 0)
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
