//! SEARCH (RFC 9051, 6.4.4) with what its answer is to hold (RFC 4731, RFC 5182, RFC 5267, RFC 6203, RFC 9394).

use super::{Numbering, PartialRange};
use crate::command::{Command, SearchKey};
use crate::encode::Encoder;
use crate::ext::{Brings, Order, Verb, commands};
use crate::types::SequenceSet;

/// SEARCH or UID SEARCH. Without `returns` the answer is [`crate::Response::Search`], with it [`crate::Response::ESearch`]; Cyrus
/// 2.4 sends the former all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// What the answer consists of.
    pub numbering: Numbering,
    /// RETURN: what the answer is to hold; `None` asks without RETURN.
    pub returns: Option<Vec<Return>>,
    /// What to look for: all must hold.
    pub keys: Vec<SearchKey>,
}

/// What the answer of a search is to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Return {
    /// MIN (RFC 4731, 3.1)
    Min,
    /// MAX (RFC 4731, 3.1)
    Max,
    /// ALL (RFC 4731, 3.1)
    All,
    /// COUNT (RFC 4731, 3.1)
    Count,
    /// SAVE: `$` becomes what was found (RFC 5182, 2.1)
    Save,
    /// RELEVANCY: a score for each number of ALL or PARTIAL (RFC 6203, 4)
    Relevancy,
    /// UPDATE: tell what changes in the result (RFC 5267, 4.3)
    Update,
    /// CONTEXT: a hint that this search will be asked again (RFC 5267, 4.2)
    Context,
    /// PARTIAL: a window of the result (RFC 5267, 4.4; RFC 9394, 3.1)
    Partial(PartialRange),
}

impl Search {
    /// A search that is answered by sequence numbers.
    #[must_use]
    pub fn by_number(keys: Vec<SearchKey>) -> Self {
        Self { numbering: Numbering::Sequence, returns: None, keys }
    }
    /// A search that is answered by UIDs.
    #[must_use]
    pub fn by_uid(keys: Vec<SearchKey>) -> Self {
        Self { numbering: Numbering::Uid, returns: None, keys }
    }
    /// Asks for this in the answer.
    #[must_use]
    pub fn returning(mut self, one: Return) -> Self {
        self.returns.get_or_insert_default().push(one);
        self
    }
}

commands!(Search);

impl Verb for Search {
    fn needs(&self) -> &'static [&'static str] {
        if self.returns.is_some() { &["ESEARCH", "IMAP4rev2"] } else { &[] }
    }
    fn also_needs(&self) -> Vec<&'static [&'static str]> {
        let mut needs = SearchKey::needs(&self.keys);
        needs.extend(returns_need(self.returns.as_deref().unwrap_or_default(), &["CONTEXT=SEARCH"]));
        needs
    }
    fn order(&self) -> Order {
        search_order(self.numbering, &self.keys)
    }
    /// SAVE and UPDATE change what later commands mean.
    fn brings(&self) -> Brings {
        brings(self.returns.as_deref())
    }
    /// Only what is answered by numbers alone can be put together from pieces.
    fn messages(&self) -> Option<&SequenceSet> {
        self.returns.is_none().then(|| SearchKey::uids(&self.keys))?
    }
    fn only(&self, set: SequenceSet) -> Option<Command> {
        Some(Self { keys: SearchKey::with_uids(&self.keys, set)?, ..self.clone() }.into())
    }
    /// ```abnf
    /// search = "SEARCH" [search-return-opts] SP search-program
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text(self.numbering.prefix());
        encoder.text("SEARCH");
        encoder.returns(self.returns.as_deref())?;
        encoder.search_program(&self.keys)
    }
}

/// Whether a search with these changes nothing.
pub(crate) fn brings(returns: Option<&[Return]>) -> Brings {
    let changes = |one: &Return| matches!(one, Return::Save | Return::Update);
    if returns.unwrap_or_default().iter().any(changes) { Brings::Other } else { Brings::Found }
}

/// No EXPUNGE comes during SEARCH by number, but may during UID SEARCH (RFC 9051, 7.5.1): numbers among its keys shift then.
pub(crate) fn search_order(numbering: Numbering, keys: &[SearchKey]) -> Order {
    match numbering {
        Numbering::Sequence => Order::Numbers,
        Numbering::Uid if SearchKey::has_numbers(keys) => Order::ShiftsNumbers,
        Numbering::Uid => Order::Messages,
    }
}

