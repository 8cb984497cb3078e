//! STORE (RFC 9051, 6.4.6; UNCHANGEDSINCE of RFC 7162, 3.1.3; annotations of RFC 5257, 4.3; labels of Gmail).

use super::Messages;
use crate::command::{Command, StoreAction};
use crate::encode::Encoder;
use crate::ext::{Order, Verb, commands};
use crate::types::{AnnotationEntry, Flag, SequenceSet};

/// STORE or UID STORE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Which messages.
    pub messages: Messages,
    /// What to change.
    pub change: Change,
    /// `.SILENT`: the server need not say what the flags are then.
    pub silent: bool,
    /// UNCHANGEDSINCE: leaves messages alone that changed after that mod-sequence; the tagged answer names them in
    /// [`crate::types::ResponseCode::Modified`] (RFC 7162, 3.1.3).
    pub unchanged_since: Option<u64>,
}

/// What STORE changes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// FLAGS
    Flags(StoreAction, Vec<Flag>),
    /// X-GM-LABELS, as people read them; Gmail's own begin with a backslash
    GmailLabels(StoreAction, Vec<String>),
    /// ANNOTATION; a value of `None` deletes
    Annotations(Vec<AnnotationEntry>),
}

impl Store {
    /// A change of flags that the server answers with what they are then.
    #[must_use]
    pub fn flags(messages: Messages, action: StoreAction, flags: Vec<Flag>) -> Self {
        Self { messages, change: Change::Flags(action, flags), silent: false, unchanged_since: None }
    }
}

commands!(Store);

impl Verb for Store {
    fn needs(&self) -> &'static [&'static str] {
        match self.change {
            Change::Flags(..) => &[],
            Change::GmailLabels(..) => &["X-GM-EXT-1"],
            Change::Annotations(_) => &["ANNOTATE-EXPERIMENT-1"],
        }
    }
    fn also_needs(&self) -> Vec<&'static [&'static str]> {
        let condstore: &[&str] = if self.unchanged_since.is_some() { &["CONDSTORE", "QRESYNC"] } else { &[] };
        vec![self.messages.needs(), condstore]
    }
    fn messages(&self) -> Option<&SequenceSet> {
        Some(self.messages.set())
    }
    fn only(&self, set: SequenceSet) -> Option<Command> {
        Some(Self { messages: self.messages.only(set), ..self.clone() }.into())
    }
    fn order(&self) -> Order {
        self.messages.order(false)
    }
    /// ```abnf
    /// store = "STORE" SP sequence-set [store-modifiers] SP store-att-flags
    /// store-modifiers = SP "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")"
    /// store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
    /// store-att-flags =/ att-annotate
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        self.messages.encode(encoder, "STORE");
        if let Some(value) = self.unchanged_since {
            encoder.text(&format!(" (UNCHANGEDSINCE {value})"));
        }
        let sign = |action| match action {
            StoreAction::Add => " +",
            StoreAction::Remove => " -",
            StoreAction::Replace => " ",
        };
        let silent = if self.silent { ".SILENT " } else { " " };
        match &self.change {
            Change::Flags(action, flags) => {
                encoder.text(sign(*action));
                encoder.text("FLAGS");
                encoder.text(silent);
                encoder.flags(flags)
            }
            Change::GmailLabels(action, labels) => {
                encoder.text(sign(*action));
                encoder.text("X-GM-LABELS");
                encoder.text(silent);
                encoder.text("(");
                for (index, label) in labels.iter().enumerate() {
                    encoder.text(if index == 0 { "" } else { " " });
                    encoder.label(label)?;
                }
                encoder.text(")");
                Ok(())
            }
            Change::Annotations(_) if self.silent => Err("STORE of annotations is never silent"),
            Change::Annotations(entries) => {
                encoder.text(" ");
                encoder.annotations(entries)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{is_refused, written};
    use crate::types::Annotation;

    #[test]
    fn rfc_9051_6_4_6_example_and_every_form_are_written() {
        let set = SequenceSet::range(2, 4).unwrap();
        let store = |action| Store::flags(Messages::Numbers(set.clone()), action, vec![Flag::Deleted]);
        assert_eq!(written(store(StoreAction::Add), &[]), "a1 STORE 2:4 +FLAGS (\\Deleted)\r\n");
        assert_eq!(written(store(StoreAction::Remove), &[]), "a1 STORE 2:4 -FLAGS (\\Deleted)\r\n");
        let silent = Store { silent: true, ..store(StoreAction::Replace) };
        assert_eq!(written(silent, &[]), "a1 STORE 2:4 FLAGS.SILENT (\\Deleted)\r\n");
        let none = Store::flags(Messages::Uids(set), StoreAction::Replace, Vec::new());
        assert_eq!(written(none, &[]), "a1 UID STORE 2:4 FLAGS ()\r\n");
    }

    #[test]
    fn rfc_7162_3_1_3_example_is_written() {
        let set = SequenceSet::from_numbers([7, 5, 9]).unwrap();
        let mut store = Store::flags(Messages::Uids(set), StoreAction::Add, vec![Flag::Deleted]);
        store.unchanged_since = Some(320_162_338);
        store.silent = true;
        assert_eq!(
            written(store, &[]),
            "a1 UID STORE 5,7,9 (UNCHANGEDSINCE 320162338) +FLAGS.SILENT (\\Deleted)\r\n"
        );
    }

    #[test]
    fn rfc_5257_4_3_example_is_written() {
        let value = Some(b"My new comment".to_vec());
        let values = vec![Annotation { attribute: "value.priv".to_owned(), value }];
        let entries = vec![AnnotationEntry { entry: "/comment".to_owned(), values }];
        let messages = Messages::Numbers(SequenceSet::single(1).unwrap());
        let change = Change::Annotations(entries);
        let store = Store { messages, change, silent: false, unchanged_since: None };
        assert_eq!(
            written(store.clone(), &[]),
            "a1 STORE 1 ANNOTATION (/comment (value.priv \"My new comment\"))\r\n"
        );
        assert!(is_refused(Store { silent: true, ..store }));
    }

    #[test]
    fn gmail_labels_are_written_quoted_in_modified_utf_7() {
        let labels = ["foo", "\\Inbox", "Entwürfe", "a \"b\""].map(str::to_owned).to_vec();
        let messages = Messages::Numbers(SequenceSet::single(1).unwrap());
        let change = Change::GmailLabels(StoreAction::Add, labels);
        assert_eq!(
            written(Store { messages, change, silent: false, unchanged_since: None }, &[]),
            "a1 STORE 1 +X-GM-LABELS (\"foo\" \"\\\\Inbox\" \"Entw&APw-rfe\" \"a \\\"b\\\"\")\r\n"
        );
    }
}
