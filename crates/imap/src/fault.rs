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
    /// What is wrong.
    pub what: &'static str,
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
            $(FaultRow {
                fault: Fault::$fault,
                name: $name,
                what: concat!($($doc),+),
                servers: $servers,
                sample: $sample,
                source: $source,
            },)+
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
    /// A flag that is a backslash and nothing else.
    EmptyFlag: "empty-flag", "several", b"* XLIST (\\HasNoChildren \\) \"/\" Sent\r\n", "Mailspring#1795";
    /// A flag in quotes.
    QuotedFlag: "quoted-flag", "several", b"* 1 FETCH (FLAGS (\"\\\\Seen\"))\r\n", "modern-email/defects";
    /// A keyword with octets that no atom may have.
    OddKeyword: "odd-keyword", "Gmail", b"* FLAGS (\\Seen OIB-Seen-[Gmail]/All)\r\n", "ruby/net-imap, imap-proto";
    /// `\*` among the flags that messages have; it belongs into PERMANENTFLAGS.
    StarFlag: "star-flag", "GreenMail", b"* FLAGS (\\Seen \\*)\r\n", "ruby/net-imap";
    /// EXPUNGED for EXPUNGE.
    Expunged: "expunged", "Mailutils 3.15", b"* 4 EXPUNGED\r\n", "recorded session";
    /// An item of FETCH in parentheses of its own.
    ItemInParentheses: "item-in-parentheses", "Domino", b"* 2 FETCH (UID 14935 (RFC822.SIZE 7) FLAGS ())\r\n", "MailKit#943";
    /// The list of FETCH is closed before its last items.
    EarlyClose: "early-close", "Xeams", b"* 1 FETCH (BODY[TEXT] {3}\r\nabc) UID 5 FLAGS (\\Seen))\r\n", "paperless-ngx#13412";
    /// The `.PEEK` of the command, repeated in the response.
    PeekInResponse: "peek-in-response", "pymap 0.36", b"* 1 FETCH (BINARY.PEEK[1] {3}\r\nabc)\r\n", "recorded session";
    /// A backslash in a quoted string before what needs none: it stands for itself.
    UnescapedBackslash: "unescaped-backslash", "Domino", b"* 1 FETCH (ENVELOPE (NIL \"C:\\x\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\n", "MailKit ImapStream.cs";
    /// The address where the name belongs, and the name where the mailbox belongs.
    SwappedAddress: "swapped-address", "Gmail", b"* 1 FETCH (ENVELOPE (NIL NIL ((\"<a@b.c>\" NIL \"=?utf-8?q?x?=\" NIL)) NIL NIL NIL NIL NIL NIL NIL))\r\n", "MailKit#263, MailKit#494, MailKit#1319";
    /// NIL for ENVELOPE or BODYSTRUCTURE: there is none.
    NilItem: "nil-item", "several", b"* 1 FETCH (UID 5 ENVELOPE NIL BODYSTRUCTURE NIL)\r\n", "MailKit ImapUtils.cs";
    /// An empty line.
    EmptyLine: "empty-line", "Mailutils 3.15", b"\r\n* 3 EXISTS\r\n", "recorded session";
    /// A line that ends in a line feed without a carriage return. In strict mode it ends the connection.
    BareLineFeed: "bare-line-feed", "Mailutils 3.15", b"w0 OK done\n", "recorded session";
    /// NIL for what a disposition is.
    NilDisposition: "nil-disposition", "Exchange", b"* 1 FETCH (BODYSTRUCTURE (\"image\" \"png\" NIL NIL NIL \"base64\" 12 NIL (NIL NIL) NIL))\r\n", "MailKit ImapUtils.cs";
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
    EmptyMultipart: "empty-multipart", "Gmail, Yandex, QQ, IceWarp", b"* 1 FETCH (BODYSTRUCTURE (\"ALTERNATIVE\" (\"BOUNDARY\" \"x\") NIL NIL))\r\n* 2 FETCH (BODYSTRUCTURE (NIL \"MIXED\" NIL NIL NIL))\r\n", "MailKit#205, MailKit#371, MailKit#777, MailKit#1841";
    /// A part of a multipart that is none by its rule; it keeps its place.
    BrokenPart: "broken-part", "Gmail, Exchange", b"* 1 FETCH (BODYSTRUCTURE ((BROKEN)(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 1) \"MIXED\"))\r\n", "MailKit#371";
    /// A disposition that is a bare string.
    BareDisposition: "bare-disposition", "Exchange", b"* 1 FETCH (BODYSTRUCTURE (\"image\" \"png\" NIL NIL NIL \"base64\" 12 NIL \"inline\" NIL))\r\n", "MailKit#919";
    /// A message inside a message without its envelope and structure.
    MessageWithoutEnvelope: "message-without-envelope", "Gmail", b"* 1 FETCH (BODYSTRUCTURE (\"message\" \"rfc822\" NIL NIL NIL \"base64\" 700 NIL NIL NIL))\r\n", "MailKit#32, MailKit#59";
    /// A field of a body structure that is not what its place asks for: with what follows it is an extension.
    OddBodyField: "odd-body-field", "several", b"* 1 FETCH (BODYSTRUCTURE (\"text\" \"plain\" NIL NIL NIL \"7bit\" 5 (x) NIL))\r\n", "emailjs/modern-email defects";
    /// NIL for a media type or subtype, or one word for both.
    NilMediaType: "nil-media-type", "several", b"* 1 FETCH (BODYSTRUCTURE (NIL NIL NIL NIL NIL \"7bit\" 5))\r\n", "MailKit#371";
    /// NIL for the value of a parameter.
    NilParameter: "nil-parameter", "mail.ru", b"* 1 FETCH (BODYSTRUCTURE (\"text\" \"plain\" (\"boundary\" NIL) NIL NIL \"7bit\" 5 1))\r\n", "imap-codec#700, vmime#159";
    /// A body section without a value.
    BodyWithoutValue: "body-without-value", "Yandex", b"* 1 FETCH (UID 3 BODY[] )\r\n", "MailKit ImapFolderFetch.cs";
    /// A date that does not exist; it reads as none.
    OddDate: "odd-date", "several", b"* 1 FETCH (INTERNALDATE \"00-Jan-0000 00:00:00 +0000\")\r\n", "MailKit: INTERNALDATE";
    /// Brackets behind RFC822, as BODY has them.
    Rfc822Section: "rfc822-section", "several", b"* 1 FETCH (RFC822[] NIL)\r\n", "ruby/net-imap";
    /// A hierarchy delimiter that is empty, not in quotes or longer than a character.
    OddDelimiter: "odd-delimiter", "several", b"* LIST () \"\" INBOX\r\n* LIST () \"//\" a\r\n* NAMESPACE ((\"\" /)) NIL NIL\r\n", "MailKit and imap-codec: sessions of some servers";
    /// NIL for the name of a mailbox.
    NilName: "nil-name", "several", b"* LIST (\\Noselect) \"/\" NIL\r\n", "MailKit: sessions of some servers";
    /// The name of a mailbox with spaces or control characters, without quotes.
    UnquotedName: "unquoted-name", "Exchange", b"* LIST () \"/\" Sent Items\r\n* STATUS Sent Items (MESSAGES 1)\r\n", "MailKit#945";
    /// The name of a mailbox with octets above 127 where names are modified UTF-7.
    RawName: "raw-name", "several", b"* LIST () \"/\" \"Entw\xc3\xbcrfe\"\r\n", "ruby/net-imap: listings of some servers";
    /// A QUOTA response without the list of what is counted: nothing is.
    QuotaWithoutList: "quota-without-list", "Courier 5.0", b"* QUOTA \"ROOT\"\r\n", "a session with the server";
    /// A negative mod-sequence where a mailbox has none.
    NegativeModSequence: "negative-modseq", "Zoho", b"* 1 FETCH (UID 7 MODSEQ (-1))\r\n", "recorded sessions of Zoho";
    /// No set where UIDs are named: COPYUID of nothing, VANISHED of nothing.
    EmptyUidSet: "empty-uid-set", "Outlook.com, Microsoft 365", b"* OK [COPYUID 701 ] done\r\n* VANISHED (EARLIER)\r\n", "ruby/net-imap#250, imap-proto's tests";
    /// An object id in parentheses twice.
    DoubledObjectId: "doubled-object-id", "pymap 0.36", b"* 1 FETCH (EMAILID ((M1)) THREADID ((T1)))\r\n", "a session with the server";
    /// BADEVENT with an event instead of a list of them.
    BareEvent: "bare-event", "Dovecot 2.3.19", b"* NO [BADEVENT MailboxMetadataChange] Unsupported NOTIFY events\r\n", "a session with the server";
}

