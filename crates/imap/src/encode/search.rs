//! Search keys (RFC 9051, 6.4.4).

use super::Encoder;
use crate::command::{EntryScope, SearchKey};
use crate::types::{Date, Flag};

impl Encoder {
    pub(crate) fn search(&mut self, keys: &[SearchKey]) -> Result<(), &'static str> {
        self.text("UID SEARCH");
        self.search_program(keys)
    }

    /// ```abnf
    /// search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)
    /// ```
    /// With the space before it.
    pub(crate) fn search_program(&mut self, keys: &[SearchKey]) -> Result<(), &'static str> {
        // Where UTF8=ACCEPT is enabled, a charset is an error (RFC 6855, 3).
        if !self.utf8 && !SearchKey::are_ascii(keys) {
            self.text(" CHARSET UTF-8");
        }
        self.search_keys(keys)
    }

    /// The keys with the space before each.
    pub(crate) fn search_keys(&mut self, keys: &[SearchKey]) -> Result<(), &'static str> {
        for key in keys {
            self.text(" ");
            self.search_key(key, NESTING)?;
        }
        if keys.is_empty() { Err("SEARCH without a key") } else { Ok(()) }
    }

    fn search_key(&mut self, key: &SearchKey, depth: usize) -> Result<(), &'static str> {
        let Some(depth) = depth.checked_sub(1) else { return Err("search keys are nested too deep") };
        if let Some(word) = bare_word(key) {
            self.text(word);
            return Ok(());
        }
        match key {
            SearchKey::Numbers(set) => self.set(set),
            SearchKey::Uid(set) => {
                self.text("UID ");
                self.set(set);
            }
            SearchKey::And(keys) => {
                self.text("(");
                for (index, key) in keys.iter().enumerate() {
                    self.text(if index == 0 { "" } else { " " });
                    self.search_key(key, depth)?;
                }
                self.text(")");
                if keys.is_empty() {
                    return Err("a list of no search keys");
                }
            }
            SearchKey::Not(inner) => {
                self.text("NOT ");
                self.search_key(inner, depth)?;
            }
            SearchKey::Fuzzy(inner) => {
                self.text("FUZZY ");
                self.search_key(inner, depth)?;
            }
            SearchKey::Or(one, other) => {
                self.text("OR ");
                self.search_key(one, depth)?;
                self.text(" ");
                self.search_key(other, depth)?;
            }
            other => return self.search_value(other),
        }
        Ok(())
    }

    /// A key with its value.
    fn search_value(&mut self, key: &SearchKey) -> Result<(), &'static str> {
        match key {
            SearchKey::From(text) => self.search_text("FROM ", text),
            SearchKey::To(text) => self.search_text("TO ", text),
            SearchKey::Cc(text) => self.search_text("CC ", text),
            SearchKey::Bcc(text) => self.search_text("BCC ", text),
            SearchKey::Subject(text) => self.search_text("SUBJECT ", text),
            SearchKey::Body(text) => self.search_text("BODY ", text),
            SearchKey::Text(text) => self.search_text("TEXT ", text),
            SearchKey::GmailRaw(text) => self.search_text("X-GM-RAW ", text),
            SearchKey::GmailLabel(label) => {
                self.text("X-GM-LABELS ");
                self.label(label)
            }
            SearchKey::Header(name, text) => {
                self.text("HEADER ");
                self.astring(name.as_bytes())?;
                self.search_text(" ", text)
            }
            SearchKey::Annotation { entry, attribute, value } => {
                self.text("ANNOTATION ");
                self.astring(entry.as_bytes())?;
                self.text(" ");
                self.astring(attribute.as_bytes())?;
                match value {
                    Some(value) => self.search_text(" ", value),
                    None => {
                        self.text(" NIL");
                        Ok(())
                    }
                }
            }
            SearchKey::Keyword(flag) => self.search_word("KEYWORD ", flag),
            SearchKey::Unkeyword(flag) => self.search_word("UNKEYWORD ", flag),
            SearchKey::EmailId(id) => self.search_word("EMAILID ", id),
            SearchKey::ThreadId(id) => self.search_word("THREADID ", id),
            SearchKey::Filter(name) => self.search_word("FILTER ", name),
            SearchKey::FlagModSequence { flag, scope, value } => self.flag_mod_sequence(flag, *scope, *value),
            other => self.search_amount(other),
        }
    }

    /// A key with a date or a number.
    fn search_amount(&mut self, key: &SearchKey) -> Result<(), &'static str> {
        match key {
            SearchKey::Before(date) => self.search_date("BEFORE", *date),
            SearchKey::On(date) => self.search_date("ON", *date),
            SearchKey::Since(date) => self.search_date("SINCE", *date),
            SearchKey::SentBefore(date) => self.search_date("SENTBEFORE", *date),
            SearchKey::SentOn(date) => self.search_date("SENTON", *date),
            SearchKey::SentSince(date) => self.search_date("SENTSINCE", *date),
            SearchKey::SavedBefore(date) => self.search_date("SAVEDBEFORE", *date),
            SearchKey::SavedOn(date) => self.search_date("SAVEDON", *date),
            SearchKey::SavedSince(date) => self.search_date("SAVEDSINCE", *date),
            SearchKey::Larger(octets) => self.text(&format!("LARGER {octets}")),
            SearchKey::Smaller(octets) => self.text(&format!("SMALLER {octets}")),
            SearchKey::Older(0) | SearchKey::Younger(0) => return Err("WITHIN takes at least one second"),
            SearchKey::Older(seconds) => self.text(&format!("OLDER {seconds}")),
            SearchKey::Younger(seconds) => self.text(&format!("YOUNGER {seconds}")),
            SearchKey::ModSequence(value) => self.text(&format!("MODSEQ {value}")),
            SearchKey::GmailMessageId(number) => self.text(&format!("X-GM-MSGID {number}")),
            SearchKey::GmailThreadId(number) => self.text(&format!("X-GM-THRID {number}")),
            _ => return Err("a search key that can't be written"),
        }
        Ok(())
    }

    fn search_text(&mut self, word: &str, text: &str) -> Result<(), &'static str> {
        self.text(word);
        self.string(text.as_bytes())
    }

    fn search_word(&mut self, word: &str, text: &str) -> Result<(), &'static str> {
        self.text(word);
        self.word(text)
    }

    /// ```abnf
    /// date = date-text / DQUOTE date-text DQUOTE
    /// date-text = date-day "-" date-month "-" date-year
    /// ```
    fn search_date(&mut self, word: &str, date: Date) {
        let month = MONTHS.get(usize::from(date.month()) - 1).copied().unwrap_or_default();
        self.text(&format!("{word} {}-{month}-{:04}", date.day(), date.year()));
    }

    /// ```abnf
    /// search-modsequence = "MODSEQ" [search-modseq-ext] SP mod-sequence-valzer
    /// search-modseq-ext = SP entry-name SP entry-type-req
    /// entry-name = DQUOTE "/flags/" attr-flag DQUOTE
    /// ```
    fn flag_mod_sequence(&mut self, flag: &Flag, scope: EntryScope, value: u64) -> Result<(), &'static str> {
        self.text("MODSEQ \"/flags/");
        self.flag_quoted(flag)?;
        self.text(match scope {
            EntryScope::Private => "\" priv ",
            EntryScope::Shared => "\" shared ",
            EntryScope::All => "\" all ",
        });
        self.text(&value.to_string());
        Ok(())
    }
}

/// Keys of one word.
fn bare_word(key: &SearchKey) -> Option<&'static str> {
    Some(match key {
        SearchKey::All => "ALL",
        SearchKey::Answered => "ANSWERED",
        SearchKey::Unanswered => "UNANSWERED",
        SearchKey::Seen => "SEEN",
        SearchKey::Unseen => "UNSEEN",
        SearchKey::Flagged => "FLAGGED",
        SearchKey::Unflagged => "UNFLAGGED",
        SearchKey::Deleted => "DELETED",
        SearchKey::Undeleted => "UNDELETED",
        SearchKey::Draft => "DRAFT",
        SearchKey::Undraft => "UNDRAFT",
        SearchKey::New => "NEW",
        SearchKey::Old => "OLD",
        SearchKey::Recent => "RECENT",
        SearchKey::SaveDateSupported => "SAVEDATESUPPORTED",
        _ => return None,
    })
}

/// Deepest nesting of keys: the encoder's stack is small in WebAssembly, and no server takes more.
const NESTING: usize = 100;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
