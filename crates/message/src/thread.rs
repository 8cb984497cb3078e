//! What threads are made of: the identifiers a message has and refers to (RFC 5322, 3.6.4), and the subject without what replies and
//! lists add ([RFC 5256](https://www.rfc-editor.org/rfc/rfc5256), 2.1).

use crate::content::Content;
use crate::fields::Fields;
use crate::header;
use crate::lowercase::lowercase;
use crate::view::Headers;

/// How a message is tied to others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThreadKeys {
    /// Message-ID without brackets.
    pub message_id: Option<String>,
    /// Identifiers of References, then those of In-Reply-To that are not among them. Of very many the first and the last.
    pub references: Vec<String>,
    /// The subject to compare with: base subject, lower case. Empty if there is none.
    pub base_subject: String,
}

/// The ties of a message, from its octets up to the end of its header block or beyond.
#[must_use]
pub fn thread_keys(octets: &[u8]) -> ThreadKeys {
    let fields = Fields::of(octets);
    let charset =
        fields.last("content-type").and_then(Content::of).and_then(|content| content.parameter("charset"));
    keys(&Headers::new(fields, charset.as_deref()))
}

pub(crate) fn keys(headers: &Headers<'_, '_>) -> ThreadKeys {
    let message_id = headers.message_id();
    let names = ["references", "in-reply-to"];
    let mut references: Vec<String> = Vec::new();
    let found = names.iter().flat_map(|name| headers.raw(name).flat_map(identifiers));
    for id in found.take(MOST_READ) {
        if message_id.as_ref() != Some(&id) && !references.contains(&id) {
            references.push(id);
        }
    }
    if references.len() > 2 * MOST_KEPT {
        references.drain(MOST_KEPT..references.len() - MOST_KEPT);
    }
    ThreadKeys { message_id, references, base_subject: base_subject(&headers.text("subject")) }
}

/// ```abnf
/// msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS]
/// ```
/// Real mailers fold within it, put spaces or quotes around it, leave out a bracket or both, and write words beside it: what stands in
/// brackets is taken; if nothing does, each word with an `@`, or the only word.
pub(crate) fn identifiers(raw: &[u8]) -> Vec<String> {
    let unfolded = header::unfold(raw);
    let text = String::from_utf8_lossy(&unfolded);
    let bracketed: Vec<String> = text.split('<').skip(1).filter_map(in_brackets).collect();
    if !bracketed.is_empty() {
        return bracketed;
    }
    let words = text.split(|letter: char| letter.is_whitespace() || ",;>".contains(letter));
    let words: Vec<String> = words.filter_map(identifier).collect();
    let only = words.len() == 1;
    words.into_iter().filter(|word| only || word.contains('@')).collect()
}

/// The identifier of a field that has one only: what follows others is taken for it.
pub(crate) fn last_identifier(raw: &[u8]) -> Option<String> {
    identifiers(raw).pop()
}

/// The identifier after an opening bracket. White space in it comes from folding; without an end it is the first word.
fn in_brackets(rest: &str) -> Option<String> {
    match rest.split_once('>') {
        Some((inner, _)) => identifier(&inner.split_whitespace().collect::<String>()),
        None => identifier(rest.split([' ', '\t', ',', ';']).find(|word| !word.is_empty())?),
    }
}

fn identifier(word: &str) -> Option<String> {
    let id = header::clean(word.trim_matches(['"', '\'']));
    (!id.is_empty() && id.len() <= LONGEST_ID).then_some(id)
}

/// The base subject of a decoded subject, lower case.
#[must_use]
pub fn base_subject(subject: &str) -> String {
    let start: String = subject.chars().take(LONGEST_SUBJECT).collect();
    let mut base = lowercase(&start.split_whitespace().collect::<Vec<_>>().join(" "));
    loop {
        let stripped = without_leaders(without_trailers(&base));
        let forwarded = stripped.strip_prefix("[fwd:").and_then(|rest| rest.strip_suffix(']'));
        let Some(inner) = forwarded else { return stripped.to_owned() };
        base = inner.to_owned();
    }
}

/// ```abnf
/// subj-trailer = "(fwd)" / WSP
/// ```
fn without_trailers(mut subject: &str) -> &str {
    loop {
        let trimmed = subject.trim_end();
        match trimmed.strip_suffix("(fwd)") {
            Some(rest) => subject = rest,
            None => return trimmed,
        }
    }
}

/// ```abnf
/// subj-leader = (*subj-blob subj-refwd) / WSP
/// ```
/// A blob is taken away by itself only if something is left.
fn without_leaders(mut subject: &str) -> &str {
    loop {
        subject = subject.trim_start();
        let mut behind = subject;
        while let Some(rest) = without_blob(behind) {
            behind = rest;
        }
        if let Some(rest) = without_refwd(behind) {
            subject = rest;
            continue;
        }
        match without_blob(subject).filter(|rest| !rest.is_empty()) {
            Some(rest) => subject = rest,
            None => return subject,
        }
    }
}