/// Counts faults; refuses them all in strict mode.
#[derive(Debug)]
pub(crate) struct Faults {
    strict: bool,
    counts: Box<[Cell<u64>]>,
    /// Faults of the response being read, in order. What was read in vain is taken back from its end.
    open: RefCell<Vec<Fault>>,
}

impl Faults {
    pub(crate) fn new(strict: bool) -> Self {
        // The length alone: a module that asks for no row then has none of their texts.
        let counts = vec![Cell::new(0); FAULTS.len()].into_boxed_slice();
        Self { strict, counts, open: RefCell::default() }
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
        let mark = self.mark();
        parse().inspect_err(|_| self.take_back(mark))
    }

    /// How far it has counted.
    pub(crate) fn mark(&self) -> usize {
        self.open.borrow().len()
    }

    /// Takes back what was counted since.
    pub(crate) fn take_back(&self, mark: usize) {
        self.open.borrow_mut().truncate(mark);
    }

    /// A response ends: nothing of it can be taken back any more.
    #[inline]
    pub(crate) fn settle(&self) {
        if self.mark() > 0 {
            self.count();
        }
    }

    fn count(&self) {
        for fault in self.open.borrow_mut().drain(..) {
            if let Some(count) = self.counts.get(fault as usize) {
                count.set(count.get().saturating_add(1));
            }
        }
    }

    /// The rows that fired, with how often.
    pub(crate) fn fired(&self) -> impl Iterator<Item = (&'static FaultRow, u64)> {
        self.settle();
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