/// What the server must have named for these; `context` for UPDATE and CONTEXT.
pub(crate) fn returns_need(
    returns: &[Return],
    context: &'static [&'static str],
) -> impl Iterator<Item = &'static [&'static str]> {
    returns.iter().map(move |one| -> &'static [&'static str] {
        match one {
            Return::Min | Return::Max | Return::All | Return::Count => &[],
            Return::Save => &["SEARCHRES", "IMAP4rev2"],
            Return::Relevancy => &["SEARCH=FUZZY"],
            Return::Update | Return::Context => context,
            // RFC 5267 has no windows from the end: Dovecot refuses them.
            Return::Partial(range) if range.is_from_end() => &["PARTIAL"],
            Return::Partial(_) => &["PARTIAL", "CONTEXT=SEARCH", "CONTEXT=SORT"],
        }
    })
}

impl Encoder {
    /// ```abnf
    /// search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
    /// ```
    pub(crate) fn returns(&mut self, returns: Option<&[Return]>) -> Result<(), &'static str> {
        let Some(returns) = returns else { return Ok(()) };
        let windows = returns.iter().filter(|one| matches!(one, Return::Partial(_) | Return::All)).count();
        if windows > 1 {
            return Err("of ALL and PARTIAL a search returns one only");
        }
        let words: Vec<String> = returns
            .iter()
            .map(|one| match one {
                Return::Min => "MIN".to_owned(),
                Return::Max => "MAX".to_owned(),
                Return::All => "ALL".to_owned(),
                Return::Count => "COUNT".to_owned(),
                Return::Save => "SAVE".to_owned(),
                Return::Relevancy => "RELEVANCY".to_owned(),
                Return::Update => "UPDATE".to_owned(),
                Return::Context => "CONTEXT".to_owned(),
                Return::Partial(range) => format!("PARTIAL {range}"),
            })
            .collect();
        self.text(&format!(" RETURN ({})", words.join(" ")));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EntryScope;
    use crate::commands::{is_refused, written};
    use crate::types::{Date, Flag};

    fn set(first: u32, last: u32) -> SequenceSet {
        SequenceSet::range(first, last).unwrap()
    }

