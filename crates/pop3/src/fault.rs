//! The faults of real servers that are tolerated: one row each, counted when it fires. With [`crate::Options::strict`] none is: the
//! connection ends there by [`crate::Pop3Error::Framing`] with the rule.

/// A fault that is tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultRow {
    /// Which.
    pub fault: Fault,
    /// A short name that stays the same over versions, such as `bare-line-feed`.
    pub name: &'static str,
    /// What is wrong.
    pub what: &'static str,
    /// Servers and versions that were seen to do it.
    pub servers: &'static str,
    /// The rule that it breaks, and what strict mode calls it.
    pub rule: &'static str,
    /// Where it was reported or seen.
    pub source: &'static str,
}

/// Declares the faults and their table.
macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $fault:ident: $name:literal, $servers:literal, $rule:literal, $source:literal;)+) => {
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
                rule: $rule,
                source: $source,
            },)+
        ];

        /// The rules alone: a module that asks for no row then has none of their texts.
        const RULES: &[&str] = &[$($rule,)+];
    };
}

faults! {
    /// A status line or a line of a listing ends in a line feed without a carriage return.
    BareLineFeed: "bare-line-feed", "several", "CRLF", "MailKit Pop3Stream.cs";
    /// The end is `.` LF, where the status line ended in a bare line feed too.
    BareTerminator: "bare-terminator", "several", "CRLF", "MailKit Pop3Stream.cs";
    /// The end is `.` CR without LF: the next answer follows at once, or nothing for some seconds.
    ReturnTerminator: "return-terminator", "Cyrus 3.4", "CRLF", "cyrusimap/cyrus-imapd#4717";
    /// A line of a message that begins with a dot follows a bare line feed: it is unstuffed like others.
    DotAfterLineFeed: "dot-after-line-feed", "Mailtrap, GreenMail", "CRLF", "zetacomponents/Mail#40, greenmail-mail-test/greenmail#1049";
    /// A dot begins a line and is neither stuffed nor the end: it stays.
    UnstuffedDot: "unstuffed-dot", "Mailpit, hMailServer before 5.7, GreenMail", "byte-stuffing", "axllent/mailpit#299, hmailserver/hmailserver#126, greenmail-mail-test/greenmail#984";
    /// `+ok` or `-err` in lower case.
    LowerCaseStatus: "lower-case-status", "some of before RFC 2449", "status", "RFC 1939, 3 asks for upper case";
    /// NULs in a status line or a listing; they are left out of texts.
    NulInLine: "nul-in-line", "several", "text", "ditesh/node-poplib#18";
    /// `-ERR` that answers nothing, before the server hangs up.
    UnaskedError: "unasked-error", "Dovecot 2.3", "answer without a command", "recorded session";
    /// A continuation that is a bare plus.
    BareContinuation: "bare-continuation", "several", "continue-req", "modern-email/defects#7";
    /// `+OK` where the server waits for the first word of a login: `+` is meant.
    OkForContinuation: "ok-for-continuation", "Exchange 2003", "continue-req", "MailKit#391";
    /// Words behind the plus where the server waits for the first word of a login: nothing is meant.
    TextForChallenge: "text-for-challenge", "several", "base64", "MailKit#268";
    /// A challenge without the padding of base64.
    UnpaddedChallenge: "unpadded-challenge", "several", "base64", "MailKit: sessions of some servers";
    /// An answer of STAT, LIST, UIDL, LANG or CAPA without what was asked for: given as it came.
    OddListing: "odd-listing", "several", "listing", "ditesh/node-poplib#18";
    /// A message number that is 0 or beyond 32 bits: the line is given as it came.
    OddNumber: "odd-number", "several", "message-number", "TA-dmarc#36";
    /// A message number that is not above the one before it in the same listing: given to the owner, who decides.
    RepeatedNumber: "repeated-number", "several", "message-number", "TA-dmarc#36";
    /// A line of UIDL without an id: given as it came.
    MissingUniqueId: "missing-unique-id", "several", "unique-id", "neomutt#1427";
    /// An id beyond 70 octets, or with spaces or other octets outside of 0x21 to 0x7E: it is taken as sent.
    OddUniqueId: "odd-unique-id", "several", "unique-id", "MailKit Pop3Client.cs";
    /// More spaces than one, tabs, or spaces where none belong in a listing.
    ExtraSpace: "extra-space", "several", "SP", "MailKit Pop3Client.cs";
    /// `EXPIRENEVER` in one word.
    ExpireWithoutSpace: "expire-without-space", "Mailutils 3.15", "expire", "recorded session";
}

/// Counts faults; refuses them all in strict mode.
#[derive(Debug)]
pub(crate) struct Faults {
    strict: bool,
    counts: [u64; FAULTS.len()],
}

impl Faults {
    pub(crate) const fn new(strict: bool) -> Self {
        Self { strict, counts: [0; FAULTS.len()] }
    }

    /// Counts the fault.
    ///
    /// # Errors
    /// The rule, in strict mode.
    pub(crate) fn tolerate(&mut self, fault: Fault) -> Result<(), &'static str> {
        if self.strict {
            return Err(RULES.get(fault as usize).copied().unwrap_or_default());
        }
        if let Some(count) = self.counts.get_mut(fault as usize) {
            *count = count.saturating_add(1);
        }
        Ok(())
    }

    /// The rows that fired, with how often.
    pub(crate) fn fired(&self) -> impl Iterator<Item = (&'static FaultRow, u64)> {
        FAULTS.iter().zip(self.counts).filter(|(_, count)| *count > 0)
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
    fn strict_mode_names_the_rule_and_counts_nothing() {
        let mut faults = Faults::new(true);
        assert_eq!(faults.tolerate(Fault::BareContinuation), Err("continue-req"));
        assert_eq!(faults.fired().count(), 0);
        let mut faults = Faults::new(false);
        assert_eq!(faults.tolerate(Fault::BareContinuation), Ok(()));
        assert_eq!(faults.tolerate(Fault::BareContinuation), Ok(()));
        let fired: Vec<_> = faults.fired().map(|(row, count)| (row.fault, count)).collect();
        assert_eq!(fired, [(Fault::BareContinuation, 2)]);
    }
}
