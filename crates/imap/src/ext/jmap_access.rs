//! JMAPACCESS (RFC 9698): where the same mail is reached by JMAP.

use super::{Extension, NOTHING, Verb, commands, on_request};
use crate::encode::Encoder;
use crate::event::Response;
use crate::grammar::core::string;
use crate::grammar::{Parsed, Reading};

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["JMAPACCESS"],
    untagged: on_request(&[("JMAPACCESS", jmap_access)]),
    ..NOTHING
};

/// GETJMAPACCESS (RFC 9698, 4). Answered by [`Response::JmapAccess`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetJmapAccess;

commands!(GetJmapAccess);

impl Verb for GetJmapAccess {
    fn needs(&self) -> &'static [&'static str] {
        &["JMAPACCESS"]
    }

    /// ```abnf
    /// command-auth =/ "GETJMAPACCESS"
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text("GETJMAPACCESS");
        Ok(())
    }
}

/// ```abnf
/// mailbox-data =/ "JMAPACCESS" SP quoted
/// ```
fn jmap_access<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, url) = string(input, reading)?;
    Ok((rest, Response::JmapAccess(String::from_utf8_lossy(&url).into_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_9698_5_example_reads() {
        let url = "https://example.com/.s/[jmap]".to_owned();
        assert_eq!(
            jmap_access(b"\"https://example.com/.s/[jmap]\"", Reading::lenient()).unwrap(),
            (&b""[..], Response::JmapAccess(url))
        );
        assert!(jmap_access(b"https://example.com", Reading::lenient()).is_err());
    }
}
