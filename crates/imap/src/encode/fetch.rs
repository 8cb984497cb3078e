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

    /// In parentheses; at least one.
    pub(crate) fn fetch_items(&mut self, items: &[FetchItem]) -> Result<(), &'static str> {
        if items.is_empty() {
            return Err("FETCH without items");
        }
        self.text("(");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text(" ");
            }
            match item {
                FetchItem::Uid => self.text("UID"),
                FetchItem::Flags => self.text("FLAGS"),
                FetchItem::Envelope => self.text("ENVELOPE"),
                FetchItem::InternalDate => self.text("INTERNALDATE"),
                FetchItem::Size => self.text("RFC822.SIZE"),
                FetchItem::BodyStructure => self.text("BODYSTRUCTURE"),
                FetchItem::Body { section, partial } => {
                    self.text("BODY.PEEK[");
                    self.section(section)?;
                    self.text("]");
                    if let Some((first, octets)) = partial {
                        if *octets == 0 {
                            return Err("a partial FETCH of no octets");
                        }
                        self.text(&format!("<{first}.{octets}>"));
                    }
                }
            }
        }
        self.text(")");
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
