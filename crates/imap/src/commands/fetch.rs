//! FETCH with modifiers (RFC 9051, 6.4.5; CHANGEDSINCE and VANISHED of RFC 7162; PARTIAL of RFC 9394).

use super::{Messages, PartialRange};
use crate::command::{Command, FetchItem};
use crate::encode::Encoder;
use crate::ext::{Brings, Order, Verb, commands};
use crate::types::SequenceSet;

/// FETCH or UID FETCH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Which messages.
    pub messages: Messages,
    /// What of them.
    pub items: Vec<FetchItem>,
    /// CHANGEDSINCE: only what changed after that mod-sequence (RFC 7162, 3.1.4.1).
    pub changed_since: Option<u64>,
    /// VANISHED: also what is gone since then; by UID and with `changed_since` only, after ENABLE QRESYNC (RFC 7162, 3.2.6).
    pub vanished: bool,
    /// PARTIAL: only some of those messages; by UID only (RFC 9394, 3.3).
    pub partial: Option<PartialRange>,
}

impl Fetch {
    /// Everything asked for, of all those messages.
    #[must_use]
    pub fn new(messages: Messages, items: Vec<FetchItem>) -> Self {
        Self { messages, items, changed_since: None, vanished: false, partial: None }
    }
}

commands!(Fetch);

impl Verb for Fetch {
    fn needs(&self) -> &'static [&'static str] {
        self.messages.needs()
    }
    fn also_needs(&self) -> Vec<&'static [&'static str]> {
        let mut needs: Vec<_> = self.items.iter().map(FetchItem::needs).collect();
        if self.vanished {
            needs.push(&["QRESYNC"]);
        }
        if self.changed_since.is_some() {
            needs.push(&["CONDSTORE", "QRESYNC"]);
        }
        if self.partial.is_some() {
            needs.push(&["PARTIAL"]);
        }
        needs
    }
    /// A window is one of the whole set.
    fn messages(&self) -> Option<&SequenceSet> {
        self.partial.is_none().then(|| self.messages.set())
    }
    fn only(&self, set: SequenceSet) -> Option<Command> {
        Some(Self { messages: self.messages.only(set), ..self.clone() }.into())
    }
    fn brings(&self) -> Brings {
        Brings::Messages
    }
    fn order(&self) -> Order {
        self.messages.order(false)
    }
    /// ```abnf
    /// fetch = "FETCH" SP sequence-set SP (...) [fetch-modifiers]
    /// fetch-modifiers = SP "(" fetch-modifier *(SP fetch-modifier) ")"
    /// fetch-modifier =/ "CHANGEDSINCE" SP mod-sequence-value / "VANISHED" / "PARTIAL" SP partial-range
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        let by_uid = matches!(self.messages, Messages::Uids(_));
        if self.vanished && !(by_uid && self.changed_since.is_some()) {
            return Err("VANISHED goes with UID FETCH and CHANGEDSINCE only");
        }
        if self.partial.is_some() && !by_uid {
            return Err("PARTIAL goes with UID FETCH only");
        }
        self.messages.encode(encoder, "FETCH");
        encoder.text(" ");
        encoder.fetch_items(&self.items)?;
        let mut modifiers = Vec::new();
        modifiers.extend(self.changed_since.map(|value| format!("CHANGEDSINCE {value}")));
        modifiers.extend(self.vanished.then(|| "VANISHED".to_owned()));
        modifiers.extend(self.partial.map(|range| format!("PARTIAL {range}")));
        if !modifiers.is_empty() {
            encoder.text(&format!(" ({})", modifiers.join(" ")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{is_refused, written};
    use crate::types::Section;

    fn uids(first: u32, last: u32) -> Messages {
        Messages::Uids(SequenceSet::range(first, last).unwrap())
    }

    #[test]
    fn rfc_7162_3_1_4_1_and_3_2_6_examples_are_written() {
        let all = Messages::Uids(SequenceSet::from_number(1).unwrap());
        let changed = Fetch { changed_since: Some(12345), ..Fetch::new(all, vec![FetchItem::Flags]) };
        assert_eq!(written(changed, &[]), "a1 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 12345)\r\n");
        let mut gone = Fetch::new(uids(300, 500), vec![FetchItem::Flags]);
        gone.changed_since = Some(12345);
        gone.vanished = true;
        assert_eq!(
            written(gone.clone(), &[]),
            "a1 UID FETCH 300:500 (FLAGS) (CHANGEDSINCE 12345 VANISHED)\r\n"
        );
        gone.changed_since = None;
        assert!(is_refused(gone));
    }

    #[test]
    fn rfc_9394_3_3_example_is_written() {
        let mut fetch = Fetch::new(uids(25900, 26600), vec![FetchItem::Uid, FetchItem::Flags]);
        assert!(fetch.messages().is_some());
        fetch.partial = Some(PartialRange::last(1, 100).unwrap());
        assert!(fetch.messages().is_none(), "a piece of the set has other windows");
        assert_eq!(written(fetch, &[]), "a1 UID FETCH 25900:26600 (UID FLAGS) (PARTIAL -1:-100)\r\n");
    }

    #[test]
    fn every_item_is_written() {
        let section = Section { part: vec![1, 2], ..Section::default() };
        let annotations = FetchItem::Annotations {
            entries: vec!["/comment".to_owned()],
            attributes: vec!["value".to_owned(), "size".to_owned()],
        };
        let items = vec![
            FetchItem::Uid,
            FetchItem::Flags,
            FetchItem::Envelope,
            FetchItem::InternalDate,
            FetchItem::Size,
            FetchItem::BodyStructure,
            FetchItem::BodyBasic,
            FetchItem::Body { section: Section::default(), partial: Some((0, 9)) },
            FetchItem::BodySeen { section, partial: None },
            FetchItem::Rfc822,
            FetchItem::Rfc822Header,
            FetchItem::Rfc822Text,
            FetchItem::Binary { part: vec![1, 2], partial: None },
            FetchItem::BinarySeen { part: Vec::new(), partial: Some((0, 20)) },
            FetchItem::BinarySize(vec![1]),
            FetchItem::ModSequence,
            FetchItem::Preview { lazy: false },
            FetchItem::Preview { lazy: true },
            FetchItem::SaveDate,
            FetchItem::EmailId,
            FetchItem::ThreadId,
            annotations,
            FetchItem::GmailMessageId,
            FetchItem::GmailThreadId,
            FetchItem::GmailLabels,
        ];
        assert_eq!(
            written(Fetch::new(Messages::Numbers(SequenceSet::last()), items), &[]),
            "a1 FETCH * (UID FLAGS ENVELOPE INTERNALDATE RFC822.SIZE BODYSTRUCTURE BODY BODY.PEEK[]<0.9> BODY[1.2] RFC822 \
             RFC822.HEADER RFC822.TEXT BINARY.PEEK[1.2] BINARY[]<0.20> BINARY.SIZE[1] MODSEQ PREVIEW PREVIEW (LAZY) SAVEDATE \
             EMAILID THREADID ANNOTATION (\"/comment\" (\"value\" \"size\")) X-GM-MSGID X-GM-THRID X-GM-LABELS)\r\n"
        );
    }
}
