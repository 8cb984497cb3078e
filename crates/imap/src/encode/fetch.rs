//! What FETCH asks for (RFC 9051, 6.4.5).

use super::Encoder;
use crate::command::FetchItem;
use crate::types::{Section, SectionText, SequenceSet};

impl Encoder {
    pub(crate) fn fetch(
        &mut self,
        command: &str,
        set: &SequenceSet,
        items: &[FetchItem],
    ) -> Result<(), &'static str> {
        self.text(command);
        self.set(set);
        self.text(" ");
        self.fetch_items(items)
    }

    /// ```abnf
    /// fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")")
    /// ```
    /// The items in parentheses.
    pub(crate) fn fetch_items(&mut self, items: &[FetchItem]) -> Result<(), &'static str> {
        if items.is_empty() {
            return Err("FETCH without items");
        }
        self.text("(");
        for (index, item) in items.iter().enumerate() {
            self.text(if index == 0 { "" } else { " " });
            match item {
                FetchItem::Body { section, partial } => self.body("BODY.PEEK[", section, *partial)?,
                FetchItem::BodySeen { section, partial } => self.body("BODY[", section, *partial)?,
                FetchItem::Binary { part, partial } => self.binary("BINARY.PEEK[", part, *partial)?,
                FetchItem::BinarySeen { part, partial } => self.binary("BINARY[", part, *partial)?,
                FetchItem::BinarySize(part) => self.binary("BINARY.SIZE[", part, None)?,
                FetchItem::Annotations { entries, attributes } => {
                    self.text("ANNOTATION ");
                    self.fetch_annotations(entries, attributes)?;
                }
                other => self.text(item_word(other)),
            }
        }
        self.text(")");
        Ok(())
    }

    fn body(
        &mut self,
        word: &str,
        section: &Section,
        partial: Option<(u32, u32)>,
    ) -> Result<(), &'static str> {
        self.text(word);
        self.section(section)?;
        self.text("]");
        self.partial(partial)
    }

    /// ```abnf
    /// fetch-att =/ "BINARY" [".PEEK"] section-binary [partial] / "BINARY.SIZE" section-binary
    /// section-binary = "[" [section-part] "]"
    /// ```
    fn binary(&mut self, word: &str, part: &[u32], partial: Option<(u32, u32)>) -> Result<(), &'static str> {
        self.text(word);
        self.section(&Section { part: part.to_vec(), text: SectionText::Whole })?;
        self.text("]");
        self.partial(partial)
    }

    fn partial(&mut self, partial: Option<(u32, u32)>) -> Result<(), &'static str> {
        match partial {
            Some((_, 0)) => return Err("a partial FETCH of no octets"),
            Some((first, octets)) => self.text(&format!("<{first}.{octets}>")),
            None => {}
        }
        Ok(())
    }

    pub(crate) fn section(&mut self, section: &Section) -> Result<(), &'static str> {
        if section.part.contains(&0) {
            return Err("parts are counted from 1");
        }
        let part: Vec<String> = section.part.iter().map(u32::to_string).collect();
        self.text(&part.join("."));
        if !part.is_empty() && section.text != SectionText::Whole {
            self.text(".");
        }
        match &section.text {
            SectionText::Whole => {}
            SectionText::Header => self.text("HEADER"),
            SectionText::Text => self.text("TEXT"),
            SectionText::Mime if part.is_empty() => return Err("MIME needs a part number"),
            SectionText::Mime => self.text("MIME"),
            SectionText::HeaderFields(names) => self.header_list("HEADER.FIELDS (", names)?,
            SectionText::HeaderFieldsNot(names) => self.header_list("HEADER.FIELDS.NOT (", names)?,
        }
        Ok(())
    }

    fn header_list(&mut self, word: &str, names: &[String]) -> Result<(), &'static str> {
        if names.is_empty() {
            return Err("a list of no header fields");
        }
        self.text(word);
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                self.text(" ");
            }
            self.word(name)?;
        }
        self.text(")");
        Ok(())
    }
}

/// Items of one word.
const fn item_word(item: &FetchItem) -> &'static str {
    match item {
        FetchItem::Flags => "FLAGS",
        FetchItem::Envelope => "ENVELOPE",
        FetchItem::InternalDate => "INTERNALDATE",
        FetchItem::Size => "RFC822.SIZE",
        FetchItem::BodyStructure => "BODYSTRUCTURE",
        FetchItem::BodyBasic => "BODY",
        FetchItem::Rfc822 => "RFC822",
        FetchItem::Rfc822Header => "RFC822.HEADER",
        FetchItem::Rfc822Text => "RFC822.TEXT",
        FetchItem::ModSequence => "MODSEQ",
        FetchItem::Preview { lazy: false } => "PREVIEW",
        FetchItem::Preview { lazy: true } => "PREVIEW (LAZY)",
        FetchItem::SaveDate => "SAVEDATE",
        FetchItem::EmailId => "EMAILID",
        FetchItem::ThreadId => "THREADID",
        FetchItem::GmailMessageId => "X-GM-MSGID",
        FetchItem::GmailThreadId => "X-GM-THRID",
        FetchItem::GmailLabels => "X-GM-LABELS",
        // The others have arguments and are written where they stand; UID is what a message has at least.
        _ => "UID",
    }
}
