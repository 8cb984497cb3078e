//! What the page is told besides rows: records, one behind the other, which it reads in one go.
//!
//! A record begins with its kind, an octet. Numbers are little-endian; a text is its length in octets (u32) and UTF-8; a list is its
//! length (u32) and its elements. `web/client/src/clients/records.ts` reads them.

/// Kinds of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// u8 preauth, text.
    Greeting = 1,
    /// Texts.
    Capabilities,
    /// u8 subscribed ones (LSUB), text name, text delimiter, texts attributes, text old name.
    Mailbox,
    /// text name, list of (text item, number), text mailbox id.
    Status,
    /// Texts: flags of the mailbox.
    Flags,
    /// u32.
    Exists,
    /// u32 sequence number.
    Expunge,
    /// u8 earlier, u32 how many pairs of the batch's numbers: first and last UID.
    Vanished,
    /// u8 pairs or single numbers, u32 how many of the batch's numbers, u8 more follow, number of the highest mod-sequence or 0.
    Found,
    /// u8 condition, code, text.
    Condition,
    /// u32 command, u32 octets.
    Wanted,
    /// u32 command.
    Idling,
    /// u32 command, code, text.
    Done,
    /// u32 command, text of our code, text detail, code, text of the server.
    Refused,
    /// text of our code, text detail, text of the server.
    Failed,
    /// u32 UID or 0, number of octets, text section.
    BodyStarted,
    /// u32 address, u32 octets: in the instance's memory until the next call.
    BodyPart,
    BodyEnded,
    /// u32 sequence number, u32 UID or 0, number mod-sequence or 0, texts flags.
    FlagsChanged,
}

/// Records on their way.
#[derive(Debug, Default)]
pub(super) struct Records(Vec<u8>);

impl Records {
    pub(super) fn begin(&mut self, kind: Kind) -> &mut Self {
        self.octet(kind as u8)
    }

    pub(super) fn octet(&mut self, octet: u8) -> &mut Self {
        self.0.push(octet);
        self
    }

    pub(super) fn short(&mut self, number: u32) -> &mut Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    pub(super) fn long(&mut self, number: u64) -> &mut Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// Saturates: nothing that is counted here comes near the end of the range.
    pub(super) fn count(&mut self, number: usize) -> &mut Self {
        self.short(u32::try_from(number).unwrap_or(u32::MAX))
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.octets(text.as_bytes())
    }

    pub(super) fn octets(&mut self, octets: &[u8]) -> &mut Self {
        self.count(octets.len());
        self.0.extend_from_slice(octets);
        self
    }

    pub(super) fn texts<T: AsRef<str>>(&mut self, texts: impl IntoIterator<Item = T>) -> &mut Self {
        let at = self.0.len();
        self.short(0);
        let mut count: u32 = 0;
        for text in texts {
            self.text(text.as_ref());
            count += 1;
        }
        if let Some(place) = self.0.get_mut(at..at + 4) {
            place.copy_from_slice(&count.to_le_bytes());
        }
        self
    }

    /// What was written before.
    pub(super) fn append(&mut self, written: &[u8]) {
        self.0.extend_from_slice(written);
    }

    /// Takes back what was written from there on.
    pub(super) fn truncate(&mut self, at: usize) {
        self.0.truncate(at);
    }

    pub(super) fn as_octets(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
