//! SORT (RFC 5256), by display names too (`ext/sort_display.rs`), with what its answer is to hold (ESORT and CONTEXT=SORT, whose
//! row is in `ext/context.rs`).

use super::{Brings, Extension, NOTHING, Order, Verb, commands};
use crate::command::SearchKey;
use crate::commands::{Numbering, Return, brings, returns_need, search_order};
use crate::encode::Encoder;
use crate::event::Response;
use crate::grammar::search::found;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["SORT"],
    untagged: &[("SORT", |input, reading| {
        let (rest, found) = found(input, reading)?;
        Ok((rest, Response::Sort(found)))
    })],
    ..NOTHING
};

/// SORT or UID SORT. Without `returns` the answer is [`Response::Sort`], with it [`Response::ESearch`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// What the answer consists of.
    pub numbering: Numbering,
    /// RETURN: what the answer is to hold; `None` asks without RETURN.
    pub returns: Option<Vec<Return>>,
    /// By what, the most important first; at least one.
    pub by: Vec<SortKey>,
    /// Which messages: all keys must hold.
    pub keys: Vec<SearchKey>,
}

/// By what messages are sorted, and which way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    /// By what.
    pub criterion: Criterion,
    /// REVERSE: from the highest to the lowest.
    pub reverse: bool,
}

/// By what messages are sorted (RFC 5256, 3).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Criterion {
    /// ARRIVAL: internal date
    Arrival,
    /// CC: local part of the first address
    Cc,
    /// DATE: when it was sent
    Date,
    /// FROM: local part of the first address
    From,
    /// SIZE
    Size,
    /// SUBJECT: without Re and the like
    Subject,
    /// TO: local part of the first address
    To,
    /// DISPLAYFROM: name of the first sender (RFC 5957)
    DisplayFrom,
    /// DISPLAYTO: name of the first recipient (RFC 5957)
    DisplayTo,
    /// RELEVANCY: how well it fits (RFC 6203, 5)
    Relevancy,
    /// MODSEQ (Cyrus; in no specification)
    ModSequence,
    /// UID (Cyrus; in no specification)
    Uid,
    /// ANNOTATION entry attribute (RFC 5257, 4.7)
    Annotation {
        /// The entry, such as `/altsubject`.
        entry: String,
        /// The attribute, such as `value.shared`.
        attribute: String,
    },
}

impl From<Criterion> for SortKey {
    /// From the lowest to the highest.
    fn from(criterion: Criterion) -> Self {
        Self { criterion, reverse: false }
    }
}

commands!(Sort);

