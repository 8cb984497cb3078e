//! RFC 5322 and MIME octets into what a reader shows. All of it is read here but dates, which `mail-parser` reads; our tests hold the rest against it.
//!
//! Nothing here trusts the message: any octets give a view, damaged parts are shown as well as they can be.

mod address;
mod attachment;
mod body;
mod charset;
mod content;
mod decode;
mod entity;
mod fields;
mod flowed;
mod header;
mod html;
mod lowercase;
mod mbox;
#[cfg(test)]
mod oracle;
mod parameter;
#[cfg(test)]
mod samples;
mod scan;
mod skeleton;
mod summary;
mod table;
mod thread;
mod tree;
mod view;

#[cfg(target_family = "wasm")]
pub use charset::{HostDecoder, use_host_decoder};
pub use decode::{Encoding, PartDecoder};
pub use lowercase::{lower, lowercase};
pub use mbox::{MboxWriter, eml_name};
pub use scan::{Part, PartKind, Scan, Scanner};
use serde::Serialize;
pub use skeleton::{summary_from, view_from};
pub use summary::{summary, summary_scanned};
pub use thread::{ThreadKeys, base_subject, thread_keys};
pub use view::{part, view};

/// A message as a reader shows it. All text is decoded; nothing in it is safe to put into a page as markup. Show `html` only in a
/// frame that runs no script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    /// Subject.
    pub subject: String,
    /// From.
    pub from: Vec<Address>,
    /// Reply-To.
    pub reply_to: Vec<Address>,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Milliseconds since 1970 of the Date header.
    pub date: Option<i64>,
    /// Message-ID without brackets.
    pub message_id: Option<String>,
    /// The plain text to show: the text part, or the HTML part as text.
    pub text: String,
    /// The HTML to show, if the message has any: unsafe markup.
    pub html: Option<String>,
    /// All parts that are not the body: attachments and inline images.
    pub parts: Vec<Attachment>,
}

/// A person or a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// Display name, decoded; may be empty.
    pub name: String,
    /// `local@domain`; may be empty in damaged mail.
    pub address: String,
}

/// An attachment or an inline image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// Its place among the parts of its message: what names it in calls.
    pub index: u32,
    /// File name, decoded, without path and bidi controls; may be empty.
    pub name: String,
    /// Such as `image/png`, lower case. Not to be trusted.
    pub content_type: String,
    /// Content-ID without brackets.
    pub content_id: Option<String>,
    /// Whether the message shows it in its text.
    pub inline: bool,
    /// Octets, decoded.
    pub size: u64,
}

/// What a list line needs of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Sender as shown: name or address.
    pub from: String,
    /// Sender's address.
    pub from_address: String,
    /// Recipients as shown.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// First words of the text, at most 140 characters, on one line.
    pub snippet: String,
    /// Milliseconds since 1970 of the Date header.
    pub date: Option<i64>,
    /// Whether it has attachments.
    pub attachment: bool,
    /// What ties it to other messages.
    pub thread: ThreadKeys,
    /// All of From, or else of Sender.
    pub senders: Vec<Address>,
    /// All of Reply-To.
    pub reply_to: Vec<Address>,
    /// All of To.
    pub to_all: Vec<Address>,
    /// All of Cc.
    pub cc: Vec<Address>,
    /// The identifier of the mailing list (RFC 2919) without brackets, lower case.
    pub list_id: Option<String>,
}

impl Summary {
    /// To and Cc.
    pub fn recipients(&self) -> impl Iterator<Item = &Address> {
        self.to_all.iter().chain(&self.cc)
    }
}

/// Decodes a header's text as IMAP's ENVELOPE sends it: encoded words (RFC 2047), or raw 8-bit octets.
#[must_use]
pub fn header_text(octets: &[u8]) -> String {
    header::text(octets, None)
}