/// ```abnf
/// subj-blob = "[" *BLOBCHAR "]" *WSP
/// ```
fn without_blob(subject: &str) -> Option<&str> {
    let (blob, rest) = subject.strip_prefix('[')?.split_once(']')?;
    (!blob.contains('[')).then(|| rest.trim_start())
}

/// ```abnf
/// subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
/// ```
fn without_refwd(subject: &str) -> Option<&str> {
    let rest = ["re", "fwd", "fw"].iter().find_map(|word| subject.strip_prefix(word))?.trim_start();
    let behind = without_blob(rest).unwrap_or(rest);
    behind.strip_prefix(':')
}

/// References grow with each reply: the first name the root, the last the parent.
const MOST_KEPT: usize = 20;
/// More than anybody writes.
const MOST_READ: usize = 1000;
/// A line has 998 octets (RFC 5322, 2.1.1).
const LONGEST_ID: usize = 998;
/// More than any list shows. Each blob is looked at once from each before it.
const LONGEST_SUBJECT: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_subjects_of_rfc_5256_section_2_1() {
        for (subject, expected) in [
            ("The Lamp", "the lamp"),
            ("Re: the  lamp", "the lamp"),
            ("RE : Fwd: fw: [list] the lamp (fwd) (FWD) ", "the lamp"),
            ("[list] Re[2]: the lamp", "the lamp"),
            ("[a] [b] Re: [c] the lamp", "the lamp"),
            ("[Fwd: Re: the lamp]", "the lamp"),
            ("Re: [Fwd: [list] the lamp (fwd)]", "the lamp"),
            ("[list]", "[list]"),
            ("[a] [b]", "[b]"),
            ("Re:", ""),
            ("Regards: x", "regards: x"),
            ("re[x] y: z", "re[x] y: z"),
            ("[a[b] x", "[a[b] x"),
            ("", ""),
            ("Fwd: \u{2003}Straße", "straße"),
        ] {
            assert_eq!(base_subject(subject), expected, "{subject}");
        }
        assert!(base_subject(&"[x]".repeat(100_000)).len() <= LONGEST_SUBJECT);
    }

    #[test]
    fn identifiers_as_real_mailers_write_them() {
        for (raw, expected) in [
            (&b" <a@b.example>\r\n"[..], &["a@b.example"][..]),
            (b"<a@b>\r\n\t<c@d><e@f>, <g@h>", &["a@b", "c@d", "e@f", "g@h"]),
            (b"< a@b >", &["a@b"]),
            (b"<a@\r\n b>", &["a@b"]),
            (b"a@b", &["a@b"]),
            (b"a@b c@d,e@f", &["a@b", "c@d", "e@f"]),
            (b"no-at-sign", &["no-at-sign"]),
            (b"<no-at-sign>", &["no-at-sign"]),
            (b"Your message of \"Tue, 24 Nov\" <a@b> from x@y", &["a@b"]),
            (b"Robin's message of Tuesday", &[]),
            (b"<a@b", &["a@b"]),
            (b"<a@b <c@d>", &["a@b", "c@d"]),
            (b"a@b>", &["a@b"]),
            (b"\"<a@b>\"", &["a@b"]),
            (b"<> <  >", &[]),
            (b"", &[]),
        ] {
            assert_eq!(identifiers(raw), expected, "{}", String::from_utf8_lossy(raw));
        }
    }

    #[test]
    fn references_stand_in_order_once_and_bounded() {
        let keys = thread_keys(
            b"Message-ID: <me@x>\r\nReferences: <1@x> <2@x>\r\n <1@x> <me@x>\r\nIn-Reply-To: <2@x> <3@x>\r\n\
              Subject: =?utf-8?Q?Re=3A_the_lamp?=\r\n\r\nbody",
        );
        let expected = ThreadKeys {
            message_id: Some("me@x".into()),
            references: vec!["1@x".into(), "2@x".into(), "3@x".into()],
            base_subject: "the lamp".into(),
        };
        assert_eq!(keys, expected);
        let many: String = (0..500).map(|number| format!(" <{number}@x>")).collect();
        let keys = thread_keys(format!("References:{many}\r\n\r\n").as_bytes());
        assert_eq!(keys.references.len(), 2 * MOST_KEPT);
        assert_eq!((keys.references[0].as_str(), keys.references[39].as_str()), ("0@x", "499@x"));
        assert_eq!(thread_keys(b""), ThreadKeys::default());
        assert_eq!(thread_keys(b"In-Reply-To: <1@x>").references, ["1@x"]);
    }
}
