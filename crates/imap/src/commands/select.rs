//! SELECT and EXAMINE with parameters (RFC 9051, 6.3.2 and 6.3.3; CONDSTORE and QRESYNC of RFC 7162; ANNOTATE of RFC 5257).

use crate::encode::Encoder;
use crate::ext::{Order, Verb, commands};
use crate::types::{MailboxName, SequenceSet};

/// SELECT, or EXAMINE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// EXAMINE: nothing in it changes.
    pub read_only: bool,
    /// CONDSTORE: mod-sequences come with changes from now on (RFC 7162, 3.1.8).
    pub condstore: bool,
    /// QRESYNC: tell what changed since; after ENABLE QRESYNC (RFC 7162, 3.2.5).
    pub known: Option<Known>,
    /// ANNOTATE: changes of annotations are told (RFC 5257, 4.1).
    pub annotate: bool,
}

/// What is known of a mailbox (RFC 7162, 3.2.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// UIDVALIDITY as it was; not 0.
    pub validity: u32,
    /// The highest mod-sequence up to which all is known; not 0.
    pub mod_sequence: u64,
    /// UIDs that are here; `None` for all.
    pub uids: Option<SequenceSet>,
    /// Sequence numbers and the UIDs they had, in step: spares the server telling of what was gone long ago (RFC 7162,
    /// 3.2.5.2).
    pub matches: Option<(SequenceSet, SequenceSet)>,
}

impl Select {
    /// SELECT without parameters.
    #[must_use]
    pub fn new(mailbox: MailboxName) -> Self {
        Self { mailbox, read_only: false, condstore: false, known: None, annotate: false }
    }
}

commands!(Select);

impl Verb for Select {
    fn needs(&self) -> &'static [&'static str] {
        if self.known.is_some() { &["QRESYNC"] } else { &[] }
    }
    fn also_needs(&self) -> Vec<&'static [&'static str]> {
        let condstore: &[&str] = if self.condstore { &["CONDSTORE", "QRESYNC"] } else { &[] };
        let annotate: &[&str] = if self.annotate { &["ANNOTATE-EXPERIMENT-1"] } else { &[] };
        vec![condstore, annotate]
    }
    fn order(&self) -> Order {
        Order::Selects
    }
    /// ```abnf
    /// select = "SELECT" SP mailbox [select-params]
    /// select-params = SP "(" select-param *(SP select-param) ")"
    /// select-param =/ "CONDSTORE" / "ANNOTATE" / "QRESYNC" SP "(" uidvalidity SP mod-sequence-value
    ///                 [SP known-uids] [SP seq-match-data] ")"
    /// seq-match-data = "(" known-sequence-set SP known-uid-set ")"
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.mailbox(if self.read_only { "EXAMINE " } else { "SELECT " }, &self.mailbox)?;
        let mut parameters = Vec::new();
        parameters.extend(self.condstore.then(|| "CONDSTORE".to_owned()));
        if let Some(known) = &self.known {
            parameters.push(known.parameter()?);
        }
        parameters.extend(self.annotate.then(|| "ANNOTATE".to_owned()));
        if !parameters.is_empty() {
            encoder.text(&format!(" ({})", parameters.join(" ")));
        }
        Ok(())
    }
}

impl Known {
    fn parameter(&self) -> Result<String, &'static str> {
        if self.validity == 0 || self.mod_sequence == 0 {
            return Err("QRESYNC needs a UIDVALIDITY and a mod-sequence above 0");
        }
        let sets = self.uids.iter().chain(self.matches.iter().flat_map(|(numbers, uids)| [numbers, uids]));
        if sets.into_iter().any(|set| set.is_saved() || set.ranges().any(|(_, last)| last.is_none())) {
            return Err("QRESYNC takes no * and no $");
        }
        let mut parameter = format!("QRESYNC ({} {}", self.validity, self.mod_sequence);
        if let Some(uids) = &self.uids {
            parameter.push_str(&format!(" {uids}"));
        }
        if let Some((numbers, uids)) = &self.matches {
            parameter.push_str(&format!(" ({numbers} {uids})"));
        }
        parameter.push(')');
        Ok(parameter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{is_refused, written};

    #[test]
    fn rfc_7162_3_1_8_and_3_2_5_examples_are_written() {
        let inbox = || Select::new(MailboxName::new("INBOX"));
        assert_eq!(written(inbox(), &[]), "a1 SELECT INBOX\r\n");
        let condstore = Select { condstore: true, read_only: true, annotate: true, ..inbox() };
        assert_eq!(written(condstore, &[]), "a1 EXAMINE INBOX (CONDSTORE ANNOTATE)\r\n");
        let set = |numbers: &[u32]| SequenceSet::from_numbers(numbers.iter().copied()).unwrap();
        let uids = SequenceSet::from_ranges([(41, Some(41)), (43, Some(211)), (214, Some(541))]);
        let mut known =
            Known { validity: 67_890_007, mod_sequence: 20_050_715_194_045_000, uids, matches: None };
        let select = |known: &Known| Select { known: Some(known.clone()), ..inbox() };
        assert_eq!(
            written(select(&known), &[]),
            "a1 SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541))\r\n"
        );
        known.matches = Some((set(&[1, 2, 3]), set(&[1, 5, 9])));
        assert_eq!(
            written(select(&known), &[]),
            "a1 SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541 (1:3 1,5,9)))\r\n"
        );
        for uids in [SequenceSet::last(), SequenceSet::saved(), SequenceSet::from_number(4).unwrap()] {
            assert!(is_refused(select(&Known { uids: Some(uids), ..known.clone() })));
        }
        assert!(is_refused(select(&Known { mod_sequence: 0, ..known })));
    }
}
