//! Search keys (RFC 9051, 6.4.4).

use super::Encoder;
use crate::command::SearchKey;

impl Encoder {
    pub(crate) fn search(&mut self, keys: &[SearchKey]) -> Result<(), &'static str> {
        self.text("UID SEARCH");
        // Where UTF8=ACCEPT is enabled, a charset is an error (RFC 6855, 3).
        if !self.utf8 && keys.iter().any(|key| !is_ascii(key)) {
            self.text(" CHARSET UTF-8");
        }
        for key in keys {
            self.text(" ");
            self.search_key(key)?;
        }
        if keys.is_empty() { Err("SEARCH without a key") } else { Ok(()) }
    }

    pub(crate) fn search_key(&mut self, key: &SearchKey) -> Result<(), &'static str> {
        match key {
            SearchKey::All => self.text("ALL"),
            SearchKey::Seen => self.text("SEEN"),
            SearchKey::Unseen => self.text("UNSEEN"),
            SearchKey::Flagged => self.text("FLAGGED"),
            SearchKey::Deleted => self.text("DELETED"),
            SearchKey::Larger(octets) => self.text(&format!("LARGER {octets}")),
            SearchKey::Uid(set) => {
                self.text("UID ");
                self.set(set);
            }
            SearchKey::From(text) => self.search_text("FROM ", text)?,
            SearchKey::To(text) => self.search_text("TO ", text)?,
            SearchKey::Subject(text) => self.search_text("SUBJECT ", text)?,
            SearchKey::Body(text) => self.search_text("BODY ", text)?,
            SearchKey::Text(text) => self.search_text("TEXT ", text)?,
            SearchKey::Header(name, text) => {
                self.text("HEADER ");
                self.astring(name.as_bytes())?;
                self.search_text(" ", text)?;
            }
            SearchKey::Not(inner) => {
                self.text("NOT ");
                self.search_key(inner)?;
            }
            SearchKey::Or(one, other) => {
                self.text("OR ");
                self.search_key(one)?;
                self.text(" ");
                self.search_key(other)?;
            }
        }
        Ok(())
    }

    fn search_text(&mut self, word: &str, text: &str) -> Result<(), &'static str> {
        self.text(word);
        self.string(text.as_bytes())
    }
}

fn is_ascii(key: &SearchKey) -> bool {
    match key {
        SearchKey::From(text)
        | SearchKey::To(text)
        | SearchKey::Subject(text)
        | SearchKey::Body(text)
        | SearchKey::Text(text) => text.is_ascii(),
        SearchKey::Header(name, text) => name.is_ascii() && text.is_ascii(),
        SearchKey::Not(inner) => is_ascii(inner),
        SearchKey::Or(one, other) => is_ascii(one) && is_ascii(other),
        _ => true,
    }
}
