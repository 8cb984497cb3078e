//! UIDONLY (RFC 9586): a connection without sequence numbers. It is asked for by ENABLE; messages come in UIDFETCH then and go in
//! VANISHED, and commands that name numbers are refused.

use super::{Extension, NOTHING};
use crate::event::Response;
use crate::grammar::{Parsed, Reading, msg_att};
use crate::types::{ResponseCode, Uid};

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["UIDONLY"],
    numbered: &[("UIDFETCH", uid_fetch)],
    codes: &[("UIDREQUIRED", |input, _| Ok((input, ResponseCode::UidRequired)))],
    ..NOTHING
};

/// ```abnf
/// message-data =/ uniqueid SP "UIDFETCH" SP msg-att
/// ```
/// Such a message has no sequence number: that is 0.
fn uid_fetch<'a>(number: u32, input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, mut fetched) = msg_att(input, 0, reading)?;
    fetched.uid = Uid::new(number);
    Ok((rest, Response::Fetch(Box::new(fetched))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::{Line, line};
    use crate::types::Flag;

    #[test]
    fn rfc_9586_3_examples_read() {
        let read = |text: &[u8]| match line(text, Reading::lenient()) {
            Line::Untagged(Response::Fetch(fetched)) => *fetched,
            other => panic!("{other:?}"),
        };
        let fetched = read(b"* 25996 UIDFETCH (FLAGS (\\Seen))");
        assert_eq!((fetched.sequence, fetched.uid), (0, Uid::new(25996)));
        assert!(fetched.flags().is_some_and(|flags| flags.has(&Flag::Seen)));
        assert_eq!(read(b"* 25997 uidfetch (UID 25997)").uid, Uid::new(25997));
        assert_eq!(ResponseCode::parse(b"[UIDREQUIRED]"), Some(ResponseCode::UidRequired));
    }
}