impl Verb for Sort {
    fn needs(&self) -> &'static [&'static str] {
        &["SORT"]
    }
    fn also_needs(&self) -> Vec<&'static [&'static str]> {
        let mut needs = SearchKey::needs(&self.keys);
        if let Some(returns) = &self.returns {
            needs.push(&["ESORT", "CONTEXT=SORT"]);
            needs.extend(returns_need(returns, &["CONTEXT=SORT"]));
        }
        needs.extend(self.by.iter().map(|key| -> &'static [&'static str] {
            match key.criterion {
                Criterion::DisplayFrom | Criterion::DisplayTo => &["SORT=DISPLAY"],
                Criterion::Relevancy => &["SEARCH=FUZZY"],
                Criterion::ModSequence => &["SORT=MODSEQ"],
                Criterion::Uid => &["SORT=UID"],
                Criterion::Annotation { .. } => &["ANNOTATE-EXPERIMENT-1"],
                _ => &[],
            }
        }));
        needs
    }
    /// RFC 5256 does not say that EXPUNGE is kept back.
    fn order(&self) -> Order {
        match search_order(self.numbering, &self.keys) {
            Order::Numbers => Order::ShiftsNumbers,
            order => order,
        }
    }
    fn brings(&self) -> Brings {
        brings(self.returns.as_deref())
    }
    /// ```abnf
    /// sort = ["UID" SP] "SORT" [sort-return-opts] SP sort-criteria SP search-criteria
    /// sort-criteria = "(" sort-criterion *(SP sort-criterion) ")"
    /// sort-criterion = ["REVERSE" SP] sort-key
    /// search-criteria = charset 1*(SP search-key)
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        if self.by.is_empty() {
            return Err("SORT by nothing");
        }
        encoder.text(self.numbering.prefix());
        encoder.text("SORT");
        encoder.returns(self.returns.as_deref())?;
        encoder.text(" (");
        for (index, key) in self.by.iter().enumerate() {
            encoder.text(if index == 0 { "" } else { " " });
            encoder.text(if key.reverse { "REVERSE " } else { "" });
            encoder.text(match key.criterion {
                Criterion::Arrival => "ARRIVAL",
                Criterion::Cc => "CC",
                Criterion::Date => "DATE",
                Criterion::From => "FROM",
                Criterion::Size => "SIZE",
                Criterion::Subject => "SUBJECT",
                Criterion::To => "TO",
                Criterion::DisplayFrom => "DISPLAYFROM",
                Criterion::DisplayTo => "DISPLAYTO",
                Criterion::Relevancy => "RELEVANCY",
                Criterion::ModSequence => "MODSEQ",
                Criterion::Uid => "UID",
                Criterion::Annotation { .. } => "ANNOTATION ",
            });
            if let Criterion::Annotation { entry, attribute } = &key.criterion {
                encoder.astring(entry.as_bytes())?;
                encoder.text(" ");
                encoder.astring(attribute.as_bytes())?;
            }
        }
        encoder.text(") UTF-8");
        encoder.search_keys(&self.keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{PartialRange, is_refused, written};
    use crate::types::Date;

    fn sort(by: Vec<SortKey>, keys: Vec<SearchKey>) -> Sort {
        Sort { numbering: Numbering::Sequence, returns: None, by, keys }
    }

    #[test]
    fn rfc_5256_3_examples_are_written_and_read() {
        let by = vec![Criterion::Subject.into(), SortKey { criterion: Criterion::Date, reverse: true }];
        let one = sort(by, vec![SearchKey::All]);
        assert_eq!(written(one.clone(), &[]), "a1 SORT (SUBJECT REVERSE DATE) UTF-8 ALL\r\n");
        assert_eq!(one.order(), Order::ShiftsNumbers);
        let keys = vec![SearchKey::Text("not in mailbox".to_owned())];
        let by_uid = Sort { numbering: Numbering::Uid, ..sort(vec![Criterion::Subject.into()], keys) };
        assert_eq!(written(by_uid.clone(), &[]), "a1 UID SORT (SUBJECT) UTF-8 TEXT \"not in mailbox\"\r\n");
        assert_eq!(by_uid.order(), Order::Messages);
        assert!(is_refused(Sort { by: Vec::new(), ..by_uid }));
        let parse = super::super::untagged(b"SORT").unwrap();
        let (rest, response) = parse(b"2 84 882", crate::grammar::Reading::lenient()).unwrap();
        assert!(rest.is_empty());
        assert!(matches!(response, Response::Sort(found) if found.numbers == [2, 84, 882]));
    }

    #[test]
    fn every_criterion_is_written() {
        let annotation =
            Criterion::Annotation { entry: "/altsubject".to_owned(), attribute: "value.shared".to_owned() };
        let by = [
            Criterion::Arrival,
            Criterion::Cc,
            Criterion::From,
            Criterion::Size,
            Criterion::To,
            Criterion::DisplayFrom,
            Criterion::DisplayTo,
            Criterion::Relevancy,
            Criterion::ModSequence,
            Criterion::Uid,
            annotation,
        ];
        let one = sort(by.map(SortKey::from).to_vec(), vec![SearchKey::Subject("ü".to_owned())]);
        assert_eq!(
            written(one.clone(), &["LITERAL+"]),
            "a1 SORT (ARRIVAL CC FROM SIZE TO DISPLAYFROM DISPLAYTO RELEVANCY MODSEQ UID ANNOTATION /altsubject value.shared) UTF-8 \
             SUBJECT {2+}\r\nü\r\n"
        );
        let needs: Vec<_> = one.also_needs().into_iter().flatten().copied().collect();
        assert_eq!(
            needs,
            [
                "SORT=DISPLAY",
                "SORT=DISPLAY",
                "SEARCH=FUZZY",
                "SORT=MODSEQ",
                "SORT=UID",
                "ANNOTATE-EXPERIMENT-1"
            ]
        );
    }

    #[test]
    fn rfc_5267_3_examples_are_written() {
        let date = Date::new(2007, 2, 1).unwrap();
        let by = || vec![SortKey { criterion: Criterion::Date, reverse: true }];
        let asked = |returns| Sort {
            numbering: Numbering::Uid,
            returns: Some(returns),
            ..sort(by(), vec![SearchKey::Undeleted, SearchKey::Before(date)])
        };
        assert_eq!(
            written(asked(vec![Return::Min, Return::Count]), &[]),
            "a1 UID SORT RETURN (MIN COUNT) (REVERSE DATE) UTF-8 UNDELETED BEFORE 1-Feb-2007\r\n"
        );
        let window = Return::Partial(PartialRange::first(1, 50).unwrap());
        assert_eq!(
            written(asked(vec![Return::Update, Return::Context, window]), &[]),
            "a1 UID SORT RETURN (UPDATE CONTEXT PARTIAL 1:50) (REVERSE DATE) UTF-8 UNDELETED BEFORE 1-Feb-2007\r\n"
        );
    }
}