    #[test]
    fn rfc_9051_6_4_4_examples_are_written() {
        let since = SearchKey::Since(Date::new(1994, 2, 1).unwrap());
        let from = SearchKey::Not(Box::new(SearchKey::From("Smith".to_owned())));
        let search = Search::by_number(vec![SearchKey::Flagged, since, from]);
        assert_eq!(written(search.clone(), &[]), "a1 SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"\r\n");
        let search = search.returning(Return::Min).returning(Return::Count);
        assert_eq!(
            written(search, &[]),
            "a1 SEARCH RETURN (MIN COUNT) FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"\r\n"
        );
        let saved = vec![SearchKey::Uid(SequenceSet::saved()), SearchKey::Numbers(SequenceSet::saved())];
        let saved = Search { returns: Some(Vec::new()), ..Search::by_uid(saved) };
        assert_eq!(written(saved, &[]), "a1 UID SEARCH RETURN () UID $ $\r\n");
        let text = Search::by_number(vec![SearchKey::Text("мать".to_owned())]);
        assert_eq!(written(text, &["LITERAL+"]), "a1 SEARCH CHARSET UTF-8 TEXT {8+}\r\nмать\r\n");
    }

    #[test]
    fn every_key_is_written() {
        let x = || "x".to_owned();
        let date = Date::new(2026, 11, 5).unwrap();
        let keys = vec![
            SearchKey::All,
            SearchKey::Numbers(set(2, 4)),
            SearchKey::Uid(set(7, 7)),
            SearchKey::And(vec![SearchKey::Answered, SearchKey::Unanswered]),
            SearchKey::Seen,
            SearchKey::Unseen,
            SearchKey::Flagged,
            SearchKey::Unflagged,
            SearchKey::Deleted,
            SearchKey::Undeleted,
            SearchKey::Draft,
            SearchKey::Undraft,
            SearchKey::Keyword("$Junk".to_owned()),
            SearchKey::Unkeyword("$Junk".to_owned()),
            SearchKey::New,
            SearchKey::Old,
            SearchKey::Recent,
            SearchKey::From(x()),
            SearchKey::To(x()),
            SearchKey::Cc(x()),
            SearchKey::Bcc(x()),
            SearchKey::Subject(x()),
            SearchKey::Body(x()),
            SearchKey::Text(x()),
            SearchKey::Header("List-Id".to_owned(), String::new()),
            SearchKey::Before(date),
            SearchKey::On(date),
            SearchKey::Since(date),
            SearchKey::SentBefore(date),
            SearchKey::SentOn(date),
            SearchKey::SentSince(date),
            SearchKey::Larger(9_999_999_999),
            SearchKey::Smaller(5),
            SearchKey::Or(Box::new(SearchKey::Seen), Box::new(SearchKey::Not(Box::new(SearchKey::Draft)))),
        ];
        assert_eq!(
            written(Search::by_number(keys), &[]),
            "a1 SEARCH ALL 2:4 UID 7 (ANSWERED UNANSWERED) SEEN UNSEEN FLAGGED UNFLAGGED DELETED UNDELETED DRAFT UNDRAFT KEYWORD \
             $Junk UNKEYWORD $Junk NEW OLD RECENT FROM \"x\" TO \"x\" CC \"x\" BCC \"x\" SUBJECT \"x\" BODY \"x\" TEXT \"x\" HEADER \
             List-Id \"\" BEFORE 5-Nov-2026 ON 5-Nov-2026 SINCE 5-Nov-2026 SENTBEFORE 5-Nov-2026 SENTON 5-Nov-2026 SENTSINCE \
             5-Nov-2026 LARGER 9999999999 SMALLER 5 OR SEEN NOT DRAFT\r\n"
        );
    }

    #[test]
    fn every_key_of_an_extension_is_written() {
        let date = Date::new(1998, 2, 20).unwrap();
        let annotation = SearchKey::Annotation {
            entry: "/comment".to_owned(),
            attribute: "value".to_owned(),
            value: Some("IMAP4".to_owned()),
        };
        let keys = vec![
            SearchKey::Older(259_200),
            SearchKey::Younger(259_200),
            SearchKey::ModSequence(620_162_338),
            SearchKey::FlagModSequence { flag: Flag::Draft, scope: EntryScope::All, value: 620_162_338 },
            SearchKey::SavedBefore(date),
            SearchKey::SavedOn(date),
            SearchKey::SavedSince(date),
            SearchKey::SaveDateSupported,
            SearchKey::EmailId("M6d99ac3275bb4e".to_owned()),
            SearchKey::ThreadId("T64b478a75b7ea9".to_owned()),
            SearchKey::Fuzzy(Box::new(SearchKey::Subject("balls".to_owned()))),
            SearchKey::Filter("on-the-road".to_owned()),
            annotation,
            SearchKey::GmailRaw("has:attachment in:unread".to_owned()),
            SearchKey::GmailMessageId(1_278_455_344_230_334_865),
            SearchKey::GmailThreadId(1_266_894_439_832_287_888),
            SearchKey::GmailLabel("\\Entwürfe".to_owned()),
        ];
        assert_eq!(SearchKey::needs(&keys).len(), 8);
        assert_eq!(
            written(Search::by_uid(keys), &[]),
            "a1 UID SEARCH OLDER 259200 YOUNGER 259200 MODSEQ 620162338 MODSEQ \"/flags/\\\\Draft\" all 620162338 SAVEDBEFORE \
             20-Feb-1998 SAVEDON 20-Feb-1998 SAVEDSINCE 20-Feb-1998 SAVEDATESUPPORTED EMAILID M6d99ac3275bb4e THREADID \
             T64b478a75b7ea9 FUZZY SUBJECT \"balls\" FILTER on-the-road ANNOTATION /comment value \"IMAP4\" X-GM-RAW \
             \"has:attachment in:unread\" X-GM-MSGID 1278455344230334865 X-GM-THRID 1266894439832287888 X-GM-LABELS \
             \"\\\\Entw&APw-rfe\"\r\n"
        );
    }

    #[test]
    fn keys_that_no_server_could_take_are_refused() {
        let mut deep = SearchKey::All;
        for _ in 0..200 {
            deep = SearchKey::Not(Box::new(deep));
        }
        for keys in [vec![deep], vec![], vec![SearchKey::And(vec![])], vec![SearchKey::Older(0)]] {
            assert!(is_refused(Search::by_uid(keys)));
        }
    }

    #[test]
    fn a_long_search_is_cut_where_its_answers_are_numbers_only() {
        let uids = SequenceSet::from_numbers([1, 3, 5]).unwrap();
        let search = Search::by_uid(vec![SearchKey::Unseen, SearchKey::Uid(uids.clone())]);
        assert_eq!(search.messages(), Some(&uids));
        let piece = search.only(set(1, 1)).unwrap();
        assert_eq!(written(piece, &[]), "a1 UID SEARCH UNSEEN UID 1\r\n");
        assert_eq!(search.returning(Return::Count).messages(), None);
        let inside = vec![SearchKey::Not(Box::new(SearchKey::Uid(uids)))];
        assert_eq!(Search::by_uid(inside).messages(), None);
    }

    #[test]
    fn numbers_among_the_keys_of_a_uid_search_shift() {
        let numbers = || vec![SearchKey::Not(Box::new(SearchKey::Numbers(set(1, 2))))];
        assert_eq!(Search::by_uid(numbers()).order(), Order::ShiftsNumbers);
        assert_eq!(Search::by_number(numbers()).order(), Order::Numbers);
        assert_eq!(Search::by_uid(vec![SearchKey::Uid(set(1, 2))]).order(), Order::Messages);
    }
}
