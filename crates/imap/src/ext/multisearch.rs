//! MULTISEARCH (RFC 7377): a search in several mailboxes. Each answers by an ESEARCH with its name.

use super::{Extension, NOTHING, Order, Verb, commands};
use crate::command::SearchKey;
use crate::commands::{Return, returns_need};
use crate::encode::Encoder;
use crate::types::MailboxName;

pub(super) const EXTENSION: Extension = Extension { capabilities: &["MULTISEARCH"], ..NOTHING };

/// ESEARCH: a search in several mailboxes, answered by one [`crate::Response::ESearch`] for each where something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ESearch {
    /// Where; none for the selected mailbox.
    pub sources: Vec<Source>,
    /// RETURN: what the answers are to hold; `None` leaves it to the server, which sends ALL.
    pub returns: Option<Vec<Return>>,
    /// What to look for: all must hold.
    pub keys: Vec<SearchKey>,
}

/// Mailboxes to be searched (RFC 7377, 2.2; RFC 5465, 6).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The selected mailbox.
    Selected,
    /// Mailboxes that new mail goes to.
    Inboxes,
    /// Mailboxes of the user.
    Personal,
    /// Mailboxes subscribed to.
    Subscribed,
    /// These and all below them; at least one.
    Subtree(Vec<MailboxName>),
    /// These and those right below them; at least one.
    SubtreeOne(Vec<MailboxName>),
    /// These; at least one.
    Mailboxes(Vec<MailboxName>),
}

commands!(ESearch);

impl Verb for ESearch {
    fn needs(&self) -> &'static [&'static str] {
        &["MULTISEARCH"]
    }
    fn also_needs(&self) -> Vec<&'static [&'static str]> {
        let mut needs = SearchKey::needs(&self.keys);
        needs.extend(returns_need(self.returns.as_deref().unwrap_or_default(), &["CONTEXT=SEARCH"]));
        needs
    }
    fn order(&self) -> Order {
        let selected = self.sources.is_empty() || self.sources.contains(&Source::Selected);
        match (selected, SearchKey::has_numbers(&self.keys)) {
            (true, true) => Order::ShiftsNumbers,
            (true, false) => Order::Messages,
            (false, _) => Order::Free,
        }
    }
    /// ```abnf
    /// esearch = "ESEARCH" [SP esearch-source-opts] [SP search-return-opts] SP search-program
    /// esearch-source-opts = "IN" SP "(" source-mbox [SP "(" scope-options ")"] ")"
    /// source-mbox = filter-mailboxes *(SP filter-mailboxes)
    /// filter-mailboxes = "selected" / "inboxes" / "personal" / "subscribed" / ("subtree" SP one-or-more-mailbox) /
    ///                    ("subtree-one" SP one-or-more-mailbox) / ("mailboxes" SP one-or-more-mailbox)
    /// one-or-more-mailbox = mailbox / many-mailboxes
    /// many-mailboxes = "(" mailbox *(SP mailbox) ")"
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text("ESEARCH");
        for (index, source) in self.sources.iter().enumerate() {
            encoder.text(if index == 0 { " IN (" } else { " " });
            let (word, mailboxes) = match source {
                Source::Selected => ("selected", None),
                Source::Inboxes => ("inboxes", None),
                Source::Personal => ("personal", None),
                Source::Subscribed => ("subscribed", None),
                Source::Subtree(mailboxes) => ("subtree", Some(mailboxes)),
                Source::SubtreeOne(mailboxes) => ("subtree-one", Some(mailboxes)),
                Source::Mailboxes(mailboxes) => ("mailboxes", Some(mailboxes)),
            };
            encoder.text(word);
            let Some(mailboxes) = mailboxes else { continue };
            if mailboxes.is_empty() {
                return Err("a search in no mailbox");
            }
            for (index, mailbox) in mailboxes.iter().enumerate() {
                encoder.mailbox(if index == 0 { " (" } else { " " }, mailbox)?;
            }
            encoder.text(")");
        }
        encoder.text(if self.sources.is_empty() { "" } else { ")" });
        encoder.returns(self.returns.as_deref())?;
        encoder.search_program(&self.keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{is_refused, written};

    #[test]
    fn rfc_7377_2_1_examples_are_written() {
        let names = |names: &[&str]| names.iter().map(|name| MailboxName::new(name)).collect::<Vec<_>>();
        let search = ESearch {
            sources: vec![
                Source::Mailboxes(names(&["folder1"])),
                Source::Subtree(names(&["folder2", "Entwürfe"])),
            ],
            returns: None,
            keys: vec![SearchKey::Unseen],
        };
        assert_eq!(
            written(search.clone(), &[]),
            "a1 ESEARCH IN (mailboxes (folder1) subtree (folder2 Entw&APw-rfe)) UNSEEN\r\n"
        );
        assert_eq!(search.order(), Order::Free);
        let own = ESearch {
            sources: vec![Source::Selected, Source::Inboxes, Source::Personal, Source::Subscribed],
            returns: Some(vec![Return::Count]),
            ..search.clone()
        };
        assert_eq!(
            written(own.clone(), &[]),
            "a1 ESEARCH IN (selected inboxes personal subscribed) RETURN (COUNT) UNSEEN\r\n"
        );
        assert_eq!(own.order(), Order::Messages);
        let here = ESearch { sources: Vec::new(), ..search };
        assert_eq!(written(here.clone(), &[]), "a1 ESEARCH UNSEEN\r\n");
        assert!(is_refused(ESearch { sources: vec![Source::SubtreeOne(Vec::new())], ..here }));
    }
}
