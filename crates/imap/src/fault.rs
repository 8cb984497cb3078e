//! The faults of real servers that are tolerated: one row each, counted when it fires, turned off by
//! [`crate::Options::strict`].

use std::cell::{Cell, RefCell};

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
    /// Octets before a response: spaces, or NULs, which stand for spaces outside of literals.
    SpaceBeforeResponse: "space-before-response", "several", b"\0\0* 3 EXISTS\r\n", "postalsys/imapflow";
    /// A response code without a condition before it, maybe without the star.
    CodeWithoutCondition: "code-without-condition", "Exchange, Outlook.com, home.pl", b"[ALERT]\r\n* [UIDNEXT 5] \r\n", "MailKit#115, ruby/net-imap#250";
    /// No text behind a response code.
    CodeWithoutText: "code-without-text", "Gmail", b"* OK [UIDNEXT 540]\r\n", "modern-email/defects#28";
    /// A condition without a text.
    ConditionWithoutText: "condition-without-text", "DavMail, IONOS", b"* OK\r\n", "himalaya#623, warmbly#405";
    /// A continuation that is a bare plus.
    BareContinuation: "bare-continuation", "several", b"+\r\n", "modern-email/defects#7";
    /// A line of plain words instead of a response: BYE is meant.
    PlainWords: "plain-words", "Exchange, SmarterMail", b"Server Unavailable. 15\r\n421 Server is busy\r\n", "imapflow parser-instance.js, MailKit#1100";
    /// BYE where OK is meant: it has a tag.
    TaggedBye: "tagged-bye", "imap.wp.pl", b"w0 BYE logging out\r\n", "MailKit#1536, rust-imap";
    /// A zero where a number must not be zero: a message number, UIDNEXT, UIDVALIDITY, UNSEEN.
    ZeroNumber: "zero-number", "Courier, IceWarp", b"* 0 FETCH (FLAGS ())\r\n* OK [UNSEEN 0] none\r\n", "MailKit ImapFolder.cs, MailKit#34";
    /// The sign of LITERAL+ apart from it.
    SplitCapability: "split-capability", "several", b"* CAPABILITY IMAP4rev1 LITERAL + IDLE\r\n", "MailKit ImapEngine.cs";
    /// A mailbox name with spaces or control characters that is not quoted.
    UnquotedName: "unquoted-name", "Exchange", b"* LIST () \"/\" Sent\tItems 2026\r\n", "MailKit#945";
    /// An empty string for a hierarchy delimiter: NIL is meant.
    EmptyDelimiter: "empty-delimiter", "several", b"* LIST () \"\" INBOX\r\n", "MailKit ImapUtils.cs";
    /// A flag that is a backslash and nothing else.
    EmptyFlag: "empty-flag", "several", b"* XLIST (\\HasNoChildren \\) \"/\" Sent\r\n", "Mailspring#1795";
    /// A flag in quotes.
    QuotedFlag: "quoted-flag", "several", b"* 1 FETCH (FLAGS (\"\\\\Seen\"))\r\n", "modern-email/defects";
    /// A keyword with octets that no atom may have.
    OddKeyword: "odd-keyword", "Gmail", b"* FLAGS (\\Seen OIB-Seen-[Gmail]/All)\r\n", "ruby/net-imap, imap-proto";
    /// `\*` among the flags that messages have; it belongs into PERMANENTFLAGS.
    StarFlag: "star-flag", "GreenMail", b"* FLAGS (\\Seen \\*)\r\n", "ruby/net-imap";
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
}

/// Counts faults; refuses them all in strict mode.
#[derive(Debug)]
pub(crate) struct Faults {
    strict: bool,
    counts: [Cell<u64>; FAULTS.len()],
    /// Faults of the response being read, in order. What was read in vain is taken back from its end.
    open: RefCell<Vec<Fault>>,
}

impl Faults {
    pub(crate) fn new(strict: bool) -> Self {
        Self { strict, counts: [const { Cell::new(0) }; FAULTS.len()], open: RefCell::default() }
    }

    /// Counts the fault. Returns whether it may be tolerated.
    pub(crate) fn tolerate(&self, fault: Fault) -> bool {
        if !self.strict {
            self.open.borrow_mut().push(fault);
        }
        !self.strict
    }

    /// Takes back what `parse` counted if it fails.
    pub(crate) fn attempt<T, E>(&self, parse: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let before = self.open.borrow().len();
        parse().inspect_err(|_| self.open.borrow_mut().truncate(before))
    }

    /// A response ends: nothing of it can be taken back any more.
    pub(crate) fn settle(&self) {
        for fault in self.open.borrow_mut().drain(..) {
            if let Some(count) = self.counts.get(fault as usize) {
                count.set(count.get().saturating_add(1));
            }
        }
    }

    /// The rows that fired, with how often.
    pub(crate) fn fired(&self) -> impl Iterator<Item = (&'static FaultRow, u64)> {
        self.settle();
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

    #[test]
    fn what_was_read_in_vain_is_not_counted() {
        let faults = Faults::new(false);
        let failed: Result<(), ()> = faults.attempt(|| {
            faults.tolerate(Fault::ZeroNumber);
            Err(())
        });
        assert!(failed.is_err());
        assert!(faults.tolerate(Fault::TaggedBye));
        let fired: Vec<_> = faults.fired().map(|(row, count)| (row.fault, count)).collect();
        assert_eq!(fired, [(Fault::TaggedBye, 1)]);
        assert!(!Faults::new(true).tolerate(Fault::TaggedBye));
    }
}
