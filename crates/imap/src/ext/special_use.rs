//! SPECIAL-USE and CREATE-SPECIAL-USE (RFC 6154): what mailboxes are for. The attributes are read by
//! [`crate::types::MailboxListing::special_uses`], the options of LIST are in `ext/list.rs`.

use super::{Extension, NOTHING, Verb, commands};
use crate::encode::Encoder;
use crate::types::{MailboxName, ResponseCode, SpecialUse};

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["SPECIAL-USE", "CREATE-SPECIAL-USE"],
    codes: &[("USEATTR", |input, _| Ok((input, ResponseCode::UseAttr)))],
    ..NOTHING
};

/// CREATE with special uses (RFC 6154, 3). Its end may tell [`ResponseCode::UseAttr`] or [`ResponseCode::MailboxId`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSpecialUse {
    /// The new mailbox.
    pub mailbox: MailboxName,
    /// What it is for.
    pub uses: Vec<SpecialUse>,
}

commands!(CreateSpecialUse);

impl Verb for CreateSpecialUse {
    fn needs(&self) -> &'static [&'static str] {
        &["CREATE-SPECIAL-USE"]
    }

    /// ```abnf
    /// create = "CREATE" SP mailbox [create-params]
    /// create-param =/ "USE" SP "(" [use-attr *(SP use-attr)] ")"
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.mailbox("CREATE ", &self.mailbox)?;
        encoder.text(" (USE ");
        encoder.list(&self.uses, |encoder, special_use| {
            encoder.text(special_use.attribute());
            Ok(())
        })?;
        encoder.text(")");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::Peer;

    #[test]
    fn rfc_6154_5_2_examples_are_written_and_read() {
        let create = |uses| {
            let command = CreateSpecialUse { mailbox: MailboxName::new("MySpecial"), uses };
            let fragments = Encoder::command("t1", &command.into(), &Peer::default()).unwrap();
            String::from_utf8(fragments[0].to_vec()).unwrap()
        };
        assert_eq!(
            create(vec![SpecialUse::Drafts, SpecialUse::Sent]),
            "t1 CREATE MySpecial (USE (\\Drafts \\Sent))\r\n"
        );
        assert_eq!(create(vec![]), "t1 CREATE MySpecial (USE ())\r\n");
        assert_eq!(ResponseCode::parse(b"[USEATTR]"), Some(ResponseCode::UseAttr));
    }

    #[test]
    fn uses_are_known_in_any_case_and_by_the_words_of_xlist() {
        assert_eq!(SpecialUse::of_attribute("\\sent"), Some(SpecialUse::Sent));
        assert_eq!(SpecialUse::of_attribute("\\Spam"), Some(SpecialUse::Junk));
        assert_eq!(SpecialUse::of_attribute("\\HasChildren"), None);
    }
}
