//! The fields of a header block (RFC 5322, 2.2), as they stand there.
//!
//! Damaged ones are read as well as they can be: a field goes on in lines that begin with a space, a line without a colon is passed
//! over, and white space in a name says nothing. Any line of white space ends the block.

use memchr::memchr;

/// The fields of a block, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields<'x>(Vec<(&'x [u8], &'x [u8])>);

impl<'x> Fields<'x> {
    /// Reads a block up to the empty line, or to its end.
    pub(crate) fn of(block: &'x [u8]) -> Self {
        let mut fields = Vec::new();
        let mut rest = block;
        loop {
            rest = &rest[rest.iter().take_while(|octet| is_space(**octet)).count()..];
            let line = &rest[..memchr(b'\n', rest).unwrap_or(rest.len())];
            if line.is_empty() {
                return Self(fields);
            }
            let Some(colon) = colon(line) else {
                rest = rest.get(line.len() + 1..).unwrap_or_default();
                if rest.is_empty() {
                    return Self(fields);
                }
                continue;
            };
            let (name, value) = rest.split_at(colon);
            let value = &value[1..];
            let (value, behind) = value.split_at(end(value));
            fields.push((name, value));
            rest = behind;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values of all fields of this name, which is in lower case.
    pub(crate) fn all(&self, name: &str) -> impl DoubleEndedIterator<Item = &'x [u8]> {
        self.0.iter().filter(move |(found, _)| is(found, name)).map(|(_, value)| *value)
    }

    /// The value of the first one.
    pub(crate) fn first(&self, name: &str) -> Option<&'x [u8]> {
        self.all(name).next()
    }

    /// The value of the last one: it is what says how the part is built.
    pub(crate) fn last(&self, name: &str) -> Option<&'x [u8]> {
        self.all(name).next_back()
    }
}

/// White space within a line.
fn is_space(octet: u8) -> bool {
    octet != b'\n' && octet.is_ascii_whitespace()
}

/// The colon after a name: one with nothing before it ends none.
fn colon(line: &[u8]) -> Option<usize> {
    let start = line.iter().position(|octet| !(*octet == b':' || is_space(*octet)))?;
    memchr(b':', &line[start..]).map(|colon| start + colon)
}

/// Where a value ends, with its line end.
fn end(value: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = memchr(b'\n', &value[at..]) {
        at += found + 1;
        if !matches!(value.get(at), Some(b' ' | b'\t')) {
            return at;
        }
    }
    value.len()
}

fn is(found: &[u8], name: &str) -> bool {
    let letters = found.iter().filter(|octet| !octet.is_ascii_whitespace() && **octet != b':');
    letters.map(u8::to_ascii_lowercase).eq(name.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_fields_are_read() {
        let block = b" \t\nSubject: none, the block has ended\n";
        assert!(Fields::of(block).is_empty());
        let block = b": odd\r\nno colon\r\nSub ject : x\r\n folded\r\n\r\nSubject: in the body\r\n";
        let fields = Fields::of(block);
        assert_eq!(fields.first("subject"), Some(&b" x\r\n folded\r\n"[..]));
        assert_eq!(fields.all("subject").count(), 1);
        let two = Fields::of(b"To: a@x\nno colon");
        assert_eq!((two.first("to"), two.last("subject")), (Some(&b" a@x\n"[..]), None));
        let two = Fields::of(b"to:a\nTO:b");
        assert_eq!((two.first("to"), two.last("to")), (Some(&b"a\n"[..]), Some(&b"b"[..])));
    }
}
