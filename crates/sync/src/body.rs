//! The octets of one message on their way into the store: cut into chunks as they come, hashed once, never copied whole.

use crate::records::message_key;
use sha2::{Digest, Sha256};
use waypost_message::{Summary, ThreadKeys};
use waypost_store::{BODY_CHUNK, Batch, MessageId, Table};

/// A message being received.
#[derive(Default)]
pub(crate) struct Body {
    chunks: Vec<Vec<u8>>,
    digest: Sha256,
    octets: u64,
}

impl Body {
    /// The largest message that is held: a page in a browser has little more memory for it.
    pub(crate) const LARGEST: u64 = 64 * 1024 * 1024;

    /// Adds octets. Those of a message that is too large go by.
    pub(crate) fn push(&mut self, mut octets: &[u8]) {
        self.octets += octets.len() as u64;
        if self.is_too_large() {
            self.chunks = Vec::new();
            return;
        }
        self.digest.update(octets);
        while !octets.is_empty() {
            if self.chunks.last().is_none_or(|chunk| chunk.len() >= BODY_CHUNK) {
                self.chunks.push(Vec::new());
            }
            let Some(chunk) = self.chunks.last_mut() else { return };
            let (now, later) = octets.split_at(octets.len().min(BODY_CHUNK - chunk.len()));
            chunk.extend_from_slice(now);
            octets = later;
        }
    }

    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }

    pub(crate) fn is_too_large(&self) -> bool {
        self.octets > Self::LARGEST
    }

    /// SHA-256 of all octets, lower case hex.
    pub(crate) fn sha256(&self) -> String {
        hex(&self.digest.clone().finalize())
    }

    /// What a list line needs. Of a large message only the beginning is taken apart: text and the names of parts stand there.
    pub(crate) fn summary(&self) -> Summary {
        let head: Vec<u8> = self.chunks.iter().take(HEAD_CHUNKS).flatten().copied().collect();
        waypost_message::summary(&head)
    }

    /// By what the message finds its thread.
    pub(crate) fn thread_keys(&self) -> ThreadKeys {
        self.chunks.first().map(|head| waypost_message::thread_keys(head)).unwrap_or_default()
    }

    /// Adds the chunks to a batch, in place of what is there of this message.
    pub(crate) fn put(self, id: MessageId, batch: &mut Batch) {
        batch.delete_prefix(Table::Bodies, message_key(id));
        for (number, chunk) in (0..).zip(self.chunks) {
            batch.put(Table::Bodies, message_key(id).with_number(number), chunk);
        }
    }
}

/// SHA-256 of octets, lower case hex.
pub(crate) fn sha256(octets: &[u8]) -> String {
    hex(&Sha256::digest(octets))
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// About a mebibyte.
const HEAD_CHUNKS: usize = 19;

#[cfg(test)]
mod tests {
    use super::*;
    use waypost_store::Write;

    #[test]
    fn chunks_are_full_but_the_last_and_together_are_the_message() {
        let message: Vec<u8> = (0..BODY_CHUNK * 2 + 77).map(|index| (index % 251) as u8).collect();
        for piece in [1, 1000, BODY_CHUNK, BODY_CHUNK + 1, message.len()] {
            let mut body = Body::default();
            message.chunks(piece).for_each(|octets| body.push(octets));
            assert_eq!((body.octets(), body.sha256()), (message.len() as u64, sha256(&message)));
            let mut batch = Batch::default();
            body.put(MessageId { account: 1, mailbox: 1, uidvalidity: 1, uid: 1 }, &mut batch);
            let chunks: Vec<&Vec<u8>> = batch
                .writes
                .iter()
                .filter_map(|write| if let Write::Put(_, _, chunk) = write { Some(chunk) } else { None })
                .collect();
            assert_eq!(
                chunks.iter().map(|chunk| chunk.len()).collect::<Vec<_>>(),
                [BODY_CHUNK, BODY_CHUNK, 77]
            );
            assert_eq!(chunks.into_iter().flatten().copied().collect::<Vec<u8>>(), message);
        }
    }

    #[test]
    fn a_message_that_is_too_large_is_not_held() {
        let mut body = Body::default();
        let piece = vec![0; 1024 * 1024];
        for _ in 0..65 {
            body.push(&piece);
        }
        assert!(body.is_too_large());
        assert!(body.chunks.is_empty());
    }
}
